"""The figures of a period: what the counts say, and what is asked of the ledgers themselves.

Counts of tickets, calls and times come from the daily rows (`metric_counting.py`), so that a page
reads some thousand short rows however many tickets there are. Feedback, decisions and the queue are
read where they are kept: they change after the day they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from firstline.records import decode
from firstline.store.database import reading
from firstline.store.metric_counting import Cut
from firstline.store.metric_now import DECIDED
from firstline.store.metric_records import (
    HELD_STEP,
    CallSum,
    DecisionCount,
    FeedbackCount,
    Period,
    ScoredLabel,
    TicketCount,
)
from firstline.store.metric_tables import (
    ANY,
    metric_call,
    metric_day,
    metric_spread,
    metric_ticket,
)
from firstline.store.schema import spend, stage
from firstline.store.spread import Spread
from firstline.store.trust_tables import decision, feedback, label, reopening

_MOST_LABELS = 5_000
LAST_DAY = date.max - timedelta(days=1)


class MetricsStore:
    """Reads the figures of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def tickets(self, period: Period, cut: Cut, *, daily: bool = False) -> tuple[TicketCount, ...]:
        """Return the tickets by what became of them, and by channel, intent or reason."""
        days = [metric_day.c.day] if daily else []
        keys = [metric_day.c.name, metric_day.c.path, *days]
        sums = ("tickets", "asked", "cost_pico")
        query = (
            sa.select(*keys, *(_sum(metric_day.c[name]) for name in sums))
            .where(metric_day.c.cut == cut, *_scope(metric_day, period))
            .group_by(*keys)
        )
        return tuple(TicketCount(**row) for row in self._rows(query, sums))

    def calls(self, period: Period, *by: str) -> tuple[CallSum, ...]:
        """Return the counts of calls by some of day, model, purpose and failure."""
        columns = [metric_call.c[name] for name in by]
        sums = ("calls", "input", "output", "cache_read", "cache_write", "cost_pico")
        query = (
            sa.select(*columns, *(_sum(metric_call.c[name]) for name in sums))
            .where(*_scope(metric_call, period))
            .group_by(*columns)
        )
        return tuple(CallSum(**row) for row in self._rows(query, sums))

    def spreads(self, period: Period) -> dict[str, dict[str, Spread]]:
        """Return how times and costs are spread, by measure and day."""
        columns = metric_spread.c
        query = sa.select(columns.day, columns.measure, columns.body).where(
            *_scope(metric_spread, period)
        )
        found: dict[str, dict[str, Spread]] = {}
        with self._reader.connect() as connection:
            for day, measure, body in connection.execute(query):
                found.setdefault(measure, {})[day] = Spread.decode(body)
        return found

    def spent(self, first: date, last: date) -> dict[str, int]:
        """Return the picodollars spent or reserved a day, as the ledger has them."""
        query = sa.select(spend.c.day, spend.c.pico).where(
            spend.c.day >= first.isoformat(), spend.c.day <= last.isoformat()
        )
        with self._reader.connect() as connection:
            return {row.day: int(row.pico) for row in connection.execute(query)}

    def feedback(self, period: Period) -> tuple[FeedbackCount, ...]:
        """Return what customers said in a period, by the day they said it."""
        day = sa.func.substr(feedback.c.at, 1, 10).label("day")
        path = sa.func.coalesce(metric_ticket.c.path, "").label("path")
        query = (
            sa.select(day, path, feedback.c.answer, sa.func.count().label("replies"))
            .join(metric_ticket, metric_ticket.c.ticket == feedback.c.ticket, isouter=True)
            .where(*_at(feedback.c.at, period), *_of(metric_ticket, period))
            .group_by(day, path, feedback.c.answer)
        )
        return tuple(FeedbackCount(**row) for row in self._rows(query))

    def feedback_now(self) -> dict[str, int]:
        """Return how many replies customers judge which way now."""
        query = sa.select(feedback.c.answer, sa.func.count().label("replies")).group_by(
            feedback.c.answer
        )
        return {row["answer"]: int(row["replies"]) for row in self._rows(query)}

    def reopened(self, period: Period) -> dict[str, int]:
        """Return how many answers customers came back to in a period, by path."""
        path = sa.func.coalesce(metric_ticket.c.path, "").label("path")
        query = (
            sa.select(path, sa.func.count().label("tickets"))
            .select_from(reopening)
            .join(metric_ticket, metric_ticket.c.ticket == reopening.c.ticket, isouter=True)
            .where(*_at(reopening.c.at, period), *_of(metric_ticket, period))
            .group_by(path)
        )
        return {row["path"]: int(row["tickets"]) for row in self._rows(query)}

    def decisions(self, period: Period) -> tuple[DecisionCount, ...]:
        """Return what people decided in a period."""
        steps = sa.cast(sa.func.round(decision.c.held_seconds / HELD_STEP), sa.Integer)
        held = (steps * HELD_STEP).label("held_seconds")
        query = (
            sa.select(
                decision.c.by,
                decision.c.kind,
                held,
                sa.func.count().label("decisions"),
                sa.func.coalesce(sa.func.sum(decision.c.distance), 0.0).label("distance"),
                sa.func.count(decision.c.distance).label("edits"),
            )
            .where(*_at(decision.c.at, period), *_of(decision, period))
            .group_by(decision.c.by, decision.c.kind, held)
        )
        return tuple(DecisionCount(**row) for row in self._rows(query))

    def decided(self, period: Period) -> dict[str, int]:
        """Return how many decisions took a ticket off the queue, by day."""
        day = sa.func.substr(decision.c.at, 1, 10).label("day")
        query = (
            sa.select(day, sa.func.count().label("decisions"))
            .where(
                *_at(decision.c.at, period),
                *_of(decision, period),
                decision.c.kind.in_(DECIDED),
            )
            .group_by(day)
        )
        return {row["day"]: int(row["decisions"]) for row in self._rows(query)}

    def known_days(self) -> tuple[date, date] | None:
        """Return the first and the last day of which something is counted."""
        everything = (
            metric_day.c.cut == "channel",
            metric_day.c.channel == ANY,
            metric_day.c.intent == ANY,
        )
        day = sa.select(metric_day.c.day).where(*everything).limit(1)
        with self._reader.connect() as connection:
            first = connection.scalar(day.order_by(metric_day.c.day))
            last = connection.scalar(day.order_by(metric_day.c.day.desc()))
        if first is None or last is None:
            return None
        return date.fromisoformat(first), date.fromisoformat(last)

    def names(self, cut: Cut) -> tuple[str, ...]:
        """Return the channels, intents or reasons that anything was ever counted by, by name."""
        query = (
            sa.select(metric_day.c.name)
            .where(metric_day.c.cut == cut, *_scope(metric_day, ALL_TIME))
            .distinct()
        )
        with self._reader.connect() as connection:
            return tuple(sorted(connection.scalars(query)))

    def scored_labels(self, *, kinds: Sequence[str]) -> tuple[ScoredLabel, ...]:
        """Return what people found of drafts they judged blind, the newest first; each once."""
        route, gate, basis = (stage.alias(name) for name in ("route", "gate", "basis"))
        query = (
            sa.select(
                label.c.ticket,
                label.c.wrong,
                gate.c.body.label("gate"),
                route.c.body.label("route"),
                sa.func.coalesce(basis.c.body, "").label("under"),
                metric_ticket.c.channel,
            )
            .join(metric_ticket, metric_ticket.c.ticket == label.c.ticket)
            .join(gate, sa.and_(gate.c.ticket == label.c.ticket, gate.c.stage == "gate"))
            .join(route, sa.and_(route.c.ticket == label.c.ticket, route.c.stage == "route"))
            .outerjoin(basis, sa.and_(basis.c.ticket == label.c.ticket, basis.c.stage == "basis"))
            .where(label.c.kind.in_(kinds), label.c.blind, label.c.wrong.is_not(None))
            .order_by(label.c.at.desc(), label.c.number.desc())
            .limit(_MOST_LABELS)
        )
        found: dict[str, ScoredLabel] = {}
        for row in self._rows(query):
            if row["ticket"] not in found:
                found[row["ticket"]] = _scored(row)
        return tuple(found.values())

    def _rows(self, query: sa.Executable, whole: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Return the rows; Postgres gives sums of big numbers as decimals: `whole` are integers."""
        with self._reader.connect() as connection:
            found = [dict(row) for row in connection.execute(query).mappings()]
        for row in found:
            for name in whole:
                row[name] = int(row[name])
        return found


ALL_TIME = Period(first=date.min, last=LAST_DAY)
"""Every day there is."""


def _sum(column: sa.Column[Any]) -> sa.Label[Any]:
    return sa.func.coalesce(sa.func.sum(column), 0).label(column.name)


def _scope(table: sa.Table, period: Period) -> list[sa.ColumnElement[bool]]:
    """Return what chooses the rows of a period: those kept for just its channel and intent."""
    return [
        table.c.channel == (ANY if period.channel is None else period.channel),
        table.c.intent == (ANY if period.intent is None else period.intent),
        table.c.day >= period.first.isoformat(),
        table.c.day <= period.last.isoformat(),
    ]


def _of(table: sa.Table, period: Period) -> list[sa.ColumnElement[bool]]:
    wanted = ((table.c.channel, period.channel), (table.c.intent, period.intent))
    return [column == value for column, value in wanted if value is not None]


def _at(column: sa.Column[str], period: Period) -> list[sa.ColumnElement[bool]]:
    after = period.last + timedelta(days=1)
    return [column >= period.first.isoformat(), column < after.isoformat()]


def _scored(row: Mapping[str, Any]) -> ScoredLabel:
    verdict, route = decode(dict[str, Any], row["gate"]), decode(dict[str, Any], row["route"])
    intents = route.get("intents") or ()
    return ScoredLabel(
        intent=intents[0]["intent"] if intents else "",
        channel=row["channel"],
        score=float(verdict["score"]),
        wrong=bool(row["wrong"]),
        under=row["under"],
    )
