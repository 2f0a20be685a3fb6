"""The batch lane's list: which ticket waits, which is with the API, and in which batch.

| state      | meaning                                           | leaves it by             |
|------------|---------------------------------------------------|--------------------------|
| waiting    | collected, not submitted                          | claim                    |
| submitting | claimed; the API may or may not have it           | submitted, or release    |
| submitted  | the API has it                                    | done                     |
| done       | its answer is in the ledger, or it is asked live  | -                        |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import TicketId
from firstline.store.database import reading
from firstline.store.schema import batch_item
from firstline.store.tickets import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Tickets that were claimed together."""

    name: str
    """The API's id once it is known, before that the name of the claim."""
    items: dict[str, TicketId]
    """Tickets by the key of their question."""
    oldest: datetime
    """When the first of them was added."""
    moved: datetime
    """When their state last changed."""


class BatchList:
    """The list in one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert(batch_item).on_conflict_do_nothing()

    def add(self, ticket: TicketId, key: str, now: datetime) -> None:
        """Put a ticket on the list. One that is on it already stays as it is."""
        at = instant(now)
        row = {"ticket": ticket, "key": key, "state": "waiting", "added_at": at, "moved_at": at}
        with self._engine.begin() as connection:
            connection.execute(self._insert, [row])

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many tickets wait, and since when the first does."""
        query = sa.select(sa.func.count(), sa.func.min(batch_item.c.added_at))
        with self._reader.connect() as connection:
            row = connection.execute(query.where(batch_item.c.state == "waiting")).one()
        return int(row[0]), None if row[1] is None else datetime.fromisoformat(row[1])

    def unfinished(self) -> set[TicketId]:
        """Return the tickets that are not done."""
        query = sa.select(batch_item.c.ticket).where(batch_item.c.state != "done")
        with self._reader.connect() as connection:
            return {TicketId(ticket) for ticket in connection.scalars(query)}

    def claim(self, name: str, now: datetime, *, most: int) -> Batch | None:
        """Take up to `most` waiting tickets for a batch; None when there are none."""
        chosen = (
            sa.select(batch_item.c.ticket)
            .where(batch_item.c.state == "waiting")
            .order_by(batch_item.c.added_at)
            .limit(most)
        )
        if self._engine.dialect.name == "postgresql":
            chosen = chosen.with_for_update(skip_locked=True)
        with self._engine.begin() as connection:
            tickets = list(connection.scalars(chosen))
            if not tickets:
                return None
            connection.execute(
                batch_item.update()
                .where(batch_item.c.ticket.in_(tickets))
                .values(state="submitting", batch=name, moved_at=instant(now))
            )
        return next((item for item in self.batches("submitting") if item.name == name), None)

    def submitted(self, claim: str, batch: str, now: datetime) -> None:
        """Note that the API has a claimed batch, and by which id."""
        self._move(_claimed(claim), now, state="submitted", batch=batch)

    def release(self, claim: str, now: datetime) -> None:
        """Put a claimed batch that the API does not have back on the list."""
        self._move(_claimed(claim), now, state="waiting", batch="")

    def done(self, tickets: Sequence[TicketId], now: datetime) -> None:
        """Note that tickets have an answer, or are asked live."""
        self._move(batch_item.c.ticket.in_(tickets), now, state="done")

    def batches(self, state: str) -> list[Batch]:
        """Return the batches in a state: `submitting` or `submitted`."""
        query = sa.select(batch_item).where(batch_item.c.state == state)
        with self._reader.connect() as connection:
            rows = connection.execute(query.order_by(batch_item.c.added_at)).all()
        named: dict[str, list[sa.Row[tuple[object, ...]]]] = {}
        for row in rows:
            named.setdefault(str(row.batch), []).append(row)
        return [
            Batch(
                name=name,
                items={str(row.key): TicketId(str(row.ticket)) for row in members},
                oldest=min(datetime.fromisoformat(str(row.added_at)) for row in members),
                moved=max(datetime.fromisoformat(str(row.moved_at)) for row in members),
            )
            for name, members in named.items()
        ]

    def known(self, names: Sequence[str]) -> set[str]:
        """Return which of these batches of the API are on the list, also done ones."""
        query = sa.select(batch_item.c.batch).where(batch_item.c.batch.in_(names)).distinct()
        with self._reader.connect() as connection:
            return set(connection.scalars(query))

    def _move(self, which: sa.ColumnElement[bool], now: datetime, **values: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                batch_item.update().where(which).values(moved_at=instant(now), **values)
            )


def _claimed(name: str) -> sa.ColumnElement[bool]:
    """Return what finds the tickets of a claim that have not been handed on since."""
    return sa.and_(batch_item.c.batch == name, batch_item.c.state == "submitting")
