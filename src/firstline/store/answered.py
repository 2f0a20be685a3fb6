"""The tickets that have a verdict, with what the stages said, whatever inbox they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from firstline.records import Ticket, TicketId, decode
from firstline.store.database import reading
from firstline.store.schema import inbox, stage, ticket
from firstline.store.tickets import StageRecord, Stages, StoredTicket, instant

BASIS = "basis"
"""The stage under which is kept what was in use when a ticket's draft was made."""
WANTED = ("route", "context", "generate", "validate", "gate", BASIS)
PAGE = 200


def answered(
    engine: sa.Engine, *, made_under: str | None = None, since: datetime | None = None
) -> Iterator[tuple[StoredTicket, Stages]]:
    """Yield the decided tickets with their stages, by id, a page a query.

    Args:
        engine: The database.
        made_under: Only drafts made while this was in use, as it is stored under BASIS.
        since: Only tickets that came then or later.
    """
    after = ""
    while True:
        query = (
            sa.select(ticket.c.id, ticket.c.body, ticket.c.outcome, ticket.c.reason)
            .where(ticket.c.id > after, _has("gate"))
            .order_by(ticket.c.id)
            .limit(PAGE)
        )
        if made_under is not None:
            query = query.where(_has(BASIS, made_under))
        if since is not None:
            query = query.where(ticket.c.received_at >= instant(since))
        with reading(engine).connect() as connection:
            rows = connection.execute(query).all()
            said = _stages(connection, [row.id for row in rows])
        if not rows:
            return
        for row in rows:
            stored = StoredTicket(
                ticket=decode(Ticket, row.body),
                outcome=row.outcome,
                reason=row.reason,
                decided=True,
            )
            yield stored, said[row.id]
        after = rows[-1].id


def made_under_counts(engine: sa.Engine) -> Mapping[str | None, int]:
    """Return how many decided tickets were made under what; None: it was not recorded."""
    known = sa.alias(stage)
    query = (
        sa.select(known.c.body, sa.func.count().label("tickets"))
        .select_from(
            stage.outerjoin(
                known, sa.and_(known.c.ticket == stage.c.ticket, known.c.stage == BASIS)
            )
        )
        .where(stage.c.stage == "gate")
        .group_by(known.c.body)
    )
    with reading(engine).connect() as connection:
        return {row.body: row.tickets for row in connection.execute(query)}


def find_tickets(engine: sa.Engine, name: str) -> tuple[TicketId, ...]:
    """Return the tickets with this id, Firstline's own or the sender's, the newest run's first."""
    query = (
        sa.select(ticket.c.id)
        .join(inbox, inbox.c.id == ticket.c.inbox)
        .where(sa.or_(ticket.c.id == name, ticket.c.external_id == name))
        .order_by(sa.case((ticket.c.id == name, 0), else_=1), inbox.c.created_at.desc())
    )
    with reading(engine).connect() as connection:
        return tuple(TicketId(found) for found in connection.scalars(query))


def _has(name: str, body: str | None = None) -> sa.ColumnElement[bool]:
    query = sa.select(stage.c.ticket).where(stage.c.ticket == ticket.c.id, stage.c.stage == name)
    if body is not None:
        query = query.where(stage.c.body == body)
    return query.correlate(ticket).exists()


def _stages(connection: sa.Connection, ids: list[str]) -> dict[str, Stages]:
    found: dict[str, Stages] = {one: {} for one in ids}
    query = sa.select(stage).where(stage.c.ticket.in_(ids), stage.c.stage.in_(WANTED))
    for row in connection.execute(query) if ids else ():
        found[row.ticket][row.stage] = StageRecord(
            stage=row.stage, body=row.body, wall_ms=row.wall_ms, cpu_ms=row.cpu_ms
        )
    return found


def external_ids(engine: sa.Engine) -> Mapping[TicketId, str]:
    """Return the senders' own ids of all tickets."""
    query = sa.select(ticket.c.id, ticket.c.external_id)
    with reading(engine).connect() as connection:
        return {TicketId(row.id): row.external_id for row in connection.execute(query)}
