"""Tickets, what the stages said about them, and how they ended."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import Outcome, StageTime, Ticket, TicketId, decode, encode
from firstline.store.database import reading
from firstline.store.schema import inbox, owner, stage, ticket

Accepted = Literal["new", "repeat", "conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A source of tickets and where its replies go."""

    id: str
    kind: Literal[
        "file", "api", "chat", "zendesk", "intercom", "freshdesk", "chatwoot", "email", "webhook"
    ]
    target: str
    """For kind `file`: the output folder; for `api` and `chat`: a name, kept with every reply; for
    the others: the name of a channel of channels.toml."""
    autonomy: str | None = None
    """A level that overrides the workspace's, for this inbox only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTicket:
    """A ticket with its end, if it has one."""

    ticket: Ticket
    outcome: Outcome | None
    reason: str | None
    decided: bool = False
    """Whether its verdict is stored. Told by `load` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """What one stage said, as JSON."""

    stage: str
    body: str
    wall_ms: float
    cpu_ms: float


# Built once: putting a statement together costs more than running it.
_LOAD = sa.select(
    ticket.c.body,
    ticket.c.outcome,
    ticket.c.reason,
    sa.exists()
    .where(stage.c.ticket == ticket.c.id, stage.c.stage == "gate")
    .correlate(ticket)
    .label("decided"),
).where(ticket.c.id == sa.bindparam("id"))
_END = (
    ticket.update()
    .where(ticket.c.id == sa.bindparam("key"), ticket.c.outcome.is_(None))
    .values(outcome=sa.bindparam("how"), reason=sa.bindparam("why"), ended_at=sa.bindparam("when"))
)
NEWER = sa.select(sa.func.count()).where(
    ticket.c.inbox == sa.bindparam("inbox"),
    ticket.c.conversation == sa.bindparam("conversation"),
    ticket.c.received_at > sa.bindparam("at"),
)
"""Counts the newer messages of a conversation."""
_KNOWN = sa.select(ticket.c.id, ticket.c.content).where(
    ticket.c.id.in_(sa.bindparam("ids", expanding=True))
)
_STAGES = sa.select(stage).where(stage.c.ticket.in_(sa.bindparam("ids", expanding=True)))

Ending = Callable[[sa.Connection], None]
"""What else happens in the transaction that ends a ticket; not when it had ended before."""
Stages = dict[str, StageRecord]
"""What the stages said about one ticket, by stage."""


def instant(moment: datetime) -> str:
    """Return a time as text that sorts like the time itself."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def content_hash(record: Ticket) -> str:
    """Return the hash of what the customer sent, to tell a repeat from a conflict."""
    parts = (record.subject, record.text, record.quoted, record.customer or "")
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


class TicketStore:
    """Tickets in one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert
        self._insert_ticket = dialect.insert(ticket).on_conflict_do_nothing()
        self._insert_stage = dialect.insert(stage).on_conflict_do_nothing()

    @property
    def is_local(self) -> bool:
        """Whether reading needs no network and waits for nobody: a SQLite file logging ahead."""
        return self._engine.dialect.name == "sqlite"

    @property
    def engine(self) -> sa.Engine:
        """The database, for the other ledgers in it."""
        return self._engine

    def close(self) -> None:
        """Close the database's connections."""
        self._engine.dispose()

    def claim_for(self, company: str) -> str:
        """Make this the database of `company` unless it has one; return whose it is."""
        with self._engine.begin() as connection:
            held = connection.scalar(sa.select(owner.c.company))
            if held is None:
                if not self.is_local:  # SQLite lets one write at a time as it is.
                    connection.execute(sa.text("LOCK TABLE owner IN EXCLUSIVE MODE"))
                nobody = sa.select(sa.literal(company)).where(~sa.exists().select_from(owner))
                connection.execute(self._insert(owner).from_select(["company"], nobody))
                held = connection.scalar(sa.select(owner.c.company))
        return str(held)

    def open_inbox(self, record: Inbox, now: datetime) -> Inbox:
        """Store an inbox, or return the one already stored under its id."""
        values = {
            "id": record.id,
            "kind": record.kind,
            "target": record.target,
            "autonomy": record.autonomy,
            "created_at": instant(now),
        }
        with self._engine.begin() as connection:
            connection.execute(self._insert(inbox).values(values).on_conflict_do_nothing())
        return self.inbox(record.id)

    def keep_inbox(self, record: Inbox, now: datetime) -> Inbox:
        """Store an inbox, or give the stored one the level and target of this one."""
        held = self.open_inbox(record, now)
        if held == record:
            return held
        values = {"autonomy": record.autonomy, "target": record.target}
        with self._engine.begin() as connection:
            connection.execute(inbox.update().where(inbox.c.id == record.id).values(values))
        return self.inbox(record.id)

    def inbox(self, inbox_id: str) -> Inbox:
        """Return an inbox; raises LookupError when it was never opened."""
        with self._reader.connect() as connection:
            row = connection.execute(sa.select(inbox).where(inbox.c.id == inbox_id)).one_or_none()
        if row is None:
            raise LookupError(f"no inbox {inbox_id}")
        return Inbox(id=row.id, kind=row.kind, target=row.target, autonomy=row.autonomy)

    def accept(self, batch: Sequence[tuple[int, Ticket]]) -> list[Accepted]:
        """Store tickets with their positions; say of each whether it is new.

        A ticket is accepted once its transaction has committed, and never twice: the same id
        with the same content is a repeat, with other content a conflict.
        """
        if not batch:
            return []
        with self._engine.begin() as connection:
            return self.accept_on(connection, batch)

    def accept_on(
        self, connection: sa.Connection, batch: Sequence[tuple[int, Ticket]]
    ) -> list[Accepted]:
        """Accept tickets in a transaction of the caller's, with whatever else belongs to them."""
        rows: list[dict[str, object]] = [
            {
                "id": record.id,
                "inbox": record.inbox,
                "external_id": record.external_id,
                "conversation": record.conversation,
                "customer": record.customer,
                "content": content_hash(record),
                "received_at": instant(record.received_at),
                "position": position,
                "body": encode(record),
            }
            for position, record in batch
        ]
        stored = connection.execute(_KNOWN, {"ids": [row["id"] for row in rows]})
        known = {row.id: row.content for row in stored}
        verdicts: list[Accepted] = []
        fresh: list[dict[str, object]] = []
        for row in rows:
            before = known.get(str(row["id"]))
            if before is None:
                known[str(row["id"])] = str(row["content"])
                fresh.append(row)
                verdicts.append("new")
            else:
                verdicts.append("repeat" if before == row["content"] else "conflict")
        if fresh:
            connection.execute(self._insert_ticket, fresh)
        return verdicts

    def load(self, ticket_id: TicketId) -> StoredTicket | None:
        """Return a ticket and its end, or None."""
        with self._reader.connect() as connection:
            row = connection.execute(_LOAD, {"id": ticket_id}).one_or_none()
        if row is None:
            return None
        return StoredTicket(
            ticket=decode(Ticket, row.body),
            outcome=row.outcome,
            reason=row.reason,
            decided=bool(row.decided),
        )

    def open_ids(self, inbox_id: str | None = None) -> list[TicketId]:
        """Return the tickets that have not ended, in the order they came."""
        query = sa.select(ticket.c.id).where(ticket.c.outcome.is_(None))
        if inbox_id is not None:
            query = query.where(ticket.c.inbox == inbox_id)
        with self._reader.connect() as connection:
            return [TicketId(row) for row in connection.scalars(query.order_by(ticket.c.position))]

    def counts(self, inbox_id: str) -> dict[str | None, int]:
        """Return how many tickets ended each way; None counts the open ones."""
        query = (
            sa.select(ticket.c.outcome, sa.func.count().label("tickets"))
            .where(ticket.c.inbox == inbox_id)
            .group_by(ticket.c.outcome)
        )
        with self._reader.connect() as connection:
            return {row.outcome: row.tickets for row in connection.execute(query)}

    def record(
        self,
        ticket_id: TicketId,
        bodies: Sequence[tuple[str, str]],
        times: Sequence[StageTime],
        *,
        outcome: Outcome | None,
        reason: str | None,
        now: datetime,
        ending: Ending | None = None,
    ) -> None:
        """Store what the stages said and, when `outcome` is given, end the ticket.

        A ticket that has ended keeps its end: doing the work again after a crash changes nothing.
        """
        clock = {time.stage: time for time in times}
        rows = [
            {
                "ticket": ticket_id,
                "stage": name,
                "body": body,
                "wall_ms": clock[name].wall_ms if name in clock else 0.0,
                "cpu_ms": clock[name].cpu_ms if name in clock else 0.0,
            }
            for name, body in bodies
        ]
        with self._engine.begin() as connection:
            if rows:
                connection.execute(self._insert_stage, rows)
            if outcome is not None and self._end(connection, ticket_id, outcome, reason, now):
                _also(ending, connection)

    def note(self, ticket_id: TicketId, bodies: Sequence[tuple[str, str]]) -> None:
        """Keep what is known of a ticket before its verdict. What is kept already stays."""
        rows = [
            {"ticket": ticket_id, "stage": name, "body": body, "wall_ms": 0.0, "cpu_ms": 0.0}
            for name, body in bodies
        ]
        with self._engine.begin() as connection:
            connection.execute(self._insert_stage, rows)

    def end(
        self,
        ticket_id: TicketId,
        outcome: Outcome,
        reason: str,
        now: datetime,
        *,
        ending: Ending | None = None,
    ) -> None:
        """End a ticket that has not ended."""
        with self._engine.begin() as connection:
            if self._end(connection, ticket_id, outcome, reason, now):
                _also(ending, connection)

    @staticmethod
    def _end(
        connection: sa.Connection,
        ticket_id: TicketId,
        outcome: Outcome,
        reason: str | None,
        now: datetime,
    ) -> bool:
        end = {"key": ticket_id, "how": outcome, "why": reason, "when": instant(now)}
        return bool(connection.execute(_END, end).rowcount)

    def stages(self, ticket_id: TicketId) -> Stages:
        """Return what every stage said about a ticket, by stage."""
        with self._reader.connect() as connection:
            return _stages(connection, [ticket_id])[ticket_id]

    def in_order(self, inbox_id: str, *, page: int = 100) -> Iterator[tuple[StoredTicket, Stages]]:
        """Yield an inbox's tickets with their stages in the order they came, a page a query."""
        after = -1
        columns = (ticket.c.id, ticket.c.position, ticket.c.body, ticket.c.outcome, ticket.c.reason)
        while True:
            query = (
                sa.select(*columns)
                .where(ticket.c.inbox == inbox_id, ticket.c.position > after)
                .order_by(ticket.c.position)
                .limit(page)
            )
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
                said = _stages(connection, [row.id for row in rows])
            if not rows:
                return
            for row in rows:
                yield _stored(row.body, row.outcome, row.reason), said[row.id]
            after = rows[-1].position

    def superseded(self, record: Ticket) -> bool:
        """Whether a newer message of the same conversation has been accepted."""
        with self._reader.connect() as connection:
            found = connection.scalar(
                NEWER,
                {
                    "inbox": record.inbox,
                    "conversation": record.conversation,
                    "at": instant(record.received_at),
                },
            )
        return bool(found)

    def history(self, record: Ticket, *, limit: int = 3) -> list[StoredTicket]:
        """Return the same customer's latest earlier tickets, newest first."""
        if record.customer is None or not record.verified:
            return []
        query = (
            sa.select(ticket.c.body, ticket.c.outcome, ticket.c.reason)
            .where(
                ticket.c.inbox == record.inbox,
                ticket.c.customer == record.customer,
                ticket.c.received_at < instant(record.received_at),
                ticket.c.id != record.id,
            )
            .order_by(ticket.c.received_at.desc())
            .limit(limit)
        )
        with self._reader.connect() as connection:
            rows = connection.execute(query).all()
        return [_stored(row.body, row.outcome, row.reason) for row in rows]


def _also(ending: Ending | None, connection: sa.Connection) -> None:
    if ending is not None:
        ending(connection)


def _stored(body: str, outcome: Outcome | None, reason: str | None) -> StoredTicket:
    return StoredTicket(ticket=decode(Ticket, body), outcome=outcome, reason=reason)


def _stages(connection: sa.Connection, ids: Sequence[TicketId]) -> dict[TicketId, Stages]:
    found: dict[TicketId, Stages] = {ticket_id: {} for ticket_id in ids}
    for row in connection.execute(_STAGES, {"ids": list(ids)}):
        found[row.ticket][row.stage] = StageRecord(
            stage=row.stage, body=row.body, wall_ms=row.wall_ms, cpu_ms=row.cpu_ms
        )
    return found
