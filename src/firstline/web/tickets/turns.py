"""Replays and trials one at a time a person, and few at once: they share the line's processor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException

AT_ONCE = 4
"""Trials of one process at the same time."""


class Turns:
    """Who runs a trial now. For use from one event loop."""

    def __init__(self) -> None:
        self._busy: set[str] = set()

    @contextmanager
    def taken(self, who: str) -> Iterator[None]:
        """Hold a person's turn.

        Raises:
            HTTPException: 429: they have one under way, or too many others have.
        """
        if who in self._busy:
            raise HTTPException(429, "You have a replay or trial under way. Wait for it to end")
        if len(self._busy) >= AT_ONCE:
            raise HTTPException(429, "Others are running replays and trials now")
        self._busy.add(who)
        try:
            yield
        finally:
            self._busy.discard(who)


TURNS = Turns()
"""Those of this process."""
