"""What is kept of a review: its place in the queue, who holds it, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from firstline.errors import Place, TicketError
from firstline.records import Context, Draft, Outcome, TicketId
from firstline.store.outbox import Kind

ReviewState = Literal["waiting", "snoozed", "handed", "approved", "answered", "closed"]
DecisionKind = Literal[
    "approve", "edit", "reject", "escalate", "take", "snooze", "reopen", "returned"
]
"""`returned` is Firstline's own: an approved reply could not be delivered."""
Refusal = Literal[
    "unknown",
    "held",
    "not_held",
    "taken",
    "changed",
    "not_open",
    "newer_message",
    "person_replied",
    "already_sent",
    "evidence_changed",
    "unproven",
    "not_overridable",
    "no_draft",
]
"""Why something was refused: a stable code to act on."""
CLAIMABLE: tuple[ReviewState, ...] = ("waiting", "snoozed", "handed")
REOPENABLE: tuple[ReviewState, ...] = ("handed", "answered", "closed")
LEASE = timedelta(minutes=15)
"""How long a claim lasts unless it is renewed."""
FIRSTLINE = "firstline"


class ReviewRefused(TicketError):
    """A claim or decision that cannot be, with the reason in words and as a code."""

    code: ClassVar[str] = "review"

    def __init__(self, problem: str, *, refusal: Refusal, ticket: str, fix: str = "") -> None:
        self.refusal = refusal
        super().__init__(problem, place=Place(ticket=ticket), fix=fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEntry:
    """A ticket that enters the queue."""

    ticket: TicketId
    inbox: str
    conversation: str
    channel: str
    intent: str
    """Empty when it was not recognised."""
    held_for: str
    """The code of the reason it is here."""
    urgency: str
    score: float
    loss: float
    """Dollars that are expected to be lost if its draft went out as it is."""
    delay: float
    """Dollars that letting it wait for its whole time costs."""
    received_at: datetime
    sla: timedelta
    """By when, counted from its arrival, it is to be answered."""
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A ticket of the queue as it stands."""

    ticket: TicketId
    inbox: str
    conversation: str
    channel: str
    intent: str
    held_for: str
    urgency: str
    score: float
    loss: float
    delay: float
    received_at: datetime
    sla_seconds: float
    entered_at: datetime
    state: ReviewState
    version: int
    holder: str
    """Who claimed it last; see `held_until`."""
    held_until: datetime | None
    claimed_at: datetime | None
    assignee: str
    """The person who answers it by hand."""
    team: str
    wakes_at: datetime | None
    pending: str
    """The kind of delivery that a worker has still to make; empty: none."""

    def held_by(self, now: datetime) -> str:
        """Return who holds it now; empty when nobody does."""
        live = self.held_until is not None and self.held_until > now
        return self.holder if live else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decided about a ticket."""

    ticket: TicketId
    number: int
    """The version of the review that it made."""
    kind: DecisionKind
    by: str
    at: datetime
    intent: str
    channel: str
    held_for: str
    """Why the ticket was before a person."""
    reason: str = ""
    """A code: why it was rejected, escalated, returned."""
    note: str = ""
    before_hash: str = ""
    """SHA-256 of the draft; empty when there was none."""
    after_hash: str = ""
    """SHA-256 of what is delivered; empty when nothing is."""
    distance: float | None = None
    """Of an edit: 0 the same words, 1 none of them."""
    overridden: tuple[str, ...] = ()
    """Checks that the person overruled, as `check:code`."""
    waited_seconds: float = 0.0
    """Since the ticket entered the queue."""
    held_seconds: float = 0.0
    """Since the person claimed it."""
    target: str = ""
    """A team, a person, or the time until which it is snoozed."""
    delivers: str = ""
    text: str = ""
    """What is delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A decision to be made, and what it makes of the ticket."""

    ticket: TicketId
    kind: DecisionKind
    by: str
    version: int
    """The version of the review that the person saw."""
    state: ReviewState
    reason: str = ""
    note: str = ""
    before_hash: str = ""
    after_hash: str = ""
    distance: float | None = None
    overridden: tuple[str, ...] = ()
    target: str = ""
    assignee: str = ""
    team: str = ""
    wakes_at: datetime | None = None
    delivers: Literal["", Kind] = ""
    text: str = ""
    draft: str = ""
    """The reply's sentences as an encoded Draft."""
    evidence: str = ""
    """What it rests on as an encoded Context, where the stored one is not up to date."""
    outcome: Outcome | None = None
    """How the ticket ends now; None: as before."""
    outcome_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedDelivery:
    """What a person released and a worker has to deliver."""

    ticket: TicketId
    number: int
    """The decision's number; also the version the review has while it waits."""
    kind: Kind
    text: str
    draft: Draft | None
    """The sentences with their evidence; None of a notice."""
    context: Context | None
    """What it rests on, where that is not what the stages stored."""
    by: str
    at: datetime
    decided: DecisionKind
