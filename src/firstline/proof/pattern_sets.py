"""Several patterns asked about a text in one pass: which of them fit, not where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import re2

_MEMORY: Final = 16 << 20
"""Bytes a set may fill with what it learnt of texts; when they are full it begins anew."""


class PatternSet:
    """Which of some patterns fit a text.

    One call reads the text once for all of them, and gives no places: a small part of what a
    search for each of them costs.

    Args:
        patterns: In the order of their numbers.
        fits: Where in a text a pattern may be: at its `start`, or `anywhere`.
    """

    def __init__(self, patterns: Iterable[str], *, fits: Literal["start", "anywhere"]) -> None:
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        make = re2.Set.MatchSet if fits == "start" else re2.Set.SearchSet
        self._set = make(options)
        for pattern in patterns:
            self._set.Add(pattern)
        self._set.Compile()

    def fitting(self, text: str) -> frozenset[int]:
        """Return the numbers of the patterns that fit a text."""
        found: list[int] = self._set.Match(text.encode())
        return frozenset(found) if found else _NONE


_NONE: Final[frozenset[int]] = frozenset()
