"""Reading the cases of `firstline check`: one reply of any system a line, and its evidence.

A line has `id`, `question`, `evidence`, `reply`, and may have `customer`, `label`, `today`,
`locale` and `earlier`; docs/check.md describes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import re2

from firstline.channels.lines import MAX_LINE, Line, head, read_lines
from firstline.errors import InputError, Place
from firstline.evals.check_evidence import TooLargeError, read_evidence, sound
from firstline.proof.sentences import units
from firstline.records import Evidence
from firstline.workspace.record_fields import display

MAX_REPLY: Final = 20_000
"""Characters of a reply; so for the question and the earlier messages together."""
MAX_SENTENCES: Final = 400
Judgement = Literal["pass", "block"]
LABELS: Final[Mapping[str, Judgement]] = {
    **dict.fromkeys(("pass", "good", "grounded", "supported", "true", "1", "yes"), "pass"),
    **dict.fromkeys(("block", "bad", "ungrounded", "unsupported", "false", "0", "no"), "block"),
}
"""What `label` may say: `pass` means that the reply may be sent."""
_OTHER_NAMES: Final = ("answer", "response", "output", "completion", "text")
_CONTEXT_NAMES: Final = ("contexts", "context", "documents", "passages", "sources", "knowledge")
_LOCALE = re2.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4}){0,2}$")
_SHAPE = '{"id": ..., "question": ..., "evidence": [...], "reply": ...}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A reply to be judged, and what it may rest on."""

    id: str
    question: str = ""
    reply: tuple[str, ...]
    """Sentence by sentence."""
    evidence: tuple[Evidence, ...] = ()
    customer: Any = None
    """The requester as the case names them: an id, an e-mail address, an object; None unknown."""
    label: Judgement | None = None
    """What a person says about it, when known."""
    today: date | None = None
    locale: str = ""
    earlier: tuple[str, ...] = ()
    """Earlier messages of the conversation, oldest first."""
    too_large: str = ""
    """What is beyond the limits; such a case is blocked without being looked at."""


def read_check_cases(path: Path) -> tuple[Case, ...]:
    """Return the cases of a JSONL file; blank lines are passed over.

    Raises:
        InputError: The file cannot be read, a line is wrong, an id is used twice, or there is no
            case in it.
    """
    head(path)
    lines: dict[str, int] = {}
    cases = []
    with path.open("rb") as file:
        for number, case in _cases(path, read_lines(file)):
            if case.id in lines:
                raise InputError(
                    f"the id is that of line {lines[case.id]}",
                    place=Place(file=str(path), line=number),
                    fix="Give every case an id of its own",
                )
            lines[case.id] = number
            cases.append(case)
    if not cases:
        raise InputError(
            "there are no cases in it",
            place=Place(file=str(path)),
            fix=f"Write one {_SHAPE} a line",
        )
    return tuple(cases)


def _cases(path: Path, lines: Iterator[Line]) -> Iterator[tuple[int, Case]]:
    for line in lines:
        place = Place(file=str(path), line=line.number)
        if f"{MAX_LINE:,}" in line.problem:
            yield line.number, Case(id=f"line-{line.number}", reply=(), too_large=line.problem)
        elif line.problem:
            raise InputError(line.problem, place=place, fix=line.fix)
        elif line.text.strip():
            yield line.number, case_of(_object(line.text, place), place, number=line.number)


def _object(text: str, place: Place) -> Mapping[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError as error:
        problem = "this is no JSON"
        raise InputError(problem, place=place, fix=f"Write one {_SHAPE} a line") from error
    except RecursionError as error:
        problem = "this JSON is nested too deeply"
        raise InputError(problem, place=place, fix="Write the record as flat fields") from error
    if not isinstance(fields, dict):
        raise InputError("this is no object", place=place, fix=f"Write one {_SHAPE} a line")
    return fields


def case_of(fields: Mapping[str, Any], place: Place, *, number: int = 1) -> Case:
    """Return the case that a line's object describes.

    Args:
        fields: The object.
        place: For errors.
        number: The line; the id of a case that has none.

    Raises:
        InputError: It is no case; the message says what to write.
    """
    name = fields.get("id")
    case_id = sound(display(name)) if isinstance(name, str | int) else ""
    case_id = case_id or f"line-{number}"
    label, today = _label(fields.get("label"), place), _today(fields.get("today"), place)
    try:
        earlier = _earlier(fields, place)
        return Case(
            id=case_id,
            question=_bounded(_text(fields, "question", place), "question", used=earlier),
            reply=_reply(fields, place),
            evidence=_evidence(fields, place),
            customer=fields.get("customer"),
            label=label,
            today=today,
            locale=_locale(fields.get("locale"), place),
            earlier=earlier,
        )
    except TooLargeError as error:
        return Case(id=case_id, reply=(), label=label, too_large=str(error))


def _text(fields: Mapping[str, Any], name: str, place: Place) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"`{name}` is no text", place=place, fix=f'Write "{name}": "..."')
    return sound(value)


def _bounded(text: str, name: str, *, used: tuple[str, ...] = ()) -> str:
    size = len(text) + sum(map(len, used))
    if size > MAX_REPLY:
        raise TooLargeError(f"its {name} has {size:,} characters, the limit is {MAX_REPLY:,}")
    return text


def _earlier(fields: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    value = fields.get("earlier", [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        fix = 'Write "earlier": ["first message", "second message"]'
        raise InputError("`earlier` is no list of texts", place=place, fix=fix)
    return tuple(sound(item) for item in value)


def _reply(fields: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    value = fields.get("reply")
    if value is None:
        known = next((name for name in _OTHER_NAMES if name in fields), "")
        found = f"; there is a `{known}`" if known else ""
        fix = 'Write the reply as "reply": "..."'
        raise InputError(f"there is no `reply`{found}", place=place, fix=fix)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        sentences = tuple(sound(item) for item in value)
        _bounded("".join(sentences), "reply")
    elif isinstance(value, str):
        sentences = tuple(unit.text for unit in units(_bounded(sound(value), "reply")))
    else:
        fix = 'Write "reply": "..." or "reply": ["first sentence", "second sentence"]'
        raise InputError("`reply` is neither a text nor a list of texts", place=place, fix=fix)
    if len(sentences) > MAX_SENTENCES:
        size = f"{len(sentences):,} sentences, the limit is {MAX_SENTENCES:,}"
        raise TooLargeError(f"its reply has {size}")
    return sentences


def _evidence(fields: Mapping[str, Any], place: Place) -> tuple[Evidence, ...]:
    value = fields.get("evidence")
    if value is None:
        known = next((name for name in _CONTEXT_NAMES if name in fields), "")
        found = f"; there is a `{known}`" if known else ""
        fix = 'Write "evidence": [...], or [] when the reply had nothing to rest on'
        raise InputError(f"there is no `evidence`{found}", place=place, fix=fix)
    return read_evidence(value, place)


def _label(value: Any, place: Place) -> Judgement | None:
    if value is None or value == "":
        return None
    word = str(value).strip().casefold() if isinstance(value, str | int | bool) else ""
    found = LABELS.get(word)
    if found is None:
        fix = f"Write one of {', '.join(LABELS)}, or leave it out"
        raise InputError("`label` says neither pass nor block", place=place, fix=fix)
    return found


def _today(value: Any, place: Place) -> date | None:
    if value is None or value == "":
        return None
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError) as error:
        fix = 'Write "today": "2026-05-01"'
        raise InputError("`today` is no date", place=place, fix=fix) from error


def _locale(value: Any, place: Place) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not _LOCALE.match(value):
        fix = 'Write "locale": "en-AU"'
        raise InputError("`locale` is no locale", place=place, fix=fix)
    return value.replace("_", "-")
