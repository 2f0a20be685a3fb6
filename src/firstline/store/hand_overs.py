"""The ledger of notes for people: each ticket's is left in its helpdesk once.

The states are those of the delivery ledger. No cap and no newer message forbids one: nobody but the
team reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import Receipt, Ticket, TicketId
from firstline.store.arrival_tables import KEPT, hand_over
from firstline.store.database import reading
from firstline.store.outbox import Claim
from firstline.store.schema import ticket
from firstline.store.tickets import instant

State = Literal["sent", "uncertain", "cancelled"]
HandOverKind = Literal["note", "packet"]
"""A note beside a ticket, or the packet with which it is assigned to people."""
MOST_TRIES: Final = 300
"""At least two days of a helpdesk that is away; what then is not there is read in Firstline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A ticket that a person has and whose note was not left yet."""

    ticket: TicketId
    inbox: str
    tries: int
    """How often it was put off."""
    is_claimed: bool
    """Whether somebody is leaving it, or died while they were."""


class HandOverLedger:
    """The ledger in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._new = dialect.insert(hand_over).on_conflict_do_nothing()

    def claim(self, record: Ticket, kind: HandOverKind, now: datetime) -> tuple[Claim, Receipt]:
        """Claim the one note of a ticket, as `Outbox.claim` claims a delivery."""
        key = f"{record.id}:{KEPT}"
        at = instant(now)
        row = {"key": key, "ticket": record.id, "kind": "", "state": "due", "detail": "", "at": at}
        held = hand_over.c.key == key
        taking = hand_over.update().where(held, hand_over.c.state == "due")
        with self._engine.begin() as connection:
            connection.execute(self._new, {**row, "tries": 0})
            if connection.execute(taking.values(state="sending", kind=kind, at=at)).rowcount:
                return "claimed", Receipt(key=key, state="uncertain", at=now)
            found = connection.execute(sa.select(hand_over).where(held)).one()
        since = datetime.fromisoformat(found.at)
        if found.state == "sending":
            return "unknown", Receipt(key=key, state="uncertain", at=since)
        return "done", Receipt(key=key, state=found.state, at=since, detail=found.detail)

    def settle(self, receipt: Receipt) -> None:
        """Write down what became of a note."""
        row = hand_over.update().where(hand_over.c.key == receipt.key)
        values = {"state": receipt.state, "detail": receipt.detail, "at": instant(receipt.at)}
        with self._engine.begin() as connection:
            connection.execute(row.values(values))

    def put_off(self, receipt: Receipt, until: datetime) -> bool:
        """Leave a claimed note for later, when its helpdesk has certainly not taken it.

        What the same helpdesk put off before waits as long: it would not take that either.

        Returns:
            Whether it is left for later; False when it was put off too often already.
        """
        row = hand_over.update().where(
            hand_over.c.key == receipt.key,
            hand_over.c.state == "sending",
            hand_over.c.tries < MOST_TRIES,
        )
        values = {"state": "due", "detail": receipt.detail, "at": instant(until)}
        with self._engine.begin() as connection:
            found = connection.execute(row.values(**values, tries=hand_over.c.tries + 1))
            connection.execute(
                hand_over.update()
                .where(
                    hand_over.c.state == "due",
                    hand_over.c.tries > 0,
                    hand_over.c.at < instant(until),
                    hand_over.c.ticket.in_(_beside(receipt.key)),
                )
                .values(at=instant(until))
            )
            return bool(found.rowcount)

    def of(self, ticket_id: TicketId) -> Receipt | None:
        """Return what became of a ticket's note; None: there is none, or not yet."""
        query = sa.select(hand_over).where(hand_over.c.key == f"{ticket_id}:{KEPT}")
        with reading(self._engine).connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.state == "due":
            return None
        state: State = "uncertain" if row.state == "sending" else row.state
        at = datetime.fromisoformat(row.at)
        return Receipt(key=row.key, state=state, at=at, detail=row.detail)

    def unfinished(self, now: datetime, *, most: int) -> list[Unfinished]:
        """Return what people are to get and did not yet: first what was never put off."""
        query = (
            sa.select(hand_over.c.ticket, hand_over.c.tries, hand_over.c.state, ticket.c.inbox)
            .join(ticket, ticket.c.id == hand_over.c.ticket)
            .where(
                sa.or_(
                    hand_over.c.state == "sending",
                    sa.and_(hand_over.c.state == "due", hand_over.c.at <= instant(now)),
                )
            )
            .order_by(hand_over.c.tries > 0, hand_over.c.state == "due", hand_over.c.at)
            .limit(most)
        )
        with reading(self._engine).connect() as connection:
            return [
                Unfinished(
                    ticket=TicketId(row.ticket),
                    inbox=row.inbox,
                    tries=row.tries,
                    is_claimed=row.state == "sending",
                )
                for row in connection.execute(query)
            ]


def _beside(key: str) -> sa.Select[tuple[str]]:
    """Return the query for the tickets of the inbox that a note's ticket is in."""
    its = sa.select(hand_over.c.ticket).where(hand_over.c.key == key).scalar_subquery()
    inbox = sa.select(ticket.c.inbox).where(ticket.c.id == its).scalar_subquery()
    return sa.select(ticket.c.id).where(ticket.c.inbox == inbox)
