"""Answers that may be used again for a while: access `cached`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")
MOST = 10_000


class Kept(Generic[Value]):
    """Keeps the latest answers, each for so many seconds. Safe to use from several threads."""

    def __init__(self, *, seconds: float, clock: Callable[[], float], most: int = MOST) -> None:
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """Return an answer that is young enough, or None."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            if self._clock() - held[0] >= self._seconds:
                del self._held[key]
                return None
            return held[1]

    def put(self, key: Hashable, value: Value) -> None:
        """Keep an answer; the oldest go when there are too many."""
        with self._lock:
            self._held[key] = (self._clock(), value)
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
