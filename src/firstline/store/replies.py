"""Replies that are kept for whoever asks: a delivery to an API or chat customer is a row.

The row is the customer's copy. It is written once a marker, and joined with the delivery ledger,
which knows the ticket and the conversation it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import ConversationId, TicketId
from firstline.store.database import reading, single
from firstline.store.outbox import Kind
from firstline.store.reply_tables import reply
from firstline.store.schema import delivery
from firstline.store.tickets import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """What a customer was told."""

    marker: str
    """The attempt marker; also the key of the delivery."""
    ticket: TicketId
    kind: Kind
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A delivery as the ledger has it."""

    kind: Kind
    state: Literal["sending", "sent", "uncertain", "cancelled"]
    at: datetime
    text: str | None
    """What the customer was told, where that is kept here."""


_FOUND = (
    sa.select(
        reply.c.marker,
        delivery.c.ticket,
        reply.c.kind,
        reply.c.text,
        reply.c.at,
    )
    .join(delivery, delivery.c.key == reply.c.marker)
    .order_by(reply.c.at, reply.c.marker)
)


def _keys(ticket_id: TicketId) -> list[str]:
    """Return the keys that a ticket's deliveries have: found without a search."""
    return [f"{ticket_id}:{kind}" for kind in get_args(Kind)]


class ReplyStore:
    """The replies of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        self._single = single(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert(reply).on_conflict_do_nothing().returning(reply.c.marker)

    @property
    def engine(self) -> sa.Engine:
        """The database they are in."""
        return self._engine

    def put(
        self, *, marker: str, target: str, external_id: str, kind: Kind, text: str, at: datetime
    ) -> bool:
        """Keep a reply unless its marker is there already; return whether it is new."""
        row = {
            "marker": marker,
            "target": target,
            "external_id": external_id,
            "kind": kind,
            "text": text,
            "at": instant(at),
        }
        with self._single.begin() as connection:
            return connection.scalar(self._insert, row) is not None

    def has(self, marker: str) -> bool:
        """Whether a reply with this marker is kept."""
        query = sa.select(sa.func.count()).where(reply.c.marker == marker)
        with self._reader.connect() as connection:
            return bool(connection.scalar(query))

    def of_ticket(self, ticket_id: TicketId) -> tuple[StoredReply, ...]:
        """Return what was delivered for a ticket, oldest first."""
        return self._read(_FOUND.where(reply.c.marker.in_(_keys(ticket_id))))

    def of_conversation(self, inbox: str, conversation: ConversationId) -> tuple[StoredReply, ...]:
        """Return what was delivered in a conversation, oldest first."""
        return self._read(
            _FOUND.where(delivery.c.inbox == inbox, delivery.c.conversation == conversation)
        )

    def deliveries(self, ticket_id: TicketId) -> tuple[Delivered, ...]:
        """Return every delivery of a ticket, whatever its channel, oldest first."""
        query = (
            sa.select(delivery.c.kind, delivery.c.state, delivery.c.at, reply.c.text)
            .outerjoin(reply, reply.c.marker == delivery.c.key)
            .where(delivery.c.key.in_(_keys(ticket_id)))
            .order_by(delivery.c.at, delivery.c.key)
        )
        with self._reader.connect() as connection:
            return tuple(
                Delivered(
                    kind=row.kind,
                    state=row.state,
                    at=datetime.fromisoformat(row.at),
                    text=row.text,
                )
                for row in connection.execute(query)
            )

    def _read(self, query: sa.Select[tuple[str, str, str, str, str]]) -> tuple[StoredReply, ...]:
        with self._reader.connect() as connection:
            return tuple(
                StoredReply(
                    marker=row.marker,
                    ticket=TicketId(row.ticket),
                    kind=row.kind,
                    text=row.text,
                    at=datetime.fromisoformat(row.at),
                )
                for row in connection.execute(query)
            )
