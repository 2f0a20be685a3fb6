"""The ledger of promises: who owes what to which customer, by when, and what became of it.

| state     | meaning                                    | leaves it by               |
|-----------|--------------------------------------------|----------------------------|
| open      | promised, not done                         | keep, break, cancel        |
| kept      | done                                       | keep, break, cancel        |
| broken    | not done in time, or not at all            | keep, break, cancel        |
| cancelled | not owed any more                          | keep, break, cancel        |

A row is written in the transaction that claims the delivery, before anything leaves: no promise
reaches a customer without one. The same promise of the same ticket is one row, however often its
ticket is worked on. Every change is kept with who made it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.errors import InputError
from firstline.records import ConversationId, CustomerId, TicketId
from firstline.store.database import reading
from firstline.store.schema import commitment, commitment_change, commitment_reminder
from firstline.store.tickets import instant

CommitmentState = Literal["open", "kept", "broken", "cancelled"]
STATES: tuple[CommitmentState, ...] = get_args(CommitmentState)
Stage = Literal["soon", "overdue"]
SOON = timedelta(hours=4)
"""How long before it is due a commitment is reminded of."""
LISTED = 1_000
"""Commitments of one list, at most."""
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommitment:
    """A promise to write down."""

    ticket: TicketId
    conversation: ConversationId
    customer: str | None
    who: str
    """As the reply says it: `we`, `our billing team`."""
    owner: str
    """Who owes it; empty when nobody was named."""
    rule: str = ""
    """The rule that allowed it: `policies.yaml:31 call-back`."""
    what: str
    by: str = ""
    """By when, as the reply says it."""
    fingerprint: str
    """The hash of its words."""
    promised_at: datetime
    due_at: datetime | None = None

    @property
    def id(self) -> str:
        """The same for the same promise of the same ticket."""
        key = f"{self.ticket}\x1f{self.fingerprint}"
        return "p" + hashlib.sha256(key.encode()).hexdigest()[:15]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommitment:
    """A promise of the ledger."""

    id: str
    ticket: TicketId
    conversation: ConversationId
    customer: CustomerId | None
    who: str
    owner: str
    rule: str
    what: str
    by: str
    promised_at: datetime
    due_at: datetime | None
    state: CommitmentState
    note: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentChange:
    """A state a commitment came into."""

    state: CommitmentState
    note: str
    changed_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A commitment to be reminded of now."""

    commitment: StoredCommitment
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentCounts:
    """How a company keeps its promises."""

    open: int = 0
    overdue: int = 0
    """Of the open ones, those whose time has passed."""
    kept: int = 0
    broken: int = 0
    cancelled: int = 0


def add_commitments(
    connection: sa.Connection, promises: Sequence[NewCommitment], *, by: str, now: datetime
) -> None:
    """Write promises down in the caller's transaction. Those that are known stay as they are."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert
    at = instant(now)
    for item in promises:
        row = {
            "id": item.id,
            "ticket": item.ticket,
            "conversation": item.conversation,
            "customer": item.customer,
            "who": item.who,
            "owner": item.owner,
            "rule": item.rule,
            "what": item.what,
            "deadline": item.by,
            "fingerprint": item.fingerprint,
            "promised_at": instant(item.promised_at),
            "due_at": None if item.due_at is None else instant(item.due_at),
            "state": "open",
            "note": "",
            "changed_by": by,
            "changed_at": at,
        }
        connection.execute(insert(commitment).values(row).on_conflict_do_nothing())
        first = {"commitment": item.id, "number": 0, "state": "open", "note": ""}
        connection.execute(
            insert(commitment_change).values(**first, changed_by=by, at=at).on_conflict_do_nothing()
        )


class CommitmentLedger:
    """The ledger in one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    def add(self, promises: Sequence[NewCommitment], *, by: str, now: datetime) -> None:
        """Write promises down, each once."""
        with self._engine.begin() as connection:
            add_commitments(connection, promises, by=by, now=now)

    def of(self, ticket: TicketId) -> tuple[StoredCommitment, ...]:
        """Return what was promised about a ticket."""
        return self._listed(commitment.c.ticket == ticket)

    def open(self) -> tuple[StoredCommitment, ...]:
        """Return what is still owed, the most urgent first, at most LISTED."""
        return self._listed(commitment.c.state == "open")

    def due(self, now: datetime) -> tuple[StoredCommitment, ...]:
        """Return what is owed and whose time has come, at most LISTED."""
        return self._listed(commitment.c.state == "open", commitment.c.due_at <= instant(now))

    def all(self) -> tuple[StoredCommitment, ...]:
        """Return everything that was promised, at most LISTED."""
        return self._listed()

    def counts(self, now: datetime) -> CommitmentCounts:
        """Return how many commitments are in each state."""
        overdue = sa.and_(commitment.c.state == "open", commitment.c.due_at <= instant(now))
        query = sa.select(
            commitment.c.state,
            sa.func.count().label("items"),
            sa.func.coalesce(sa.func.sum(sa.case((overdue, 1), else_=0)), 0).label("overdue"),
        ).group_by(commitment.c.state)
        with self._reader.connect() as connection:
            rows = {row.state: row for row in connection.execute(query)}
        number = {state: int(rows[state].items) for state in rows}
        return CommitmentCounts(
            open=number.get("open", 0),
            overdue=int(rows["open"].overdue) if "open" in rows else 0,
            kept=number.get("kept", 0),
            broken=number.get("broken", 0),
            cancelled=number.get("cancelled", 0),
        )

    def history(self, commitment_id: str) -> tuple[CommitmentChange, ...]:
        """Return every state of a commitment, oldest first."""
        query = (
            sa.select(commitment_change)
            .where(commitment_change.c.commitment == commitment_id)
            .order_by(commitment_change.c.number)
        )
        with self._reader.connect() as connection:
            return tuple(
                CommitmentChange(
                    state=row.state,
                    note=row.note,
                    changed_by=row.changed_by,
                    at=datetime.fromisoformat(row.at),
                )
                for row in connection.execute(query)
            )

    def keep(self, reference: str, *, by: str, note: str, now: datetime) -> StoredCommitment:
        """Note that a promise was kept; raises InputError when the reference fits no single one."""
        return self._change(reference, "kept", by=by, note=note, now=now)

    def break_(self, reference: str, *, by: str, note: str, now: datetime) -> StoredCommitment:
        """Note that a promise was broken; raises InputError as `keep`."""
        return self._change(reference, "broken", by=by, note=note, now=now)

    def cancel(self, reference: str, *, by: str, note: str, now: datetime) -> StoredCommitment:
        """Note that a promise is not owed any more; raises InputError as `keep`."""
        return self._change(reference, "cancelled", by=by, note=note, now=now)

    def reminders(self, now: datetime, *, ahead: timedelta = SOON) -> tuple[Reminder, ...]:
        """Return what to remind of now; each commitment once `soon` and once `overdue`.

        Several workers may ask at the same time: one of them gets each reminder.
        """
        found: list[Reminder] = []
        with self._engine.begin() as connection:
            query = _ordered(
                commitment.c.state == "open", commitment.c.due_at <= instant(now + ahead)
            )
            for row in connection.execute(query).all():
                item = _stored(row)
                stage: Stage = "overdue" if row.due_at <= instant(now) else "soon"
                values = {"commitment": item.id, "stage": stage, "at": instant(now)}
                first = connection.scalar(
                    self._insert(commitment_reminder)
                    .values(values)
                    .on_conflict_do_nothing()
                    .returning(commitment_reminder.c.stage)
                )
                if first is not None:
                    found.append(Reminder(commitment=item, stage=stage))
        return tuple(found)

    def _change(
        self, reference: str, state: CommitmentState, *, by: str, note: str, now: datetime
    ) -> StoredCommitment:
        with self._engine.begin() as connection:
            query = sa.select(commitment).where(_named(reference)).limit(2)
            if connection.dialect.name == "postgresql":
                query = query.with_for_update()
            rows = connection.execute(query).all()
            if len(rows) != 1 or len(reference) < _SHORTEST_PREFIX:
                raise _not_one(reference, len(rows))
            key = rows[0].id
            last = connection.scalar(
                sa.select(sa.func.max(commitment_change.c.number)).where(
                    commitment_change.c.commitment == key
                )
            )
            change = {"state": state, "note": note, "changed_by": by}
            connection.execute(
                commitment_change.insert().values(
                    commitment=key, number=(last or 0) + 1, at=instant(now), **change
                )
            )
            connection.execute(
                commitment.update()
                .where(commitment.c.id == key)
                .values(changed_at=instant(now), **change)
            )
            row = connection.execute(sa.select(commitment).where(commitment.c.id == key)).one()
        return _stored(row)

    def _listed(self, *wanted: sa.ColumnElement[bool]) -> tuple[StoredCommitment, ...]:
        with self._reader.connect() as connection:
            return tuple(_stored(row) for row in connection.execute(_ordered(*wanted)))


def _ordered(*wanted: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    """Return the query for commitments, the soonest due first, those without a time last."""
    undated = sa.case((commitment.c.due_at.is_(None), 1), else_=0)
    order = (undated, commitment.c.due_at, commitment.c.promised_at, commitment.c.id)
    return sa.select(commitment).where(*wanted).order_by(*order).limit(LISTED)


def _named(reference: str) -> sa.ColumnElement[bool]:
    """Return what finds a commitment by its id or the start of it."""
    return sa.or_(
        commitment.c.id == reference, commitment.c.id.startswith(reference, autoescape=True)
    )


def _not_one(reference: str, found: int) -> InputError:
    if len(reference) < _SHORTEST_PREFIX:
        problem = "The id is too short"
    elif found:
        problem = "Several commitments begin with this id"
    else:
        problem = "There is no commitment with this id"
    return InputError(problem, fix="`firstline commitments --all` lists them")


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredCommitment:
    values = row._mapping  # noqa: SLF001 - how SQLAlchemy names a row's columns; public despite it
    due_at = values["due_at"]
    return StoredCommitment(
        id=values["id"],
        ticket=TicketId(values["ticket"]),
        conversation=ConversationId(values["conversation"]),
        customer=None if values["customer"] is None else CustomerId(values["customer"]),
        who=values["who"],
        owner=values["owner"],
        rule=values["rule"],
        what=values["what"],
        by=values["deadline"],
        promised_at=datetime.fromisoformat(values["promised_at"]),
        due_at=None if due_at is None else datetime.fromisoformat(due_at),
        state=values["state"],
        note=values["note"],
        changed_by=values["changed_by"],
        changed_at=datetime.fromisoformat(values["changed_at"]),
    )
