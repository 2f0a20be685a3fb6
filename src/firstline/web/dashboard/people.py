"""Figures of people and trust: the queue, reviewers, autonomy, certificates, drift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from firstline.charts.bars import Bar, Bars
from firstline.charts.parts import COUNT, SHARE, Unit
from firstline.charts.trends import Trend, Trends
from firstline.desk.dashboard_records import (
    CertificateFigures,
    Dashboard,
    DriftFigures,
    Reviewer,
)
from firstline.trust.thinning import spots
from firstline.web.dashboard.figure import (
    Figure,
    Key,
    percent,
    picture,
    steps_of,
    told,
    words,
)
from firstline.web.dashboard.tables import Column, Table

DECISIONS: Final = (("approved", 1), ("edited", 2), ("rejected", 4))
ALL: Final = "*"
EVIDENCE: Final = Unit()
SHOWN_REASONS: Final = 8


def queue(board: Dashboard) -> Figure:
    """Return what waits now, and for how long."""
    found = board.queue
    ages = [
        Bar(name=name, parts=((3, count, f"{count:,} tickets"),), figure=f"{count:,}")
        for name, count in found.ages
    ]
    why = [
        Bar(name=words(name), parts=((3, count, f"{count:,} tickets"),), figure=f"{count:,}")
        for name, count in found.reasons[:SHOWN_REASONS]
    ]
    about = "; ".join(f"{name} {count}" for name, count in found.ages if count)
    drawn = (
        picture(
            Bars(
                id="f-ages", title="How long tickets wait", description=f"{about}.", bars=ages
            ).svg(),
            "waiting for",
        ),
        picture(
            Bars(
                id="f-waiting",
                title="Why tickets wait",
                description="; ".join(f"{bar.name} {bar.figure}" for bar in why) + ".",
                bars=why,
            ).svg(),
            "because of",
        ),
    )
    rows: list[tuple[str, str, int]] = [
        ("state", "waiting", found.waiting),
        ("state", "waiting for too long", found.overdue),
        ("state", "snoozed", found.snoozed),
        ("state", "handed to a person", found.handed),
        ("state", "released, not delivered yet", found.approved),
        ("state", "being answered", found.working),
        *(("age", name, count) for name, count in found.ages),
        *(("reason", name, count) for name, count in found.reasons),
    ]
    return Figure(
        key="queue",
        title="The queue now",
        lead="Depth and age: a long bar at the bottom is customers who have been forgotten.",
        whole=True,
        pictures=drawn if found.waiting else (),
        table=Table(
            columns=(
                Column(name="By", kind="text"),
                Column(name="Which", kind="text"),
                Column(name="Tickets"),
            ),
            rows=tuple(rows),
        ),
        empty="" if found.waiting else "Nothing waits for a person.",
    )


def flow(board: Dashboard) -> Figure:
    """Return what came before people a day, and what they decided."""
    steps = steps_of(board.days)
    came = [float(sum(day.entered for day in step.days)) for step in steps]
    done = [float(sum(day.decided for day in step.days)) for step in steps]
    some = sum(came) + sum(done)
    drawn = Trends(
        title="Came before people, and decided",
        description=f"{sum(came):,.0f} came, {sum(done):,.0f} were decided.",
        labels=[step.label for step in steps],
        trends=(
            Trend(name="came", values=came, tone=3, dash=1),
            Trend(name="decided", values=done, tone=1),
        ),
        unit=COUNT,
    )
    return Figure(
        key="flow",
        title="Does the team keep up?",
        lead="Where the dashed line stays above the other, the queue grows.",
        legend=(
            Key(name="came before a person", tone=3, shape="line", dash=1),
            Key(name="decided", tone=1, shape="line"),
        ),
        pictures=(picture(drawn.svg()),) if some else (),
        table=Table(
            columns=(
                Column(name="Day", kind="day"),
                Column(name="Came"),
                Column(name="Decided"),
            ),
            rows=tuple((day.day, day.entered, day.decided) for day in board.days),
        ),
        empty="" if some else "What comes before people and what they decide stands here.",
    )


def reviewers(board: Dashboard, *, mine: frozenset[str] | None = None) -> Figure:
    """Return what each person decided.

    Args:
        board: The figures.
        mine: Names that may be shown; None: all.
    """
    found = [one for one in board.reviewers if mine is None or one.name in mine]
    bars = [
        Bar(
            name=one.name,
            parts=tuple(_part(one, name, tone) for name, tone in DECISIONS),
            figure=f"{told(one.approved)} · {one.decisions:,}",
        )
        for one in found
    ]
    drawn = Bars(
        id="f-reviewers",
        title="What reviewers decided",
        description="; ".join(f"{bar.name} approved {bar.figure}" for bar in bars[:6]) + ".",
        bars=bars,
        top=1.0,
    )
    return Figure(
        key="reviewers",
        title="Reviewers" if mine is None else "Your decisions",
        lead="Of drafts somebody wrote: approved as they were, edited, rejected. Very different "
        "rates mean that people judge by different rules.",
        legend=tuple(Key(name=name, tone=tone) for name, tone in DECISIONS),
        pictures=(picture(drawn.svg()),) if bars else (),
        notes=("The figure: approved as it was, and decisions of every kind.",) if bars else (),
        table=Table(
            columns=(
                Column(name="Person", kind="text"),
                Column(name="Decisions"),
                Column(name="Approved", kind="share"),
                Column(name="Edited", kind="share"),
                Column(name="Rejected", kind="share"),
                Column(name="Other"),
                Column(name="Words changed in an edit", kind="share"),
                Column(name="Median time", kind="seconds"),
            ),
            rows=tuple(
                (
                    one.name,
                    one.decisions,
                    one.approved.share,
                    one.edited.share,
                    one.rejected.share,
                    one.other,
                    one.mean_distance,
                    one.median_held_seconds,
                )
                for one in found
            ),
        ),
        empty="" if bars else "Decisions at the queue stand here, with how much was edited.",
    )


def _part(one: Reviewer, name: str, tone: int) -> tuple[int, float, str]:
    found = getattr(one, name)
    return tone, found.share or 0.0, f"{found.yes} of {found.of} {name}"


def autonomy(board: Dashboard) -> Figure:
    """Return how far each intent may go now, and the curves of the certificates in force."""
    curves = [one for one in board.certificates if len(one.scores) > 1]
    return Figure(
        key="autonomy",
        title="Autonomy and certificates",
        lead="What goes out without a person, intent by intent; the curve says how much would be "
        "wrong if more of it did.",
        whole=True,
        pictures=tuple(picture(_curve(one), f"certificate {one.scope}") for one in curves),
        small=bool(curves),
        legend=(
            Key(name="observed", tone=1, shape="line"),
            Key(name="upper bound", tone=3, shape="line", dash=1),
        )
        if curves
        else (),
        notes=(*_levels(board), *_promises(board)),
        table=Table(
            columns=(
                Column(name="Intent", kind="text"),
                Column(name="Level", kind="text"),
                Column(name="Goes out now", kind="text"),
                Column(name="Certificate", kind="text"),
            ),
            rows=tuple(
                (words(one.intent), one.level, one.now, one.certificate or "none")
                for one in board.autonomy
            ),
        ),
        empty="" if board.autonomy else "Intents of intents.yaml stand here.",
    )


def _levels(board: Dashboard) -> tuple[str, ...]:
    """Return how many intents go how far, in a sentence."""
    counts = Counter(one.now for one in board.autonomy)
    parts = (f"{now} ({count})" for now, count in counts.most_common())
    return (f"What goes out, by number of intents: {'; '.join(parts)}.",)


def _promises(board: Dashboard) -> tuple[str, ...]:
    """Return what the certificates in force promise, a sentence each."""
    if not board.certificates:
        return ("No certificate holds; `firstline certify` says how many labels are missing.",)
    return tuple(
        f"{one.scope}: at most {one.alpha:.1%} wrong is promised of scores from "
        f"{one.threshold:.3f}, {one.coverage:.0%} of the replies; {one.errors} of {one.count} "
        f"were wrong, bound {one.bound:.2%}, until {one.expires.isoformat()}."
        for one in board.certificates
    )


def _curve(one: CertificateFigures) -> str:
    shares, seen, bounds = spots(one.scores, one.wrong, one.delta)
    return Trends(
        title=f"Share of wrong replies by share sent, {one.scope}",
        description=f"{len(one.scores)} labelled replies, surest first; the promise is "
        f"{one.alpha:.1%}.",
        labels=[percent(share) for share in shares],
        trends=(
            Trend(name="", values=seen, tone=1),
            Trend(name="", values=bounds, tone=3, dash=1),
        ),
        unit=SHARE,
        limit=("promise", one.alpha),
        top=min(1.0, max(2.5 * one.alpha, *seen, bounds[-1])),
        small=True,
    ).svg()


def drift(board: Dashboard) -> Figure:
    """Return where everything stands that is watched."""
    drawn = [one for one in board.drift if len(one.path) > 1]
    return Figure(
        key="drift",
        title="Drift",
        lead="Evidence that something rose since it was usual; at the dashed line autonomy is "
        "taken away until somebody has looked.",
        whole=True,
        pictures=tuple(picture(_path(one), _watched(one)) for one in drawn),
        small=True,
        table=Table(
            columns=(
                Column(name="Of", kind="text"),
                Column(name="What", kind="text"),
                Column(name="Usual", kind="text"),
                Column(name="Evidence", kind="number"),
                Column(name="Alarm at", kind="number"),
                Column(name="Tickets"),
                Column(name="State", kind="text"),
            ),
            rows=tuple(
                (
                    "all tickets" if one.scope == ALL else one.scope,
                    words(one.name),
                    one.usual,
                    one.value,
                    None if one.learning else one.threshold,
                    one.seen,
                    "alarm" if one.alarm else "learning" if one.learning else "quiet",
                )
                for one in board.drift
            ),
        ),
        empty=""
        if drawn
        else "What is usual is being learned; the paths of the tests stand here after that."
        if board.drift
        else "Nothing is watched yet: tests begin with the first tickets in service.",
    )


def _watched(one: DriftFigures) -> str:
    scope = "all tickets" if one.scope == ALL else words(one.scope)
    return f"{words(one.name)}, {scope}"


def _path(one: DriftFigures) -> str:
    steps: Sequence[tuple[int, float]] = one.path
    state = "alarm" if one.alarm else "no alarm"
    return Trends(
        title=f"Drift of {_watched(one)}",
        description=f"{one.seen} tickets, {state}; usual is {one.usual}.",
        labels=[f"{seen:,}" for seen, _ in steps],
        trends=(
            Trend(
                name="alarm" if one.alarm else "",
                values=[max(0.0, value) for _, value in steps],
                tone=5 if one.alarm else 1,
            ),
        ),
        unit=EVIDENCE,
        limit=("alarm", one.threshold) if one.threshold > 0 else None,
        small=True,
    ).svg()
