"""What programs get."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from firstline.records import (
    DraftAction,
    EvidenceKind,
    Handler,
    Outcome,
    Result,
    Risk,
    RouteSource,
    SentenceKind,
    Signal,
    Urgency,
)
from firstline.store.feedback import FeedbackAnswer
from firstline.store.outbox import Kind
from firstline.store.review_records import DecisionKind, ReviewState

Step = Literal["accepted", "writing", "decided", "ended"]
Delivers = Literal["", "reply", "question", "notice"]
State = Literal["working", "answered", "asked", "review", "approved", "handed", "closed"]
"""How a ticket stands."""
STATES = (
    "`working`: it is being worked on. `answered`: a reply went out. `asked`: a question went out; "
    "the customer's answer is a further message. `review`: it waits for a person. `approved`: a "
    "person released a reply that is on its way. `handed`: a person or team answers it elsewhere. "
    "`closed`: nothing is owed."
)
STORED_ID = Field(description="Firstline's id of the ticket.", examples=["0123456789abcdef0123"])


class Told(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class Links(Told):
    """Where to go on from a ticket: paths on this server."""

    self: str
    events: str
    feedback: str
    messages: str
    decisions: str


class AcceptedTicket(Told):
    """A message that is stored and will be answered, whatever happens to this server."""

    id: str = STORED_ID
    external_id: str = Field(description="Your id of the message, or the one it was given.")
    conversation: str = Field(description="The conversation it belongs to.")
    state: State = Field(description=STATES)
    links: Links


class StaffNoted(Told):
    """A person's reply that was noted."""

    conversation: str
    by: str
    at: datetime = Field(description="Drafts for messages up to this time are not sent any more.")


class SentenceTold(Told):
    """A sentence and what it rests on."""

    text: str
    kind: SentenceKind
    evidence: list[str] = Field(description="Ids of entries of `evidence`.")


class EvidenceTold(Told):
    """What sentences rest on, as it was when the draft was written."""

    id: str
    kind: EvidenceKind
    source: str = Field(description="The document's, customer's or ticket's id.")
    version: str = Field(description="The hash of the content.")
    title: str
    url: str
    text: str = Field(description="Of a passage: what it says.")


class DraftTold(Told):
    """What was written, whether it was sent or not."""

    action: DraftAction
    text: str
    sentences: list[SentenceTold]
    language: str
    model: str = Field(description="Who wrote it.")
    reason: str


class FeedbackLinksTold(Told):
    """Addresses to put under a reply, by which the customer says whether it helped."""

    yes: str
    no: str
    more_help: str


class ReplyTold(Told):
    """What was sent to the customer: post this where they wrote."""

    kind: Kind = Field(description="`reply`, `question`, or the `notice` of a handoff.")
    text: str
    sentences: list[SentenceTold]
    by: Literal["firstline", "person"] = Field(description="Who released it.")
    at: datetime
    feedback_links: FeedbackLinksTold | None = Field(
        description="Where the server has a public address."
    )


class FindingTold(Told):
    """What a check says about the draft."""

    check: str
    result: Result
    detail: str
    code: str
    sentence: int | None = Field(description="Index of the sentence it is about.")


class IntentTold(Told):
    """A subject and how likely it is."""

    intent: str
    probability: float = Field(ge=0, le=1)


class RouteTold(Told):
    """What the message is about, and who answers that."""

    intents: list[IntentTold] = Field(description="The likeliest first.")
    handler: Handler
    risk: Risk
    urgency: Urgency
    signals: list[Signal] = Field(
        description="What else is in it: a threat, a request for a person …"
    )
    source: RouteSource
    reason: str


class VerdictTold(Told):
    """What was decided about the draft, and why."""

    action: Literal["send", "review", "escalate", "clarify"]
    score: float = Field(description="How good the evidence is, 0 to 1.")
    reasons: list[ReasonTold] = Field(description="The first one decided.")
    autonomy: str
    certificate: str | None


class ReasonTold(Told):
    """Why: a code to count by, and words."""

    code: str
    detail: str


class HopTold(Told):
    """One writer or router that was asked."""

    by: str
    model: str
    reason: str
    result: str
    usd: float


class CostTold(Told):
    """What the models cost."""

    usd: float
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    hops: list[HopTold]


class LatencyTold(Told):
    """How long it took, in milliseconds."""

    total_ms: float | None = Field(
        description="From its arrival to its end; null while it is open."
    )
    stages_ms: dict[str, float]


class ReviewTold(Told):
    """How the ticket stands in the queue of people."""

    state: ReviewState
    version: int = Field(description="Name it in a decision.")
    held_by: str = Field(description="Who has it before them now; empty: nobody.")
    assignee: str
    team: str
    held_for: str = Field(description="Why it is before a person.")


class DecisionTold(Told):
    """What a person decided."""

    ticket: str = STORED_ID
    number: int = Field(description="The version of the review that it made.")
    action: DecisionKind
    by: str
    at: datetime
    reason: str
    note: str
    delivers: Delivers = Field(description="What goes to the customer because of it.")
    distance: float | None = Field(description="Of an edit: 0 the same words, 1 none of them.")
    overridden: list[str] = Field(description="Checks that were overruled.")


class FeedbackTold(Told):
    """What the customer says about the reply."""

    ticket: str = STORED_ID
    answer: FeedbackAnswer
    at: datetime
    changes: int = Field(description="How often they changed their mind.")


class TicketLine(Told):
    """A ticket in a list."""

    id: str = STORED_ID
    external_id: str
    conversation: str
    inbox: str = Field(description="Where it came from.")
    channel: str
    customer: str | None
    state: State = Field(description=STATES)
    outcome: Outcome | None = Field(
        description="How Firstline's part ended; null while it is open."
    )
    reason: str = Field(description="Why it ended so: a code.")
    received_at: datetime
    ended_at: datetime | None
    links: Links


class TicketTold(TicketLine):
    """A ticket with everything that is known of it."""

    subject: str = Field(description="Masked, as everything that is stored.")
    text: str
    language: str
    verified: bool
    masked: list[str] = Field(description="Kinds of sensitive data that were masked.")
    flags: list[str] = Field(description="What is odd about the message.")
    reply: ReplyTold | None = Field(description="Null until something was sent.")
    draft: DraftTold | None = Field(description="Null until it is written, or when nobody could.")
    evidence: list[EvidenceTold] = Field(description="What reply and draft rest on.")
    findings: list[FindingTold]
    route: RouteTold | None
    verdict: VerdictTold | None
    cost: CostTold
    latency: LatencyTold
    review: ReviewTold | None = Field(description="Null unless it is or was before a person.")
    decisions: list[DecisionTold]
    feedback: FeedbackTold | None


class TicketPage(Told):
    """What happened since the last time you asked, in the order it happened."""

    items: list[TicketLine]
    next: str = Field(description="Pass it as `since` the next time.")
    more: bool = Field(description="Whether there is more at once; otherwise ask again later.")


class EventTold(Told):
    """The data of each event of a ticket's stream."""

    id: str = STORED_ID
    state: State = Field(description=STATES)
    step: Step = Field(
        description="How far Firstline is: it waits or is looked up, a model writes, the verdict "
        "is there, and it is done."
    )
    outcome: Outcome | None
    reason: str


class Health(Told):
    """Whether the server can be used."""

    status: Literal["ok"]


VerdictTold.model_rebuild()
