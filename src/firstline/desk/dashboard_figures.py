"""Records of a dashboard, made of what the counts say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from firstline.desk.dashboard_records import (
    BudgetFigures,
    DayFigures,
    FeedbackFigures,
    IntentFigures,
    LatencyFigures,
    ModelFigures,
    Outcomes,
    QueueFigures,
    Rate,
    ReasonFigures,
    Reviewer,
    Times,
    Tokens,
    rate,
)
from firstline.store.calls import PICO
from firstline.store.metric_counting import ANSWERED_AFTER, PATHS, TIMED, WORK
from firstline.store.metric_records import (
    AGES,
    CallSum,
    DecisionCount,
    FeedbackCount,
    Period,
    QueueState,
    TicketCount,
)
from firstline.store.spread import Spread
from firstline.workspace.models import ModelSettings

HELD: tuple[Literal["review", "escalate"], ...] = ("review", "escalate")
MEASURES = (*TIMED, WORK, ANSWERED_AFTER)
"""What latency is told of, in order."""
AUTOMATIC = ("sent", "clarify")
WEEKLY_FROM = 93
"""Days of a period from which its steps are weeks, Mondays first: more could not be told apart."""
_DECIDES = ("approve", "edit", "reject")


def outcomes_of(counts: Iterable[TicketCount]) -> Outcomes:
    """Return what became of all these tickets."""
    paths: Counter[str] = Counter()
    asked = pico = 0
    for one in counts:
        paths[one.path] += one.tickets
        asked += one.asked
        pico += one.cost_pico
    return Outcomes(**{path: paths[path] for path in PATHS}, asked=asked, cost_usd=pico / PICO)


def day_figures(
    period: Period,
    counts: Sequence[TicketCount],
    calls: Iterable[CallSum],
    spent: Mapping[str, int],
    feedback: Iterable[FeedbackCount],
    decided: Mapping[str, int],
) -> tuple[DayFigures, ...]:
    """Return every day of a period, those without anything included.

    Args:
        period: The days.
        counts: Tickets by channel and day.
        calls: Questions to models by day.
        spent: Picodollars by day, from the ledger.
        feedback: What customers said.
        decided: Decisions of people by day.
    """
    tickets: dict[str, list[TicketCount]] = {}
    for one in counts:
        tickets.setdefault(one.day, []).append(one)
    tokens = {one.day: _tokens((one,)) for one in calls}
    judged: Counter[str] = Counter()
    helpful: Counter[str] = Counter()
    for said in feedback:
        judged[said.day] += said.replies
        helpful[said.day] += said.replies if said.answer == "yes" else 0
    found = []
    for day in days_of(period):
        name = day.isoformat()
        mine = tickets.get(name, [])
        outcomes = outcomes_of(mine)
        channels: Counter[str] = Counter()
        for one in mine:
            channels[one.name] += one.tickets
        found.append(
            DayFigures(
                day=day,
                outcomes=outcomes,
                channels=tuple(sorted(channels.items())),
                tokens=tokens.get(name, Tokens()),
                spent_usd=spent.get(name, 0) / PICO,
                helpful=helpful[name],
                judged=judged[name],
                entered=outcomes.review + outcomes.escalate,
                decided=decided.get(name, 0),
            )
        )
    return tuple(found)


def days_of(period: Period) -> tuple[date, ...]:
    """Return the days of a period."""
    return tuple(period.first + timedelta(days=at) for at in range(period.days))


def reason_figures(counts: Iterable[TicketCount], tickets: int) -> tuple[ReasonFigures, ...]:
    """Return why tickets came before a person, the most frequent first, as shares of all."""
    held = [one for one in counts if one.path in HELD]
    held.sort(key=lambda one: (-one.tickets, one.path, one.name))
    return tuple(
        ReasonFigures(
            path="review" if one.path == "review" else "escalate",
            reason=one.name,
            rate=rate(one.tickets, tickets),
        )
        for one in held
    )


def intent_figures(counts: Iterable[TicketCount]) -> tuple[IntentFigures, ...]:
    """Return what became of each intent's tickets, the most frequent first."""
    groups: dict[str, list[TicketCount]] = {}
    for one in counts:
        groups.setdefault(one.name, []).append(one)
    found = []
    for intent, mine in groups.items():
        outcomes = outcomes_of(mine)
        found.append(
            IntentFigures(
                intent=intent,
                outcomes=outcomes,
                automatic=rate(outcomes.automatic, outcomes.tickets),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.outcomes.tickets, one.intent)))


def helpful_of(feedback: Iterable[FeedbackCount]) -> Rate:
    """Return the share of judged replies that helped."""
    said = [(one.answer == "yes", one.replies) for one in feedback]
    return rate(sum(count for yes, count in said if yes), sum(count for _, count in said))


def feedback_figures(
    feedback: Iterable[FeedbackCount], reopened: Mapping[str, int]
) -> tuple[FeedbackFigures, ...]:
    """Return what customers said of automatic replies, and of those a person released."""
    said: dict[str, Counter[str]] = {"automatic": Counter(), "approved": Counter()}
    back: Counter[str] = Counter()
    for one in feedback:
        said[_about(one.path)][one.answer] += one.replies
    for path, count in reopened.items():
        back[_about(path)] += count
    return tuple(
        FeedbackFigures(
            about="automatic" if about == "automatic" else "approved",
            yes=answers["yes"],
            no=answers["no"],
            more_help=answers["more_help"],
            helpful=rate(answers["yes"], answers.total()),
            reopened=back[about],
        )
        for about, answers in said.items()
        if answers.total() or back[about]
    )


def _about(path: str) -> str:
    return "automatic" if path in AUTOMATIC else "approved"


def times_of(spreads: Iterable[Spread]) -> Times:
    """Return the percentiles of several days together."""
    return _times(merged(spreads))


def merged(spreads: Iterable[Spread]) -> Spread:
    """Return how the values of several days together are spread."""
    whole = Spread()
    for one in spreads:
        whole.merge(one)
    return whole


def latency_figures(
    spreads: Mapping[str, Mapping[str, Spread]], period: Period
) -> tuple[LatencyFigures, ...]:
    """Return how long each stage takes, and all of them, over all days and step by step.

    The steps are days, in a long period weeks: percentiles of a week cannot be had from those of
    its days.
    """
    found = []
    for measure in MEASURES:
        groups: dict[date, list[Spread]] = {}
        for day, spread in sorted(spreads.get(measure, {}).items()):
            groups.setdefault(step_of(date.fromisoformat(day), period), []).append(spread)
        steps = {
            first: mine[0] if len(mine) == 1 else merged(mine) for first, mine in groups.items()
        }
        if steps:
            found.append(
                LatencyFigures(
                    stage=measure,
                    times=times_of(steps.values()),
                    days=tuple((first, _times(spread)) for first, spread in steps.items()),
                )
            )
    return tuple(found)


def step_of(day: date, period: Period) -> date:
    """Return the first day of the step a day belongs to: itself, or its week's in a long period."""
    if period.days < WEEKLY_FROM:
        return day
    return max(period.first, day - timedelta(days=day.weekday()))


def _times(spread: Spread) -> Times:
    p50, p95, p99 = map(_short, spread.percentiles(50, 95, 99))
    return Times(count=spread.count, p50=p50, p95=p95, p99=p99)


def _short(value: float | None) -> float | None:
    """Return three digits: more would claim what a bucket does not know."""
    return None if value is None else float(f"{value:.3g}")


def _tokens(calls: Iterable[CallSum]) -> Tokens:
    found = list(calls)
    return Tokens(
        input=sum(one.input for one in found),
        output=sum(one.output for one in found),
        cache_read=sum(one.cache_read for one in found),
        cache_write=sum(one.cache_write for one in found),
    )


def model_figures(calls: Iterable[CallSum]) -> tuple[ModelFigures, ...]:
    """Return what each model was asked for what, the dearest first."""
    groups: dict[tuple[str, str], list[CallSum]] = {}
    for one in calls:
        groups.setdefault((one.model, one.purpose), []).append(one)
    found = []
    for (model, purpose), mine in groups.items():
        failures = [(one.failure, one.calls) for one in mine if one.failure]
        asked = sum(one.calls for one in mine)
        failed = sum(count for _, count in failures)
        found.append(
            ModelFigures(
                model=model,
                purpose=purpose,
                answered=asked - failed,
                failed=rate(failed, asked),
                tokens=_tokens(mine),
                cost_usd=sum(one.cost_pico for one in mine) / PICO,
                failures=tuple(sorted(failures, key=lambda item: (-item[1], item[0]))),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.cost_usd, one.model, one.purpose)))


def reviewer_figures(decisions: Iterable[DecisionCount]) -> tuple[Reviewer, ...]:
    """Return what each person decided, by name."""
    groups: dict[str, list[DecisionCount]] = {}
    for one in decisions:
        if one.kind != "returned":  # Firstline's own: a reply that could not be delivered.
            groups.setdefault(one.by, []).append(one)
    return tuple(_reviewer(name, groups[name]) for name in sorted(groups, key=str.casefold))


def _reviewer(name: str, mine: Sequence[DecisionCount]) -> Reviewer:
    kinds: Counter[str] = Counter()
    held: Counter[int] = Counter()
    for one in mine:
        kinds[one.kind] += one.decisions
        if one.held_seconds and one.kind in _DECIDES:
            held[one.held_seconds] += one.decisions
    edits = sum(one.edits for one in mine if one.kind == "edit")
    changed = sum(one.distance for one in mine if one.kind == "edit")
    drafts = sum(kinds[kind] for kind in _DECIDES)
    return Reviewer(
        name=name,
        decisions=kinds.total(),
        approved=rate(kinds["approve"], drafts),
        edited=rate(kinds["edit"], drafts),
        rejected=rate(kinds["reject"], drafts),
        other=kinds.total() - drafts,
        mean_distance=round(changed / edits, 4) if edits else None,
        median_held_seconds=_median(held),
    )


def _median(counts: Counter[int]) -> int | None:
    left = (counts.total() + 1) // 2
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return None


def queue_figures(state: QueueState) -> QueueFigures:
    """Return what waits now, its ages in words."""
    bounds = ["under " + _hours(AGES[0])]
    bounds += [f"{low}–{_hours(high)}" for low, high in pairwise(AGES)]
    bounds.append("over " + _hours(AGES[-1]))
    return QueueFigures(
        waiting=state.waiting,
        snoozed=state.snoozed,
        handed=state.handed,
        approved=state.approved,
        oldest=state.oldest,
        overdue=state.overdue,
        ages=tuple(zip(bounds, state.ages, strict=True)),
        reasons=state.reasons,
        working=state.working,
        working_since=state.working_since,
    )


def _hours(hours: int) -> str:
    return f"{hours} h"


def budget_figures(
    settings: ModelSettings, *, day_usd: float, month_usd: float
) -> tuple[BudgetFigures, ...]:
    """Return what may be spent, and what is, today and this month (UTC)."""
    return (
        BudgetFigures(period="day", limit_usd=settings.day_usd or None, spent_usd=day_usd),
        BudgetFigures(period="month", limit_usd=settings.month_usd or None, spent_usd=month_usd),
    )
