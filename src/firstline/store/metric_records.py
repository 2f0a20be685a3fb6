"""What is known of a period, and of this moment, as figures: plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

HELD_STEP = 5
"""Seconds to which times a ticket was held are rounded."""
AGES = (1, 4, 8, 24, 72)
"""Hours between the bands of ages in the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What is asked for: UTC days, the last one included, and perhaps one channel or intent."""

    first: date
    last: date
    channel: str | None = None
    intent: str | None = None

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """Return the period of the same length that ended the day before it."""
        last = self.first - timedelta(days=1)
        return Period(
            first=last - timedelta(days=self.days - 1),
            last=last,
            channel=self.channel,
            intent=self.intent,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCount:
    """Tickets that are alike."""

    name: str
    """Their channel, intent or reason."""
    path: str
    tickets: int
    asked: int
    """How many of them asked a model."""
    cost_pico: int
    day: str = ""
    """Empty: of the whole period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSum:
    """Questions to models that are alike in some respects."""

    calls: int
    input: int
    output: int
    cache_read: int
    cache_write: int
    cost_pico: int
    day: str = ""
    model: str = ""
    purpose: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackCount:
    """Replies of one kind that customers judged alike on a day."""

    day: str
    path: str
    answer: str
    replies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCount:
    """Decisions of one person of one kind that took about as long."""

    by: str
    kind: str
    held_seconds: int
    """From the claim, rounded to HELD_STEP."""
    decisions: int
    distance: float
    """The sum of the shares of words that were changed."""
    edits: int
    """How many of them have such a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What waits at a moment."""

    waiting: int = 0
    snoozed: int = 0
    handed: int = 0
    approved: int = 0
    """Released and not delivered yet."""
    oldest: datetime | None = None
    """When the one that waits longest came before a person."""
    overdue: int = 0
    """Waiting for longer than it should take."""
    ages: tuple[int, ...] = (0,) * (len(AGES) + 1)
    """How many wait for less than each of AGES, and for longer than the last."""
    reasons: tuple[tuple[str, int], ...] = ()
    """Why they wait, the most frequent first."""
    working: int = 0
    """Tickets that are being answered, or wait for that."""
    working_since: datetime | None = None
    """When the oldest of those came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDoubts:
    """Deliveries that may be wrong."""

    uncertain: int = 0
    stuck: int = 0
    duplicates: int = 0
    """Messages of which one conversation got more than one reply, in the last seven days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHealth:
    """How questions to models ended lately."""

    calls: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many had no answer."""
        return sum(self.failures.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredLabel:
    """What a person found of a draft, beside the score the gate gave it."""

    intent: str
    channel: str
    score: float
    wrong: bool
    under: str
    """What was in use when the draft was made."""
