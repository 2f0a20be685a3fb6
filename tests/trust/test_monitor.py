"""Watching a promise in service."""

from __future__ import annotations

import math

import pytest

from firstline.trust.monitor import Cusum, EProcess, LevelCusum


def test_a_rate_as_usual_gives_no_alarm_and_a_raised_one_does() -> None:
    """At every fifth ticket nothing happens for long; at every second the alarm comes soon."""
    watch = Cusum(usual=0.2, raised=0.3)
    for at in range(2000):
        watch = watch.step(yes=at % 5 == 0)
    assert not watch.alarm
    for at in range(200):
        watch = watch.step(yes=at % 2 == 0)
    assert watch.alarm
    with pytest.raises(ValueError, match="usual"):
        Cusum(usual=0.3, raised=0.2)


def test_a_raised_level_is_noticed_and_one_absurd_value_is_not() -> None:
    """A single outlier is bounded; thirty tickets at twice the level raise the alarm."""
    watch = LevelCusum(mean=math.log(0.004), deviation=0.3)
    for _ in range(50):
        watch = watch.step(0.004)
    watch = watch.step(1e9)
    assert not watch.alarm
    watch = watch.step(0.0)
    for _ in range(30):
        watch = watch.step(0.008)
    assert watch.alarm


def test_evidence_grows_with_errors_only() -> None:
    """Clean audits speak for the promise, wrong ones against it, and the value is a mixture."""
    clean = EProcess.against(0.02)
    assert clean.value == 1.0
    for _ in range(100):
        clean = clean.step(wrong=False)
    assert clean.value < 1
    broken = clean
    for at in range(100):
        broken = broken.step(wrong=at % 5 == 0)
    assert broken.alarm(0.05)
    assert (broken.seen, broken.errors) == (200, 20)


def test_the_expected_value_at_the_limit_is_one() -> None:
    """At exactly the promised rate one more audit changes the expectation by nothing."""
    process = EProcess.against(0.02)
    after = 0.02 * process.step(wrong=True).value + 0.98 * process.step(wrong=False).value
    assert after == pytest.approx(process.value)
    lower = 0.01 * process.step(wrong=True).value + 0.99 * process.step(wrong=False).value
    assert lower < process.value


def test_a_flood_of_errors_does_not_overflow() -> None:
    """Ten thousand errors in a row are an alarm, not an exception."""
    process = EProcess.against(0.001)
    for _ in range(10_000):
        process = process.step(wrong=True)
    assert process.value == math.inf
    assert process.alarm(0.05)
    with pytest.raises(ValueError, match="rate"):
        EProcess.against(0)
