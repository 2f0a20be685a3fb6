"""What may go out without a person: every change kept, and what is watched while it does.

| topic    | scope            | value             | says                                       |
|----------|------------------|-------------------|--------------------------------------------|
| switch   | `*`              | stopped, running  | whether anything goes out by itself        |
| level    | an intent or `*` | a level, or empty | how far it may go; empty: as the files say |
| trip     | what is watched  | tripped, cleared  | whether a watch took its autonomy away     |
| baseline | what is watched  | a share           | how much escalation is usual               |
| setting  | a name           | its value         | how closely it is watched                  |

The latest change of a topic and scope holds; none is ever altered or removed. The states of the
watches are stepped in the transaction that ends a ticket or takes a label, under a lock of their
row, so that several workers count each exactly once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import TicketId
from firstline.store.database import reading
from firstline.store.tickets import instant
from firstline.store.trust_tables import (
    audit,
    autonomy_change,
    label,
    lot_secret,
    watch,
    watch_point,
)

EVERYTHING = "*"
Topic = Literal["switch", "level", "trip", "baseline", "setting"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
LISTED = 1_000
"""Changes, points or audits of one list, at most."""
KEPT_POINTS = 500
"""Points of a path that are kept."""
COUNTED_LABELS = ("audit", "review", "import")
"""Labels that say what a person found of a drawn reply."""
_AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChange:
    """A change to write down."""

    topic: Topic
    scope: str
    value: str
    by: str
    reason: str
    covers: str = ""
    """Which tickets a tripped scope holds, as JSON; empty: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(NewChange):
    """A change of the log."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a test stood after so many steps."""

    scope: str
    name: str
    seen: int
    value: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A reply that was sent automatically and drawn to be looked at."""

    ticket: TicketId
    intent: str
    certificate: str
    """Empty where none was needed."""
    scope: str
    """The promise it went out under: what is watched."""
    covers: str
    alpha: float
    """The share of wrong replies that promise allows."""
    probability: float
    """Of the draw."""
    drawn_at: datetime
    wrong: bool | None = None
    """What was found; None: nobody has looked yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCounts:
    """How far the audits are."""

    drawn: int = 0
    labelled: int = 0
    wrong: int = 0


# Built once: putting a statement together costs more than running it.
_LATEST = sa.select(autonomy_change).where(
    autonomy_change.c.number.in_(
        sa.select(sa.func.max(autonomy_change.c.number)).group_by(
            autonomy_change.c.topic, autonomy_change.c.scope
        )
    )
)
_LOCKED = (
    sa.select(watch.c.scope, watch.c.body)
    .where((watch.c.scope == sa.bindparam("one")) | (watch.c.scope == sa.bindparam("other")))
    .order_by(watch.c.scope)
    .with_for_update()  # SQLite's immediate transactions lock everything; it ignores this.
)
_WRITE = (
    watch.update()
    .where(watch.c.scope == sa.bindparam("which"))
    .values(body=sa.bindparam("said"), at=sa.bindparam("when"))
)
_FOUND = (
    audit.update()
    .where(audit.c.ticket == sa.bindparam("which"), audit.c.labelled_at.is_(None))
    .values(wrong=sa.bindparam("how"), labelled_at=sa.bindparam("when"))
)


def changes_in_force(connection: sa.Connection) -> tuple[Change, ...]:
    """Return the latest change of each topic and scope: one query."""
    return tuple(_change(row) for row in connection.execute(_LATEST))


def add_change(connection: sa.Connection, change: NewChange, now: datetime) -> None:
    """Write a change down in the caller's transaction."""
    connection.execute(
        autonomy_change.insert().values(
            at=instant(now),
            by=change.by,
            topic=change.topic,
            scope=change.scope,
            value=change.value,
            reason=change.reason,
            covers=change.covers,
        )
    )


def lock_states(connection: sa.Connection, scope: str, other: str, now: datetime) -> dict[str, str]:
    """Return what is watched of two scopes (empty: nothing yet), locked until the end.

    Everybody locks in the order of the names, so that nobody waits for each other. The two may be
    the same. On SQLite the caller must have written something before: that is what locks there.
    """
    wanted = {"one": scope, "other": other}
    found = {row.scope: row.body for row in connection.execute(_LOCKED, wanted)}
    missing = sorted({scope, other} - set(found))
    if missing:
        insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(watch)
        rows = [{"scope": scope, "body": "", "at": instant(now)} for scope in missing]
        connection.execute(insert.on_conflict_do_nothing(), rows)
        found = {row.scope: row.body for row in connection.execute(_LOCKED, wanted)}
    return found


def write_states(connection: sa.Connection, states: Mapping[str, str], now: datetime) -> None:
    """Write what is watched, of scopes that are locked."""
    at = instant(now)
    rows = [{"which": scope, "said": body, "when": at} for scope, body in states.items()]
    connection.execute(_WRITE, rows)


def add_points(connection: sa.Connection, points: Sequence[Point]) -> None:
    """Write points of the tests' paths down."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(watch_point)
    rows = [
        {
            "scope": point.scope,
            "name": point.name,
            "seen": point.seen,
            "value": point.value,
            "at": instant(point.at),
        }
        for point in points
    ]
    connection.execute(insert.on_conflict_do_nothing(), rows)


def forget_points(
    connection: sa.Connection, scope: str, name: str | None = None, *, before: int | None = None
) -> None:
    """Forget the points of a path, or of all paths of a scope; of long ones before a step only."""
    query = watch_point.delete().where(watch_point.c.scope == scope)
    if name is not None:
        query = query.where(watch_point.c.name == name)
    if before is not None:
        query = query.where(watch_point.c.seen < before)
    connection.execute(query)


def add_audit(connection: sa.Connection, drawn: Audit) -> None:
    """Write a drawn reply down, once."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(audit)
    row = {
        "ticket": drawn.ticket,
        "intent": drawn.intent,
        "certificate": drawn.certificate,
        "scope": drawn.scope,
        "covers": drawn.covers,
        "alpha": drawn.alpha,
        "probability": drawn.probability,
        "drawn_at": instant(drawn.drawn_at),
    }
    connection.execute(insert.values(row).on_conflict_do_nothing())


def settle_audit(
    connection: sa.Connection, ticket: TicketId, *, wrong: bool, now: datetime
) -> Audit | None:
    """Note what was found of a drawn reply; None when it was not drawn, or found before."""
    how = {"which": ticket, "how": wrong, "when": instant(now)}
    if not connection.execute(_FOUND, how).rowcount:
        return None
    return _audit(connection.execute(sa.select(audit).where(audit.c.ticket == ticket)).one())


def labelled_audits(engine: sa.Engine) -> tuple[tuple[TicketId, bool], ...]:
    """Return the drawn replies that were labelled and not settled, with what was found.

    What settles a disagreement counts before the rest, else the last label does. What customers
    say is left out: those who answer are no random sample.
    """
    query = (
        sa.select(label.c.ticket, label.c.wrong)
        .join(audit, audit.c.ticket == label.c.ticket)
        .where(
            audit.c.labelled_at.is_(None),
            label.c.kind.in_(COUNTED_LABELS),
            label.c.wrong.is_not(None),
        )
        .order_by(label.c.settles, label.c.at, label.c.number)
    )
    with reading(engine).connect() as connection:
        found = {TicketId(row.ticket): bool(row.wrong) for row in connection.execute(query)}
    return tuple(found.items())


class AutonomyStore:
    """The log and the watches in one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        self._salt = ""

    @property
    def engine(self) -> sa.Engine:
        """The database, for transactions that span more than this."""
        return self._engine

    def current(self) -> tuple[Change, ...]:
        """Return the latest change of each topic and scope."""
        with self._reader.connect() as connection:
            return changes_in_force(connection)

    def change(self, change: NewChange, now: datetime) -> None:
        """Write a change down."""
        with self._engine.begin() as connection:
            add_change(connection, change, now)

    def log(self, *, limit: int = LISTED) -> tuple[Change, ...]:
        """Return the changes, the newest first."""
        query = sa.select(autonomy_change).order_by(autonomy_change.c.number.desc()).limit(limit)
        with self._reader.connect() as connection:
            return tuple(_change(row) for row in connection.execute(query))

    def states(self) -> dict[str, str]:
        """Return what is watched, by scope."""
        with self._reader.connect() as connection:
            rows = connection.execute(sa.select(watch.c.scope, watch.c.body))
            return {row.scope: row.body for row in rows if row.body}

    def points(self, scope: str, name: str) -> tuple[Point, ...]:
        """Return the path of a test, oldest first."""
        query = (
            sa.select(watch_point)
            .where(watch_point.c.scope == scope, watch_point.c.name == name)
            .order_by(watch_point.c.seen.desc())
            .limit(KEPT_POINTS)
        )
        with self._reader.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Point(
                scope=row.scope,
                name=row.name,
                seen=row.seen,
                value=row.value,
                at=datetime.fromisoformat(row.at),
            )
            for row in reversed(rows)
        )

    def audits(self, *, limit: int = LISTED) -> tuple[Audit, ...]:
        """Return the drawn replies that nobody has looked at yet, the oldest first."""
        query = (
            sa.select(audit)
            .where(audit.c.labelled_at.is_(None))
            .order_by(audit.c.drawn_at, audit.c.ticket)
            .limit(limit)
        )
        with self._reader.connect() as connection:
            return tuple(_audit(row) for row in connection.execute(query))

    def audit_counts(self) -> AuditCounts:
        """Return how many replies were drawn, looked at, and wrong."""
        wrong = sa.func.coalesce(sa.func.sum(sa.case((audit.c.wrong.is_(True), 1), else_=0)), 0)
        query = sa.select(sa.func.count(), sa.func.count(audit.c.labelled_at), wrong)
        with self._reader.connect() as connection:
            row = connection.execute(query.select_from(audit)).one()
        return AuditCounts(drawn=int(row[0]), labelled=int(row[1]), wrong=int(row[2]))

    def salt(self, now: datetime) -> str:
        """Return what makes the draw of audits unforeseeable, made at the first look."""
        if not self._salt:
            query = sa.select(lot_secret.c.salt).where(lot_secret.c.name == _AUDIT)
            dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
            row = {"name": _AUDIT, "salt": secrets.token_hex(16), "at": instant(now)}
            with self._engine.begin() as connection:
                connection.execute(dialect.insert(lot_secret).values(row).on_conflict_do_nothing())
                self._salt = str(connection.scalar(query))
        return self._salt


def _change(row: sa.Row[tuple[object, ...]]) -> Change:
    values = row._mapping  # noqa: SLF001 - how SQLAlchemy names a row's columns; public despite it
    if values["topic"] not in TOPICS:
        raise ValueError(f"change {values['number']} is about an unknown topic")
    return Change(
        number=values["number"],
        at=datetime.fromisoformat(values["at"]),
        by=values["by"],
        topic=values["topic"],
        scope=values["scope"],
        value=values["value"],
        reason=values["reason"],
        covers=values["covers"],
    )


def _audit(row: sa.Row[tuple[object, ...]]) -> Audit:
    values = row._mapping  # noqa: SLF001 - as above
    return Audit(
        ticket=TicketId(values["ticket"]),
        intent=values["intent"],
        certificate=values["certificate"],
        scope=values["scope"],
        covers=values["covers"],
        alpha=values["alpha"],
        probability=values["probability"],
        drawn_at=datetime.fromisoformat(values["drawn_at"]),
        wrong=values["wrong"],
    )
