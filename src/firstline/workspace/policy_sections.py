"""Reads the rules of policies.yaml: statements, eligibility, promises, escalations, hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import time
from typing import TypeVar, get_args

import re2

from firstline.records import Channel, Intent
from firstline.workspace.nodes import Fields, Node, Sheet
from firstline.workspace.policy_language import ConditionError, parse
from firstline.workspace.policy_rules import (
    ESCALATIONS,
    OTHERWISE,
    BusinessHours,
    Clause,
    EligibilityRule,
    EscalationRule,
    ForbiddenRule,
    PromiseRule,
    RequiredRule,
    Rules,
    When,
)
from firstline.workspace.policy_values import UNITS, Span, read_date, read_span
from firstline.workspace.problems import listed, shown, suggestion

SECTIONS = ("required", "eligibility", "promises", "escalate_when", "hours")
SHORTEST_PHRASE = 3
MOST_RULES = 500
"""Rules of one section. Every one of them is looked at for every reply."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHANNELS: tuple[Channel, ...] = get_args(Channel)
_WHEN_KEYS = ("intent", "channel", "says", "asked", "if")
_NAME = re2.compile(r"^[\pL\pN][\pL\pN_\-]*$")
_LONGEST_NAME = 60
_CLOCK = re2.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_WORD = re2.compile(r"[\pL\pN]")
Made = TypeVar("Made")


def read_rules(top: Fields) -> Rules:
    """Return the rules of the file; mistakes are noted."""
    sheet = top.sheet
    return Rules(
        forbidden=_statements(top),
        required=_section(top, "required", _required),
        eligibility=_section(top, "eligibility", _eligibility),
        promises=_section(top, "promises", _promise),
        escalations=_section(top, "escalate_when", _escalation),
        hours=_hours(top.node("hours"), sheet),
    )


def plain_phrases(top: Fields) -> tuple[tuple[int, str], ...]:
    """Return the phrases of `forbidden` that hold without a condition, with their lines."""
    node = top.node("forbidden")
    if node is None:
        return ()
    if node.kind != "list":
        return _long_enough(top.lines("forbidden"), top.sheet)
    plain = Node(line=node.line, kind="list", items=tuple(x for x in node.items if not x.table))
    table = Node(line=node.line, kind="table", table={"forbidden": plain})
    alone = Fields(table, top.sheet, owner=top.owner, known=("forbidden",))
    return _long_enough(alone.lines("forbidden"), top.sheet)


def _statements(top: Fields) -> tuple[ForbiddenRule, ...]:
    node = top.node("forbidden")
    entries = () if node is None or node.kind != "list" else node.items
    rules = []
    for entry in entries:
        if not entry.table:
            continue
        known = ("name", "say", "unless", "because")
        fields = Fields(entry, top.sheet, owner="a forbidden statement", known=known)
        name = _name(fields.text("name", "forbidden"), entry.line, top.sheet)
        phrases, unless = _phrases(fields, "say"), _clauses(fields, "unless")
        if "unless" not in fields:
            advice = "Write the phrases as plain entries, or add `unless: …`."
            top.sheet.note(entry.line, "A forbidden statement has no `unless`", advice)
        elif len(unless) > 1:
            advice = "Join them with `and` or `or`."
            top.sheet.note(fields.line_of("unless"), "`unless` has more than one condition", advice)
        if phrases and unless:
            rules.append(
                ForbiddenRule(
                    name=name,
                    line=entry.line,
                    say=phrases,
                    unless=unless[0],
                    because=fields.text("because"),
                )
            )
    return tuple(rules)


def _section(
    top: Fields, key: str, read: Callable[[str, Node, Sheet], Made | None]
) -> tuple[Made, ...]:
    node = top.node(key)
    if node is None or node.kind == "nothing":
        return ()
    if node.kind != "table":
        advice = f"Write a name and a colon for each rule below `{key}:`."
        top.sheet.note(node.line, f"`{key}` must be a table of named rules", advice)
        return ()
    if len(node.table) > MOST_RULES:
        advice = "Merge some of them."
        top.sheet.note(node.line, f"`{key}` has more than {MOST_RULES} rules", advice)
        return ()
    made = (
        read(_name(name, rule.line, top.sheet), rule, top.sheet)
        for name, rule in node.table.items()
    )
    return tuple(rule for rule in made if rule is not None)


def _name(name: str, line: int, sheet: Sheet) -> str:
    if len(name) > _LONGEST_NAME or not _NAME.match(name):
        advice = f"Use letters, digits, - and _, at most {_LONGEST_NAME}: refund-window."
        sheet.note(line, f"{shown(name)} is no name of a rule", advice)
    return name


def _required(name: str, node: Node, sheet: Sheet) -> RequiredRule | None:
    known = ("when", "say", "otherwise", "because")
    fields = Fields(node, sheet, owner=f"required {name}", known=known)
    phrases = _phrases(fields, "say")
    _wanted(fields, "say", "Write the wordings of which the reply must hold one.")
    if not phrases:
        return None
    return RequiredRule(
        name=name,
        line=node.line,
        when=_when(fields, needed=True),
        say=phrases,
        otherwise=fields.choice("otherwise", OTHERWISE, "review"),
        because=fields.text("because"),
    )


def _eligibility(name: str, node: Node, sheet: Sheet) -> EligibilityRule | None:
    known = ("when_reply_says", "allow_if", "otherwise", "because")
    fields = Fields(node, sheet, owner=f"eligibility {name}", known=known)
    phrases, clauses = _phrases(fields, "when_reply_says"), _clauses(fields, "allow_if")
    _wanted(fields, "when_reply_says", "Write the phrases by which a reply grants it.")
    _wanted(fields, "allow_if", "Write the conditions of the record, one a line.")
    if not phrases or not clauses:
        return None
    return EligibilityRule(
        name=name,
        line=node.line,
        says=phrases,
        allow_if=clauses,
        otherwise=fields.choice("otherwise", OTHERWISE, "block"),
        because=fields.text("because"),
    )


def _promise(name: str, node: Node, sheet: Sheet) -> PromiseRule | None:
    known = ("say", "like", "owner", "within", "because")
    fields = Fields(node, sheet, owner=f"promise {name}", known=known)
    say, like = _phrases(fields, "say"), _phrases(fields, "like")
    if "say" not in fields and "like" not in fields:
        advice = "Add `say:` with phrases, or `like:` with whole sentences."
        sheet.note(node.line, f"promise {name} does not say what is promised", advice)
    _wanted(fields, "owner", "Write who owes it: a team or a person.")
    owner = fields.text("owner")
    if not owner or not (say or like):
        return None
    return PromiseRule(
        name=name,
        line=node.line,
        say=say,
        like=like,
        owner=owner,
        within=_span(fields, "within"),
        because=fields.text("because"),
    )


def _escalation(name: str, node: Node, sheet: Sheet) -> EscalationRule | None:
    fields = Fields(node, sheet, owner=f"escalate_when {name}", known=("when", "to", "because"))
    return EscalationRule(
        name=name,
        line=node.line,
        when=_when(fields, needed=True),
        to=fields.choice("to", ESCALATIONS, "escalate"),
        because=fields.text("because"),
    )


def _when(fields: Fields, *, needed: bool) -> When:
    node = fields.node("when")
    sheet = fields.sheet
    if node is None:
        if needed:
            advice = f"Add `when:` with some of {listed(_WHEN_KEYS)}."
            sheet.note(fields.line, f"{fields.owner} does not say when it applies", advice)
        return When()
    table = Fields(node, sheet, owner=f"`when` of {fields.owner}", known=_WHEN_KEYS)
    if node.kind == "table" and not node.table:
        sheet.note(node.line, f"`when` of {fields.owner} is empty", f"Add {listed(_WHEN_KEYS)}.")
    intents = table.lines("intent")
    return When(
        intents=tuple(Intent(name) for _, name in intents),
        channels=tuple(_channels(table)),
        says=_phrases(table, "says"),
        asked=_phrases(table, "asked"),
        conditions=_clauses(table, "if"),
        lines=tuple((name, line) for line, name in intents),
    )


def _channels(table: Fields) -> Iterator[Channel]:
    for line, name in table.lines("channel"):
        known = next((channel for channel in _CHANNELS if channel == name), None)
        if known is None:
            advice = suggestion(name, _CHANNELS, f"Known: {listed(_CHANNELS)}.")
            table.sheet.note(line, f"There is no channel {shown(name)}", advice)
        else:
            yield known


def _wanted(fields: Fields, key: str, fix: str) -> None:
    if key not in fields:
        fields.sheet.note(fields.line, f"{fields.owner} has no `{key}`", fix)


def _phrases(fields: Fields, key: str) -> tuple[str, ...]:
    return tuple(text for _, text in _long_enough(fields.lines(key), fields.sheet, key))


def _long_enough(
    lines: Sequence[tuple[int, str]], sheet: Sheet, key: str = "forbidden"
) -> tuple[tuple[int, str], ...]:
    kept = []
    for line, phrase in lines:
        if len(phrase) < SHORTEST_PHRASE or not _WORD.search(phrase):
            word = "forbidden phrase" if key == "forbidden" else f"phrase of `{key}`"
            advice = f"Write at least {SHORTEST_PHRASE} characters."
            sheet.note(line, f"The {word} {shown(phrase)} is too short to mean anything", advice)
        else:
            kept.append((line, phrase))
    return tuple(kept)


def _clauses(fields: Fields, key: str) -> tuple[Clause, ...]:
    found = []
    for line, text in fields.lines(key):
        try:
            found.append(Clause(text=text, line=line, condition=parse(text)))
        except ConditionError as error:
            problem = f"{shown(text)} at character {error.column}: {error.problem}"
            fields.sheet.note(line, problem, error.fix)
    return tuple(found)


def _span(fields: Fields, key: str) -> Span | None:
    text = fields.text(key)
    if not text:
        return None
    span = read_span(text)
    if span is None or not span.count:
        advice = f"Write a number and one of {listed(UNITS)}: `1 business day`."
        fields.sheet.note(fields.line_of(key), f"{shown(text)} is no span of time", advice)
        return None
    return span


def _hours(node: Node | None, sheet: Sheet) -> BusinessHours:
    if node is None or node.kind == "nothing":
        return BusinessHours()
    known = ("days", "opens", "closes", "holidays")
    fields = Fields(node, sheet, owner="`hours`", known=known)
    usual = BusinessHours()
    opens, closes = _clock(fields, "opens", usual.opens), _clock(fields, "closes", usual.closes)
    if opens >= closes:
        advice = "Write the earlier time first."
        sheet.note(fields.line_of("closes"), "`hours` close before they open", advice)
    holidays = []
    for line, text in fields.lines("holidays"):
        day = read_date(text)
        if day is None:
            sheet.note(line, f"{shown(text)} is no date", "Write for example 2026-12-25.")
        else:
            holidays.append(day)
    days = frozenset(_weekdays(fields)) or usual.weekdays
    return BusinessHours(weekdays=days, opens=opens, closes=closes, holidays=frozenset(holidays))


def _weekdays(fields: Fields) -> Iterator[int]:
    for line, text in fields.lines("days"):
        if text.casefold() in WEEKDAYS:
            yield WEEKDAYS.index(text.casefold())
        else:
            advice = suggestion(text, WEEKDAYS, f"Write {listed(WEEKDAYS)}.")
            fields.sheet.note(line, f"{shown(text)} is no day of the week", advice)


def _clock(fields: Fields, key: str, default: time) -> time:
    text = fields.text(key)
    if not text:
        return default
    match = _CLOCK.match(text)
    if match is None:
        fields.sheet.note(
            fields.line_of(key), f"{shown(text)} is no time of day", 'Write for example "09:00".'
        )
        return default
    return time(int(match.group(1)), int(match.group(2)))
