"""Cutting text into the units a reply may quote: whole sentences, list items, table rows.

A part of a sentence may say the opposite of the whole ("you get a refund | within 30 days"), so
nothing smaller than a unit is ever quoted or accepted as a quote.
"""

from __future__ import annotations

from functools import lru_cache
from string import ascii_letters, digits
from typing import Literal, NamedTuple

from firstline.proof.letters import LetterTable
from firstline.proof.sentence_ends import sentences

UnitKind = Literal["sentence", "item", "row"]

_MARKERS = frozenset("-*•+✓✗")
_CLOSING = frozenset(".)")
_SPACE = " \t\n\f\r"
_SPACES = frozenset(_SPACE)
_LONGEST_MARKER = 3
"""Digits of the number of a list item."""
_FLATTEN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "}
)


def _word_letter(char: str) -> str:
    """Return what is kept of a character where only letters, digits, ' and - matter."""
    if char.isalnum():
        return char.lower() if char.isascii() else char
    flat = _FLATTEN.get(ord(char), char)
    return flat if flat in ("'", "-") else " "


_WORD_LETTERS = LetterTable(_word_letter)


class Unit(NamedTuple):
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
            elif is_item(line):
                found.append(_unit(text, start, start + len(line), "item"))
            else:
                found.extend(_sentences(text, start, line))
        start += len(line)
    return tuple(found)


def is_item(line: str) -> bool:
    """Whether a line begins with a list marker and a space: "- ", "12. ", "b) "."""
    begun = line.lstrip(_SPACE)
    if not begun:
        return False
    if begun[0] in _MARKERS:
        return begun[1:2] in _SPACES
    if begun[0] in ascii_letters:
        return begun[1:2] in _CLOSING and begun[2:3] in _SPACES
    number = begun[:_LONGEST_MARKER]
    size = len(number) - len(number.lstrip(digits))
    return size > 0 and begun[size : size + 1] in _CLOSING and begun[size + 1 : size + 2] in _SPACES


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
    return " ".join((text if text.isascii() else text.translate(_FLATTEN)).split())


def words(text: str) -> list[str]:
    """Return the words of a text, lower case, inner apostrophes and hyphens kept."""
    return list(_short_words(text) if len(text) <= _SHORT else _words(text))


_SHORT = 1_000
"""Characters of a text whose words are remembered: several checks read each sentence."""


@lru_cache(maxsize=512)
def _short_words(text: str) -> tuple[str, ...]:
    return tuple(_words(text))


def _words(text: str) -> list[str]:
    flat = _WORD_LETTERS.text(text)
    pieces = (flat if flat.isascii() else flat.lower()).split()
    if "'" not in flat and "-" not in flat:
        return pieces
    return [word for piece in pieces if (word := piece.strip("'-"))]


def word_count(text: str) -> int:
    """Return how many words a text has."""
    return len(words(text))
