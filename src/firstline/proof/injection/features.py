"""What the linear model looks at: hashed words, their pairs and triples, and where they stand.

A window amid a longer text is also described by its surroundings: "What is the capital of
France?" alone is a stray question; amid a mail about an invoice it is not the customer who asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from zlib import crc32

from firstline.proof.injection.windows import Window

COLUMNS = 1 << 16
_MASK = COLUMNS - 1
_REST = 18
"""Words around a window from which it counts as part of a longer text."""
_CONTENT = 4
"""Letters from which a word says what a text is about."""
_STEM = 5
_WORD = 0x27D4EB2F
_PAIR, _SKIP, _TRIPLE = 0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35
_START, _END, _STEMMED, _PLACE = 97, 389, 193, 769


@lru_cache(maxsize=16_384)
def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "replace"))


@lru_cache(maxsize=16_384)
def _stemmed(word: str) -> int:
    return _mixed(_STEMMED, crc32(word[:_STEM].encode("utf-8", "replace")), 1)


def _mixed(seed: int, first: int, second: int) -> int:
    mixed = (first * seed + second * _WORD) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 15)) & _MASK


def columns(window: Window) -> set[int]:
    """Return the columns of a window by itself; a window without tokens has none."""
    tokens = window.tokens
    codes = [_hash(token) for token in tokens]
    found = {code & _MASK for code in codes}
    found.update(_stemmed(token) for token in tokens if len(token) > _STEM)
    before, earlier, pair = 0, 0, 0
    for code in codes:
        # `_mixed`, written out: this is where the time goes.
        together = (before * _PAIR + code * _WORD) & 0xFFFFFFFF
        apart = (earlier * _SKIP + code * _WORD) & 0xFFFFFFFF
        three = (pair * _TRIPLE + code * _WORD) & 0xFFFFFFFF
        found.add((together ^ (together >> 15)) & _MASK)
        found.add((apart ^ (apart >> 15)) & _MASK)
        found.add((three ^ (three >> 15)) & _MASK)
        earlier, before, pair = before, code, together
    if codes:
        found.add(_mixed(_START, codes[0], 2))
        found.add(_mixed(_END, codes[-1] if len(tokens[-1]) == 1 else 0, 3))
    return found


def surroundings(all_windows: Sequence[Window]) -> list[frozenset[int]]:
    """Return for each window the columns of its place in the text; none for one that is alone.

    They say how many of its content words the rest of the text has too, whether it opens or
    closes the text, and how long the text is.
    """
    total = sum(window.words for window in all_windows)
    counts = Counter(token for window in all_windows for token in window.tokens)
    size = min(int(sqrt(total / 10)), 7)
    last = len(all_windows) - 1
    found: list[frozenset[int]] = []
    for at, window in enumerate(all_windows):
        if total - window.words < _REST:
            found.append(frozenset())
            continue
        here = Counter(token for token in window.tokens if len(token) >= _CONTENT)
        shared = sum(1 for token, times in here.items() if counts[token] > times)
        share = round(3 * shared / len(here)) if here else 4
        place = 0 if at == 0 else 1 if at == last else 2
        found.append(_place(share, place, size))
    return found


@lru_cache(maxsize=256)
def _place(share: int, place: int, size: int) -> frozenset[int]:
    kinds = ((5, share), (6, place), (7, size), (8, 4 * share + place))
    return frozenset(_mixed(_PLACE, kind, value) for kind, value in kinds)
