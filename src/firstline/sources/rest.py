"""A source that fails again and again is left alone for a while: nobody waits for it meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from firstline.sources.failure import SourceFailure

FAILURES = 3
"""In a row, before it is left alone."""
REST = 10.0
"""Seconds it is left alone the first time; doubled each time it fails again."""
LONGEST_REST = 120.0


class Rest:
    """Counts failures in a row. Safe to use from several threads.

    After its rest one question is let through as a probe; the others fail at once until it ends.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rest = REST
        self._until = 0.0
        self._problem = ""
        self._probing = False

    def admit(self) -> None:
        """Let a question through, or raise SourceFailure while the source rests."""
        with self._lock:
            if self._failures < FAILURES:
                return
            left = self._until - self._clock()
            if left > 0:
                raise SourceFailure(f"left alone for now, because it kept failing: {self._problem}")
            # Whoever comes next while this probe is out finds it resting still.
            self._until = self._clock() + self._rest
            self._probing = True

    def succeeded(self) -> None:
        """Note that it answered."""
        with self._lock:
            self._failures = 0
            self._rest = REST
            self._probing = False

    def failed(self, problem: str) -> None:
        """Note that it is unwell, and how.

        Only a probe says that it still is: questions that were under way when it began to rest fail
        together, and say no more than the first of them.
        """
        with self._lock:
            self._problem = problem
            self._failures += 1
            if self._failures == FAILURES:
                self._until = self._clock() + self._rest
            elif self._probing:
                self._probing = False
                self._rest = min(self._rest * 2, LONGEST_REST)
                self._until = self._clock() + self._rest
