"""Whether a cache pays: checked against sums by hand and against a simulation."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import exp, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.planner import (
    HOURS,
    TIMES,
    CacheTime,
    ManualPlan,
    Prefix,
    hit_rate,
    plan_cache,
    plan_manual,
    replayed,
)
from firstline.claude.registry import load_registry
from firstline.claude.specs import ModelSpec
from firstline.workspace.models import ModelSettings, OwnModel

TODAY = date(2026, 11, 22)
START = datetime(2026, 11, 22, tzinfo=UTC)
REGISTRY = load_registry(ModelSettings(own=(OwnModel(id="own", input_usd=1, output_usd=1),)))
HAIKU_45 = REGISTRY.model("claude-haiku-4-5")
SONNET_45 = REGISTRY.model("claude-sonnet-4-5")
HAIKU_55 = REGISTRY.model("claude-haiku-5-5")


def test_a_short_prefix_is_not_cached_on_haiku_45() -> None:
    """1,200 tokens are below its 4,096: nothing saved, nothing lost, and the plan says why."""
    plan = plan_cache(
        HAIKU_45, HAIKU_45.on("anthropic"), Prefix(tokens=1_200, calls_per_hour=99), "5m", TODAY
    )
    assert (plan.reaches, plan.saving_usd, plan.pays) == (False, 0, False)
    assert plan.reason.startswith("the prefix has 1,200 tokens, the model caches from 4,096")


def test_the_saving_is_the_sum_by_hand() -> None:
    """Sonnet 4.5, 2,000 tokens, 30 requests an hour, five minutes."""
    prefix = Prefix(tokens=2_000, other_tokens=400, calls_per_hour=30)
    plan = plan_cache(SONNET_45, SONNET_45.on("anthropic"), prefix, "5m", TODAY)
    # One request in two minutes; T = 1/12 h: h = 1 - exp(-2.5) = 0.9179.
    # Without: 2000 x $3 / 10^6 = $0.006 a request.
    # With: 2000 x (h x $0.30 + (1-h) x $3.75) / 10^6.
    hits = 1 - exp(-2.5)
    by_hand = 1_000 * 2_000 * (3 - hits * 0.30 - (1 - hits) * 3.75) / 1e6
    assert plan.hit_rate == pytest.approx(hits)
    assert plan.saving_usd == pytest.approx(by_hand)
    assert by_hand == pytest.approx(4.8336, abs=1e-4)
    assert plan.pays
    assert "saves $4.8336 a thousand" in plan.reason


def test_seldom_requests_lose_money() -> None:
    """One in five hours writes every time and reads hardly ever."""
    prefix = Prefix(tokens=2_000, calls_per_hour=0.2)
    plan = plan_cache(SONNET_45, SONNET_45.on("anthropic"), prefix, "5m", TODAY)
    assert plan.saving_usd < 0
    assert not plan.pays
    assert "loses $" in plan.reason


@pytest.mark.parametrize(("ttl", "share"), [("5m", 0.25 / 1.15), ("1h", 1.0 / 1.9)])
def test_the_break_even_traffic_breaks_even(ttl: CacheTime, share: float) -> None:
    """A write costs 1.25 or 2 times the input and a read 0.1: so many hits are needed."""
    offered = HAIKU_45.on("anthropic")
    plan = plan_cache(HAIKU_45, offered, Prefix(tokens=5_000, calls_per_hour=1), ttl, TODAY)
    assert plan.break_even == pytest.approx(-log(1 - share) / HOURS[ttl])
    at_it = Prefix(tokens=5_000, calls_per_hour=plan.break_even)
    assert plan_cache(HAIKU_45, offered, at_it, ttl, TODAY).saving_usd == pytest.approx(0, abs=1e-9)


def test_an_unknown_minimum_is_said_and_never_assumed() -> None:
    """The sums are shown, but the plan does not claim that it pays."""
    offered = replace(HAIKU_55.on("anthropic"), cache_minimum=None)
    plan = plan_cache(HAIKU_55, offered, Prefix(tokens=3_000, calls_per_hour=600), "5m", TODAY)
    assert plan.reaches is None
    assert plan.saving_usd > 0
    assert not plan.pays
    assert "shortest cached prefix is not known" in plan.reason


def test_a_model_without_a_cache_has_nothing_to_plan() -> None:
    """A server of one's own states no price for cached tokens."""
    own = REGISTRY.model("own")
    plan = plan_cache(
        own, own.on("anthropic"), Prefix(tokens=9_000, calls_per_hour=60), "1h", TODAY
    )
    assert (plan.reaches, plan.saving_usd, plan.break_even) == (False, 0, inf)
    assert "nothing is known" in plan.reason


@pytest.mark.parametrize("ttl", TIMES)
def test_the_formula_is_what_a_simulation_shows(ttl: CacheTime) -> None:
    """Random arrivals at a steady rate hit as often as the formula says."""
    chance = random.Random(7)  # noqa: S311 - a simulation
    at, times = START, list[datetime]()
    for _ in range(20_000):
        at += timedelta(hours=chance.expovariate(9))
        times.append(at)
    found = replayed(times, ttl)
    assert found == pytest.approx(hit_rate(9, ttl), abs=0.012)


def test_replaying_counts_gaps() -> None:
    """Hits are requests at most a time to live after the one before, in any order given."""
    minutes = (0, 4, 9, 30, 34)
    times = [START + timedelta(minutes=minute) for minute in reversed(minutes)]
    assert replayed(times, "5m") == 3 / 5
    assert replayed(times, "1h") == 4 / 5
    assert replayed(times[:1], "5m") is None


def test_measured_hits_take_the_place_of_the_formula() -> None:
    """Bunched requests hit more often than their rate suggests."""
    prefix = Prefix(tokens=2_000, calls_per_hour=0.5, hit_rate=0.9)
    plan = plan_cache(SONNET_45, SONNET_45.on("anthropic"), prefix, "5m", TODAY)
    assert plan.pays
    assert "90% of requests would find it cached by the real times" in plan.reason


def manual(model: ModelSpec, tokens: int, rate: float, retrieved: int = 600) -> ManualPlan:
    """Compare a manual of so many tokens with retrieval at so many requests an hour."""
    return plan_manual(
        model,
        model.on("anthropic"),
        manual_tokens=tokens,
        retrieved_tokens=retrieved,
        prefix=Prefix(tokens=500, other_tokens=200, calls_per_hour=rate),
        answer_tokens=1_000,
        on=TODAY,
    )


def test_a_small_manual_in_the_cache_beats_retrieval() -> None:
    """4,000 tokens read at a tenth of the price are cheaper than 600 at the full one."""
    plan = manual(HAIKU_45, 4_000, rate=600)
    # 600 an hour: every request hits. Manual: 4500 x $0.10 + 200 x $1 = $0.00065 a request;
    # retrieval: 500 (below the minimum) + 600 + 200 at $1 = $0.0013.
    assert plan.better == "manual"
    assert plan.manual_usd == pytest.approx(0.65, rel=1e-3)
    assert plan.retrieval_usd == pytest.approx(1.30)
    assert "the manual is cheaper" in plan.reason


def test_a_large_manual_does_not() -> None:
    """60,000 cached tokens cost ten times what retrieval costs."""
    plan = manual(HAIKU_45, 60_000, rate=600)
    assert plan.better == "retrieval"
    assert plan.break_even == inf


def test_a_small_manual_needs_traffic() -> None:
    """Below the break-even rate it is dearer, above it cheaper."""
    even = manual(HAIKU_45, 4_000, rate=0).break_even
    assert 0 < even < 600
    assert manual(HAIKU_45, 4_000, rate=even * 0.98).better == "retrieval"
    assert manual(HAIKU_45, 4_000, rate=even * 1.02).better == "manual"


def test_a_manual_beyond_the_context_does_not_fit() -> None:
    """However cheap it would be."""
    plan = manual(HAIKU_45, 250_000, rate=1e5, retrieved=190_000)
    assert (plan.fits, plan.better) == (False, "retrieval")
    assert "more than the 200,000 of claude-haiku-4-5" in plan.reason


def test_a_manual_over_the_price_band_pays_the_long_price() -> None:
    """Above 100,000 tokens of prompt, Haiku 5.5 charges five times for all of them."""
    below, above = manual(HAIKU_55, 99_000, rate=1e5), manual(HAIKU_55, 100_000, rate=1e5)
    assert above.manual_usd == pytest.approx(below.manual_usd * 5, rel=0.02)


@given(
    st.integers(min_value=1, max_value=50_000),
    st.floats(min_value=0, max_value=10_000),
    st.sampled_from(TIMES),
)
def test_a_plan_never_claims_more_than_ninety_per_cent(
    tokens: int, rate: float, ttl: CacheTime
) -> None:
    """Reads cost a tenth: the saving is bounded, and so is the loss."""
    prefix = Prefix(tokens=tokens, calls_per_hour=rate)
    plan = plan_cache(SONNET_45, SONNET_45.on("anthropic"), prefix, ttl, TODAY)
    whole = 1_000 * tokens * 3 / 1e6
    assert -whole * 1.000001 <= plan.saving_usd <= 0.9 * whole * 1.000001
    assert plan.pays == (tokens >= 1_024 and plan.saving_usd > 0)
