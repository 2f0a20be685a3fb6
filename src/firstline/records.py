"""The records that pass between stages: frozen, plain, in UTC.

A stage takes one of these and returns another; nothing else travels. All of them survive a
round trip through JSON (`encode`, `decode`), because each is stored, shown and replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NewType, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

TicketId = NewType("TicketId", str)
CustomerId = NewType("CustomerId", str)
ConversationId = NewType("ConversationId", str)
EvidenceId = NewType("EvidenceId", str)
DocumentId = NewType("DocumentId", str)
Intent = NewType("Intent", str)

OUT_OF_SCOPE = Intent("oos")
"""The intent of what is none of the company's business."""

Channel = Literal[
    "email", "chat", "api", "zendesk", "intercom", "freshdesk", "chatwoot", "webhook", "file"
]
Author = Literal["customer", "staff", "bot"]
Risk = Literal["low", "medium", "high"]
Urgency = Literal["low", "normal", "high"]
Handler = Literal["quote", "record", "rule", "model", "person"]
RouteSource = Literal["rule", "local", "model"]
Audience = Literal["public", "internal"]
EvidenceKind = Literal["passage", "record", "ticket", "policy"]
SentenceKind = Literal["quote", "record", "computed", "courtesy", "question"]
DraftAction = Literal["answer", "clarify", "escalate"]
Confidence = Literal["high", "medium", "low"]
Result = Literal["pass", "warn", "block"]
VerdictAction = Literal["send", "review", "escalate", "clarify"]
Outcome = Literal["sent", "review", "escalate", "clarify"]
IntakeFlag = Literal[
    "automatic_mail",
    "own_mail",
    "too_large",
    "empty",
    "undecodable",
    "several_senders",
    "asked_for_person",
]
ORDINARY_FLAGS: tuple[IntakeFlag, ...] = ("several_senders", "asked_for_person")
"""Those of a message like any other: a person gets it, with a route and a draft."""
Signal = Literal[
    "human_request",
    "anger",
    "threat",
    "legal",
    "media",
    "self_harm",
    "danger",
    "bereavement",
    "vulnerability",
    "security",
    "privacy",
    "identity",
    "payment_data",
    "injection",
]
"""What R2.7 asks for: found on the whole message, apart from the intent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message: listed, never opened."""

    name: str
    media_type: str
    size: int
    """Bytes, as declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    author: Author
    text: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A ticket as its channel delivered it: nothing cleaned, nothing trusted."""

    external_id: str
    """The sender's own id; unique within its inbox."""
    text: str
    subject: str = ""
    is_html: bool = False
    customer: str | None = None
    """A customer id or e-mail address, as claimed."""
    verified: bool = False
    """Whether the channel vouches for `customer`."""
    channel: Channel = "file"
    received_at: datetime | None = None
    messages: tuple[Message, ...] = ()
    """Earlier turns, oldest first."""
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Mail headers in order, names lower-cased; empty for other channels."""
    flags: tuple[IntakeFlag, ...] = ()
    """What the channel itself found wrong."""
    source: str = ""
    """Where it was read, as `file:line`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The language of a text."""

    code: str
    """ISO 639-1, or `und` when it cannot be told."""
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A request, normalised and masked. Nothing downstream sees the raw text."""

    id: TicketId
    inbox: str
    """What keeps one source of tickets apart from another (a run, a mailbox)."""
    external_id: str
    conversation: ConversationId
    text: str
    """What the customer newly wrote: quoted history and signature stripped."""
    subject: str = ""
    quoted: str = ""
    """The quoted history and signature that were stripped."""
    customer: str | None = None
    verified: bool = False
    channel: Channel = "file"
    received_at: datetime
    language: Language
    history: tuple[Message, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    masked: tuple[str, ...] = ()
    """Kinds of sensitive data that were masked in text or subject, sorted."""
    flags: tuple[IntakeFlag, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentScore:
    """An intent and how likely it is."""

    intent: Intent
    probability: float
    """Calibrated, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSignal:
    """Something in the message that decides who may answer it, whatever its intent."""

    signal: Signal
    start: int
    """Offset into subject + newline + text, in characters."""
    end: int
    reason: str
    """What was recognised; never the customer's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One of the things a message asks for."""

    start: int
    """Offset into the ticket's text, in characters."""
    end: int
    intent: Intent
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a ticket goes, and why."""

    intents: tuple[IntentScore, ...] = ()
    """Best first; empty when no classifier ran."""
    handler: Handler
    risk: Risk
    urgency: Urgency
    signals: tuple[RiskSignal, ...] = ()
    requests: tuple[Request, ...] = ()
    """More than one entry means several requests in one message."""
    in_scope: float = 0.0
    """0 to 1: how much the message looks like anything this company handles."""
    unsure: bool = False
    """Whether a model should be asked, or else a person."""
    source: RouteSource
    reason: str

    @property
    def intent(self) -> Intent | None:
        """The best intent, if any."""
        return self.intents[0].intent if self.intents else None

    @property
    def probability(self) -> float:
        """The best intent's probability, 0 when there is none."""
        return self.intents[0].probability if self.intents else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something a reply may rest on, as it stood when it was fetched."""

    id: EvidenceId
    kind: EvidenceKind
    source: str
    """Document id, customer id, ticket id or policy name."""
    version: str
    """Hash of the content."""
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """For records: flattened field paths and their display values."""
    title: str = ""
    url: str = ""
    audience: Audience = "public"
    score: float = 0.0
    """Retrieval score, for passages."""
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The evidence a writer gets, within its token budget."""

    evidence: tuple[Evidence, ...]
    tokens: int
    trimmed: tuple[EvidenceId, ...] = ()
    """Evidence that was found but did not fit."""
    answerable: float = 0.0
    """0 to 1: how likely the knowledge base answers this message."""
    missing: tuple[str, ...] = ()
    """Sources that could not be asked, and why; never silently empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a reply and what it rests on."""

    text: str
    kind: SentenceKind
    evidence: tuple[EvidenceId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens and money spent on model calls."""

    input: int = 0
    """Input tokens that were neither read from nor written to the prompt cache."""
    output: int = 0
    """Output tokens, thinking included."""
    cache_read: int = 0
    cache_write: int = 0
    """Tokens written to the cache, whatever their time to live."""
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        """Return both together."""
        return Usage(
            input=self.input + other.input,
            output=self.output + other.output,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
            cost_usd=round(self.cost_usd + other.cost_usd, 12),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One writer or router that was asked on the way to a draft, and what came of it."""

    by: str
    """`quoting-writer`, `small`, `strong`, `router` …"""
    model: str = ""
    """The model's name; empty where none was asked."""
    reason: str
    """Why it was asked."""
    result: str
    """`answered`, or why it was not the end of the way: a stable code, then words."""
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Something the reply promises."""

    who: str
    what: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a writer proposes."""

    action: DraftAction
    sentences: tuple[Sentence, ...] = ()
    confidence: Confidence = "low"
    reason: str
    commitments: tuple[Commitment, ...] = ()
    language: str = "en"
    model: str = "quoting-writer"
    prompt_hash: str = ""
    usage: Usage = field(default_factory=Usage)
    """What writing this draft cost; `hops` says what the whole way cost."""
    hops: tuple[Hop, ...] = ()
    """Who was asked on the way to this draft, in order, and why."""
    cause: str = ""
    """A stable code for why there is no usable answer, where there is a better one than that."""

    @property
    def text(self) -> str:
        """The reply as the customer would read it, one paragraph a sentence."""
        return "\n\n".join(sentence.text for sentence in self.sentences)

    @property
    def spent(self) -> Usage:
        """What the whole way cost: every model that was asked."""
        return sum((hop.usage for hop in self.hops), Usage())


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check says about a draft."""

    check: str
    result: Result
    detail: str
    sentence: int | None = None
    """Index of the sentence it is about."""
    code: str = ""
    """What is wrong, to count by: `number_not_in_evidence`, `dropped_condition` …"""
    start: int | None = None
    """Offset of the words it is about, in characters of the sentence."""
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was decided: a stable code to count by, and words to read."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What happens to a ticket now."""

    action: VerdictAction
    score: float
    """0 to 1: how good the evidence behind the draft is. Orders the queue; certifies nothing."""
    reasons: tuple[Reason, ...]
    """The first one decided."""
    autonomy: str
    """The level that applied, as written in the workspace."""
    certificate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a delivery."""

    key: str
    state: Literal["sent", "uncertain", "cancelled"]
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """How long a stage took."""

    stage: str
    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything the stages said about one ticket, up to the verdict."""

    ticket: Ticket
    route: Route
    context: Context
    draft: Draft
    findings: tuple[Finding, ...]
    verdict: Verdict
    times: tuple[StageTime, ...] = ()


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        adapter = _ADAPTERS[kind] = TypeAdapter(kind)
    return adapter


def encode(record: object) -> str:
    """Return a record as compact JSON."""
    return _adapter(type(record)).dump_json(record).decode()


def decode(kind: type[T], text: str | bytes) -> T:
    """Return the record that `encode` wrote; raises pydantic.ValidationError otherwise."""
    record: T = _adapter(kind).validate_json(text)
    return record
