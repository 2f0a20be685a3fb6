"""Answers kept for callers who ask again with the same Idempotency-Key.

After the IETF draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key):
the first request with a key is done, a second one gets the same answer, one with the key of
another request is refused, and so is one that comes while the first is still being answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.store.reply_tables import idempotency
from firstline.store.tickets import instant

KEPT = timedelta(hours=24)
"""How long an answer is given again."""
IN_FLIGHT = timedelta(seconds=60)
"""After this a request that was never answered counts as lost: its process has died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that was given before."""

    status: int
    body: str


Begun = Literal["yours", "in_flight", "other_request"]


class IdempotencyStore:
    """The kept answers of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = (
            dialect.insert(idempotency).on_conflict_do_nothing().returning(idempotency.c.key)
        )

    def begin(self, caller: str, key: str, request: str, now: datetime) -> Begun | Kept:
        """Begin a request, or say what became of the one with this key.

        Args:
            caller: Whose keys these are: two callers may use the same.
            key: The caller's key.
            request: The hash of what is asked.
            now: The time. What is older than KEPT is forgotten.
        """
        at = instant(now)
        row = {
            "caller": caller,
            "key": key,
            "request": request,
            "status": 0,
            "body": "",
            "begun": at,
        }
        mine = _mine(caller, key)
        with self._engine.begin() as connection:
            connection.execute(
                idempotency.delete().where(idempotency.c.begun < instant(now - KEPT))
            )
            if connection.scalar(self._insert, row) is not None:
                return "yours"
            held = connection.execute(sa.select(idempotency).where(*mine)).one_or_none()
            if held is None:
                return "in_flight"  # just forgotten by whoever had it: ask again
            if held.request != request:
                return "other_request"
            if held.status:
                return Kept(status=held.status, body=held.body)
            if held.begun > instant(now - IN_FLIGHT):
                return "in_flight"
            lost = (*mine, idempotency.c.begun == held.begun, idempotency.c.status == 0)
            taken = connection.execute(idempotency.update().where(*lost).values(begun=at)).rowcount
        return "yours" if taken else "in_flight"

    def finish(self, caller: str, key: str, status: int, body: str) -> None:
        """Keep the answer to a request that was begun."""
        with self._engine.begin() as connection:
            connection.execute(
                idempotency.update().where(*_mine(caller, key)).values(status=status, body=body)
            )

    def forget(self, caller: str, key: str) -> None:
        """Let a request that came to nothing be made again."""
        with self._engine.begin() as connection:
            connection.execute(
                idempotency.delete().where(*_mine(caller, key), idempotency.c.status == 0)
            )


def _mine(caller: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (idempotency.c.caller == caller, idempotency.c.key == key)
