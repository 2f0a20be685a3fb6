"""The pace: what the limits allow, learned or configured."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.pace import HEADROOM, LONGEST_HOLD, Pace
from tests.claude.asking import NOON, Clock

SMALL, STRONG = "claude-haiku-4-5", "claude-sonnet-4-5"


def limits(**values: int) -> dict[str, str]:
    """Return rate-limit headers that say only the limits."""
    return {
        f"anthropic-ratelimit-{kind.replace('_', '-')}-limit": str(value)
        for kind, value in values.items()
    }


def test_nothing_known_is_no_rate() -> None:
    """Before the first answer there is nothing to go by."""
    assert Pace(Clock()).tickets_per_minute(1.2, 1100) is None


def test_requests_are_the_limit_when_tokens_are_many() -> None:
    """1,000 requests a minute at two calls a ticket, less the headroom."""
    pace = Pace(Clock())
    pace.learn(SMALL, limits(requests=1000, input_tokens=2_000_000, output_tokens=400_000), NOON)
    pace.learn_usage(SMALL, input_tokens=800, output_tokens=200)
    assert pace.tickets_per_minute(2.0, 2000) == pytest.approx(HEADROOM * 500)


def test_output_tokens_can_be_the_limit() -> None:
    """A fifth of the tokens of each ticket is output, and of that there is least."""
    pace = Pace(Clock())
    pace.learn(SMALL, limits(requests=10_000, input_tokens=2_000_000, output_tokens=40_000), NOON)
    pace.learn_usage(SMALL, input_tokens=800, output_tokens=200)
    assert pace.tickets_per_minute(1.0, 1000) == pytest.approx(HEADROOM * 40_000 / 200)


def test_a_rarely_asked_model_may_have_a_smaller_limit() -> None:
    """A model that gets one call in ten is no bottleneck with a fifth of the requests."""
    pace = Pace(Clock())
    pace.learn(SMALL, limits(requests=1000), NOON)
    pace.learn(STRONG, limits(requests=200), NOON)
    for number in range(200):
        model = STRONG if number % 10 == 9 else SMALL
        pace.learn_usage(model, input_tokens=900, output_tokens=100)
    rate = pace.tickets_per_minute(1.0, 1000)
    assert rate is not None
    assert HEADROOM * 1000 < rate < HEADROOM * 1300


def test_configured_limits_replace_learned_ones() -> None:
    """What the workspace says holds, exactly."""
    pace = Pace(Clock(), requests_per_minute=120, tokens_per_minute=50_000)
    pace.learn(SMALL, limits(requests=1000, input_tokens=2_000_000), NOON)
    assert pace.tickets_per_minute(2.0, 500) == 60
    assert pace.tickets_per_minute(1.0, 1000) == 50


def test_nothing_left_holds_until_the_reset() -> None:
    """Calls of that model wait until its bucket is filled; others do not."""
    clock = Clock()
    pace = Pace(clock)
    headers = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": (NOON + timedelta(seconds=12)).isoformat(),
        "anthropic-ratelimit-tokens-remaining": "17",
    }
    pace.learn(SMALL, headers, NOON)
    assert pace.hold_seconds(SMALL) == 12
    assert pace.hold_seconds(STRONG) == 0
    clock.time = 12
    assert pace.hold_seconds(SMALL) == 0


def test_the_services_clock_counts_not_this_machines() -> None:
    """A machine an hour behind does not wait for an hour."""
    pace = Pace(Clock())
    service = NOON + timedelta(hours=1)
    headers = {
        "date": format_datetime(service, usegmt=True),
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": (service + timedelta(seconds=5)).isoformat(),
    }
    pace.learn(SMALL, headers, NOON)
    assert pace.hold_seconds(SMALL) == 5


@given(
    headers=st.dictionaries(
        st.sampled_from(
            [
                "date",
                "anthropic-ratelimit-requests-limit",
                "anthropic-ratelimit-requests-remaining",
                "anthropic-ratelimit-requests-reset",
                "anthropic-ratelimit-tokens-limit",
                "anthropic-ratelimit-tokens-remaining",
            ]
        ),
        st.sampled_from(["0", "-1", "", "nan", "inf", "1e9", "2026-11-22T12:00:09Z", "x"])
        | st.text(),
    )
)
def test_any_headers_leave_a_sensible_pace(headers: dict[str, str]) -> None:
    """Nonsense in headers raises nothing, holds nobody for long, and makes no rate below zero."""
    pace = Pace(Clock())
    pace.learn(SMALL, headers, NOON)
    assert 0 <= pace.hold_seconds(SMALL) <= LONGEST_HOLD
    rate = pace.tickets_per_minute(1.0, 1000)
    assert rate is None or rate > 0
