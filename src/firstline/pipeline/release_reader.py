"""Reading the release: often enough for the switch to work at once, seldom enough to cost nothing.

Nothing of it is taken for granted: what cannot be read releases nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from threading import Lock

import sqlalchemy as sa

from firstline.errors import FirstlineError
from firstline.observe import log, place_of
from firstline.pipeline.release import Proofs, Release, release_of
from firstline.store.autonomy import AutonomyStore, Change, changes_in_force
from firstline.store.database import LockedError

SECONDS = 0.5
"""For this long what was read is used again: the switch works within it in every process."""
PROOF_SECONDS = 5.0
"""As SECONDS, for certificates and what is in use: a delivery asks for neither anew."""
FAILURES = (FirstlineError, sa.exc.SQLAlchemyError, OSError, ValueError, LookupError)
"""How reading fails: no database, a damaged row, a level of a newer version."""


class ReleaseReader:
    """Reads the release of one database. Threads may share it."""

    def __init__(
        self,
        store: AutonomyStore,
        *,
        proofs: Callable[[], Proofs] = Proofs,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self._find_proofs = proofs
        self._now = now
        self._clock = clock
        self._lock = Lock()
        self._held: tuple[float, Release] | None = None
        self._proofs = (-inf, Proofs())

    def __call__(self) -> Release:
        """Return the release, at most SECONDS old."""
        with self._lock:
            if self._held is None or self._clock() - self._held[0] >= SECONDS:
                begun = self._clock()
                self._held = (begun, self._read(self.store.current, self._fresh_proofs))
            return self._held[1]

    def forget(self) -> None:
        """Read anew at the next call."""
        with self._lock:
            self._held, self._proofs = None, (-inf, Proofs())

    @property
    def held(self) -> Release:
        """What was read last, however long ago: for use inside a transaction."""
        return Release() if self._held is None else self._held[1]

    def at(self, connection: sa.Connection) -> Release:
        """Return the release as the caller's transaction sees it.

        Certificates are those of the last call: to look for them here could need a second
        connection while every other thread waits for one with its first.
        """
        return self._read(lambda: changes_in_force(connection), lambda: self._proofs[1])

    def _read(
        self, changes: Callable[[], tuple[Change, ...]], proofs: Callable[[], Proofs]
    ) -> Release:
        try:
            return release_of(changes(), proofs(), self._now().astimezone(UTC).date())
        except LockedError:
            raise  # The whole transaction is about to be begun anew.
        except FAILURES as error:
            why = f"{type(error).__name__} at {place_of(error)}"
            log.error("autonomy_unreadable", detail=why)
            return Release(unreadable=why)

    def _fresh_proofs(self) -> Proofs:
        if self._clock() - self._proofs[0] >= PROOF_SECONDS:
            self._proofs = (self._clock(), self._find_proofs())
        return self._proofs[1]
