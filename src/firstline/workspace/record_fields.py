"""Customer records as flat fields: paths, display values, slots and who may see what."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import re2

MAXIMUM_FIELDS = 50_000
_SLOT = re2.compile(r"\{([^{}]*)\}")
_INDEX = re2.compile(r"\[\d+\]")


def flatten(record: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return every value of a record as (path, display string), in the record's order.

    Paths read `billing.invoices[0].amount`. Nulls and empty texts have no field: a reply
    cannot be built on them.

    Raises:
        ValueError: the record has more than MAXIMUM_FIELDS values.
    """
    found: list[tuple[str, str]] = []
    for path, value in leaves(record):
        text = display(value)
        if text:
            found.append((_clean(path), text))
        if len(found) > MAXIMUM_FIELDS:
            raise ValueError(f"the record has more than {MAXIMUM_FIELDS:,} values")
    return tuple(found)


def leaves(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the path of every scalar, null or empty container of a record."""
    stack: list[tuple[str, Any]] = [("", record)]
    while stack:
        path, value = stack.pop()
        match value:
            case dict() if value:
                dot = f"{path}." if path else ""
                stack.extend((f"{dot}{key}", entry) for key, entry in reversed(value.items()))
            case list() if value:
                last = len(value) - 1
                stack.extend(
                    (f"{path}[{last - back}]", entry) for back, entry in enumerate(reversed(value))
                )
            case _:
                yield path, value


def display(value: Any) -> str:
    """Return a value as a customer would read it; empty for nulls and empty containers."""
    match value:
        case None | dict() | list():
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return " ".join(_clean(str(value)).split())


def _clean(text: str) -> str:
    """Return text without what cannot be shown or stored: controls and lone surrogates."""
    if text.isprintable():
        return text
    visible = (
        " " if char.isspace() else char
        for char in text
        if unicodedata.category(char) not in {"Cc", "Cs"} or char.isspace()
    )
    return "".join(visible)


def covers(need: str, path: str) -> bool:
    """Tell whether a need (`billing`, `accounts.status`) lets a field path be seen.

    A need without an index covers every entry of a list: `accounts.status` covers
    `accounts[1].status`.
    """
    if _is_within(need, path):
        return True
    return "[" in path and "[" not in need and _is_within(need, _INDEX.sub("", path))


def _is_within(need: str, path: str) -> bool:
    return path == need or (path.startswith(need) and path[len(need) :][:1] in {".", "["})


def slots_of(sentence: str) -> tuple[str, ...]:
    """Return the field paths named in braces, in order."""
    return tuple(_SLOT.findall(sentence))


def has_broken_slot(sentence: str) -> bool:
    """Tell whether a brace is unpaired, or a slot is empty or padded with blanks."""
    rest = _SLOT.sub("", sentence)
    return (
        "{" in rest
        or "}" in rest
        or any(not slot or slot != slot.strip() for slot in slots_of(sentence))
    )


class FieldPaths:
    """Which field paths some record has, and which may yet come (nulls, empty lists)."""

    def __init__(self) -> None:
        self._present: set[str] = set()
        self._pending: set[str] = set()
        self._open: set[str] = set()

    def open(self, name: str) -> None:
        """Learn that anything may stand below a name: a source that is asked while answering."""
        self._open.add(name)

    def add(self, record: Mapping[str, Any]) -> None:
        """Learn the paths of one record."""
        for path, value in leaves(record):
            (self._present if display(value) else self._pending).add(path)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the paths that have a value somewhere, sorted."""
        return iter(sorted(self._present))

    def allows_slot(self, slot: str) -> bool:
        """Tell whether a slot names a field that some record has, or has as an empty one."""
        return (
            slot in self._present
            or first_of(slot) in self._open
            or any(path in self._pending for path in _ancestors(slot))
        )

    def allows_need(self, need: str) -> bool:
        """Tell whether a need covers any field of any record."""
        paths: Iterable[str] = (*self._present, *self._pending)
        return first_of(need) in self._open or any(covers(need, path) for path in paths)


def first_of(path: str) -> str:
    """Return the first step of a path: `billing` of `billing.invoices[0].amount`."""
    return path.partition(".")[0].partition("[")[0]


def _ancestors(path: str) -> Iterator[str]:
    yield path
    for position in range(len(path) - 1, 0, -1):
        if path[position] in ".[":
            yield path[:position]
