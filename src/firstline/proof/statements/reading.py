"""Evidence, read: its units, each with the headings, lead-in and table header it stands under."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import re2

from firstline.proof.sentence_ends import sentences
from firstline.proof.sentences import Unit, units
from firstline.proof.statements.words import words_of
from firstline.records import Evidence

UnitKind = Literal["sentence", "item", "row", "heading", "object"]
_HEADING = re2.compile(r"^\s{0,3}(#{1,6})\s+")
_BOLD_LINE = re2.compile(r"^\*\*[^*]{1,120}\*\*:?$")
_RULER = re2.compile(r"^[\s|:\-]+$")
_SHORT_HEADING = 9
"""A line of its own with no more words and no full stop is a heading."""
_LOWEST = 7
"""The level of headings that are not marked as such: below all of Markdown's."""
_DEEPEST = 12
"""Levels of JSON that are read; below that everything is one value."""
_LONGEST_JSON = 400_000


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a record, where it stands in the text of its unit."""

    path: str
    start: int
    end: int


class Passage(NamedTuple):
    """A unit of evidence and what it stands under."""

    text: str
    start: int
    """Offset into the evidence's text, in characters; 0 for an object of a record."""
    kind: UnitKind
    held: frozenset[str]
    """The lemmas of its own words."""
    context: frozenset[str]
    """The lemmas of its headings, lead-in and table header."""
    above: tuple[str, ...]
    """Headings and lead-in, outermost first."""
    header: str = ""
    """The header row of its table."""
    fields: tuple[Field, ...] = ()


def passages(item: Evidence) -> tuple[Passage, ...]:
    """Return the units of one piece of evidence."""
    found = read_text(item.text, item.title) if item.text else ()
    if item.fields:
        found += read_fields(item.fields, item.title)
    return found


@lru_cache(maxsize=512)
def read_text(text: str, title: str) -> tuple[Passage, ...]:
    """Return the units of a text, or the objects of a JSON text."""
    if text.lstrip()[:1] in ("{", "["):
        objects = _parsed(text)
        if objects is not None:
            return objects
    return tuple(_prose(joined_lines(text), title))


def joined_lines(text: str) -> str:
    """Return a text of the same length in which a sentence broken over lines is on one line."""
    if "\n" not in text:
        return text
    lines = text.split("\n")
    parts: list[str] = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        parts.append(line)
        goes_on = after[:1].islower() and line[-1:].isalnum() | (line[-1:] in (",", "-"))
        parts.append(" " if goes_on and not line.startswith(("#", "|")) else "\n")
    return "".join(parts)[: len(text)]


def _prose(text: str, title: str) -> Iterator[Passage]:
    headings: list[tuple[int, str]] = [(0, title)] if title else []
    lead, header, before = "", "", None
    for unit in units(text):
        kind, level = _kind(text, unit)
        if kind == "row":
            if before is None or before.kind != "row":
                header = unit.text
            if _RULER.match(unit.text):
                before = unit
                continue
        else:
            header = ""
        if kind == "heading":
            headings = [one for one in headings if one[0] < level]
            lead = ""
        elif kind == "sentence":
            lead = ""
        above = tuple(one for _, one in headings) + ((lead,) if lead and kind == "item" else ())
        yield from _split(unit, kind, above, header if header != unit.text else "")
        if kind == "heading":
            headings.append((level, unit.text))
        elif kind == "sentence" and unit.text.endswith(":"):
            lead = unit.text
        before = unit


def _split(unit: Unit, kind: UnitKind, above: tuple[str, ...], header: str) -> Iterator[Passage]:
    """Yield a list item's sentences one by one, the first one standing above the others."""
    if kind != "item":
        yield _passage(unit, kind, above, header)
        return
    at, first = 0, ""
    for number, piece in enumerate(sentences(unit.text)):
        at = unit.text.index(piece, at)
        part = Unit(unit.start + at, unit.start + at + len(piece), piece, "item")
        yield _passage(part, kind, (*above, first) if number else above, header)
        first = first or piece
        at += len(piece)


def _passage(unit: Unit, kind: UnitKind, above: tuple[str, ...], header: str) -> Passage:
    return Passage(
        text=unit.text,
        start=unit.start,
        kind=kind,
        held=words_of(unit.text).held,
        context=_context((*above, header)),
        above=above,
        header=header,
    )


@lru_cache(maxsize=1024)
def _context(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*(words_of(text).held for text in texts if text))


def _kind(text: str, unit: Unit) -> tuple[UnitKind, int]:
    if unit.text.startswith("#"):
        marks = _HEADING.match(unit.text)
        if marks:
            return "heading", len(marks.group(1))
    if unit.kind != "sentence":
        return unit.kind, 0
    alone = text[unit.end : unit.end + 1] in ("", "\n") and text[: unit.start][-1:] in ("", "\n")
    if unit.text.startswith("**") and _BOLD_LINE.match(unit.text):
        return "heading", _LOWEST
    if alone and unit.text[-1] not in ".!?:;," and unit.text.count(" ") < _SHORT_HEADING:
        return "heading", _LOWEST
    return "sentence", 0


def _parsed(text: str) -> tuple[Passage, ...] | None:
    if len(text) > _LONGEST_JSON:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(_objects(value, "", ()))


def _objects(value: Any, path: str, above: tuple[str, ...]) -> Iterator[Passage]:
    """Yield a unit for each object of a JSON value: its plain values together."""
    stack: list[tuple[Any, str, tuple[str, ...]]] = [(value, path, above)]
    while stack:
        value, path, above = stack.pop()
        entries = _entries(value)
        plain = [(key, one) for key, one in entries if not isinstance(one, (dict, list))]
        deep = [(key, one) for key, one in entries if isinstance(one, (dict, list))]
        shown = [(_join(path, key, value), one) for key, one in plain if one not in (None, "")]
        names = above
        if shown:
            unit = _object(shown, above)
            yield unit
            names = (*above[-_DEEPEST:], unit.text[:200])
        stack.extend((one, _join(path, key, value), names) for key, one in reversed(deep))


def _entries(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(str(key), one) for key, one in value.items()]
    if isinstance(value, list):
        return [(f"[{at}]", one) for at, one in enumerate(value)]
    return [("", value)]


def _join(path: str, key: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{path}{key}"
    return f"{path}.{key}" if path and key else path or key


def _object(values: Sequence[tuple[str, Any]], above: tuple[str, ...]) -> Passage:
    parts: list[str] = []
    fields: list[Field] = []
    at = 0
    for path, value in values:
        label = _label(path)
        shown = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        line = f"{label}: {shown}\n"
        fields.append(Field(path, at + len(label) + 2, at + len(line) - 1))
        parts.append(line)
        at += len(line)
    text = "".join(parts)
    paths = " ".join(_label(path.rpartition(".")[0]) for path, _ in values[:1])
    context = _context((*above, paths)) if above or paths else frozenset()
    held = words_of(text).held
    return Passage(text, 0, "object", held, context, above, "", tuple(fields))


def _label(path: str) -> str:
    """Return the last name of a path as words: `billing.next_invoice` is `next invoice`."""
    last = path.rpartition(".")[2]
    return last.partition("[")[0].replace("_", " ").replace("-", " ")


@lru_cache(maxsize=256)
def read_fields(fields: tuple[tuple[str, str], ...], title: str) -> tuple[Passage, ...]:
    """Return the units of a record's flattened fields: the fields of one object together."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for path, value in fields:
        groups.setdefault(path.rpartition(".")[0], []).append((path, value))
    found: list[Passage] = []
    for parent, values in groups.items():
        above = tuple(part for part in (title, _label(parent)) if part)
        found.append(_object(values, above))
    return tuple(found)
