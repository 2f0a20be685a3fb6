"""One account's share of requests: waiting before a limit is met, and after it was.

A helpdesk says how much is left in each answer's headers; what it publishes beside that (so many
updates of one ticket in ten minutes) is counted here. Whoever would have to wait long is told so
at once (`DeskRefused("too_many")`, nothing was sent), so that no worker sleeps for minutes.

Counts are this process's own; what other processes and programs used shows in the headers.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from firstline.channels.helpdesk import DeskRefused

LONGEST_WAIT = 10.0
"""Seconds that a request waits for its turn; beyond them the caller is told when to come back."""
LONGEST_CLOSED = 3600.0
"""Seconds that a header may close an account for; a longer wish is read as this."""
_MOST_KEYS = 10_000
_EPOCH = 1_000_000_000
"""A reset above this is a moment (Unix time), one below a number of seconds."""
_SOON = 60.0
"""When nothing says when the window ends: every helpdesk counts by the minute at most."""
_SHORTEST = 1.0
"""Resets are told in whole seconds."""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `most` requests within `seconds`, over a sliding window."""

    most: int
    seconds: float


class Pace:
    """The one limiter of an account; shared by everything that speaks to it, from any thread."""

    def __init__(
        self,
        rules: Mapping[str, Rule] | None = None,
        *,
        reserve: int = 0,
        longest: float = LONGEST_WAIT,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Begin open.

        Args:
            rules: By name; `take("ticket:7")` counts under the rule `ticket`, for 7 alone.
            reserve: Requests of each window left to other programs of the same account.
            longest: Seconds to wait at most.
            now: Seconds of a clock that never jumps.
            sleep: Waits for seconds.
        """
        self._rules = dict(rules or {})
        self._reserve = reserve
        self._longest = longest
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._used: dict[str, deque[float]] = {}
        self._closed_until = 0.0
        self._left: int | None = None
        self._left_until = 0.0

    async def take(self, *names: str) -> None:
        """Wait for a turn under the account's limit and the named rules, and take it.

        Raises:
            DeskRefused: `too_many`, when that would take longer than allowed; nothing is taken.
        """
        deadline = self._now() + self._longest
        while wait := self._take_or_wait(names):
            if self._now() + wait > deadline:
                problem = f"the request limit is reached for another {wait:.0f} s"
                raise DeskRefused("too_many", problem, retry_after=wait)
            await self._sleep(wait)

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers (names lower-cased) how much is left."""
        now = self._now()
        with self._lock:
            pause = retry_after(headers)
            if status == 429 and pause is None:  # noqa: PLR2004 - too many requests
                pause = _until_reset(headers)
            if status in (429, 503) and pause:
                self._closed_until = max(self._closed_until, now + pause)
            left = _whole(
                headers, "x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining"
            )
            if left is not None:
                self._left = left
                self._left_until = now + _until_reset(headers)

    def _take_or_wait(self, names: tuple[str, ...]) -> float:
        """Take a turn and return 0, or return the seconds until the next one may be free."""
        now = self._now()
        with self._lock:
            wait = max(0.0, self._closed_until - now)
            if self._left is not None and now >= self._left_until:
                self._left = None
            if self._left is not None and self._left <= self._reserve:
                wait = max(wait, self._left_until - now)
            for name in names:
                wait = max(wait, self._until_free(name, now))
            if wait <= 0:
                if self._left is not None:
                    self._left -= 1
                for name in names:
                    self._used.setdefault(name, deque()).append(now)
                self._forget(now)
            return wait

    def _until_free(self, name: str, now: float) -> float:
        rule = self._rule(name)
        used = self._used.get(name)
        if rule is None or not used:
            return 0.0
        while used and used[0] <= now - rule.seconds:
            used.popleft()
        return used[0] + rule.seconds - now if len(used) >= rule.most else 0.0

    def _rule(self, name: str) -> Rule | None:
        return self._rules.get(name.partition(":")[0])

    def _forget(self, now: float) -> None:
        """Drop the counts of keys that were not used lately, when there are many."""
        if len(self._used) <= _MOST_KEYS:
            return
        for name in list(self._used):
            rule = self._rule(name)
            used = self._used[name]
            # Empty is one whose turn was looked for and, the account being closed, not taken.
            if rule is None or not used or used[-1] <= now - rule.seconds:
                del self._used[name]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for (a number or a date), or None."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    seconds = _number(text)
    if seconds is None:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, IndexError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_CLOSED)


def _until_reset(headers: Mapping[str, str]) -> float:
    """Return the seconds until the window ends: as a header says, at least one, else a minute."""
    names = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
    for name in names:
        value = _number(headers.get(name, ""))
        if value is not None:
            seconds = value - time.time() if value > _EPOCH else value
            # A window that ends in this very second has ended when the answer is here.
            return min(max(seconds, _SHORTEST), LONGEST_CLOSED)
    return _SOON


def _whole(headers: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        value = _number(headers.get(name, ""))
        if value is not None:
            return int(value)
    return None


def _number(text: str) -> float | None:
    """Return a plain positive number, or None; `nan` and `inf` are none."""
    stripped = text.strip()
    if not stripped or len(stripped) > 20 or not stripped.replace(".", "", 1).isdecimal():  # noqa: PLR2004 - no limit has more digits
        return None
    return float(stripped)
