"""Where sentences end, for cutting documents without cutting a sentence.

Errs towards too few ends: two sentences kept together do no harm to a passage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from unicodedata import category

ABBREVIATIONS: Final = frozenset(
    "e.g i.e eg ie etc vs cf al mr mrs ms dr prof st sr jr inc ltd co corp dept approx est no nr "
    "fig sec art vol ed pp p a.m p.m am pm u.s u.k u.s.a jan feb mar apr jun jul aug sep sept oct "
    "nov dec mon tue wed thu fri sat sun z.b d.h ca bzw usw bspw".split()
)
"""Words whose full stop rarely ends a sentence, lower case, without it."""

_MARKS: Final = ".!?…"
_RUN: Final = frozenset(_MARKS)
_CLOSERS: Final = frozenset("\"'”’»)]")
_SPACES: Final = frozenset(" \t")
_IDEOGRAPHIC: Final = "。！？"
_IDEOGRAPHIC_CLOSERS: Final = frozenset("」』）")
_OPENERS: Final = "\"'“‘«(["
_REACH: Final = 8
"""Characters behind an end in which the next word begins."""
_WORD: Final = 24
"""Characters of the word before a full stop that are looked at."""


def sentences(line: str) -> list[str]:
    """Return the sentences of one line of prose, stripped, none empty."""
    parts: list[str] = []
    start = 0
    for mark, following in _ends(line):
        if _ends_sentence(line, mark, following):
            parts.append(line[start:following].strip())
            start = following
    parts.append(line[start:].strip())
    return [part for part in parts if part]


def _ends(line: str) -> Iterator[tuple[int, int]]:
    """Yield where a mark with a space behind it stands, and where the text goes on.

    By hand, for nearly every line of a text is asked, and a pattern's call costs more than this.
    """
    behind = 0
    for at in _marks(line):
        if at < behind:
            continue
        if line[at] in _RUN:
            end = _past(line, _past(line, at, _RUN), _CLOSERS)
            behind = _past(line, end, _SPACES)
            if behind > end:
                yield at, behind
        else:
            end = _past(line, _past(line, at, _IDEOGRAPHIC_RUN), _IDEOGRAPHIC_CLOSERS)
            behind = _past(line, end, _SPACES)
            yield at, behind


_IDEOGRAPHIC_RUN: Final = frozenset(_IDEOGRAPHIC)


def _marks(line: str) -> list[int]:
    """Return where the marks that may end a sentence stand."""
    wanted = ".!?" if line.isascii() else _MARKS + _IDEOGRAPHIC
    found: list[int] = []
    for mark in wanted:
        at = line.find(mark)
        while at >= 0:
            found.append(at)
            at = line.find(mark, at + 1)
    return sorted(found)


def _past(line: str, at: int, signs: frozenset[str]) -> int:
    """Return where a run of some signs ends."""
    while at < len(line) and line[at] in signs:
        at += 1
    return at


def _ends_sentence(line: str, mark: int, following: int) -> bool:
    coming = line[following : following + _REACH].lstrip(_OPENERS)[:1]
    if coming and (coming.islower() if coming.isascii() else category(coming) == "Ll"):
        return False
    if line[mark] != ".":
        return True
    before = _word_before(line, mark).lower()
    if not before:
        return True
    # A number at the start of the line is a list marker ("1. Open ..."), not a sentence.
    is_marker = before.isdigit() and not line[: mark - len(before)].strip()
    # "They aren't." ends: its last letter stands behind an apostrophe and is no initial.
    apostrophe = line[max(0, mark - len(before) - 1) : mark - len(before)] in ("'", "\u2019")
    is_initial = len(before) == 1 and before.isalpha() and before != "i" and not apostrophe
    return not (before in ABBREVIATIONS or is_marker or is_initial)


def _word_before(line: str, mark: int) -> str:
    """Return the letters, digits and full stops that stand before a place."""
    start = mark
    first = max(0, mark - _WORD)
    while start > first and (line[start - 1].isalnum() or line[start - 1] == "."):
        start -= 1
    return line[start:mark]
