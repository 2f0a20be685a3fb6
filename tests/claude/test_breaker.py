"""The breaker: when a service is left alone, and when it is tried again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.breaker import Breaker, BreakerSettings
from tests.claude.asking import Clock

SETTINGS = BreakerSettings(window=60, failures=3, share=0.5, rest=10, longest_rest=35)


def state(breaker: Breaker) -> str:
    """Return the state, of which a type checker cannot know that it changes."""
    return breaker.state


def fail(breaker: Breaker, times: int = 1) -> None:
    """Let calls through and let them fail."""
    for _ in range(times):
        permit = breaker.admit()
        assert permit is not None
        breaker.failed(permit)


def succeed(breaker: Breaker, times: int = 1) -> None:
    """Let calls through and let them succeed."""
    for _ in range(times):
        permit = breaker.admit()
        assert permit is not None
        breaker.succeeded(permit)


def test_it_opens_when_enough_calls_failed() -> None:
    """Two failures are not enough; the third opens it, and nobody is let through."""
    breaker = Breaker(Clock(), SETTINGS)
    fail(breaker, 2)
    assert state(breaker) == "closed"
    fail(breaker)
    assert state(breaker) == "open"
    assert breaker.admit() is None


def test_failures_among_many_successes_do_not_open_it() -> None:
    """Three of ten is less than half."""
    breaker = Breaker(Clock(), SETTINGS)
    succeed(breaker, 7)
    fail(breaker, 3)
    assert state(breaker) == "closed"


def test_old_failures_are_forgotten() -> None:
    """A failure that left the window does not count."""
    clock = Clock()
    breaker = Breaker(clock, SETTINGS)
    fail(breaker, 2)
    clock.time = 61
    fail(breaker, 2)
    assert state(breaker) == "closed"


def test_one_probe_closes_it() -> None:
    """After its rest one call is let through, and its success lets everybody through."""
    clock = Clock()
    breaker = Breaker(clock, SETTINGS)
    fail(breaker, 3)
    clock.time = 10
    assert state(breaker) == "half-open"
    probe = breaker.admit()
    assert probe is not None
    assert breaker.admit() is None
    breaker.succeeded(probe)
    assert state(breaker) == "closed"
    succeed(breaker, 2)


def test_a_failed_probe_doubles_the_rest() -> None:
    """10, 20, then 35 seconds, which is the longest."""
    clock = Clock()
    breaker = Breaker(clock, SETTINGS)
    fail(breaker, 3)
    for rest in (10, 20, 35, 35):
        clock.time += rest - 0.1
        assert breaker.admit() is None
        clock.time += 0.1
        fail(breaker)
    clock.time += 35
    succeed(breaker)
    fail(breaker, 3)
    clock.time += 10
    assert state(breaker) == "half-open"


def test_an_abandoned_probe_makes_room_for_another() -> None:
    """A probe that was cancelled says nothing and does not block for ever."""
    clock = Clock()
    breaker = Breaker(clock, SETTINGS)
    fail(breaker, 3)
    clock.time = 10
    probe = breaker.admit()
    assert probe is not None
    breaker.abandoned(probe)
    assert breaker.admit() is not None


def test_what_was_asked_before_it_opened_says_nothing() -> None:
    """A late success does not close it, a late failure does not lengthen its rest."""
    clock = Clock()
    breaker = Breaker(clock, SETTINGS)
    late = breaker.admit()
    assert late is not None
    fail(breaker, 3)
    breaker.succeeded(late)
    assert state(breaker) == "open"
    clock.time = 10
    probe = breaker.admit()
    assert probe is not None
    breaker.failed(late)
    breaker.succeeded(probe)
    assert state(breaker) == "closed"


STEP = st.tuples(
    st.sampled_from(["admit", "succeeded", "failed", "abandoned", "wait"]),
    st.floats(0, 30, allow_nan=False),
)


@given(st.lists(STEP, max_size=80))
def test_whatever_happens_it_keeps_its_promises(steps: list[tuple[str, float]]) -> None:
    """It never lets two probes through, opens only after failures, and always reopens its door."""
    clock = Clock()
    breaker = Breaker(clock, SETTINGS)
    held = []
    probes = 0
    failures = 0
    for step, seconds in steps:
        if step == "wait":
            clock.time += seconds
        elif step == "admit":
            before = state(breaker)
            permit = breaker.admit()
            assert (permit is None) == (before == "open" or (before == "half-open" and probes > 0))
            if permit is not None:
                probes += before == "half-open"
                held.append((permit, before))
        elif held:
            permit, before = held.pop(int(seconds) % len(held))
            probes -= before == "half-open"
            failures += step == "failed"
            getattr(breaker, step)(permit)
        assert probes <= 1
        if failures < SETTINGS.failures:
            assert state(breaker) == "closed"
    for permit, _ in held:
        breaker.abandoned(permit)
    clock.time += SETTINGS.longest_rest
    assert breaker.admit() is not None
