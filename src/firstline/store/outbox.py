"""The delivery ledger: nothing leaves without a committed claim, and no claim is made twice.

| state     | meaning                                             | what may follow            |
|-----------|-----------------------------------------------------|----------------------------|
| sending   | claimed; the send may or may not have happened      | read back, then sent or    |
|           |                                                     | uncertain                  |
| sent      | the channel has it                                  | nothing                    |
| uncertain | the channel cannot tell whether it has it           | a person looks             |
| cancelled | it may not be sent any more: a cap, a newer         | a person answers           |
|           | message, or a person who has answered               |                            |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import Receipt, Ticket, TicketId
from firstline.store.commitments import NewCommitment, add_commitments
from firstline.store.database import single
from firstline.store.schema import delivery
from firstline.store.tickets import NEWER, instant
from firstline.store.trust_tables import staff_reply

Kind = Literal["reply", "question", "notice"]
Claim = Literal["claimed", "unknown", "done", "cancelled"]
Forbids = Callable[[sa.Connection], str]
"""Says in the claim's own transaction why nothing may be sent now, or nothing."""
COUNTED = ("sending", "sent", "uncertain")
DAY = timedelta(hours=24)
AFTER_CRASH, AFTER_ERROR = "found after a crash", "found after an error"
FOUND = (AFTER_CRASH, AFTER_ERROR)
"""Details of what was found where it was sent; others have the channel's reference there."""

# Built once: putting a statement together costs more than running it.
_SENT = (
    sa.select(sa.func.count())
    .select_from(delivery)
    .where(delivery.c.inbox == sa.bindparam("inbox"), delivery.c.state.in_(COUNTED))
)
_TURNS = _SENT.where(
    delivery.c.conversation == sa.bindparam("conversation"),
    delivery.c.ticket != sa.bindparam("ticket"),
)
_NOTICES = _SENT.where(
    delivery.c.conversation == sa.bindparam("conversation"), delivery.c.kind == "notice"
)
_RECENT = _SENT.where(
    delivery.c.requester == sa.bindparam("requester"),
    delivery.c.message_at >= sa.bindparam("since"),
    delivery.c.message_at <= sa.bindparam("until"),
)
_STAFF = sa.exists().where(
    staff_reply.c.inbox == sa.bindparam("inbox"),
    staff_reply.c.conversation == sa.bindparam("conversation"),
    staff_reply.c.at >= sa.bindparam("at"),
)
_AGAINST = sa.select(
    NEWER.scalar_subquery().label("newer"),
    _STAFF.label("staff"),
    _TURNS.scalar_subquery().label("turns"),
)
"""What may be against a delivery, of any channel, in one question."""
_CLAIM = delivery.insert()
_HELD = sa.select(delivery).where(delivery.c.key == sa.bindparam("held"))
_SETTLE = (
    delivery.update()
    .where(delivery.c.key == sa.bindparam("held"))
    .values(state=sa.bindparam("how"), detail=sa.bindparam("why"), at=sa.bindparam("when"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many automatic replies one requester and one conversation may get."""

    per_requester: int
    """In 24 hours of the customer's own time; mail only."""
    per_conversation: int


def _nothing(_connection: sa.Connection) -> str:
    return ""


class Outbox:
    """The ledger in one database."""

    def __init__(self, engine: sa.Engine, *, forbids: Forbids = _nothing) -> None:
        self._engine = engine
        self._single = single(engine)
        self._forbids = forbids
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    @property
    def engine(self) -> sa.Engine:
        """The database it is in."""
        return self._engine

    def under(self, forbids: Forbids) -> Outbox:
        """Return the same ledger, where each claim first asks whether it may still be made."""
        return Outbox(self._engine, forbids=forbids)

    def claim(
        self,
        record: Ticket,
        kind: Kind,
        *,
        caps: Caps,
        now: datetime,
        promises: Sequence[NewCommitment] = (),
    ) -> tuple[Claim, Receipt]:
        """Claim the one delivery of this kind for a ticket, in one transaction.

        Returns `claimed` when the caller must send now, `unknown` when an earlier attempt
        stopped in the middle, `done` when nothing is left to do, `cancelled` when a cap or a
        newer message forbids it. What it promises is written down with the claim.

        What `forbids` forbids is `cancelled` and leaves no row, so that a person may send it. When
        an earlier attempt stopped in the middle it is `unknown`, and the receipt's detail says
        that it may not be sent again.
        """
        key = f"{record.id}:{kind}"
        with self._engine.begin() as connection:
            self._serialise(connection, record)
            row = connection.execute(_HELD, {"held": key}).one_or_none()
            settled = row is not None and row.state != "sending"
            forbidden = "" if settled else self._forbids(connection)
            if row is not None:
                claim, receipt = self._again(row)
                return claim, replace(receipt, detail=forbidden or receipt.detail)
            if forbidden:
                return "cancelled", Receipt(key=key, state="cancelled", at=now, detail=forbidden)
            refusal = self._refusal(connection, record, caps)
            if kind == "notice" and not refusal and self._told_before(connection, record):
                refusal = "told_before"
            state = "cancelled" if refusal else "sending"
            claimed = {
                "key": key,
                "ticket": record.id,
                "kind": kind,
                "requester": record.customer,
                "inbox": record.inbox,
                "conversation": record.conversation,
                "message_at": instant(record.received_at),
                "state": state,
                "detail": refusal,
                "at": instant(now),
            }
            connection.execute(_CLAIM, claimed)
            if not refusal:
                add_commitments(connection, promises, by="firstline", now=now)
        receipt = Receipt(
            key=key, state="cancelled" if refusal else "uncertain", at=now, detail=refusal
        )
        return ("cancelled" if refusal else "claimed"), receipt

    def settle(self, receipt: Receipt) -> None:
        """Write down what became of a claimed delivery."""
        with self._single.begin() as connection:
            settled = {"how": receipt.state, "why": receipt.detail, "when": instant(receipt.at)}
            connection.execute(_SETTLE, {"held": receipt.key, **settled})

    def states(self, ticket_id: TicketId) -> dict[str, str]:
        """Return the state of each of a ticket's deliveries, by kind."""
        query = sa.select(delivery.c.kind, delivery.c.state)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(delivery.c.ticket == ticket_id))
            return {row.kind: row.state for row in rows}

    @staticmethod
    def _serialise(connection: sa.Connection, record: Ticket) -> None:
        """Let one claim a conversation and a requester be decided at a time, so that caps hold.

        SQLite begins a transaction with its first write, so what was read before would be old;
        Postgres needs locks, always in this order.
        """
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        held = ((1, record.conversation), (2, record.customer or ""))
        locks = [
            sa.func.pg_advisory_xact_lock(kind, sa.func.hashtext(f"{record.inbox}:{name}"))
            for kind, name in held
            if name
        ]
        if locks:
            connection.execute(sa.select(*locks))

    @staticmethod
    def _again(row: sa.Row[tuple[object, ...]]) -> tuple[Claim, Receipt]:
        at = datetime.fromisoformat(str(row.at))
        match row.state:
            case "sending":
                return "unknown", Receipt(key=str(row.key), state="uncertain", at=at)
            case "cancelled":
                return "cancelled", Receipt(
                    key=str(row.key), state="cancelled", at=at, detail=str(row.detail)
                )
            case state:
                settled: Literal["sent", "uncertain"] = "sent" if state == "sent" else "uncertain"
                return "done", Receipt(
                    key=str(row.key), state=settled, at=at, detail=str(row.detail)
                )

    @staticmethod
    def _told_before(connection: sa.Connection, record: Ticket) -> bool:
        """Whether the conversation was told already that a person has it: twice says no more."""
        place = {"inbox": record.inbox, "conversation": record.conversation}
        return bool(connection.scalar(_NOTICES, place))

    @staticmethod
    def _refusal(connection: sa.Connection, record: Ticket, caps: Caps) -> str:
        """Return why this may not be sent, or nothing."""
        place = {
            "inbox": record.inbox,
            "conversation": record.conversation,
            "at": instant(record.received_at),
            "ticket": record.id,
        }
        against = connection.execute(_AGAINST, place).one()
        if against.newer:
            return "newer_message"
        if against.staff:
            return "person_replied"
        if against.turns >= caps.per_conversation:
            return "conversation_cap"
        if record.channel == "email" and record.customer is not None:
            window = {
                "inbox": record.inbox,
                "requester": record.customer,
                "since": instant(record.received_at - DAY),
                "until": instant(record.received_at + DAY),
            }
            if (connection.scalar(_RECENT, window) or 0) >= caps.per_requester:
                return "requester_cap"
        return ""
