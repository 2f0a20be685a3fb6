"""Waiting for a helpdesk's limits: before they are met, and after they were."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.pace import LONGEST_CLOSED, Pace, Rule, retry_after


class Clock:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waited: list[float] = []

    def now(self) -> float:
        """The seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.waited.append(seconds)
        self.seconds += seconds


def _pace(clock: Clock, *, longest: float = 100.0, reserve: int = 0) -> Pace:
    rules = {"update": Rule(3, 60), "ticket": Rule(2, 600)}
    return Pace(rules, reserve=reserve, longest=longest, now=clock.now, sleep=clock.sleep)


async def test_a_sliding_window_lets_through_what_it_allows() -> None:
    """The fourth update of a minute waits until the first is a minute old."""
    clock = Clock()
    pace = _pace(clock)
    for _ in range(3):
        await pace.take("update")
        clock.seconds += 10
    assert clock.waited == []
    await pace.take("update")
    assert clock.waited == [30.0]


async def test_each_key_of_a_rule_counts_for_itself() -> None:
    """Updates of one ticket do not use up those of another, and other requests have no rule."""
    clock = Clock()
    pace = _pace(clock, longest=10.0)
    for _ in range(2):
        await pace.take("ticket:1")
        await pace.take("ticket:2")
    for _ in range(9):
        await pace.take("unruled")
    with pytest.raises(DeskRefused) as caught:
        await pace.take("ticket:1")
    assert (caught.value.why, caught.value.retry_after) == ("too_many", 600.0)
    assert clock.waited == []


async def test_what_is_left_is_used_up_and_then_waited_for() -> None:
    """Two requests are left, one is reserved for others: the second waits for the reset."""
    clock = Clock()
    pace = _pace(clock, reserve=1)
    pace.heard(200, {"x-rate-limit-remaining": "2", "ratelimit-reset": "30"})
    await pace.take()
    assert clock.waited == []
    await pace.take()
    assert clock.waited == [30.0]
    await pace.take()
    assert clock.waited == [30.0]


@pytest.mark.parametrize("status", [429, 503])
async def test_an_account_that_is_closed_stays_closed_until_it_said(status: int) -> None:
    """Retry-After holds for every request of the account."""
    clock = Clock()
    pace = _pace(clock)
    pace.heard(status, {"retry-after": "42"})
    await pace.take()
    assert clock.waited == [42.0]


async def test_too_many_without_a_time_closes_for_a_minute() -> None:
    """Without Retry-After, the reset or a minute is waited."""
    clock = Clock()
    pace = _pace(clock)
    pace.heard(429, {})
    await pace.take()
    assert clock.waited == [60.0]
    pace.heard(429, {"x-ratelimit-reset": str(int(time.time()) + 20)})
    await pace.take()
    assert 15 < clock.waited[-1] <= 21


async def test_a_wait_that_is_too_long_is_told_instead_of_slept() -> None:
    """Nobody sleeps for minutes: the caller learns when to come back."""
    clock = Clock()
    pace = _pace(clock, longest=10.0)
    pace.heard(429, {"retry-after": "120"})
    with pytest.raises(DeskRefused) as caught:
        await pace.take("update")
    assert caught.value.retry_after == pytest.approx(120.0)
    clock.seconds += 120
    await pace.take("update")


def test_retry_after_may_be_a_date() -> None:
    """Both forms of the header are read; the past means now, nonsense means nothing."""
    moment = datetime.now(UTC) + timedelta(seconds=90)
    assert 80 < (retry_after({"retry-after": format_datetime(moment, usegmt=True)}) or 0) <= 90
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "99999999999"}) == LONGEST_CLOSED


@given(value=st.text(max_size=30), status=st.sampled_from([200, 429, 503]))
async def test_no_header_can_stop_an_account_for_good(value: str, status: int) -> None:
    """Whatever a header says, at most an hour is waited."""
    clock = Clock()
    pace = _pace(clock, longest=2 * LONGEST_CLOSED)
    pace.heard(status, {"retry-after": value, "x-ratelimit-remaining": value})
    await pace.take()
    assert sum(clock.waited) <= LONGEST_CLOSED


async def test_many_tickets_do_not_fill_the_memory() -> None:
    """Counts of tickets that were not touched lately are dropped."""
    clock = Clock()
    pace = _pace(clock)
    for number in range(10_050):
        await pace.take(f"ticket:{number}")
    clock.seconds += 601
    await pace.take("ticket:x")
    assert len(pace._used) < 10  # noqa: SLF001 - the memory is what this is about


async def test_a_turn_that_was_not_taken_does_not_stop_the_forgetting() -> None:
    """A ticket whose counts have run out while the account was closed is forgotten like others."""
    clock = Clock()
    pace = _pace(clock, longest=10.0)
    await pace.take("ticket:first")
    clock.seconds += 601
    pace.heard(429, {"retry-after": "60"})
    with pytest.raises(DeskRefused):
        await pace.take("ticket:first")
    clock.seconds += 60
    for number in range(10_050):
        await pace.take(f"ticket:{number}")


@pytest.mark.parametrize("reset", ["0", "a second ago"])
async def test_a_window_that_has_just_ended_is_not_waited_for(reset: str) -> None:
    """The last requests of a window are answered when it is over; that costs no minute."""
    clock = Clock()
    pace = _pace(clock)
    ended = str(int(time.time()) - 1) if reset != "0" else reset
    pace.heard(200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": ended})
    await pace.take()
    assert sum(clock.waited) <= 1.0
