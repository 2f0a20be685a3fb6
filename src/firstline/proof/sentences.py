"""Cutting text into the units a reply may quote: whole sentences, list items, table rows.

A part of a sentence may say the opposite of the whole ("you get a refund | within 30 days"), so
nothing smaller than a unit is ever quoted or accepted as a quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import re2

from firstline.proof.sentence_ends import sentences

UnitKind = Literal["sentence", "item", "row"]

_ITEM = re2.compile(r"^\s*(?:[-*•+✓✗]|\d{1,3}[.)]|[a-zA-Z][.)])\s+")
_FLATTEN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "}
)


_REMEMBERED = 0x2E80
"""Characters below this are remembered: the alphabets. A hostile text cannot fill memory."""


class _WordsOnly(dict[int, int | str | None]):
    """A translation that makes a space of everything that is no letter, digit, ' or -.

    Python's own character tables are several times quicker here than a pattern for each word.
    """

    def __missing__(self, code: int) -> int | str:
        char = chr(code)
        flat = _FLATTEN.get(code, char)
        kept: int | str = code if char.isalnum() else flat if flat in ("'", "-") else " "
        if code < _REMEMBERED:
            self[code] = kept
        return kept


_WORDS_ONLY = _WordsOnly()


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of text that may be quoted as a whole."""

    start: int
    """Offset in characters."""
    end: int
    text: str
    kind: UnitKind


@lru_cache(maxsize=512)
def units(text: str) -> tuple[Unit, ...]:
    """Cut text into units, in order. Linear in the length of the text."""
    if not text.isascii():
        # A lone surrogate is no character: the patterns cannot read it. Lengths stay the same.
        text = text.encode("utf-8", "replace").decode("utf-8")
    found: list[Unit] = []
    start = 0
    for line in text.splitlines(keepends=True):
        begun = line.lstrip()
        if begun:
            if begun[0] == "|":
                found.append(_unit(text, start, start + len(line), "row"))
            elif _may_be_item(begun) and _ITEM.match(line):
                found.append(_unit(text, start, start + len(line), "item"))
            else:
                found.extend(_sentences(text, start, line))
        start += len(line)
    return tuple(found)


def _may_be_item(line: str) -> bool:
    """Whether a line can begin with a list marker: far quicker than looking for one."""
    return not line[0].isalpha() or line[1:2] in (".", ")")


def _unit(text: str, start: int, end: int, kind: UnitKind) -> Unit:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Unit(start + left, start + left + len(piece), piece, kind)


def _sentences(text: str, start: int, line: str) -> list[Unit]:
    found: list[Unit] = []
    at = 0
    for sentence in sentences(line):
        at = line.index(sentence, at)
        found.append(_unit(text, start + at, start + at + len(sentence), "sentence"))
        at += len(sentence)
    return found


def plain(text: str) -> str:
    """Return text with spaces, quotes and dashes made alike: what verbatim means here."""
    return " ".join(text.translate(_FLATTEN).split())


def words(text: str) -> list[str]:
    """Return the words of a text, lower case, inner apostrophes and hyphens kept."""
    pieces = text.translate(_WORDS_ONLY).lower().split()
    return [word for piece in pieces if (word := piece.strip("'-"))]


def word_count(text: str) -> int:
    """Return how many words a text has."""
    return len(words(text))
