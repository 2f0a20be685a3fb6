"""Digits that stand together, in any script: a pattern's call for each would cost far more."""

from __future__ import annotations

from itertools import groupby


def digit_groups(text: str) -> list[tuple[int, int]]:
    """Return where the runs of decimal digits of a text start and end, in order."""
    found: list[tuple[int, int]] = []
    at = 0
    for is_digit, run in groupby(text, str.isdecimal):
        size = len(tuple(run))
        if is_digit:
            found.append((at, at + size))
        at += size
    return found
