"""The rules of policies.yaml, read and checked: frozen, each with the line it stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from typing import Literal, get_args

from firstline.records import Channel, Intent
from firstline.workspace.policy_tree import (
    Condition,
)
from firstline.workspace.policy_values import Span

FILE = "policies.yaml"
Otherwise = Literal["block", "review", "escalate"]
OTHERWISE: tuple[Otherwise, ...] = get_args(Otherwise)
Escalation = Literal["escalate", "review"]
ESCALATIONS: tuple[Escalation, ...] = get_args(Escalation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule has."""

    name: str
    line: int
    """1-based, in policies.yaml."""
    because: str = ""
    """Why the company has the rule; shown to staff."""

    @property
    def place(self) -> str:
        """Where the rule stands, for findings: `policies.yaml:31 refund-window`."""
        return f"{FILE}:{self.line} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A condition as it was written, and what it means."""

    text: str
    line: int
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When a rule applies: everything that is given must hold; of a list, one entry is enough."""

    intents: tuple[Intent, ...] = ()
    channels: tuple[Channel, ...] = ()
    says: tuple[str, ...] = ()
    """Phrases of the reply."""
    asked: tuple[str, ...] = ()
    """Phrases of the customer's message."""
    conditions: tuple[Clause, ...] = ()
    """All of them must hold."""
    lines: tuple[tuple[str, int], ...] = ()
    """The line of each intent, to point to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenRule(Rule):
    """What a reply may not say, unless a condition holds."""

    say: tuple[str, ...]
    unless: Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredRule(Rule):
    """What a reply must say, one of several wordings of it."""

    when: When
    say: tuple[str, ...]
    otherwise: Otherwise = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityRule(Rule):
    """Who may be told that they get something."""

    says: tuple[str, ...]
    """Phrases by which a reply grants it."""
    allow_if: tuple[Clause, ...]
    """All of them must hold."""
    otherwise: Otherwise = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRule(Rule):
    """What may be promised, who then owes it, and until when."""

    say: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    """Whole sentences; a promise that has most of the words of one is meant."""
    owner: str
    within: Span | None = None
    """How soon at the earliest a reply may promise it; None: without a deadline only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule(Rule):
    """When a person is to see a ticket, whatever was drafted."""

    when: When
    to: Escalation = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """When the company works, in its own timezone: what a business day and hour are."""

    weekdays: frozenset[int] = frozenset(range(5))
    """0 is Monday."""
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = frozenset()

    def is_open_on(self, day: date) -> bool:
        """Whether a day is a business day."""
        return day.weekday() in self.weekdays and day not in self.holidays


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything policies.yaml says beside signals and plain forbidden phrases."""

    forbidden: tuple[ForbiddenRule, ...] = ()
    required: tuple[RequiredRule, ...] = ()
    eligibility: tuple[EligibilityRule, ...] = ()
    promises: tuple[PromiseRule, ...] = ()
    escalations: tuple[EscalationRule, ...] = ()
    hours: BusinessHours = field(default_factory=BusinessHours)
