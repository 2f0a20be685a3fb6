"""The figures for Prometheus: text exposition format 0.0.4, written plainly.

Counters count since the beginning and only grow; what can fall is a gauge. Names and units follow
Prometheus' conventions: base units (seconds, dollars), `_total` for counters. No label holds
anything a customer wrote: channels, intents, reasons and models are the company's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from math import isfinite
from typing import Final, Literal

import re2

from firstline.desk.alerts import Alert
from firstline.desk.dashboard_records import BudgetFigures, Retirement
from firstline.pipeline.release import Release
from firstline.store.arrivals import Standing as Arriving
from firstline.store.calls import PICO
from firstline.store.metric_records import CallSum, DeliveryDoubts, QueueState, TicketCount
from firstline.store.spread import BUCKETS_A_DECADE, Spread, edge_value

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[tuple[str, str], ...]
EDGES: Final = tuple(range(0, 7 * BUCKETS_A_DECADE + 1, BUCKETS_A_DECADE // 3))
"""Edges of the buckets, as a spread has them: 1 ms to 10,000 s, three a factor of ten. Being edges
of its own buckets, what they hold is exact."""
_NAME = re2.compile(r"^[a-z_][a-z0-9_]*$")
_TOKENS = ("input", "output", "cache_read", "cache_write")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line: labels and a value, with what is appended to the family's name."""

    value: float
    labels: Labels = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric: what it is, and its samples."""

    name: str
    kind: Kind
    help: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything that is exposed."""

    now: datetime
    by_channel: Sequence[TicketCount]
    """Of all time, as the next two."""
    by_reason: Sequence[TicketCount]
    calls: Sequence[CallSum]
    """By model, purpose and failure."""
    spreads: Mapping[str, Spread]
    """Times in ms by measure."""
    feedback: Mapping[str, int]
    """Replies by what customers say of them now."""
    queue: QueueState
    doubts: DeliveryDoubts
    budgets: Sequence[BudgetFigures]
    retirements: Sequence[Retirement]
    release: Release
    certificates: int
    alerts: Sequence[Alert]
    uncounted: int = 0
    channels: Sequence[Arriving] = ()
    hooks: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Webhooks of all time by inbox and verdict."""


def exposition(standing: Standing) -> str:
    """Return the text a scrape gets."""
    return "".join(line for family in families(standing) for line in lines(family))


def families(standing: Standing) -> Iterator[Family]:
    """Yield every metric."""
    yield _one("build_info", "gauge", "The version that runs.", 1, version=version("firstline"))
    yield from _tickets(standing)
    yield from _models(standing)
    yield from _times(standing)
    yield from _people(standing)
    yield from _channels(standing)
    yield from _limits(standing)
    yield _family(
        "alert",
        "gauge",
        "Alerts that stand now, as /dashboard shows them.",
        _counted((("code", "level"), (one.code, one.level)) for one in standing.alerts),
    )


def _tickets(standing: Standing) -> Iterator[Family]:
    yield _family(
        "tickets_total",
        "counter",
        "Tickets by channel and what their first decision made of them.",
        (
            _sample(one.tickets, channel=one.name, path=one.path)
            for one in _sorted(standing.by_channel)
        ),
    )
    yield _family(
        "tickets_held_total",
        "counter",
        "Tickets that went to a person, by the reason that decided.",
        (
            _sample(one.tickets, path=one.path, reason=one.name)
            for one in _sorted(standing.by_reason)
            if one.path in ("review", "escalate")
        ),
    )
    yield _one(
        "tickets_uncounted",
        "gauge",
        "Ended tickets that the counters do not hold yet.",
        standing.uncounted,
    )


def _models(standing: Standing) -> Iterator[Family]:
    calls = sorted(standing.calls, key=lambda one: (one.model, one.purpose, one.failure))
    yield _family(
        "model_calls_total",
        "counter",
        "Questions to models for decided tickets; result is answered, or why there was no answer.",
        (
            _sample(
                one.calls, model=one.model, purpose=one.purpose, result=one.failure or "answered"
            )
            for one in calls
        ),
    )
    tokens: dict[tuple[str, str], int] = {}
    dollars: dict[str, int] = {}
    for one in calls:
        for kind in _TOKENS:
            key = (one.model, kind)
            tokens[key] = tokens.get(key, 0) + getattr(one, kind)
        dollars[one.model] = dollars.get(one.model, 0) + one.cost_pico
    yield _family(
        "model_tokens_total",
        "counter",
        "Tokens of those questions.",
        (_sample(count, model=model, kind=kind) for (model, kind), count in tokens.items()),
    )
    yield _family(
        "model_cost_dollars_total",
        "counter",
        "What those questions cost.",
        (_sample(pico / PICO, model=model) for model, pico in dollars.items()),
    )


def _times(standing: Standing) -> Iterator[Family]:
    yield _family(
        "stage_duration_seconds",
        "histogram",
        "How long stages take a ticket; work is all of them, answered_after from message to "
        "automatic answer.",
        (
            sample
            for measure, spread in sorted(standing.spreads.items())
            for sample in histogram(spread, (("stage", measure),))
        ),
    )


def histogram(spread: Spread, labels: Labels) -> Iterator[Sample]:
    """Yield the samples of a histogram in seconds, of times in ms."""
    for edge, count in zip(EDGES, spread.up_to(EDGES), strict=True):
        bound = f"{edge_value(edge) / 1e3:.6g}"
        yield Sample(suffix="_bucket", labels=(*labels, ("le", bound)), value=count)
    yield Sample(suffix="_bucket", labels=(*labels, ("le", "+Inf")), value=spread.count)
    yield Sample(suffix="_sum", labels=labels, value=round(spread.total / 1e3, 6))
    yield Sample(suffix="_count", labels=labels, value=spread.count)


def _people(standing: Standing) -> Iterator[Family]:
    queue, now = standing.queue, standing.now
    states = ("waiting", "snoozed", "handed", "approved")
    yield _family(
        "reviews",
        "gauge",
        "Tickets before people, by state.",
        (_sample(getattr(queue, state), state=state) for state in states),
    )
    yield _one("reviews_overdue", "gauge", "Tickets that wait for too long.", queue.overdue)
    yield _one(
        "reviews_oldest_seconds",
        "gauge",
        "How long the one that waits longest has been before people.",
        _seconds(now, queue.oldest),
    )
    yield _one("tickets_open", "gauge", "Tickets without a decision.", queue.working)
    yield _one(
        "tickets_open_oldest_seconds",
        "gauge",
        "How long the oldest of them has been here.",
        _seconds(now, queue.working_since),
    )
    yield _family(
        "feedback_replies",
        "gauge",
        "Replies by what customers say of them; they may change their minds.",
        (_sample(count, answer=answer) for answer, count in sorted(standing.feedback.items())),
    )


def _channels(standing: Standing) -> Iterator[Family]:
    channels, now = standing.channels, standing.now
    yield _family(
        "arrivals_waiting",
        "gauge",
        "Conversations of helpdesks and mailboxes that are to be fetched.",
        (_sample(one.waiting, inbox=one.inbox) for one in channels),
    )
    yield _family(
        "arrivals_failing",
        "gauge",
        "Those of them that could not be fetched yet.",
        (_sample(one.failing, inbox=one.inbox) for one in channels),
    )
    yield _family(
        "arrivals_oldest_seconds",
        "gauge",
        "How long the one that waits longest has waited.",
        (_sample(_seconds(now, one.oldest), inbox=one.inbox) for one in channels),
    )
    yield _family(
        "poll_age_seconds",
        "gauge",
        "How long ago a helpdesk or mailbox was last polled; absent where none ever was.",
        (
            _sample(_seconds(now, one.polled_at), inbox=one.inbox)
            for one in channels
            if one.polled_at is not None
        ),
    )
    yield _family(
        "poll_failing",
        "gauge",
        "1 while the last poll failed.",
        (_sample(float(bool(one.problem)), inbox=one.inbox) for one in channels),
    )
    yield _family(
        "webhooks_total",
        "counter",
        "Webhooks by what their signatures said: good, unsigned, wrong, stale.",
        (
            _sample(count, inbox=inbox, verdict=verdict)
            for (inbox, verdict), count in sorted(standing.hooks.items())
        ),
    )


def _limits(standing: Standing) -> Iterator[Family]:
    doubts, release = standing.doubts, standing.release
    yield _one("deliveries_uncertain", "gauge", "Nobody knows if they arrived.", doubts.uncertain)
    yield _one("deliveries_stuck", "gauge", "On their way for over 10 minutes.", doubts.stuck)
    yield _one(
        "deliveries_duplicate",
        "gauge",
        "Messages of the last 7 days that one conversation got several replies to.",
        doubts.duplicates,
    )
    yield _family(
        "budget_spent_dollars",
        "gauge",
        "Spent or reserved this UTC day and month.",
        (_sample(one.spent_usd, period=one.period) for one in standing.budgets),
    )
    yield _family(
        "budget_limit_dollars",
        "gauge",
        "What may be spent; absent where there is no limit.",
        (
            _sample(one.limit_usd, period=one.period)
            for one in standing.budgets
            if one.limit_usd is not None
        ),
    )
    yield _family(
        "model_retires_days",
        "gauge",
        "Days until a model in use retires, or until it is no longer promised.",
        (
            _sample(one.days, model=one.model, certain=str(one.certain).lower())
            for one in standing.retirements
            if one.days is not None
        ),
    )
    yield _one(
        "autonomy_stopped",
        "gauge",
        "1 while nothing goes out by itself: the switch is off, or the release is unreadable.",
        float(release.stopped is not None or bool(release.unreadable)),
    )
    yield _family(
        "autonomy_tripped",
        "gauge",
        "Scopes whose autonomy a watch took away.",
        (_sample(1, scope=scope) for scope in sorted({trip.scope for trip in release.trips})),
    )
    yield _one("certificates", "gauge", "Certificates in force.", standing.certificates)


def lines(family: Family) -> Iterator[str]:
    """Yield the lines of a metric; none without samples.

    Raises:
        ValueError: A name breaks the format's rules, or two samples are the same.
    """
    if not family.samples:
        return
    if not _NAME.match(family.name):
        raise ValueError(f"{family.name!r} is no name of a metric")
    yield f"# HELP {family.name} {_help(family.help)}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    seen = set()
    for sample in family.samples:
        key = (sample.suffix, sample.labels)
        if key in seen:
            raise ValueError(f"{family.name} has two samples with {dict(sample.labels)}")
        seen.add(key)
        yield f"{family.name}{sample.suffix}{_labels(sample.labels)} {_value(sample.value)}\n"


def _labels(labels: Labels) -> str:
    for name, _ in labels:
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is no name of a label")
    inside = ",".join(f'{name}="{_quoted(value)}"' for name, value in labels)
    return f"{{{inside}}}" if inside else ""


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _value(value: float) -> str:
    if not isfinite(value):
        return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"  # noqa: PLR0124 - NaN
    return str(int(value)) if value == int(value) else repr(float(value))


def _family(name: str, kind: Kind, help_: str, samples: Iterable[Sample]) -> Family:
    return Family(name=f"firstline_{name}", kind=kind, help=help_, samples=tuple(samples))


def _one(name: str, kind: Kind, help_: str, value: float, **labels: str) -> Family:
    return _family(name, kind, help_, (_sample(value, **labels),))


def _sample(value: float, **labels: str) -> Sample:
    return Sample(value=value, labels=tuple(labels.items()))


def _counted(rows: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> Iterator[Sample]:
    counts: dict[Labels, int] = {}
    for names, values in rows:
        labels = tuple(zip(names, values, strict=True))
        counts[labels] = counts.get(labels, 0) + 1
    for labels, count in counts.items():
        yield Sample(value=count, labels=labels)


def _sorted(counts: Iterable[TicketCount]) -> list[TicketCount]:
    return sorted(counts, key=lambda one: (one.name, one.path))


def _seconds(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, round((now - since).total_seconds(), 3))
