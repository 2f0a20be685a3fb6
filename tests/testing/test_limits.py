"""The double's rate limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.testing.limits import Limits, Meter, moment


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 400)), max_size=80))
def test_no_minute_takes_more_than_the_bucket_and_its_refill(
    plan: list[tuple[float, int]],
) -> None:
    """Over any time, what was taken is at most a full bucket and what flowed in."""
    meter = Meter(Limits(requests=10, input_tokens=1000))
    now, taken, tokens = 1000.0, 0, 0
    for pause, wanted in plan:
        now += pause
        if meter.take(wanted, now) is None:
            taken += 1
            tokens += wanted
    passed = now - 1000.0
    assert taken <= 10 + passed * 10 / 60 + 1e-6
    assert tokens <= 1000 + passed * 1000 / 60 + 1e-6


def test_the_wait_that_is_named_is_enough() -> None:
    """After the seconds of a refusal, the request is taken."""
    meter = Meter(Limits(requests=6))
    for _ in range(6):
        assert meter.take(1, 0.0) is None
    refused = meter.take(1, 0.0)
    assert refused is not None
    what, seconds = refused
    assert what == "6 requests"
    assert meter.take(1, seconds) is None


def test_headers_tell_what_is_left_and_when_it_is_full() -> None:
    """Remaining falls with each request, and the reset is when the bucket is full again."""
    meter = Meter(Limits(requests=60))
    for _ in range(3):
        meter.take(1, 1_800_000_000.0)
    headers = dict(meter.headers(1_800_000_000.0))
    assert headers["anthropic-ratelimit-requests-remaining"] == "57"
    assert headers["anthropic-ratelimit-requests-reset"] == moment(1_800_000_003.0)
    assert headers["anthropic-ratelimit-tokens-limit"] == "120000000"
    closed = dict(meter.headers(1_800_000_000.0, closed=30))
    assert closed["anthropic-ratelimit-requests-remaining"] == "0"
    assert closed["anthropic-ratelimit-requests-reset"] == moment(1_800_000_030.0)


def test_long_answers_use_up_output_tokens() -> None:
    """Output counts when it is made, and then holds the next request back."""
    meter = Meter(Limits(output_tokens=100))
    assert meter.take(1, 0.0) is None
    meter.spend(500)
    refused = meter.take(1, 0.0)
    assert refused is not None
    assert refused[0] == "100 output tokens"
