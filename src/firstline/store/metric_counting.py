"""Counting tickets into the figures: each once, when it has been decided for the first time.

What a ticket is counted as is settled by its first decision and never changes after it, so there is
nothing to take back: a draft that a person approves later was before a person, and stays so.

Every worker and web process may count at the same time. The row in `metric_ticket` is the proof
that a ticket is counted; it is written in the same transaction as the counts, by one of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.store.database import reading
from firstline.store.metric_tables import (
    ANY,
    metric_call,
    metric_day,
    metric_spread,
    metric_ticket,
)
from firstline.store.schema import inbox, model_call, stage, ticket
from firstline.store.spread import Spread
from firstline.store.tickets import instant
from firstline.store.trust_tables import review

Path = Literal["sent", "clarify", "review", "escalate"]
PATHS: tuple[Path, ...] = ("sent", "clarify", "review", "escalate")
"""What the first decision made of a ticket: answered or asked back without a person, held for a
person to approve, or given to a person."""
Cut = Literal["channel", "intent", "reason"]
CUTS: tuple[Cut, ...] = ("channel", "intent", "reason")
"""What tickets are counted by, beside the day and what became of them."""
TRIAL = "trial"
AT_ONCE = 200
"""Tickets of one transaction while a page waits for it."""
MANY = 1_000
"""Tickets of one transaction while there are many to catch up with: fewer rows are written twice
that way, and other writers wait for half a second at most."""
OVERLAP = timedelta(minutes=10)
"""How far clocks may differ, and how long a transaction may take, without a ticket being missed
until the next start."""
TIMED = ("intake", "route", "context", "generate", "validate", "gate", "deliver")
"""Stages in their order; those that took no time are in no figure."""
WORK = "work"
"""The measure of all stages of a ticket together, in ms."""
ANSWERED_AFTER = "answered_after"
"""The measure from a message to its automatic answer, in ms."""
COST = "cost"
"""The measure of what a ticket cost that asked a model, in millionths of a dollar."""
_LOCK = 0x46_4D
"""Key of the Postgres advisory lock that lets one process count at a time."""
_PICO_A_MICRO = 10**6
_READ = ("route", "gate")
_CALL_SUMS = ("input", "output", "cache_read", "cache_write", "cost_pico")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCount:
    """Questions to one model for one purpose that ended alike."""

    model: str
    purpose: str
    failure: str
    calls: int
    input: int
    output: int
    cache_read: int
    cache_write: int
    cost_pico: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a ticket is counted as."""

    ticket: str
    day: str
    channel: str
    intent: str
    path: str
    reason: str
    measures: tuple[tuple[str, float], ...] = ()
    calls: tuple[CallCount, ...] = ()

    @property
    def cost_pico(self) -> int:
        """What its questions cost."""
        return sum(call.cost_pico for call in self.calls)


class Counting:
    """Brings the counts of one database up to date. Threads may share it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        self._lock = Lock()
        self._since = ""
        """What ended before is counted; empty: nobody knows."""

    def count(self, now: datetime, *, limit: int = AT_ONCE) -> int:
        """Count tickets that have ended; return how many were looked at, 0 when none is left.

        The first look of a process is at everything, the later ones at what ended since.
        """
        with self._lock:
            ids, last = self._uncounted(limit)
            if not ids:
                self._since = instant(now - OVERLAP)
                return 0
            write_counts(self._engine, self._read(ids))
            self._since = max(self._since, last)
            return len(ids)

    def count_all(self, now: datetime) -> int:
        """Count everything there is; return how many tickets that were."""
        total = 0
        while found := self.count(now, limit=MANY):
            total += found
        return total

    def behind(self, *, most: int = 100_000) -> int:
        """Return how many ended tickets are not counted yet, up to `most`."""
        with self._reader.connect() as connection:
            waiting = _UNCOUNTED.limit(most).subquery()
            query = sa.select(sa.func.count()).select_from(waiting)
            return int(connection.scalar(query, {"since": self._since}) or 0)

    def _uncounted(self, limit: int) -> tuple[list[str], str]:
        query = _UNCOUNTED.order_by(ticket.c.ended_at).limit(limit)
        with self._reader.connect() as connection:
            rows = connection.execute(query, {"since": self._since}).all()
        return [row.id for row in rows], rows[-1].ended_at if rows else ""

    def _read(self, ids: Sequence[str]) -> list[Counted]:
        with self._reader.connect() as connection:
            rows: list[Any] = list(connection.execute(_DETAILS, {"ids": ids}))
            real = [row.id for row in rows if row.autonomy is None]
            said = _stages(connection, real)
            calls = _calls(connection, real)
        return [counted(row, said.get(row.id, _NOTHING), calls.get(row.id, ())) for row in rows]


# Read from two indexes alone: no ticket is fetched to learn that it is counted.
_UNCOUNTED = sa.select(ticket.c.id, ticket.c.ended_at).where(
    ticket.c.ended_at >= sa.bindparam("since"),
    ~sa.exists().where(metric_ticket.c.ticket == ticket.c.id).correlate(ticket),
)
_DETAILS = (
    sa.select(
        ticket.c.id,
        ticket.c.body,
        ticket.c.outcome,
        ticket.c.reason,
        ticket.c.received_at,
        ticket.c.ended_at,
        inbox.c.created_at,
        inbox.c.autonomy,
        review.c.held_for,
        review.c.entered_at,
    )
    .join(inbox, inbox.c.id == ticket.c.inbox)
    .outerjoin(review, review.c.ticket == ticket.c.id)
    .where(ticket.c.id.in_(sa.bindparam("ids", expanding=True)))
)


@dataclass(slots=True)
class _Said:
    """What the stages said and took, as far as figures go."""

    bodies: dict[str, Any] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)


_NOTHING = _Said()


def _stages(connection: sa.Connection, ids: Sequence[str]) -> dict[str, _Said]:
    body = sa.case((stage.c.stage.in_(_READ), stage.c.body), else_="").label("body")
    query = sa.select(stage.c.ticket, stage.c.stage, stage.c.wall_ms, body)
    found: dict[str, _Said] = {}
    for row in connection.execute(query.where(stage.c.ticket.in_(ids))) if ids else ():
        one = found.setdefault(row.ticket, _Said())
        if row.body:
            one.bodies[row.stage] = json.loads(row.body)
        if row.wall_ms > 0 and row.stage in TIMED:
            one.took[row.stage] = row.wall_ms
    return found


def _calls(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[CallCount]]:
    names = ("ticket", "model", "purpose", "failure")
    query = (
        sa.select(
            *(model_call.c[name] for name in names),
            sa.func.count().label("calls"),
            *(sa.func.sum(model_call.c[name]).label(name) for name in _CALL_SUMS),
        )
        .where(model_call.c.ticket.in_(ids), model_call.c.state != "asked")
        .group_by(*(model_call.c[name] for name in names))
    )
    found: dict[str, list[CallCount]] = {}
    for row in connection.execute(query).mappings() if ids else ():
        found.setdefault(row["ticket"], []).append(
            CallCount(
                model=row["model"],
                purpose=row["purpose"],
                failure=row["failure"],
                calls=int(row["calls"]),
                input=int(row["input"]),
                output=int(row["output"]),
                cache_read=int(row["cache_read"]),
                cache_write=int(row["cache_write"]),
                cost_pico=int(row["cost_pico"]),
            )
        )
    return found


def counted(row: sa.Row[Any], said: _Said, calls: Sequence[CallCount]) -> Counted:
    """Return what a ticket is counted as.

    A review tells of the first decision what the ticket itself has forgotten once a person has
    decided: when it was, and why it was held.
    """
    first = row.ended_at if row.entered_at is None else min(row.ended_at, row.entered_at)
    if row.autonomy is not None:
        return Counted(ticket=row.id, day=first[:10], channel="", intent="", path=TRIAL, reason="")
    intents = said.bodies.get("route", {}).get("intents") or ()
    path = _path(row, said.bodies.get("gate", {}).get("action"))
    return Counted(
        ticket=row.id,
        day=first[:10],
        channel=json.loads(row.body).get("channel", "file"),
        intent=intents[0]["intent"] if intents else "",
        path=path,
        reason=(row.reason if row.held_for is None else row.held_for) or "",
        measures=tuple(_measures(row, said, path, first, calls)),
        calls=tuple(calls),
    )


def _path(row: sa.Row[Any], verdict: str | None) -> str:
    if row.held_for is None:
        return str(row.outcome)
    # Without a verdict it was given up; what was to be sent and could not be, a person approves.
    return "escalate" if verdict in (None, "escalate") else "review"


def _measures(
    row: sa.Row[Any], said: _Said, path: str, first: str, calls: Sequence[CallCount]
) -> Iterable[tuple[str, float]]:
    yield from said.took.items()
    if said.took:
        yield WORK, sum(said.took.values())
    if path in ("sent", "clarify"):
        # Nobody waits for us before the inbox is there: a file of old messages is read today.
        begun = datetime.fromisoformat(max(row.received_at, row.created_at))
        yield ANSWERED_AFTER, (datetime.fromisoformat(first) - begun).total_seconds() * 1e3
    if calls:
        yield COST, sum(call.cost_pico for call in calls) / _PICO_A_MICRO


def write_counts(engine: sa.Engine, found: Sequence[Counted]) -> int:
    """Add tickets to the counts, those that are in them already left out; return how many."""
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
    rows = [
        {name: getattr(one, name) for name in ("ticket", "day", "channel", "intent", "path")}
        | {"reason": one.reason}
        for one in found
    ]
    new = insert(metric_ticket).on_conflict_do_nothing().returning(metric_ticket.c.ticket)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        ours = set(connection.scalars(new, rows))
        mine = [one for one in found if one.ticket in ours and one.path != TRIAL]
        _add(connection, insert(metric_day), metric_day, _of_days(mine))
        _add(connection, insert(metric_call), metric_call, _of_calls(mine))
        _add_spreads(connection, insert(metric_spread), _of_spreads(mine))
    return len(ours)


Sums = dict[tuple[str, ...], Counter[str]]


def _scopes(channel: str, intent: str) -> tuple[tuple[str, str], ...]:
    """Return the scopes a row counts in: its own, and those that leave channel or intent open."""
    return ((channel, intent), (channel, ANY), (ANY, intent), (ANY, ANY))


def _of_days(found: Iterable[Counted]) -> Sums:
    alike: Sums = {}
    for one in found:
        key = (one.channel, one.intent, one.day, one.path, one.reason)
        sums = alike.setdefault(key, Counter())
        sums["tickets"] += 1
        sums["asked"] += bool(one.calls)
        sums["cost_pico"] += one.cost_pico
    wide: Sums = {}
    for (channel, intent, day, path, reason), sums in alike.items():
        for scope in _scopes(channel, intent):
            for cut, name in zip(CUTS, (channel, intent, reason), strict=True):
                wide.setdefault((cut, *scope, day, name, path), Counter()).update(sums)
    return wide


def _of_calls(found: Iterable[Counted]) -> Sums:
    wide: Sums = {}
    for one in found:
        for call in one.calls:
            values = {name: getattr(call, name) for name in ("calls", *_CALL_SUMS)}
            for scope in _scopes(one.channel, one.intent):
                key = (*scope, one.day, call.model, call.purpose, call.failure)
                wide.setdefault(key, Counter()).update(values)
    return wide


Spreads = dict[tuple[str, str, str, str], Spread]


def _of_spreads(found: Iterable[Counted]) -> Spreads:
    alike: Spreads = {}
    for one in found:
        for measure, value in one.measures:
            alike.setdefault((one.channel, one.intent, one.day, measure), Spread()).add(value)
    wide: Spreads = {}
    for (channel, intent, day, measure), spread in alike.items():
        for scope in _scopes(channel, intent):
            wide.setdefault((*scope, day, measure), Spread()).merge(spread)
    return wide


Insert = sqlite.Insert | postgresql.Insert


def _add(connection: sa.Connection, insert: Insert, table: sa.Table, sums: Sums) -> None:
    keys = [column.name for column in table.primary_key]
    rest = [column.name for column in table.c if column.name not in keys]
    rows = [
        dict(zip(keys, key, strict=True)) | {name: values[name] for name in rest}
        for key, values in sorted(sums.items())
    ]
    if rows:
        more = {name: table.c[name] + insert.excluded[name] for name in rest}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=more), rows)


def _add_spreads(connection: sa.Connection, insert: Insert, spreads: Spreads) -> None:
    if not spreads:
        return
    for key, body in _kept(connection, spreads).items():
        spreads[key].merge(Spread.decode(body))
    keys = [column.name for column in metric_spread.primary_key]
    rows: list[dict[str, str]] = [
        dict(zip(keys, key, strict=True)) | {"body": spread.encode()}
        for key, spread in sorted(spreads.items(), key=lambda item: item[0])
    ]
    kept = insert.on_conflict_do_update(index_elements=keys, set_={"body": insert.excluded["body"]})
    connection.execute(kept, rows)


def _kept(
    connection: sa.Connection, wanted: Mapping[tuple[str, str, str, str], Spread]
) -> dict[tuple[str, str, str, str], str]:
    columns = metric_spread.c
    query = sa.select(metric_spread).where(
        columns.channel.in_({key[0] for key in wanted}),
        columns.intent.in_({key[1] for key in wanted}),
        columns.day.in_({key[2] for key in wanted}),
    )
    found = {}
    for row in connection.execute(query):
        key = (row.channel, row.intent, row.day, row.measure)
        if key in wanted:
            found[key] = row.body
    return found
