"""What conditions may look at: the customer's record, the ticket, and today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

import re2

from firstline.proof.policy.phrases import encodable
from firstline.proof.subject import Subject
from firstline.records import Channel, Evidence, Language, Route, Ticket
from firstline.workspace import Workspace
from firstline.workspace.policy_rules import BusinessHours
from firstline.workspace.policy_values import MONEY, Money, read_money

Tree: TypeAlias = "str | dict[str | int, Tree]"
Fields: TypeAlias = tuple[tuple[str, str], ...]
"""Paths and display values, as `flatten` gives them."""
_STEP = re2.compile(r"[^.\[\]]+")
_MONEY = re2.compile(rf"(?i){MONEY}")
_DEEPEST = 40
MOST_AMOUNTS = 50
"""Amounts that are read of one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a condition may ask for."""

    record: Tree | None = None
    """The customer's record as a tree; None when there is none that may be used."""
    ticket: Mapping[str, str] = field(default_factory=dict)
    """`intent`, `channel`, `amount` …, those that are known."""
    today: date
    hours: BusinessHours = field(default_factory=BusinessHours)


def facts_of(subject: Subject) -> Facts:
    """Return the facts of a reply under examination."""
    known = _known(subject.asked, subject.asked_in, subject.route, subject.channel)
    known["verified"] = "yes" if subject.customer is not None else "no"
    return _facts(known, record_of(subject), subject.workspace, subject.today)


def facts_of_ticket(
    ticket: Ticket, route: Route, fields: Fields | None, workspace: Workspace
) -> Facts:
    """Return the facts of a ticket before anything is drafted.

    Args:
        ticket: As it came.
        route: Where it goes.
        fields: The customer's record, flattened; None when there is none that may be used.
        workspace: The company.
    """
    asked = f"{ticket.subject}\n{ticket.text}"
    known = _known(asked, ticket.language, route, ticket.channel)
    known["verified"] = "yes" if ticket.verified else "no"
    zone = ZoneInfo(workspace.settings.timezone)
    return _facts(known, fields, workspace, ticket.received_at.astimezone(zone).date())


def _known(
    asked: str, language: Language, route: Route | None, channel: Channel | None
) -> dict[str, str]:
    return {
        "intent": str(route.intent or "") if route else "",
        "channel": channel or "",
        "language": language.code,
        "amount": largest_amount(asked),
        "risk": route.risk if route else "",
        "urgency": route.urgency if route else "",
    }


def _facts(
    known: Mapping[str, str], fields: Fields | None, workspace: Workspace, today: date
) -> Facts:
    return Facts(
        record=None if fields is None else tree_of(fields),
        ticket={name: value for name, value in known.items() if value},
        today=today,
        hours=workspace.policies.rules.hours,
    )


def record_of(subject: Subject) -> Fields | None:
    """Return the fields of the customer's record, or None when there is none.

    A record of somebody else decides nothing. Another system's evidence names no customer where
    nobody knows who asked; then its records are taken to be the asker's.
    """
    if subject.record is not None:
        return subject.record
    records = [item for item in subject.evidence if item.kind == "record" and item.fields]
    if not (subject.foreign and subject.customer is None):
        records = [item for item in records if item.source == subject.customer]
    return _merged(records)


def _merged(records: list[Evidence]) -> Fields | None:
    if not records:
        return None
    if len(records) == 1:
        return records[0].fields
    fields: dict[str, str] = {}
    for item in records:
        for path, value in item.fields:
            fields.setdefault(path, value)
    return tuple(fields.items())


@lru_cache(maxsize=64)
def tree_of(fields: Fields) -> Tree:
    """Return flattened fields (`billing.invoices[0].date`) as a tree; list places are numbers."""
    root: dict[str | int, Tree] = {}
    for path, value in fields:
        steps = [_step(step) for step in _STEP.findall(path)][:_DEEPEST]
        node = root
        for step in steps[:-1]:
            below = node.setdefault(step, {})
            if not isinstance(below, dict):
                break
            node = below
        else:
            if steps:
                node.setdefault(steps[-1], value)
    return root


def _step(text: str) -> str | int:
    return int(text) if text.isdecimal() and text.isascii() else text


@lru_cache(maxsize=64)
def largest_amount(text: str) -> str:
    """Return the largest amount of money a text names, as written; empty when it names none.

    Amounts in different currencies are compared by their numbers: it is the larger claim that
    a person should see.
    """
    best: tuple[Money, str] | None = None
    for count, match in enumerate(_MONEY.finditer(encodable(text))):
        money = read_money(match.group(0))
        if money is not None and (best is None or abs(money.amount) > abs(best[0].amount)):
            best = (money, match.group(0))
        if count >= MOST_AMOUNTS:
            break
    return best[1] if best else ""
