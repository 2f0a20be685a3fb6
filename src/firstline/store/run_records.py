"""What is stored about one ticket beside what its stages said: for the page of its run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store.calls import PICO
from firstline.store.database import reading
from firstline.store.feedback import Reopening
from firstline.store.schema import delivery, inbox, model_call, ticket
from firstline.store.trust_tables import audit, reopening

MOST_CALLS = 200
"""Questions about one ticket that are read: replays of it count as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A row of the delivery ledger."""

    key: str
    kind: str
    state: str
    """`sending` (claimed), `sent`, `uncertain`, `cancelled`."""
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A question to a model about a ticket, as the ledger knows it: never its words."""

    purpose: str
    model: str
    prompt_hash: str
    state: str
    failure: str
    attempts: int
    batch: bool
    input: int
    output: int
    cache_read: int
    cache_write: int
    cost_usd: float
    wall_ms: float
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """An automatic reply that was drawn for a person to look at."""

    certificate: str
    probability: float
    drawn_at: datetime
    wrong: bool | None
    labelled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What is stored about one ticket."""

    inbox_kind: str
    inbox_autonomy: str | None
    """A level that overrides every intent's, for this inbox."""
    ended_at: datetime | None
    deliveries: tuple[Delivery, ...]
    calls: tuple[Call, ...]
    """Oldest first."""
    reopened: Reopening | None
    """The customer came back to this ticket's answer."""
    reopens: TicketId | None
    """The answered ticket whose customer came back with this one."""
    audited: Audited | None


class RunRecords:
    """Reads them from one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def of(self, ticket_id: TicketId) -> RunRecord | None:
        """Return what is stored about a ticket; None when there is none."""
        query = (
            sa.select(ticket.c.ended_at, inbox.c.kind, inbox.c.autonomy)
            .join(inbox, inbox.c.id == ticket.c.inbox)
            .where(ticket.c.id == ticket_id)
        )
        with self._reader.connect() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            return RunRecord(
                inbox_kind=row.kind,
                inbox_autonomy=row.autonomy,
                ended_at=_time(row.ended_at),
                deliveries=_deliveries(connection, ticket_id),
                calls=_calls(connection, ticket_id),
                reopened=_reopened(connection, ticket_id),
                reopens=_reopens(connection, ticket_id),
                audited=_audited(connection, ticket_id),
            )


def _deliveries(connection: sa.Connection, ticket_id: TicketId) -> tuple[Delivery, ...]:
    columns = [delivery.c[name] for name in Delivery.__slots__]
    query = sa.select(*columns).where(delivery.c.ticket == ticket_id).order_by(delivery.c.at)
    return tuple(
        Delivery(
            key=row.key,
            kind=row.kind,
            state=row.state,
            detail=row.detail,
            at=datetime.fromisoformat(row.at),
        )
        for row in connection.execute(query)
    )


def _calls(connection: sa.Connection, ticket_id: TicketId) -> tuple[Call, ...]:
    names = [name for name in Call.__slots__ if name not in ("cost_usd", "asked_at")]
    query = (
        sa.select(
            *(model_call.c[name] for name in names), model_call.c.cost_pico, model_call.c.asked_at
        )
        .where(model_call.c.ticket == ticket_id)
        .order_by(model_call.c.asked_at, model_call.c.key)
        .limit(MOST_CALLS)
    )
    return tuple(
        Call(
            **{name: row[name] for name in names},
            cost_usd=row["cost_pico"] / PICO,
            asked_at=datetime.fromisoformat(row["asked_at"]),
        )
        for row in connection.execute(query).mappings()
    )


def _reopened(connection: sa.Connection, ticket_id: TicketId) -> Reopening | None:
    row = connection.execute(
        sa.select(reopening).where(reopening.c.ticket == ticket_id)
    ).one_or_none()
    if row is None:
        return None
    return Reopening(
        ticket=TicketId(row.ticket),
        by_ticket=TicketId(row.by_ticket),
        after=timedelta(seconds=row.after_seconds),
        at=datetime.fromisoformat(row.at),
    )


def _reopens(connection: sa.Connection, ticket_id: TicketId) -> TicketId | None:
    query = sa.select(reopening.c.ticket).where(reopening.c.by_ticket == ticket_id).limit(1)
    found = connection.scalar(query)
    return None if found is None else TicketId(found)


def _audited(connection: sa.Connection, ticket_id: TicketId) -> Audited | None:
    row = connection.execute(sa.select(audit).where(audit.c.ticket == ticket_id)).one_or_none()
    if row is None:
        return None
    return Audited(
        certificate=row.certificate,
        probability=row.probability,
        drawn_at=datetime.fromisoformat(row.drawn_at),
        wrong=row.wrong,
        labelled_at=_time(row.labelled_at),
    )


def _time(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
