"""Attempts to sign in: who fails often waits longer and longer, but never for ever.

An attempt is counted before its password is looked at, so that many at once count as many; when it
succeeds it is taken back. The counts are in the database, so that several web processes share
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.store.people_tables import attempt
from firstline.store.tickets import instant

FORGOTTEN = timedelta(hours=1)
"""Failures are forgotten when there was none for so long."""
_NEVER = instant(datetime.fromisoformat("1970-01-01T00:00:00+00:00"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What attempts are counted by, and how it slows down."""

    key: str
    """An account, a browser or an address; hashed where it was typed by somebody."""
    free: int
    """Failures before anybody has to wait."""
    longest: timedelta
    """The longest wait; each failure doubles it up to this."""

    def wait(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures: 1 s, 2 s, 4 s … beyond the free ones."""
        beyond = failures - self.free
        if beyond < 0:
            return timedelta()
        # 2^20 s is far beyond any longest wait.
        return min(timedelta(seconds=2 ** min(beyond, 20)), self.longest)


class AttemptStore:
    """The attempts of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._new = dialect.insert(attempt).on_conflict_do_nothing()

    def begin(self, counted: Sequence[Counted], now: datetime) -> timedelta | None:
        """Count an attempt, or return how long to wait before the next one."""
        by_key = {one.key: one for one in counted}
        keys = sorted(by_key)
        rows = [{"key": key, "failures": 0, "at": instant(now), "until": _NEVER} for key in keys]
        locked = (
            sa.select(attempt)
            .where(attempt.c.key.in_(keys))
            .order_by(attempt.c.key)
            .with_for_update()
        )
        old = attempt.delete().where(attempt.c.at < instant(now - FORGOTTEN))
        with self._engine.begin() as connection:
            connection.execute(old)
            connection.execute(self._new, rows)
            found = connection.execute(locked).all()
            waits = [datetime.fromisoformat(row.until) - now for row in found]
            longest = max(waits, default=timedelta())
            if longest > timedelta():
                return longest
            for row in found:
                failures = row.failures + 1
                until = now + by_key[row.key].wait(failures)
                values = {"failures": failures, "at": instant(now), "until": instant(until)}
                connection.execute(attempt.update().where(attempt.c.key == row.key).values(values))
        return None

    def succeeded(self, cleared: Sequence[str], taken_back: Sequence[str]) -> None:
        """Forget the failures of `cleared`; of `taken_back` forget only this one attempt."""
        less = sa.case((attempt.c.failures > 0, attempt.c.failures - 1), else_=0)
        with self._engine.begin() as connection:
            connection.execute(attempt.delete().where(attempt.c.key.in_(cleared)))
            connection.execute(
                attempt.update()
                .where(attempt.c.key.in_(taken_back))
                .values(failures=less, until=_NEVER)
            )
