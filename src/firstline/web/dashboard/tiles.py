"""The numbers at the top: one glance at a period, and how it was before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from firstline.charts.parts import milliseconds
from firstline.charts.trends import spark
from firstline.desk.dashboard_records import Dashboard, DayFigures, Outcomes, rate
from firstline.web.dashboard.figure import between, percent
from firstline.web.dashboard.tables import shown

NEW = "none before"
_NOTHING = Markup("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number."""

    name: str
    value: str
    doubt: str = ""
    """Between what it may really lie, where it rests on few."""
    before: str = ""
    """How it was in the days before, or what it rests on."""
    link: str = ""
    spark: Markup = _NOTHING


def tiles(board: Dashboard) -> tuple[Tile, ...]:
    """Return the numbers at the top."""
    total, before = board.total, board.before
    work = next((one for one in board.latency if one.stage == "work"), None)
    waits = board.queue
    return (
        Tile(
            name="tickets",
            value=f"{total.tickets:,}",
            before=f"{before.tickets:,} before" if before.tickets else NEW,
            link="#volume",
            spark=_spark(board, "Tickets a day", lambda day: float(day.outcomes.tickets)),
        ),
        _share(board, "automatic", "outcomes", lambda one: one.automatic),
        _share(board, "held for review", "reasons", lambda one: one.review),
        _share(board, "escalated", "reasons", lambda one: one.escalate),
        Tile(
            name="helpful",
            value=percent(board.helpful.share),
            doubt=between(board.helpful),
            before=f"{board.helpful.of:,} answers",
            link="#feedback",
        ),
        Tile(
            name="a ticket",
            value=shown(total.cost_per_ticket, "usd"),
            before=f"{shown(before.cost_per_ticket, 'usd')} before" if before.tickets else NEW,
            link="#cost",
            spark=_spark(board, "Cost per ticket", lambda day: day.outcomes.cost_per_ticket),
        ),
        Tile(
            name="p95, all stages",
            value="–" if work is None or work.times.p95 is None else milliseconds(work.times.p95),
            before=""
            if work is None or work.times.p50 is None
            else f"median {milliseconds(work.times.p50)}",
            link="#latency",
        ),
        Tile(
            name="waiting now",
            value=f"{waits.waiting:,}",
            before=f"{waits.overdue:,} for too long" if waits.waiting else "nobody waits",
            link="#queue",
        ),
    )


def _share(board: Dashboard, name: str, link: str, count: Callable[[Outcomes], int]) -> Tile:
    total, before = board.total, board.before
    was = count(before) / before.tickets if before.tickets else None

    now = rate(count(total), total.tickets)

    def of_day(day: DayFigures) -> float | None:
        found = day.outcomes
        return count(found) / found.tickets if found.tickets else None

    return Tile(
        name=name,
        value=percent(now.share),
        doubt=between(now),
        before=NEW if was is None else f"{percent(was)} before",
        link=f"#{link}",
        spark=_spark(board, f"{name}, day by day", of_day),
    )


def _spark(board: Dashboard, title: str, value: Callable[[DayFigures], float | None]) -> Markup:
    drawn = spark([value(day) for day in board.days], title, f"{len(board.days)} days")
    return Markup(drawn)  # noqa: S704 - made and escaped by charts
