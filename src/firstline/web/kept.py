"""Values that take long to find out: found in the background, shown with their age meanwhile.

A page never waits for more than a moment: it shows what was found last and says when that was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

import sqlalchemy as sa

from firstline.errors import FirstlineError
from firstline.observe import log, place_of

T = TypeVar("T")
FAILURES = (FirstlineError, sa.exc.SQLAlchemyError, OSError, ValueError)
"""How finding out fails: the database or the knowledge base is gone, or a row is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Generic[T]):
    """What is known now."""

    value: T | None
    """None: not found out yet."""
    at: datetime | None
    """When it was found out."""
    working: bool
    """Whether it is being found out (anew) at this moment."""
    failed: bool = False
    """Whether the last attempt failed; the log says why."""


class Kept(Generic[T]):
    """One such value. Safe to use from several threads; one at a time finds out."""

    def __init__(
        self,
        name: str,
        find: Callable[[], T],
        *,
        fresh: float,
        told: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep what `find` finds.

        Args:
            name: For the log.
            find: Finds the value out; may take minutes.
            fresh: Seconds for which a value is shown without looking again.
            told: Called, in the background, after each attempt.
            clock: A monotonic clock, in seconds.
        """
        self._name = name
        self._find = find
        self._fresh = fresh
        self._told = told
        self._clock = clock
        self._lock = Lock()
        self._value: T | None = None
        self._at: datetime | None = None
        self._found = float("-inf")
        self._begun = float("-inf")
        self._failed = False
        self._done: Event | None = None
        self._again = False

    def look(self, *, wait: float = 0.0) -> Known[T]:
        """Return what is known; begin to find out when that is nothing, or too old.

        Args:
            wait: Seconds to wait when nothing is known yet, counted from when it began: only
                those wait who come first.
        """
        with self._lock:
            if self._done is None and self._clock() - self._found >= self._fresh:
                self._begin()
            done = self._done if self._at is None else None
            wait -= self._clock() - self._begun
        if done is not None and wait > 0:
            done.wait(wait)
        return self.held()

    def held(self) -> Known[T]:
        """Return what is known, and begin nothing."""
        with self._lock:
            return Known(
                value=self._value,
                at=self._at,
                working=self._done is not None,
                failed=self._failed,
            )

    def renew(self, *, wait: float = 0.0) -> Known[T]:
        """Find out anew, whatever is known: something has changed.

        What is being found out already began before the change, so it is done once more after it.
        """
        with self._lock:
            if self._done is None:
                self._begin()
            else:
                self._again = True
            done = self._done
        if done is not None and wait > 0:
            done.wait(wait)
        return self.held()

    def _begin(self) -> None:
        self._done = Event()
        self._begun = self._clock()
        Thread(target=self._work, name=f"find-{self._name}", daemon=True).start()

    def _work(self) -> None:
        again = True
        while again:
            failed, value = True, None
            try:
                value = self._find()
                failed = False
            except FAILURES as error:
                kind = type(error).__name__
                log.error("not_found_out", what=self._name, kind=kind, at=place_of(error))
            finally:
                again = self._ended(value, failed=failed)
        self._told()

    def _ended(self, value: T | None, *, failed: bool) -> bool:
        """Keep what came of an attempt; return whether to try once more."""
        with self._lock:
            self._failed = failed
            self._found = self._clock()
            if not failed:
                self._value, self._at = value, datetime.now(UTC)
            again, self._again = self._again and not failed, False
            if not again and self._done is not None:
                self._done.set()
                self._done = None
            return again
