"""Marking places in text that somebody else wrote: split by offsets, each piece escaped. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup, escape

MarkKind = Literal["word", "value", "quote", "signal", "doubt", "gap"]
STRENGTH: Final[tuple[MarkKind, ...]] = ("quote", "word", "value", "signal", "doubt", "gap")
"""Weakest first: where marks overlap, the strongest one shows."""
_OPEN: Final = {kind: Markup('<mark class="{}">').format(kind[0]) for kind in STRENGTH} | {
    "word": Markup("<mark>")
}
_CLOSE: Final = Markup("</mark>")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text."""

    start: int
    """Offset in characters."""
    end: int
    kind: MarkKind = "word"


def marked(text: str, marks: Iterable[Mark] = ()) -> Markup:
    """Return a text as markup with its marks; without the tags it is the text again.

    Marks outside the text are cut to it; where they overlap, the strongest one shows.
    """
    pieces: list[Markup] = []
    at = 0
    for mark in flattened(marks, len(text)):
        pieces.append(escape(text[at : mark.start]))
        pieces.append(_OPEN[mark.kind] + escape(text[mark.start : mark.end]) + _CLOSE)
        at = mark.end
    pieces.append(escape(text[at:]))
    return Markup("").join(pieces)


def flattened(marks: Iterable[Mark], length: int) -> tuple[Mark, ...]:
    """Return marks of a text that do not overlap, in order. One sweep over their ends."""
    ends: list[tuple[int, int, MarkKind]] = []
    for mark in marks:
        start, end = max(0, mark.start), min(length, mark.end)
        if start < end:
            ends += ((start, 1, mark.kind), (end, -1, mark.kind))
    over = Counter[MarkKind]()
    found: list[Mark] = []
    at = 0
    for place, step, kind in sorted(ends):
        strongest = next((one for one in reversed(STRENGTH) if over[one]), None)
        if strongest is not None and place > at:
            _append(found, Mark(at, place, strongest))
        over[kind] += step
        at = place
    return tuple(found)


def _append(found: list[Mark], mark: Mark) -> None:
    """Append a mark; one that goes on with the last becomes part of it."""
    if found and found[-1].end == mark.start and found[-1].kind == mark.kind:
        mark = Mark(found.pop().start, mark.end, mark.kind)
    found.append(mark)


def shifted(marks: Iterable[Mark], by: int) -> tuple[Mark, ...]:
    """Return marks moved to the right; to the left when `by` is negative."""
    return tuple(Mark(mark.start + by, mark.end + by, mark.kind) for mark in marks)
