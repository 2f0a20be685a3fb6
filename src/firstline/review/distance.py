"""How far an edited reply is from its draft."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LONGEST = 1_000
"""Words of a text that are compared: a million steps at most."""


def edit_distance(before: str, after: str) -> float:
    """Return the share of words that were changed: 0 the same words, 1 none of them.

    Levenshtein's distance over words, divided by the length of the longer text. Blanks, line ends
    and capitals do not count. Memory is linear; of longer texts LONGEST words are compared.
    """
    old, new = (text.casefold().split()[:LONGEST] for text in (before, after))
    longest = max(len(old), len(new))
    return round(_levenshtein(*_between(old, new)) / longest, 4) if longest else 0.0


def _between(old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Leave out how both begin and end alike."""
    start, shortest = 0, min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return old[start : len(old) - end], new[start : len(new) - end]


def _levenshtein(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the least number of words to insert, delete or replace, a row at a time."""
    if len(new) > len(old):
        old, new = new, old
    row = list(range(len(new) + 1))
    for number, word in enumerate(old, 1):
        after = [number]
        for (diagonal, above), other in zip(pairwise(row), new, strict=True):
            after.append(min(above + 1, after[-1] + 1, diagonal + (word != other)))
        row = after
    return row[-1]
