"""How often an address may begin a conversation: a minute's count, in memory."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final

MINUTE: Final = 60.0
MOST_ADDRESSES: Final = 10_000
"""Addresses that are remembered; the one that was longest quiet is forgotten first."""


class PerMinute:
    """Counts what each address did in the last minute. Safe to use from any thread."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def allow(self, address: str) -> bool:
        """Count one more, unless the address had as many as it may."""
        now = self._clock()
        with self._lock:
            times = self._seen.setdefault(address, deque())
            self._seen.move_to_end(address)
            while times and times[0] <= now - MINUTE:
                times.popleft()
            if len(times) >= self._most:
                return False
            times.append(now)
            while len(self._seen) > MOST_ADDRESSES:
                self._seen.popitem(last=False)
        return True
