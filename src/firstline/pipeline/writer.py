"""What a writer is, and the two that need no model: fixed answers and record answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import re2

from firstline.proof.courtesies import without_name
from firstline.proof.templates import MissingFieldError, fill, slots
from firstline.records import Confidence, Context, Draft, Evidence, Route, Sentence, Ticket
from firstline.workspace import IntentSpec, Workspace

_NAME = re2.compile(r"^\p{L}[\p{L}'’\-]*$")
_LONGEST_NAME = 30
SURE_ROUTE = 0.8
"""Probability from which a route by itself is good evidence of what is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a writer is asked to do."""

    ticket: Ticket
    route: Route
    context: Context
    spec: IntentSpec | None
    workspace: Workspace


def assignment_of(
    ticket: Ticket, route: Route, context: Context, workspace: Workspace
) -> Assignment:
    """Return what a writer is asked to do about a ticket."""
    return Assignment(
        ticket=ticket,
        route=route,
        context=context,
        spec=workspace.intent(route.intent),
        workspace=workspace,
    )


class Writer(Protocol):
    """Proposes a reply. It has no tools, no network and no other customer's data."""

    async def write(self, assignment: Assignment) -> Draft:
        """Return a draft; a draft that cannot answer says so and why."""
        ...


class FixedWriter:
    """Writes the company's own wording (handler `rule`)."""

    async def write(self, assignment: Assignment) -> Draft:
        """Return the fixed answer word for word."""
        evidence = _of_kind(assignment, "policy")
        if evidence is None:
            return hand_over("fixed-answers", "the intent has no fixed answer")
        lines = tuple(
            Sentence(text=line, kind="quote", evidence=(evidence.id,))
            for line in evidence.text.splitlines()
        )
        return Draft(
            action="answer",
            sentences=courteous(lines, assignment),
            confidence=_sure(assignment),
            reason=f"fixed answer of {evidence.title}",
            model="fixed-answers",
        )


class RecordWriter:
    """Fills the company's sentences with the customer's own record (handler `record`)."""

    async def write(self, assignment: Assignment) -> Draft:
        """Return the filled sentences, or hand over when anything is missing."""
        model = "record-answers"
        policy, record = _of_kind(assignment, "policy"), _of_kind(assignment, "record")
        if policy is None:
            return hand_over(model, "the intent has no sentences to fill")
        if record is None:
            why = "no record" if assignment.ticket.verified else "the sender is not verified"
            return hand_over(model, f"the customer's record may not be used: {why}")
        fields = dict(record.fields)
        written = []
        for template in policy.text.splitlines():
            try:
                text = fill(template, fields)
            except MissingFieldError as error:
                return hand_over(model, f"the customer's record has no {error.field}")
            if slots(template):
                ids = (policy.id, record.id)
                written.append(Sentence(text=text, kind="record", evidence=ids))
            else:
                written.append(Sentence(text=text, kind="quote", evidence=(policy.id,)))
        return Draft(
            action="answer",
            sentences=courteous(tuple(written), assignment),
            confidence=_sure(assignment),
            reason=f"record of {record.source}",
            model=model,
        )


def _sure(assignment: Assignment) -> Confidence:
    """Return how sure an answer is that rests on the route alone: nothing was searched for."""
    return "high" if assignment.route.probability >= SURE_ROUTE else "medium"


def hand_over(model: str, reason: str, *, cause: str = "") -> Draft:
    """Return the draft of a writer that cannot answer."""
    return Draft(action="escalate", confidence="low", reason=reason, model=model, cause=cause)


def courteous(body: tuple[Sentence, ...], assignment: Assignment) -> tuple[Sentence, ...]:
    """Put a company's greeting before and its closing and disclosure after a body."""
    voice = assignment.workspace.voice
    record = _of_kind(assignment, "record")
    lines = [greeting(voice.greeting, record), _courtesy(voice.opening)]
    after = [_courtesy(voice.closing), _courtesy(assignment.workspace.settings.disclosure)]
    return tuple(line for line in (*lines, *body, *after) if line.text)


def greeting(line: str, record: Evidence | None) -> Sentence:
    """Return the greeting, with the first name when the record has a plain one."""
    name = first_name(dict(record.fields)) if record else ""
    if record is not None and name and "{name}" in line:
        text = line.replace("{name}", name)
        return Sentence(text=text, kind="record", evidence=(record.id,))
    return _courtesy(without_name(line))


def first_name(fields: Mapping[str, str]) -> str:
    """Return a customer's first name, or nothing when it is not a plain word."""
    first = (fields.get("name", "").split() or [""])[0]
    return first if len(first) <= _LONGEST_NAME and _NAME.match(first) else ""


def _courtesy(text: str) -> Sentence:
    return Sentence(text=text, kind="courtesy")


def _of_kind(assignment: Assignment, kind: str) -> Evidence | None:
    return next((item for item in assignment.context.evidence if item.kind == kind), None)
