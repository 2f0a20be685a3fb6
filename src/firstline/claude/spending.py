"""Where the money went: the ledger of questions to models, summed up for `firstline cost`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from firstline.claude.planner import Prefix
from firstline.store.calls import CallRow
from firstline.store.schema import model_call, stage, ticket

TOP_TICKETS = 10
CONTEXTS = 500
"""Latest stored contexts that the average of retrieved tokens is taken over."""
LOST_AFTER = timedelta(hours=25)
"""A question still open after this is abandoned: a batch lives a day at most."""


@dataclass(slots=True, kw_only=True)
class Total:
    """Answers, and the money for questions, also for those whose answer was lost on the way."""

    calls: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost_pico: int = 0

    def add(self, row: CallRow) -> None:
        """Count a question that has ended."""
        self.calls += row.state == "answered"
        self.input += row.input
        self.output += row.output
        self.cache_read += row.cache_read
        self.cache_write += row.cache_write
        self.cost_pico += row.cost_pico


@dataclass(frozen=True, slots=True, kw_only=True)
class PerTicket:
    """What a ticket cost that asked a model, in picodollars."""

    tickets: int = 0
    mean: int = 0
    p50: int = 0
    p95: int = 0
    """Nearest rank, so both are costs that some ticket had."""
    above_alarm: int = 0
    """Tickets dearer than the workspace's alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Tickets in the store, and how many of them asked a model."""

    tickets: int = 0
    asked: int = 0

    @property
    def avoided(self) -> float | None:
        """The share that needed no model call; None without tickets."""
        return None if not self.tickets else 1 - self.asked / self.tickets


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixTraffic:
    """The live requests that shared one stable prefix."""

    model: str
    purpose: str
    tokens: int
    other_tokens: int
    """The rest of the prompt, on average."""
    calls: int
    calls_per_hour: float
    times: tuple[datetime, ...]

    def prefix(self, hits: float | None) -> Prefix:
        """Return it for the planner."""
        return Prefix(
            tokens=self.tokens,
            other_tokens=self.other_tokens,
            calls_per_hour=self.calls_per_hour,
            hit_rate=hits,
        )


@dataclass(slots=True, kw_only=True)
class Spending:
    """Everything a report says of the ledger."""

    total: Total = field(default_factory=Total)
    by_day: dict[str, Total] = field(default_factory=dict)
    by_purpose: dict[str, Total] = field(default_factory=dict)
    by_intent: dict[str, Total] = field(default_factory=dict)
    by_model: dict[str, Total] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    """Questions without an answer, by the code of their failure."""
    abandoned: int = 0
    """Questions whose process died, or that have been open for too long."""
    open: int = 0
    lost_pico: int = 0
    """What answers that were lost on the way may have cost: part of the total."""
    reserved_pico: int = 0
    """What is set aside for questions without an end: not part of the total."""
    tickets: dict[str, int] = field(default_factory=dict)
    """Picodollars of every ticket that asked a model."""
    traffic: tuple[PrefixTraffic, ...] = ()

    @property
    def questions(self) -> int:
        """All of them, however they ended."""
        return self.total.calls + self.failed.total() + self.abandoned + self.open

    def per_ticket(self, alarm_pico: int) -> PerTicket:
        """Return what tickets cost; `alarm_pico` 0 means no alarm."""
        costs = sorted(self.tickets.values())
        if not costs:
            return PerTicket()
        return PerTicket(
            tickets=len(costs),
            mean=sum(costs) // len(costs),
            p50=_rank(costs, 50),
            p95=_rank(costs, 95),
            above_alarm=sum(cost > alarm_pico for cost in costs) if alarm_pico else 0,
        )

    def dearest(self, count: int = TOP_TICKETS) -> tuple[tuple[str, int], ...]:
        """Return the tickets that cost most, dearest first."""
        return tuple(sorted(self.tickets.items(), key=lambda item: (-item[1], item[0]))[:count])


def spending(rows: Iterable[CallRow], now: datetime) -> Spending:
    """Sum up the questions of a ledger.

    Args:
        rows: The questions, in any order.
        now: By which an open question is late.
    """
    result = Spending()
    tickets: Counter[str] = Counter()
    shared: defaultdict[tuple[str, str, int], list[CallRow]] = defaultdict(list)
    for row in rows:
        tickets[row.ticket] += 0 if row.state == "asked" else row.cost_pico
        _count(result, row, now)
        if row.state == "answered" and not row.batch:
            shared[(row.model, row.purpose, row.system_tokens)].append(row)
    result.by_day = dict(sorted(result.by_day.items()))
    for name in ("by_purpose", "by_intent", "by_model"):
        setattr(result, name, _dearest_first(getattr(result, name)))
    result.tickets = dict(tickets)
    traffic = [_traffic(key, group) for key, group in shared.items()]
    result.traffic = tuple(sorted(traffic, key=lambda item: (-item.calls, item.model)))
    return result


def seen(engine: sa.Engine, since: str) -> Seen:
    """Count the tickets received on day `since` (YYYY-MM-DD) or later that have ended."""
    asked = sa.exists().where(model_call.c.ticket == ticket.c.id).correlate(ticket)
    query = sa.select(
        sa.func.count().label("tickets"),
        sa.func.coalesce(sa.func.sum(sa.case((asked, 1), else_=0)), 0).label("asked"),
    ).where(ticket.c.received_at >= since, ticket.c.outcome.is_not(None))
    with engine.connect() as connection:
        row = connection.execute(query).one()
    return Seen(tickets=int(row.tickets), asked=int(row.asked))


def latest_contexts(engine: sa.Engine) -> tuple[str, ...]:
    """Return what the context stage said of the latest tickets that asked a model, as JSON."""
    query = (
        sa.select(stage.c.body)
        .where(stage.c.stage == "context")
        .where(sa.exists().where(model_call.c.ticket == stage.c.ticket).correlate(stage))
        .join(ticket, ticket.c.id == stage.c.ticket)
        .order_by(ticket.c.received_at.desc())
        .limit(CONTEXTS)
    )
    with engine.connect() as connection:
        return tuple(connection.scalars(query))


def _count(result: Spending, row: CallRow, now: datetime) -> None:
    """Count one question, by how it ended."""
    if row.state == "asked":
        result.reserved_pico += row.cost_pico
        late = now - row.asked_at > LOST_AFTER
        result.abandoned += late
        result.open += not late
        return
    if row.state == "failed":
        result.lost_pico += row.cost_pico
        if row.failure == "abandoned":
            result.abandoned += 1
        else:
            result.failed[row.failure or "unknown"] += 1
    if row.state == "answered" or row.cost_pico:
        _sum_up(result, row)


def _sum_up(result: Spending, row: CallRow) -> None:
    result.total.add(row)
    groups = (
        (row.day, result.by_day),
        (row.purpose, result.by_purpose),
        (row.intent, result.by_intent),
        (row.model, result.by_model),
    )
    for name, group in groups:
        group.setdefault(name, Total()).add(row)


def _traffic(key: tuple[str, str, int], rows: Sequence[CallRow]) -> PrefixTraffic:
    model, purpose, tokens = key
    times = tuple(sorted(row.asked_at for row in rows))
    hours = max((times[-1] - times[0]).total_seconds() / 3_600, 1.0)
    prompts = sum(row.input + row.cache_read + row.cache_write for row in rows)
    return PrefixTraffic(
        model=model,
        purpose=purpose,
        tokens=tokens,
        other_tokens=max(0, prompts // len(rows) - tokens),
        calls=len(rows),
        calls_per_hour=len(rows) / hours,
        times=times,
    )


def _dearest_first(group: Mapping[str, Total]) -> dict[str, Total]:
    return dict(sorted(group.items(), key=lambda item: (-item[1].cost_pico, item[0])))


def _rank(ordered: Sequence[int], percent: int) -> int:
    """Return a percentile by nearest rank."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
