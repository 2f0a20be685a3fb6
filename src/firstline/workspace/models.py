"""What a company's folder says, loaded: frozen, checked, ready for the stages.

The YAML and TOML files are written by people; `load.py` turns them into these and reports
every mistake with file, line and fix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from firstline.records import Handler, Intent, Risk, Signal, Urgency
from firstline.workspace.policy_rules import Rules
from firstline.workspace.prompts_file import PromptFiles, default_prompts

Level = Literal["off", "shadow", "review", "percent", "certified"]
SignalPolicy = Literal["escalate", "review", "note"]
Access = Literal["live", "cached"]
Provider = Literal["none", "anthropic", "bedrock", "vertex", "recorded"]
Tone = Literal["formal", "friendly", "technical"]
Lane = Literal["live", "batch"]
MaskKind = Literal[
    "abn",
    "api_key",
    "bank_account",
    "card",
    "email",
    "iban",
    "ip_address",
    "medicare",
    "one_time_code",
    "password",
    "phone",
    "ssn",
    "tfn",
]
"""What can be masked in a message (R1.5)."""
ALWAYS_MASKED: tuple[MaskKind, ...] = (
    "api_key",
    "bank_account",
    "card",
    "iban",
    "medicare",
    "one_time_code",
    "password",
    "ssn",
    "tfn",
)
"""Masked whatever the settings say: none of it may stand in plain sight."""
MAY_BE_MASKED: tuple[MaskKind, ...] = ("abn", "email", "ip_address", "phone")
"""Masked where firstline.toml asks for it: look-ups and replies may need them."""
JudgeWhen = Literal["paraphrases", "always", "off"]
SourceKind = Literal["sql", "http", "file"]
SourceRows = Literal["one", "many"]
SourceMatch = Literal["id", "email"]
Network = Literal["public", "private", "loopback"]
ChatDemo = Literal["loopback", "on", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Autonomy:
    """How far an intent may go without a person (R6.4)."""

    level: Level
    percent: int = 0
    """Share of customers, for level `percent`: 1 to 100."""

    def __str__(self) -> str:
        """As written in a workspace: `review`, `percent:10`."""
        return f"percent:{self.percent}" if self.level == "percent" else self.level


REVIEW = Autonomy(level="review")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentSpec:
    """One entry of intents.yaml."""

    name: Intent
    description: str = ""
    risk: Risk = "medium"
    urgency: Urgency = "normal"
    handler: Handler = "quote"
    autonomy: Autonomy = REVIEW
    clarify: str | None = None
    """The question to ask when a message of this intent is too vague to answer."""
    answer: tuple[str, ...] = ()
    """Sentences with `{field}` slots, for handlers `rule` and `record`."""
    needs: tuple[str, ...] = ()
    """Customer fields this intent may see; empty means none (least privilege)."""
    guide: str = ""
    """The file of `prompts/guides/` a model reads for this intent; by default of its name."""
    lane: Lane = "live"
    """Whether a model may take hours over it, at half the price."""
    articles: tuple[str, ...] = ()
    """Document ids that answer it; a retrieved passage elsewhere is then not enough."""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan of catalogue.yaml."""

    name: str
    price: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the company sells."""

    plans: tuple[Plan, ...] = ()
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The courtesy lines of voice.md; the only unproven words that may leave."""

    greeting: str = "Hello,"
    """May contain `{name}`, the customer's first name; the line without it is used otherwise."""
    opening: str = "Thanks for getting in touch."
    closing: str = "If this does not solve it, reply to this message and a person will help you."
    handoff: str = "Thanks for your message. A person on our team has it and will reply to you."
    unsure: str = "I'm not certain about that. Let me connect you with a specialist."
    tone: Tone = "friendly"
    """How a model words what it may word itself."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Up to five pairs: how anybody would say it, how this company says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A model of a compatible server that the registry does not know ([[models.own]])."""

    id: str
    input_usd: float
    """Dollars a million tokens."""
    output_usd: float
    structured: bool = False
    """Whether the server holds answers to a JSON schema."""
    context: int = 32_000
    """Tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """[models] and [budget] of firstline.toml: which models, where, and for how much."""

    provider: Provider = "none"
    profile: str = "5.5"
    router: str = ""
    """A model's name that replaces the profile's; so for `writer` and `strong`."""
    writer: str = ""
    strong: str = ""
    judge: JudgeWhen = "paraphrases"
    """Which replies a small model reads against their evidence before they leave."""
    judge_model: str = ""
    """A model's name that replaces the profile's judge."""
    base_url: str = ""
    """Another server that speaks the Messages API; provider `anthropic` only."""
    region: str = ""
    """Bedrock and Vertex."""
    project: str = ""
    """Vertex."""
    recordings: Path = Path("recordings")
    """Where provider `recorded` finds answers, and `--record` puts them."""
    own: tuple[OwnModel, ...] = ()
    cache: Literal["off", "5m", "1h"] = "off"
    """Time to live of the cached prefix; `firstline cost` says whether it would pay."""
    schema: Literal["required", "optional"] = "required"
    """Whether a model must be able to hold its answers to a JSON schema. They are checked here
    either way; without it more of them are malformed, and asked again."""
    deadline_seconds: float = 30.0
    """For one question, every retry included."""
    requests_per_minute: int = 0
    """For all workers together; 0: learned from the API's headers."""
    tokens_per_minute: int = 0
    """Input and output, for all workers together; 0: learned."""
    day_usd: float = 0.0
    """Hard stop for a UTC day; 0: none."""
    month_usd: float = 0.0
    calls_per_requester_per_day: int = 30
    alarm_usd: float = 0.02
    """A ticket that costs more is named in the log and in reports."""
    batch_wait_minutes: int = 60
    """How long tickets of lane `batch` are collected before they are submitted."""
    batch_deadline_hours: float = 6.0
    """After this a ticket of lane `batch` is answered live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeSetting:
    """Tickets that are certified together ([[trust.scopes]])."""

    name: str
    intents: tuple[Intent, ...]
    channel: str = "*"
    """A channel, or `*` for any."""
    language: str = "*"
    line: int = 0
    """Where firstline.toml says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSetting:
    """What things cost, in dollars: guesses to begin with, for a company to replace."""

    wrong_usd: float = 30.0
    """A wrong reply that a customer got."""
    review_usd: float = 1.0
    """A person reading a draft."""
    escalation_usd: float = 5.0
    """A person answering from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """[trust] of firstline.toml: what is promised, about which tickets, and what mistakes cost."""

    alpha: float = 0.02
    """Share of wrong replies that is acceptable among those sent."""
    delta: float = 0.05
    """Probability of being mistaken about that which is acceptable, for all scopes together."""
    valid_days: int = 90
    """How long a certificate holds, and how old a label may be."""
    scopes: tuple[ScopeSetting, ...] = ()
    """None: chosen from the intents."""
    costs: CostSetting = field(default_factory=CostSetting)
    costs_by_intent: tuple[tuple[Intent, CostSetting], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """[chat] of firstline.toml: where the chat may be shown, and what a visitor may do."""

    sites: tuple[str, ...] = ()
    """Origins whose pages may frame the chat; none: only this server's own pages."""
    audience: str = "firstline"
    """What `aud` of an identity token must say."""
    welcome: str = "Hello. What can we help you with?"
    """The first words a visitor reads."""
    answer_within: str = ""
    """By when a person usually answers, in words; empty: no time is named."""
    message_length: int = 2_000
    """Characters."""
    messages_per_minute: int = 10
    """Of one visitor."""
    visitors_per_address: int = 60
    """Open streams of one network address, and new conversations a minute from it."""
    demo: ChatDemo = "loopback"
    """Whether /chat/demo is shown: only to this machine, to everybody, or to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What policies.yaml says."""

    signals: Mapping[Signal, SignalPolicy] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()
    """Phrases no reply may contain, however they are inflected or dressed up."""
    forbidden_lines: tuple[int, ...] = ()
    """The line of each of them, where they come from a file."""
    rules: Rules = field(default_factory=Rules)
    """What a reply may say to whom, must say, may promise, and when a person is to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSetting:
    """One of [[sources]]: where more about a customer is read while a ticket is answered.

    Its fields stand below its name: `billing.balance`. Only intents with a need of that name, and
    rules that speak of it, make it be asked.
    """

    name: str
    kind: SourceKind
    access: Access = "live"
    cached_seconds: int = 300
    """How long access `cached` trusts an answer."""
    timeout_ms: int = 2_000
    """For one question; after it the ticket is answered by a person."""
    rows: SourceRows = "one"
    """`many`: every row of the answer, as `orders[0].total`; `one`: more than one is a mistake."""
    fields: tuple[str, ...] = ()
    """What of an answer is taken; all of it when empty."""
    owner: str = ""
    """The field of each row that must hold the customer's id or address; empty: not checked."""
    url: str = ""
    """SQL: a SQLAlchemy URL without a password. HTTP: with `{id}`, `{email}` or `{reference}`."""
    url_env: str = ""
    """SQL: the environment variable that holds the URL."""
    query: str = ""
    """SQL: one SELECT with `:id`, `:email` or `:reference`."""
    owners: str = ""
    """SQL: one SELECT with `:token` or `:digits` that gives the ids of whose it is."""
    header: str = ""
    """HTTP: `Name: value`, where `{secret}` is what `secret_env` holds."""
    secret_env: str = ""
    at: str = ""
    """HTTP: where in the JSON answer the record stands: `data.customer`."""
    network: Network = "public"
    """HTTP: which addresses the host may have."""
    file: Path | None = None
    key: str = "id"
    """File: the field that names a customer."""
    match: SourceMatch = "id"
    """File: what of the customer is looked up in it."""
    line: int = 0
    """Where firstline.toml says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """firstline.toml, with its defaults."""

    company: str
    locale: str = "en-US"
    timezone: str = "UTC"
    languages: tuple[str, ...] = ("en",)
    """Languages a reply may be written in; a ticket in another goes to a person."""
    own_addresses: tuple[str, ...] = ()
    """The company's own mail addresses: mail from them is a loop."""
    knowledge: Path = Path("knowledge")
    """Folder or .jsonl file, relative to the workspace."""
    passages: int = 4
    token_budget: int = 1000
    max_words: int = 150
    disclosure: str = (
        "This reply was prepared automatically from our help centre. "
        "Reply to it at any time to reach a person."
    )
    links: tuple[str, ...] = ()
    """Hosts a link in a reply may lead to."""
    customers: Path | None = None
    customer_source: str = ""
    """Instead of a file: the one of `sources` that knows who customers are."""
    customer_key: str = "id"
    customer_access: Access = "live"
    sources: tuple[SourceSetting, ...] = ()
    mask: tuple[MaskKind, ...] = ()
    """What is masked in messages beside ALWAYS_MASKED: some of MAY_BE_MASKED."""
    minimum_probability: float = 0.5
    minimum_in_scope: float = 0.2
    minimum_answerable: float = 0.5
    autonomy: Autonomy = REVIEW
    replies_per_requester_per_day: int = 3
    bot_turns_per_conversation: int = 5
    encoder: Path | None = None
    """An ONNX sentence encoder to use instead of the built-in one."""
    models: ModelSettings = field(default_factory=ModelSettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)

    @property
    def has_customers(self) -> bool:
        """Whether anything is known about customers."""
        return self.customers is not None or bool(self.customer_source)

    @property
    def mask_kinds(self) -> frozenset[MaskKind]:
        """Everything that is masked in messages of this company."""
        return frozenset((*ALWAYS_MASKED, *self.mask))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A company: everything its folder says."""

    folder: Path
    settings: Settings
    intents: tuple[IntentSpec, ...]
    policies: Policies
    catalogue: Catalogue
    voice: Voice
    version: str
    """Hash of all the configuration files."""
    prompts: PromptFiles = field(default_factory=default_prompts)
    """What models are told: the company's own files, and Firstline's for the rest."""

    @property
    def data(self) -> Path:
        """Where this machine keeps what it derives or records: databases, caches, models."""
        return self.folder / ".firstline"

    def intent(self, name: Intent | None) -> IntentSpec | None:
        """Return the intent called `name`, if the company has it."""
        return next((spec for spec in self.intents if spec.name == name), None)
