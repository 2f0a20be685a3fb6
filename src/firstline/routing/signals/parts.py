"""A message cut into sentences, each worth one vector."""

from __future__ import annotations

from dataclasses import dataclass

import re2

_END = re2.compile(r"[.!?。！？]+[)\"'»”]*(?:\s+|$)|\n+|$")
_WORD = re2.compile(r"[^\s]+")
_FEWEST_WORDS = 4
"""Shorter sentences are read with the one that follows: "Brilliant. Locked out again."."""
_MOST_WORDS = 60
"""About what a sentence encoder reads well; longer stretches are cut."""
_MOST_SENTENCES = 1_000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a text."""

    start: int
    end: int
    text: str


def split(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of `text`, in order, without the space around them.

    A line end ends a sentence unless it is a single one amid running text. Hostile input costs
    one pass; what lies beyond a thousand sentences is left to the phrases.
    """
    found: list[Sentence] = []
    start = 0
    for match in _END.finditer(text):
        if match.start() < start:
            continue
        if match.end() < len(text) and _too_short(text[start : match.start()]):
            continue
        found.extend(_pieces(text, start, match.end()))
        start = match.end()
        if len(found) >= _MOST_SENTENCES:
            break
    return tuple(found[:_MOST_SENTENCES])


def _too_short(text: str) -> bool:
    return len(text.split(maxsplit=_FEWEST_WORDS)) < _FEWEST_WORDS


def _pieces(text: str, start: int, end: int) -> list[Sentence]:
    """Return the stretch as one sentence, or as several when it goes on for too long."""
    words = list(_WORD.finditer(text[start:end]))
    pieces = [words[at : at + _MOST_WORDS] for at in range(0, len(words), _MOST_WORDS)]
    return [
        Sentence(
            start + piece[0].start(),
            start + piece[-1].end(),
            text[start + piece[0].start() : start + piece[-1].end()],
        )
        for piece in pieces
    ]
