"""Prompts: a company's files, a ticket and its evidence, made into what a model reads.

The system part is the same for every ticket of a guide, so that a provider can cache it; all
that changes stands in the user turn. Everything is pure and deterministic: the same ticket and
evidence always give the same prompt, which is how a paid answer is found again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

import re2

from firstline.claude.answers import AnswerProblem
from firstline.claude.judge import JUDGE_SCHEMA
from firstline.claude.layout import Case, Layout, show
from firstline.claude.schemas import ANSWER_SCHEMA, route_schema
from firstline.claude.sections import encode, labelled, record_lines, section
from firstline.claude.tokens import REQUEST, count_tokens, estimate, schema_tokens
from firstline.proof.canaries import prompt_line
from firstline.records import Context, Evidence, EvidenceId, Route, Ticket
from firstline.workspace import IntentSpec, Workspace
from firstline.workspace.models import Tone
from firstline.workspace.prompts_file import GENERAL, GUIDES, PromptFiles

LAYOUT: Final = "2"
"""Counted up when sections or their encoding change: it is part of every prompt's hash."""
TONES: Mapping[Tone, str] = {
    "formal": "formal, no contractions",
    "friendly": "friendly, plain",
    "technical": "technical, exact terms",
}
_ROUTER_MESSAGE = 1_200
"""Characters of a message that a router reads."""
_ROUTER_EXAMPLE = 80
_UNUSED = frozenset({"critical", "name"})
"""Fields of a record that no statement rests on: the greeting is written by code."""
_PLACEHOLDER = re2.compile(r"\{([a-z_]+)\}")
_HASH = 16
_SCHEMA = ANSWER_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A prompt, and what is in it."""

    system: str
    user: str
    labels: Mapping[str, EvidenceId] = field(default_factory=dict)
    """What the short labels in the prompt stand for: all an answer may cite."""
    included: tuple[EvidenceId, ...] = ()
    left_out: tuple[EvidenceId, ...] = ()
    """Evidence that did not fit, that a model may not see, or that says nothing to it."""
    tokens: int
    """Of the whole input, by the approximate counter, without the schema."""
    schema_tokens: int
    """What the API adds to the input for the answer's schema."""
    over_budget: bool = False
    """Whether message and best passage had to be cut: a model with more room does better."""
    hash: str
    """Of everything a person wrote for this prompt: files, tone, pairs."""


@dataclass(frozen=True, slots=True)
class _System:
    text: str
    size: float
    hash: str


class Prompts:
    """A company's prompts."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._files: PromptFiles = workspace.prompts
        self._zone = ZoneInfo(workspace.settings.timezone)
        self._values = _values(workspace)
        self._ticket = self._files["ticket"].text
        self._shell = estimate(_filled(self._ticket, {}))
        self._systems = {name: self._system(name) for name in self._files.guides}
        self._router_hash = self._digest("router")
        self._judge_hash = self._digest("judge", "repair")

    @classmethod
    def of(cls, workspace: Workspace) -> Prompts:
        """Return the prompts of a company that is loaded."""
        return cls(workspace)

    def guide(self, spec: IntentSpec | None) -> str:
        """Return the guide of an intent: the one it names, one of its name, or `general`."""
        return GENERAL if spec is None else self._files.guide_of(spec.guide, spec.name)

    def hash(self, guide: str = GENERAL) -> str:
        """Return the hash of everything that makes the prompts of a guide, 16 hex digits."""
        return self._systems[guide].hash

    def system_tokens(self, guide: str = GENERAL, factor: float = 1.0) -> int:
        """Return about how many tokens the stable part of a guide's prompts takes."""
        return count_tokens(self._systems[guide].text, factor)

    def write(
        self,
        ticket: Ticket,
        route: Route,
        context: Context,
        spec: IntentSpec | None,
        *,
        budget: int,
        factor: float = 1.0,
    ) -> Rendered:
        """Return the prompt for a writer.

        Args:
            ticket: Normalised and masked.
            route: Where it goes.
            context: The evidence, best passage first.
            spec: The ticket's intent.
            budget: Input tokens of the writer's model.
            factor: The model's tokens for a text that takes one on the 4.5 tokenizer.
        """
        system = self._systems[self.guide(spec)]
        case = Case(
            ticket=ticket,
            context=context,
            question=(spec.clarify or "") if spec else "",
            requests=len(route.requests),
            zone=self._zone,
        )
        layout = Layout(
            case,
            room=budget / factor - system.size - self._shell - REQUEST,
            extras=schema_tokens(_SCHEMA),
        )
        shown = show(layout.fill(), case)
        user = _filled(self._ticket, shown.texts)
        included = tuple(shown.labels.values())
        return Rendered(
            system=system.text,
            user=user,
            labels=shown.labels,
            included=included,
            left_out=tuple(item.id for item in context.evidence if item.id not in included),
            tokens=_size(system.text, user, factor),
            schema_tokens=schema_tokens(_SCHEMA, factor),
            over_budget=layout.over_budget,
            hash=system.hash,
        )

    def route(
        self, ticket: Ticket, candidates: Sequence[IntentSpec], *, factor: float = 1.0
    ) -> Rendered:
        """Return the prompt for a router that chooses between intents.

        Args:
            ticket: Normalised and masked.
            candidates: Likeliest first.
            factor: As for `write`.
        """
        listed = "\n".join(_described(spec) for spec in candidates)
        values = self._values | {"intents": listed}
        system = _filled(self._files["router"].text, values)
        said = "\n".join(part for part in (ticket.subject, ticket.text) if part)
        user = section("message", encode(said[:_ROUTER_MESSAGE]))
        schema = route_schema([spec.name for spec in candidates])
        return Rendered(
            system=system,
            user=user,
            tokens=_size(system, user, factor),
            schema_tokens=schema_tokens(schema, factor),
            hash=self._router_hash,
        )

    def judge(
        self,
        ticket: Ticket,
        sentences: Mapping[str, str],
        evidence: Sequence[Evidence],
        *,
        factor: float = 1.0,
    ) -> Rendered:
        """Return the prompt for a judge: single sentences and their evidence, nothing else.

        What the customer asked and why the writer wrote what it wrote would only persuade.

        Args:
            ticket: For the day it came, from which days are counted.
            sentences: What is to be judged, by label.
            evidence: What the sentences name; what is not public is not shown.
            factor: As for `write`.
        """
        shown = {
            f"e{at}": item
            for at, item in enumerate((x for x in evidence if x.audience == "public"), start=1)
        }
        system = _filled(self._files["judge"].text, self._values)
        pieces = "\n".join(_piece(label, item) for label, item in shown.items())
        told = "\n".join(labelled(label, "", text) for label, text in sentences.items())
        day = ticket.received_at.astimezone(self._zone).date()
        user = "\n".join(
            (
                section("evidence", pieces),
                section("sentences", told),
                f"Written on {day}. Judge every sentence.",
            )
        )
        return Rendered(
            system=system,
            user=user,
            labels={label: item.id for label, item in shown.items()},
            included=tuple(item.id for item in shown.values()),
            tokens=_size(system, user, factor),
            schema_tokens=schema_tokens(JUDGE_SCHEMA, factor),
            hash=self._judge_hash,
        )

    def repair(self, problem: AnswerProblem) -> str:
        """Return what is said to a model whose answer cannot be used."""
        return _filled(self._files["repair"].text, {"problem": str(problem).rstrip(".")})

    def _system(self, guide: str) -> _System:
        name = f"{GUIDES}/{guide}"
        values = self._values | {"guide": _filled(self._files[name].text, self._values)}
        text = _filled(self._files["system"].text, values)
        digest = self._digest("system", "ticket", "repair", name)
        text = f"{text}\n{prompt_line(digest)}"
        return _System(text, estimate(text), digest)

    def _digest(self, *names: str) -> str:
        voice = self._workspace.voice
        used = [
            LAYOUT,
            [[name, self._files[name].digest] for name in names],
            sorted(self._values.items()),
            [voice.tone, voice.pairs],
        ]
        return sha256(json.dumps(used).encode()).hexdigest()[:_HASH]


def _values(workspace: Workspace) -> dict[str, str]:
    """Return what the placeholders mean that are the same for every ticket."""
    settings, voice = workspace.settings, workspace.voice
    pairs = "; ".join(f"not “{generic}” but “{ours}”" for generic, ours in voice.pairs)
    return {
        "company": settings.company,
        "languages": ", ".join(settings.languages),
        "locale": settings.locale,
        "max_words": str(settings.max_words),
        "pairs": f"- Our wording: {pairs}." if pairs else "",
        "tone": TONES[voice.tone],
        "unsure": voice.unsure,
    }


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its placeholders filled, in one pass: values are never read again.

    A line of nothing but placeholders that all turn out empty goes away.
    """

    def fill(match: re2.Match) -> str:
        return values.get(match.group(1), "")

    lines = []
    for line in template.split("\n"):
        filled = str(_PLACEHOLDER.sub(fill, line))
        if filled.strip() or not line.strip():
            lines.append(filled)
    return "\n".join(lines).strip()


def _described(spec: IntentSpec) -> str:
    example = next((text for text in spec.examples if len(text) <= _ROUTER_EXAMPLE), "")
    told = spec.description or example
    return f"- {spec.name}: {told}" if told else f"- {spec.name}"


def _piece(label: str, item: Evidence) -> str:
    """Return one piece of evidence as a judge reads it."""
    if item.kind == "record":
        return f"<{label}>\n" + "\n".join(record_lines(item, _UNUSED))
    return labelled(label, item.title, item.text)


def _size(system: str, user: str, factor: float) -> int:
    return count_tokens(system, factor) + count_tokens(user, factor) + round(REQUEST * factor)
