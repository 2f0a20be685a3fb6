"""Figures of what came and what became of it: volume, outcomes, reasons, intents, feedback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from firstline.charts.bars import Bar, Bars
from firstline.charts.columns import Columns, Stack
from firstline.charts.parts import SHARE
from firstline.charts.trends import Trend, Trends
from firstline.desk.dashboard_records import Dashboard, DayFigures, Outcomes
from firstline.web.dashboard.figure import (
    Figure,
    Key,
    Picture,
    Step,
    named,
    percent,
    picture,
    short,
    steps_of,
    told,
    words,
)
from firstline.web.dashboard.tables import Column, Table

PATHS: Final = (
    ("sent", "answered automatically", 1),
    ("clarify", "asked back automatically", 2),
    ("review", "held for review", 3),
    ("escalate", "escalated", 4),
)
"""What becomes of a ticket, in words, and its tone."""
LEGEND: Final = tuple(Key(name=name, tone=tone) for _, name, tone in PATHS)
SHOWN_REASONS: Final = 12
SHOWN_INTENTS: Final = 16
ABOUT: Final = {"automatic": "automatic replies", "approved": "released by a person"}
DAY: Final = Column(name="Day", kind="day")


def volume(board: Dashboard) -> Figure:
    """Return how many tickets came by which channel."""
    steps = steps_of(board.days)
    sums: Counter[str] = Counter()
    for day in board.days:
        sums.update(dict(day.channels))
    names = [name for name, _ in sums.most_common()]
    stacks = [
        Stack(name=name, values=_channel(steps, name), tone=at % 5 + 1)
        for at, name in enumerate(names)
    ]
    return Figure(
        key="volume",
        title="Tickets by channel",
        lead="A rise on one channel only is news about that channel; on all of them, about you.",
        legend=tuple(Key(name=stack.name, tone=stack.tone) for stack in stacks),
        pictures=_columns("volume", "Tickets by channel", steps, stacks, total=sums.total()),
        table=Table(
            columns=(DAY, Column(name="Tickets"), *(Column(name=name) for name in names)),
            rows=tuple(
                (
                    day.day,
                    day.outcomes.tickets,
                    *(dict(day.channels).get(name, 0) for name in names),
                )
                for day in board.days
            ),
        ),
        empty="" if names else "Tickets by day and channel stand here once some were decided.",
    )


def _channel(steps: Sequence[Step], name: str) -> list[float]:
    return [sum(_by(day, name) for day in step.days) for step in steps]


def _by(day: DayFigures, channel: str) -> int:
    return dict(day.channels).get(channel, 0)


def outcomes(board: Dashboard) -> Figure:
    """Return what became of tickets, day by day."""
    steps = steps_of(board.days)
    stacks = [
        Stack(name=name, values=_summed(steps, _count_of(path)), tone=tone)
        for path, name, tone in PATHS
    ]
    total = board.total
    rest = tuple(Column(name=name) for _, name, _ in PATHS)
    return Figure(
        key="outcomes",
        title="What became of them",
        lead="The two bottom parts needed nobody; the two upper ones are the work of your team.",
        legend=LEGEND,
        pictures=_columns("outcomes", "What became of tickets", steps, stacks, total=total.tickets),
        table=Table(
            columns=(DAY, Column(name="Tickets"), *rest, Column(name="Automatic", kind="share")),
            rows=tuple(
                (day.day, *_cells(day.outcomes), _share(day.outcomes)) for day in board.days
            ),
        ),
        empty="" if total.tickets else "Every ticket stands here once it was decided.",
    )


def _columns(
    key: str, title: str, steps: Sequence[Step], stacks: Sequence[Stack], *, total: int
) -> tuple[Picture, ...]:
    if not total:
        return ()
    every = "day" if len(steps[0].days) == 1 else "week"
    parts = ", ".join(f"{stack.name} {sum(stack.values):,.0f}" for stack in stacks)
    drawn = Columns(
        id=f"f-{key}",
        title=title,
        description=f"{total:,} in all, by {every}: {parts}.",
        labels=[step.label for step in steps],
        stacks=stacks,
    )
    return (picture(drawn.svg()),)


def _summed(steps: Sequence[Step], count: Callable[[DayFigures], float]) -> list[float]:
    return [sum(count(day) for day in step.days) for step in steps]


def _count_of(path: str) -> Callable[[DayFigures], float]:
    return lambda day: float(getattr(day.outcomes, path))


def _cells(found: Outcomes) -> tuple[int, ...]:
    return found.tickets, found.sent, found.clarify, found.review, found.escalate


def _share(found: Outcomes) -> float | None:
    return found.automatic / found.tickets if found.tickets else None


def reasons(board: Dashboard) -> Figure:
    """Return why tickets came before people: every share of escalation decomposes here."""
    shown = board.reasons[:SHOWN_REASONS]
    bars = [
        Bar(
            name=words(one.reason) or "not said",
            parts=((4 if one.path == "escalate" else 3, one.rate.yes, f"{one.rate.yes} tickets"),),
            figure=f"{percent(one.rate.share)} · {one.rate.yes:,}",
            low=None if one.rate.low is None else one.rate.low * one.rate.of,
            high=None if one.rate.high is None else one.rate.high * one.rate.of,
        )
        for one in shown
    ]
    held = sum(one.rate.yes for one in board.reasons)
    drawn = Bars(
        id="f-reasons",
        title="Why tickets went to people",
        description="; ".join(f"{bar.name} {bar.figure}" for bar in bars[:6]) + ".",
        bars=bars,
    )
    more = len(board.reasons) - len(shown)
    return Figure(
        key="reasons",
        title="Why they went to people",
        lead="Mend from the top: each bar is the share of all tickets that this one reason held.",
        legend=tuple(key for key in LEGEND if key.tone in (3, 4)),
        pictures=(picture(drawn.svg()),) if bars else (),
        notes=(f"{more} rarer reasons are in the table.",) if more > 0 else (),
        table=Table(
            columns=(
                Column(name="Reason", kind="text"),
                Column(name="What became of it", kind="text"),
                Column(name="Tickets"),
                Column(name="Of all", kind="share"),
                Column(name="At least", kind="share"),
                Column(name="At most", kind="share"),
            ),
            rows=tuple(
                (
                    one.reason,
                    "escalated" if one.path == "escalate" else "held for review",
                    one.rate.yes,
                    one.rate.share,
                    one.rate.low,
                    one.rate.high,
                )
                for one in board.reasons
            ),
        ),
        empty="" if held else "Reasons stand here as soon as a ticket goes to a person.",
    )


def intents(board: Dashboard) -> Figure:
    """Return what became of each intent's tickets."""
    shown = board.intents[:SHOWN_INTENTS]
    bars = [
        Bar(
            name=words(named(one.intent)),
            parts=tuple(_part(one.outcomes, path, name, tone) for path, name, tone in PATHS),
            figure=f"{told(one.automatic)} · {one.outcomes.tickets:,}",
        )
        for one in shown
    ]
    drawn = Bars(
        id="f-intents",
        title="What became of tickets, by intent",
        description="Automatic share and tickets: "
        + "; ".join(f"{bar.name} {bar.figure}" for bar in bars[:6])
        + ".",
        bars=bars,
        top=1.0,
    )
    return Figure(
        key="intents",
        title="By intent",
        lead="Long bars of the first tones are what you no longer answer; a frequent intent "
        "without them is where work is to be saved.",
        legend=LEGEND,
        pictures=(picture(drawn.svg()),) if bars else (),
        notes=("The figure: share without a person, and tickets.",) if bars else (),
        table=Table(
            columns=(
                Column(name="Intent", kind="text"),
                Column(name="Tickets"),
                *(Column(name=name) for _, name, _ in PATHS),
                Column(name="Automatic", kind="share"),
                Column(name="At least", kind="share"),
                Column(name="At most", kind="share"),
                Column(name="Cost", kind="usd"),
                Column(name="A ticket", kind="usd"),
            ),
            rows=tuple(
                (
                    named(one.intent),
                    *_cells(one.outcomes),
                    one.automatic.share,
                    one.automatic.low,
                    one.automatic.high,
                    one.outcomes.cost_usd,
                    one.outcomes.cost_per_ticket,
                )
                for one in board.intents
            ),
        ),
        empty="" if bars else "Every intent that occurs gets a bar here.",
    )


def _part(found: Outcomes, path: str, name: str, tone: int) -> tuple[int, float, str]:
    count: int = getattr(found, path)
    return tone, count / found.tickets, f"{count:,} {name}"


def feedback(board: Dashboard) -> Figure:
    """Return what customers said: the share of judged replies that helped."""
    bars = [
        Bar(
            name=ABOUT[one.about],
            parts=((1, one.helpful.share or 0.0, f"{one.yes} of {one.helpful.of} helped"),),
            figure=f"{told(one.helpful)}",
            low=one.helpful.low,
            high=one.helpful.high,
        )
        for one in board.feedback
    ]
    drawn = Bars(
        id="f-feedback",
        title="Helpful replies",
        description="; ".join(f"{bar.name} {bar.figure}" for bar in bars) + ".",
        bars=bars,
        top=1.0,
    )
    pictures = [picture(drawn.svg())] if bars else []
    weeks = _weeks(board.days)
    if sum(1 for week in weeks if _judged(week)) > 1:
        line = Trends(
            title="Helpful replies by week",
            description="Share of judged replies that helped.",
            labels=[week.label for week in weeks],
            trends=(Trend(name="helpful", values=[_helpful(week) for week in weeks]),),
            unit=SHARE,
            top=1.0,
        )
        pictures.append(picture(line.svg(), "week by week"))
    return Figure(
        key="feedback",
        title="Did it help?",
        lead="CSAT: of the customers who answered, the share who said yes; automatic replies "
        "should not stand behind those a person released.",
        pictures=tuple(pictures),
        table=Table(
            columns=(
                Column(name="Replies", kind="text"),
                Column(name="Yes"),
                Column(name="No"),
                Column(name="Need more help"),
                Column(name="Helpful", kind="share"),
                Column(name="At least", kind="share"),
                Column(name="At most", kind="share"),
                Column(name="Came back within 7 days"),
            ),
            rows=tuple(
                (
                    ABOUT[one.about],
                    one.yes,
                    one.no,
                    one.more_help,
                    one.helpful.share,
                    one.helpful.low,
                    one.helpful.high,
                    one.reopened,
                )
                for one in board.feedback
            ),
        ),
        empty=""
        if bars
        else "What customers answer to “Was this helpful?” stands here, with the doubt that few "
        "answers leave.",
    )


def _weeks(days: Sequence[DayFigures]) -> tuple[Step, ...]:
    found = []
    # From the end, so that the last point is of a whole week.
    for end in range(len(days), 0, -7):
        mine = tuple(days[max(0, end - 7) : end])
        found.append(Step(label=short(mine[0].day), first=mine[0].day, days=mine))
    return tuple(reversed(found))


def _judged(week: Step) -> int:
    return sum(day.judged for day in week.days)


def _helpful(week: Step) -> float | None:
    judged = _judged(week)
    return sum(day.helpful for day in week.days) / judged if judged else None
