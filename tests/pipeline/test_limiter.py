"""How fast tickets may start that need a model."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from firstline.pipeline.limiter import (
    BURST,
    LONGEST_PERIOD,
    SAMPLE,
    StartLimit,
    differs,
    learned_limit,
    start_limit,
)
from firstline.pipeline.models import Models
from firstline.store import CallRow
from tests.builders import NOON


class FixedPace:
    """A pace that lets so many requests a minute through."""

    def __init__(self, requests: float | None) -> None:
        self.requests = requests
        self.asked: list[tuple[float, float]] = []

    def tickets_per_minute(self, calls: float, tokens: float) -> float | None:
        """Return the requests over the calls of a ticket."""
        self.asked.append((calls, tokens))
        return None if self.requests is None else self.requests / calls


def with_pace(pace: FixedPace) -> Models:
    """Return models of which only the pace is looked at."""

    class Asker:
        def __init__(self) -> None:
            self.pace = pace

    class Fake:
        asker = Asker()

    return cast("Models", Fake())


def a_call(ticket: str) -> CallRow:
    """Return an answered question of 900 tokens."""
    fields: dict[str, Any] = {
        "key": ticket,
        "ticket": ticket,
        "intent": "x",
        "purpose": "write",
        "model": "m",
        "state": "answered",
        "failure": "",
        "attempts": 1,
        "batch": False,
        "input": 800,
        "output": 100,
        "cache_read": 0,
        "cache_write": 0,
        "system_tokens": 200,
        "cost_pico": 1,
        "wall_ms": 300.0,
        "asked_at": NOON,
        "day": "2026-05-04",
    }
    return CallRow(**fields)


@given(st.floats(0.01, 1e6))
def test_a_limiter_never_exceeds_the_rate_by_more_than_one_start(per_minute: float) -> None:
    """Rounding only slows down; a rate below one a minute becomes one a minute."""
    limit = start_limit(per_minute)
    assert limit.limit >= 1
    assert 1.0 <= limit.period <= LONGEST_PERIOD
    assert limit.per_second * 60 <= max(per_minute, 1.0) * 1.01


def test_slow_rates_come_in_small_bursts() -> None:
    """Fifty a minute are five in six seconds, not fifty at once and then none."""
    assert start_limit(50) == StartLimit(BURST, 6.0)
    assert start_limit(1_000) == StartLimit(16, 1.0)


def test_only_a_noticeable_change_is_written_down() -> None:
    """The queue's row is shared by all workers."""
    assert differs(None, StartLimit(5, 1.0))
    assert differs(StartLimit(5, 1.0), None)
    assert not differs(None, None)
    assert not differs(StartLimit(100, 1.0), StartLimit(104, 1.0))
    assert differs(StartLimit(100, 1.0), StartLimit(200, 1.0))


def test_without_known_limits_nothing_is_limited() -> None:
    """The API has not said anything yet, and the company set nothing."""
    assert learned_limit(with_pace(FixedPace(None)), []) is None


def test_measured_calls_take_the_place_of_assumed_ones() -> None:
    """Two questions a ticket halve the tickets that may start."""
    rows = [a_call(f"t{number // 2}") for number in range(SAMPLE * 2)]
    pace = FixedPace(600)
    limit = learned_limit(with_pace(pace), rows)
    assert pace.asked == [(2.0, 1_800.0)]
    assert limit == start_limit(300)
