"""The breaker: after too many failures of a service, it is left alone for a while.

| state     | asked?               | becomes                                                      |
|-----------|----------------------|--------------------------------------------------------------|
| closed    | yes                  | open, when enough of the last calls failed                   |
| open      | no                   | half-open, when its rest is over                             |
| half-open | one call, as a probe | closed when the probe succeeds; open for twice as long if not |

Only what says that the service is unwell counts: a refusal, a bad request or a spent budget does
not. Time comes from outside, so the machine is pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NewType

State = Literal["closed", "open", "half-open"]
Permit = NewType("Permit", int)
"""Given to a call that is let through, and handed back with how it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When to stop asking, and for how long."""

    window: float = 60.0
    """Seconds a call counts."""
    failures: int = 8
    """Fewer failures than this in the window never open it."""
    share: float = 0.5
    """Of the calls in the window that must have failed."""
    rest: float = 10.0
    """Seconds it stays open the first time; doubled each time its probe fails."""
    longest_rest: float = 120.0


class Breaker:
    """The breaker of one model in one process. Not for use from several threads.

    Args:
        clock: Returns seconds that never go back.
        settings: When to open.
    """

    def __init__(self, clock: Callable[[], float], settings: BreakerSettings | None = None) -> None:
        self._clock = clock
        self._settings = settings or BreakerSettings()
        self._calls: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self._opened: float | None = None
        self._rest = self._settings.rest
        self._probing = False
        # Changes with every state and every probe: what was asked before says nothing about now.
        self._era = Permit(0)

    @property
    def state(self) -> State:
        """The state now."""
        if self._opened is None:
            return "closed"
        return "half-open" if self._clock() >= self._opened + self._rest else "open"

    def blocked(self) -> bool:
        """Return whether a call would not be let through now."""
        return self._opened is not None and (self._probing or self.state == "open")

    def admit(self) -> Permit | None:
        """Let one call through, or None. The permit ends in one of the three methods below."""
        if self.blocked():
            return None
        if self._opened is not None:
            self._era = Permit(self._era + 1)
            self._probing = True
        return self._era

    def succeeded(self, permit: Permit) -> None:
        """Note that the service answered, whatever it said."""
        if permit != self._era:
            return
        if self._probing:
            self._turn(opened=None)
            self._rest = self._settings.rest
        self._note(failed=False)

    def failed(self, permit: Permit) -> None:
        """Note that the service was unwell."""
        if permit != self._era:
            return
        if self._probing:
            self._rest = min(self._rest * 2, self._settings.longest_rest)
            self._turn(opened=self._clock())
            return
        self._note(failed=True)
        enough = self._failed >= self._settings.failures
        if enough and self._failed >= self._settings.share * len(self._calls):
            self._turn(opened=self._clock())

    def abandoned(self, permit: Permit) -> None:
        """Note that a call ended without saying anything about the service."""
        if permit == self._era:
            self._probing = False

    def _turn(self, *, opened: float | None) -> None:
        self._opened = opened
        self._probing = False
        self._era = Permit(self._era + 1)
        self._calls.clear()
        self._failed = 0

    def _note(self, *, failed: bool) -> None:
        now = self._clock()
        self._calls.append((now, failed))
        self._failed += failed
        while self._calls[0][0] <= now - self._settings.window:
            self._failed -= self._calls.popleft()[1]
