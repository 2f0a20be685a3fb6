"""The figures of a dashboard as plain records: what a page draws, a file exports, the API returns.

Money is in US dollars, times are in milliseconds unless a name says otherwise, days are UTC days,
shares go from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from firstline.desk.alerts import Alert
from firstline.trust.interval import interval

FEW = 400
"""Cases below which a share is shown with how far it may be off: by more than five points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share, with what it rests on."""

    yes: int
    of: int
    low: float | None = None
    """With `high`: between these the true share lies, 95 % sure. None where it rests on enough."""
    high: float | None = None

    @property
    def share(self) -> float | None:
        """The share; None where there is nothing to share."""
        return self.yes / self.of if self.of else None


def rate(yes: int, of: int) -> Rate:
    """Return a share, with its interval where it rests on few cases."""
    if not 0 < of < FEW:
        return Rate(yes=yes, of=of)
    low, high = interval(yes, of)
    return Rate(yes=yes, of=of, low=round(low, 4), high=round(high, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of tickets at their first decision."""

    sent: int = 0
    """Answered without a person."""
    clarify: int = 0
    """Asked back without a person."""
    review: int = 0
    """Held for a person to approve."""
    escalate: int = 0
    """Given to a person."""
    asked: int = 0
    """How many of them asked a model."""
    cost_usd: float = 0.0

    @property
    def tickets(self) -> int:
        """All of them."""
        return self.sent + self.clarify + self.review + self.escalate

    @property
    def automatic(self) -> int:
        """Those nobody had to look at."""
        return self.sent + self.clarify

    @property
    def cost_per_ticket(self) -> float | None:
        """Dollars a ticket, those that asked no model included; None without tickets."""
        return self.cost_usd / self.tickets if self.tickets else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How a time or cost is spread; each percentile is off by at most 5 % of itself."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens of answered questions."""

    input: int = 0
    """Neither read from nor written to a cache."""
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """One UTC day."""

    day: date
    outcomes: Outcomes
    channels: tuple[tuple[str, int], ...]
    """Tickets by channel."""
    tokens: Tokens
    spent_usd: float
    """Spent or reserved that day by the ledger, whatever it was for."""
    helpful: int
    judged: int
    entered: int
    """Came before a person."""
    decided: int
    """Decisions that took a ticket off the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonFigures:
    """Why tickets came before a person."""

    path: Literal["review", "escalate"]
    reason: str
    rate: Rate
    """Of all tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFigures:
    """Tickets of one intent."""

    intent: str
    """Empty: it was not recognised."""
    outcomes: Outcomes
    automatic: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFigures:
    """What customers said of replies."""

    about: Literal["automatic", "approved"]
    """Replies that went out by themselves, or that a person released."""
    yes: int
    no: int
    more_help: int
    helpful: Rate
    reopened: int
    """Answers to which a customer came back within seven days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyFigures:
    """How long a stage takes, or all of them."""

    stage: str
    """A stage; `work`: all stages of a ticket; `answered_after`: from message to answer."""
    times: Times
    days: tuple[tuple[date, Times], ...]
    """Day by day; of more than three months week by week, each by its first day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """What one model was asked for one purpose."""

    model: str
    purpose: str
    answered: int
    failed: Rate
    tokens: Tokens
    cost_usd: float
    failures: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """What one person decided."""

    name: str
    decisions: int
    approved: Rate
    edited: Rate
    rejected: Rate
    other: int
    """Escalated, taken over, snoozed, reopened."""
    mean_distance: float | None
    """Share of words changed, mean of the edits."""
    median_held_seconds: int | None
    """From claim to decision, to within 5 seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """What waits now."""

    waiting: int
    snoozed: int
    handed: int
    approved: int
    oldest: datetime | None
    overdue: int
    ages: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    working: int
    working_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFigures:
    """What may be spent, and what is."""

    period: Literal["day", "month"]
    limit_usd: float | None
    """None: there is no limit."""
    spent_usd: float

    @property
    def left_usd(self) -> float | None:
        """What is left; None without a limit."""
        return None if self.limit_usd is None else max(0.0, self.limit_usd - self.spent_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """Until when a model in use can be asked."""

    model: str
    roles: tuple[str, ...]
    on: date | None
    """None: no date is set."""
    certain: bool
    """Whether it ends on that day; otherwise it is only promised until then."""
    days: int | None
    successor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomyFigures:
    """How far one intent may go now, as `desk.autonomy` says it."""

    intent: str
    level: str
    now: str
    """What goes out by itself, in words."""
    certificate: str
    held: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFigures:
    """A certificate in force, and the labels behind it."""

    id: str
    scope: str
    alpha: float
    delta: float
    bound: float
    coverage: float
    threshold: float
    errors: int
    count: int
    expires: date
    scores: tuple[float, ...] = ()
    """Of drafts labelled blind, made under the same parts; with `wrong`, for the curve."""
    wrong: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFigures:
    """Where one test of what is watched stands."""

    scope: str
    name: str
    usual: str
    value: float
    threshold: float
    seen: int
    learning: bool
    alarm: bool
    path: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Everything."""

    at: datetime
    first: date
    last: date
    channel: str | None
    intent: str | None
    uncounted: int
    """Ended tickets that are not in the figures yet; they will be within seconds."""
    total: Outcomes
    before: Outcomes
    """Of the same number of days before."""
    helpful: Rate
    cost: Times
    """Millionths of a dollar a ticket that asked a model."""
    days: tuple[DayFigures, ...]
    reasons: tuple[ReasonFigures, ...]
    intents: tuple[IntentFigures, ...]
    feedback: tuple[FeedbackFigures, ...]
    latency: tuple[LatencyFigures, ...]
    models: tuple[ModelFigures, ...]
    reviewers: tuple[Reviewer, ...]
    queue: QueueFigures
    autonomy: tuple[AutonomyFigures, ...]
    certificates: tuple[CertificateFigures, ...]
    drift: tuple[DriftFigures, ...]
    budgets: tuple[BudgetFigures, ...]
    alarm_usd: float
    """What a ticket may cost before it is an alarm."""
    retirements: tuple[Retirement, ...]
    alerts: tuple[Alert, ...]
    known: tuple[date, date] | None = field(default=None)
    """The first and last day of which anything is counted."""
