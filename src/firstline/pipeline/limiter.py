"""How fast tickets may start that need a model: the API's limits, as a queue's limiter."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.pipeline.models import Models
from firstline.store import CallRow

BURST = 5
"""Tickets that may start together, where the limit allows it."""
LONGEST_PERIOD = 60.0
CALLS_PER_TICKET = 1.3
TOKENS_PER_TICKET = 1_600.0
"""What a ticket takes before anything is known: one question in three is followed by another."""
NOTICEABLE = 0.1
"""A change by less than this share is not worth writing down."""
SAMPLE = 50
"""Questions after which the measured figures replace the assumed ones."""


@dataclass(frozen=True, slots=True)
class StartLimit:
    """At most `limit` tickets start in any `period` seconds."""

    limit: int
    period: float

    @property
    def per_second(self) -> float:
        """Return the rate."""
        return self.limit / self.period


def start_limit(per_minute: float) -> StartLimit:
    """Return the limiter for a rate: bursts of about five, over a minute at most."""
    per_second = max(per_minute, 1e-9) / 60
    period = min(LONGEST_PERIOD, max(1.0, BURST / per_second))
    return StartLimit(max(1, int(per_second * period)), round(period, 3))


def differs(one: StartLimit | None, other: StartLimit | None) -> bool:
    """Whether two limiters differ by enough to change the queue."""
    if one is None or other is None:
        return one is not other
    return abs(one.per_second - other.per_second) > NOTICEABLE * other.per_second


def learned_limit(models: Models, rows: list[CallRow]) -> StartLimit | None:
    """Return the limiter that the API's limits and the latest questions ask for.

    Args:
        models: The company's models; their pace has read the API's headers.
        rows: The latest questions of the ledger.
    """
    calls, tokens = CALLS_PER_TICKET, TOKENS_PER_TICKET
    if len(rows) >= SAMPLE:
        tickets = len({row.ticket for row in rows})
        calls = len(rows) / tickets
        spent = sum(row.input + row.output + row.cache_write for row in rows)
        tokens = spent / tickets
    rate = models.asker.pace.tickets_per_minute(calls, tokens)
    return None if rate is None else start_limit(rate)
