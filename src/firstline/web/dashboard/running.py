"""Figures of running it: money, tokens, time, models and until when there are any, budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from firstline.charts.bars import Bar, Bars
from firstline.charts.columns import Columns, Limit, Stack
from firstline.charts.parts import DOLLARS, TIME, milliseconds
from firstline.charts.trends import Trend, Trends
from firstline.desk.dashboard_records import Dashboard, LatencyFigures, Outcomes, Times
from firstline.web.dashboard.figure import (
    Figure,
    Key,
    Step,
    percent,
    picture,
    short,
    steps_of,
    words,
)
from firstline.web.dashboard.tables import Column, Table, dollars

TOKENS: Final = (
    ("input", "input", 1),
    ("output", "output", 2),
    ("cache_read", "read from cache", 3),
    ("cache_write", "written to cache", 4),
)
PERCENTILES: Final = (("p50", 1, 0), ("p95", 3, 1), ("p99", 4, 2))
STAGES: Final = {
    "work": "all stages",
    "answered_after": "message to answer",
}
DAY: Final = Column(name="Day", kind="day")
A_YEAR: Final = 365
FAR: Final = 3
"""Times the largest value up to which a limit is drawn."""


def cost(board: Dashboard) -> Figure:
    """Return what a ticket costs."""
    steps = steps_of(board.days)
    total = board.total
    asked = board.cost
    means = [_each(step) for step in steps]
    # Far below the limit, a line drawn to its scale would say nothing else.
    near = 0 < board.alarm_usd <= FAR * max((mean for mean in means if mean), default=0.0)
    drawn = Trends(
        title="Cost per ticket",
        description=f"Mean {_usd(total.cost_per_ticket)} a ticket; half of those that asked a "
        f"model cost at most {_micro(asked.p50)}, 95 % at most {_micro(asked.p95)}.",
        labels=[step.label for step in steps],
        trends=(Trend(name="mean", values=means),),
        unit=DOLLARS,
        limit=(f"alarm {_usd(board.alarm_usd)}", board.alarm_usd) if near else None,
    )
    return Figure(
        key="cost",
        title="Cost per ticket",
        lead="Money for models by all tickets, those that asked none included; above "
        f"{_usd(board.alarm_usd)} it is an alarm."
        if board.alarm_usd
        else "Money for models by all tickets, those that asked none included.",
        pictures=(picture(drawn.svg()),) if total.cost_usd else (),
        notes=(f"Of tickets that asked: median {_micro(asked.p50)}, p95 {_micro(asked.p95)}.",)
        if asked.count
        else (),
        table=Table(
            columns=(
                DAY,
                Column(name="Tickets"),
                Column(name="Asked a model"),
                Column(name="Cost", kind="usd"),
                Column(name="A ticket", kind="usd"),
            ),
            rows=tuple(
                (
                    day.day,
                    day.outcomes.tickets,
                    day.outcomes.asked,
                    day.outcomes.cost_usd,
                    day.outcomes.cost_per_ticket,
                )
                for day in board.days
            ),
        ),
        empty=""
        if total.cost_usd
        else "No ticket has cost anything: rules and quotes answer for nothing. What models cost "
        "stands here once they are asked.",
    )


def _each(step: Step) -> float | None:
    return _sum([day.outcomes for day in step.days]).cost_per_ticket


def _sum(found: Sequence[Outcomes]) -> Outcomes:
    names = ("sent", "clarify", "review", "escalate", "asked")
    sums = {name: sum(getattr(one, name) for one in found) for name in names}
    return Outcomes(**sums, cost_usd=sum(one.cost_usd for one in found))


def spending(board: Dashboard) -> Figure:
    """Return what was spent a day, as the ledger has it."""
    steps = steps_of(board.days)
    spent = [sum(day.spent_usd for day in step.days) for step in steps]
    limit = next((one.limit_usd for one in board.budgets if one.period == "day"), None)
    daily = bool(steps) and len(steps[0].days) == 1
    drawn = Columns(
        id="f-spending",
        title="Spent a day" if daily else "Spent a week",
        description=f"{_usd(sum(spent))} in all.",
        labels=[step.label for step in steps],
        stacks=(Stack(name="spent", values=spent, tone=1),),
        unit=DOLLARS,
        limit=Limit(name=f"budget {_usd(limit)}", value=limit) if limit and daily else None,
    )
    return Figure(
        key="spending",
        title="Spent by day",
        lead="The whole ledger: tickets, judging and trials; no model is asked above the budget.",
        whole=True,
        pictures=(picture(drawn.svg()),) if sum(spent) else (),
        table=Table(
            columns=(DAY, Column(name="Spent", kind="usd")),
            rows=tuple((day.day, day.spent_usd) for day in board.days),
        ),
        empty="" if sum(spent) else "Nothing was spent on models in these days.",
    )


def tokens(board: Dashboard) -> Figure:
    """Return the tokens models read and wrote."""
    steps = steps_of(board.days)
    stacks = [
        Stack(
            name=name,
            values=[sum(getattr(day.tokens, field) for day in step.days) for step in steps],
            tone=tone,
        )
        for field, name, tone in TOKENS
    ]
    total = sum(sum(stack.values) for stack in stacks)
    parts = ", ".join(f"{stack.name} {sum(stack.values):,.0f}" for stack in stacks)
    drawn = Columns(
        id="f-tokens",
        title="Tokens",
        description=f"{parts}.",
        labels=[step.label for step in steps],
        stacks=stacks,
    )
    return Figure(
        key="tokens",
        title="Tokens",
        lead="Much plain input next to little cached means that a prompt cache could pay; "
        "`firstline cost` works it out.",
        legend=tuple(Key(name=name, tone=tone) for _, name, tone in TOKENS),
        pictures=(picture(drawn.svg()),) if total else (),
        table=Table(
            columns=(DAY, *(Column(name=name.capitalize()) for _, name, _ in TOKENS)),
            rows=tuple(
                (day.day, *(getattr(day.tokens, field) for field, _, _ in TOKENS))
                for day in board.days
            ),
        ),
        empty="" if total else "Tokens stand here once a model is asked.",
    )


def latency(board: Dashboard) -> Figure:
    """Return how long each stage takes, and all of them."""
    days = [step.first for step in steps_of(board.days)]
    return Figure(
        key="latency",
        title="How long it takes",
        lead="Half of the tickets are faster than p50, one in a hundred is slower than p99; a "
        "p99 that leaves the others behind is one slow dependency.",
        legend=tuple(
            Key(name=name, tone=tone, shape="line", dash=dash) for name, tone, dash in PERCENTILES
        ),
        pictures=tuple(picture(_times(one, days), _stage(one.stage)) for one in board.latency),
        small=True,
        notes=("Percentiles are within 5 %.",) if board.latency else (),
        table=Table(
            columns=(
                Column(name="Stage", kind="text"),
                Column(name="Tickets"),
                *(Column(name=name, kind="ms") for name, _, _ in PERCENTILES),
            ),
            rows=tuple(
                (_stage(one.stage), one.times.count, one.times.p50, one.times.p95, one.times.p99)
                for one in board.latency
            ),
        ),
        empty="" if board.latency else "Every stage gets a small picture here: median, p95, p99.",
    )


def _times(one: LatencyFigures, days: Sequence[date]) -> str:
    known = dict(one.days)
    nothing = Times(count=0, p50=None, p95=None, p99=None)
    shown = " / ".join(
        f"{name} {milliseconds(value)}"
        for name, value in (("p50", one.times.p50), ("p95", one.times.p95), ("p99", one.times.p99))
        if value is not None
    )
    return Trends(
        title=_stage(one.stage),
        description=f"{one.times.count:,} tickets: {shown}.",
        labels=[short(day) for day in days],
        trends=[
            Trend(
                name=name,
                values=[getattr(known.get(day, nothing), name) for day in days],
                tone=tone,
                dash=dash,
            )
            for name, tone, dash in PERCENTILES
        ],
        unit=TIME,
        small=True,
    ).svg()


def _stage(name: str) -> str:
    return STAGES.get(name, name)


def models(board: Dashboard) -> Figure:
    """Return what each model was asked, and how often it did not answer."""
    bars = [
        Bar(
            name=f"{one.purpose} · {one.model}",
            parts=((1, one.cost_usd, f"{one.answered} answered for {_usd(one.cost_usd)}"),),
            figure=f"{_usd(one.cost_usd)} · {percent(one.failed.share)} failed",
        )
        for one in board.models
    ]
    drawn = Bars(
        id="f-models",
        title="Models",
        description="; ".join(f"{bar.name} {bar.figure}" for bar in bars[:6]) + ".",
        bars=bars,
        names=150,
    )
    return Figure(
        key="models",
        title="Models",
        lead="Where the money goes by purpose, and how often a model gave no answer: then a "
        "person got the ticket.",
        pictures=(picture(drawn.svg()),) if bars else (),
        table=Table(
            columns=(
                Column(name="Model", kind="text"),
                Column(name="Purpose", kind="text"),
                Column(name="Answered"),
                Column(name="Failed"),
                Column(name="Failed of all", kind="share"),
                Column(name="Why", kind="text"),
                Column(name="Input tokens"),
                Column(name="Output tokens"),
                Column(name="Cost", kind="usd"),
            ),
            rows=tuple(
                (
                    one.model,
                    one.purpose,
                    one.answered,
                    one.failed.yes,
                    one.failed.share,
                    ", ".join(f"{words(code)} {count}" for code, count in one.failures),
                    one.tokens.input + one.tokens.cache_read + one.tokens.cache_write,
                    one.tokens.output,
                    one.cost_usd,
                )
                for one in board.models
            ),
        ),
        empty="" if bars else "Each model that is asked gets a row here.",
    )


def budgets(board: Dashboard) -> Figure:
    """Return what is left of the budgets."""
    limited = [one for one in board.budgets if one.limit_usd]
    bars = [
        Bar(
            name="today" if one.period == "day" else "this month",
            parts=((1, min(one.spent_usd / one.limit_usd, 1.0), f"{_usd(one.spent_usd)} spent"),),
            figure=f"{_usd(one.left_usd)} left",
        )
        for one in limited
        if one.limit_usd
    ]
    drawn = Bars(
        id="f-budgets",
        title="Budgets",
        description="; ".join(f"{bar.name} {bar.figure}" for bar in bars) + ".",
        bars=bars,
        top=1.0,
    )
    return Figure(
        key="budgets",
        title="Budgets left",
        lead="When a bar is full no model is asked any more: rules answer, the rest goes to "
        "people.",
        whole=True,
        pictures=(picture(drawn.svg()),) if bars else (),
        table=Table(
            columns=(
                Column(name="Budget", kind="text"),
                Column(name="Limit", kind="usd"),
                Column(name="Spent", kind="usd"),
                Column(name="Left", kind="usd"),
            ),
            rows=tuple(
                (one.period, one.limit_usd, one.spent_usd, one.left_usd) for one in board.budgets
            ),
        ),
        empty=""
        if bars
        else "No budget is set. day_usd and month_usd in [budget] of firstline.toml stop models "
        "at once.",
    )


def retirements(board: Dashboard) -> Figure:
    """Return until when the models in use can be asked."""
    bars = [
        Bar(
            name=one.model,
            parts=((1, max(0, min(one.days, A_YEAR)), f"{one.days} days"),),
            figure=f"{one.days} days" if one.days < A_YEAR else "over a year",
        )
        for one in board.retirements
        if one.days is not None
    ]
    drawn = Bars(
        id="f-retirements",
        title="Days until models retire",
        description="; ".join(f"{bar.name} {bar.figure}" for bar in bars) + ".",
        bars=bars,
        top=float(A_YEAR),
    )
    return Figure(
        key="retirements",
        title="Models retire",
        lead="Days left of a year; try the successor while the bar is still long.",
        whole=True,
        pictures=(picture(drawn.svg()),) if bars else (),
        table=Table(
            columns=(
                Column(name="Model", kind="text"),
                Column(name="Used as", kind="text"),
                Column(name="Until", kind="day"),
                Column(name="Certain", kind="text"),
                Column(name="Days left"),
                Column(name="Successor", kind="text"),
            ),
            rows=tuple(
                (
                    one.model,
                    ", ".join(one.roles),
                    one.on,
                    "retires then" if one.certain else "promised until then",
                    one.days,
                    one.successor,
                )
                for one in board.retirements
            ),
        ),
        empty=""
        if bars
        else "No model with a known end is in use."
        if board.retirements
        else "No model is in use; each one that is gets a bar here.",
    )


def _usd(value: float | None) -> str:
    return "–" if value is None else dollars(value)


def _micro(value: float | None) -> str:
    return "–" if value is None else _usd(value / 1e6)
