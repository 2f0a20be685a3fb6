"""Tests in service: they learn what is usual, notice a rise, and stay calm without one."""

from __future__ import annotations

import random
from statistics import mean

import pytest

from firstline.pipeline.drift import Facts, Share, Watched, cusum_of, effect_of
from firstline.pipeline.tuning import Tuning
from firstline.records import decode, encode

TUNING = Tuning(learn=100)
DELTA = 0.05


def tickets(
    watched: Watched, count: int, rate: float, lot: random.Random, **facts: float
) -> tuple[Watched, int]:
    """Return the watch after tickets of which a share escalates, and how many until an alarm."""
    for at in range(count):
        one = Facts(escalated=lot.random() < rate, asked=True, second=at, **facts)
        watched = watched.after_ticket(one, TUNING, whole=True)
        if watched.alarms("*", DELTA):
            return watched, at + 1
    return watched, count


def test_a_rise_of_escalation_is_noticed_soon() -> None:
    """From 20 to 30 % is noticed after 150 tickets on average, where 20 % is known to be usual."""
    lot = random.Random(7)  # noqa: S311 - a reproducible draw, not a secret
    known = Watched(shares={"escalation": Share(watch=cusum_of(0.2))})
    delays = [tickets(known, 2_000, 0.3, lot)[1] for _ in range(60)]
    assert mean(delays) < 200
    calm = [tickets(known, 1_000, 0.2, lot)[1] for _ in range(20)]
    assert sum(delay < 1_000 for delay in calm) <= 6


def test_what_is_usual_is_learned_once() -> None:
    """The first tickets set the baseline; it never follows what comes after."""
    lot = random.Random(3)  # noqa: S311 - as above
    watched, _ = tickets(Watched(), 100, 0.2, lot, cost_usd=0.01, wall_ms=900.0)
    escalation = watched.shares["escalation"].watch
    assert escalation is not None
    assert 0.1 < escalation.usual < 0.35
    later, _ = tickets(watched, 30, 0.2, lot, cost_usd=0.01, wall_ms=900.0)
    after = later.shares["escalation"].watch
    assert after is not None
    assert after.usual == escalation.usual
    assert set(later.heights) == {"cost", "latency_model"}


@pytest.mark.parametrize("dear", [{"cost_usd": 0.1}, {"wall_ms": 9_000.0}])
def test_a_rise_of_cost_or_time_is_noticed(dear: dict[str, float]) -> None:
    """Ten times the usual for a minute is an alarm of its own kind."""
    lot = random.Random(5)  # noqa: S311 - as above
    usual = {"cost_usd": 0.01, "wall_ms": 900.0}
    watched, until = tickets(Watched(), 400, 0.2, lot, **usual)
    assert until == 400
    watched, until = tickets(watched, 60, 0.2, lot, **(usual | dear))
    assert until < 20
    kind = "cost" if "cost_usd" in dear else "latency_model"
    assert [alarm.watch for alarm in watched.alarms("*", DELTA)] == [kind]


def test_a_stall_counts_once_a_second() -> None:
    """Forty tickets that were slow in the same second are one measurement."""
    watched = Watched()
    for _ in range(40):
        facts = Facts(escalated=False, asked=False, wall_ms=60_000.0, second=7)
        watched = watched.after_ticket(facts, TUNING, whole=True)
    assert watched.heights["latency_local"].learned == 1
    assert watched.shares["escalation"].learned == 40


def test_an_intent_is_watched_for_escalation_only() -> None:
    """Models, cost and time are watched over all tickets together."""
    facts = Facts(escalated=True, asked=True, cost_usd=1.0, wall_ms=1.0)
    watched = Watched().after_ticket(facts, TUNING, whole=False)
    assert set(watched.shares) == {"escalation"}
    assert not watched.heights


def test_audits_break_a_promise() -> None:
    """Eight wrong replies of forty are more than 2 %, and the alarm says by how much."""
    watched = Watched()
    for at in range(40):
        watched = watched.after_label(wrong=at % 5 == 0, limit=0.02)
    alarm = watched.alarms("refunds", DELTA)[0]
    assert alarm.watch == "errors"
    assert "8 of 40" in alarm.why
    assert effect_of("errors", Tuning(escalation="log", latency="log")) == "trip"


def test_another_promise_begins_another_test() -> None:
    """What was seen under one limit is no evidence about another."""
    watched = Watched().after_label(wrong=True, limit=0.02).after_label(wrong=True, limit=0.05)
    assert watched.errors is not None
    assert watched.errors.limit == 0.05
    assert watched.errors.seen == 1


def test_a_tripped_scope_stands_still_until_it_is_reset() -> None:
    """Tickets after a trip change nothing; a reset begins anew on the same baseline."""
    lot = random.Random(1)  # noqa: S311 - as above
    known = Watched(tripped=True, shares={"escalation": Share(watch=cusum_of(0.2).step(yes=True))})
    still, _ = tickets(known, 50, 1.0, lot)
    assert still == known
    again = still.restarted()
    assert not again.tripped
    watch = again.shares["escalation"].watch
    assert watch is not None
    assert (watch.usual, watch.value, watch.seen) == (0.2, 0.0, 0)


def test_what_is_watched_survives_being_stored() -> None:
    """Its JSON says everything that it is."""
    lot = random.Random(2)  # noqa: S311 - as above
    watched, _ = tickets(Watched(), 130, 0.2, lot, cost_usd=0.01, wall_ms=900.0)
    watched = watched.after_label(wrong=True, limit=0.02)
    assert decode(Watched, encode(watched)) == watched


def test_extreme_shares_can_be_watched() -> None:
    """An intent of which everything or nothing escalates has a baseline too."""
    lot = random.Random(4)  # noqa: S311 - as above
    for rate in (0.0, 1.0):
        watched, until = tickets(Watched(), 400, rate, lot, cost_usd=0.01, wall_ms=900.0)
        assert until == 400
        assert watched.shares["escalation"].watch is not None
