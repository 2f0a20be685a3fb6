"""What a request costs, worked out by hand beside what the program says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.prices import PICO, cost, dollars, reserve
from firstline.claude.registry import load_registry
from firstline.errors import SetupError
from firstline.records import Usage
from firstline.workspace.models import ModelSettings, OwnModel

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
REGISTRY = load_registry(ModelSettings())
HAIKU_45 = REGISTRY.model("claude-haiku-4-5")
SONNET_45 = REGISTRY.model("claude-sonnet-4-5")
HAIKU_55 = REGISTRY.model("claude-haiku-5-5")
SONNET_55 = REGISTRY.model("claude-sonnet-5-5")
COUNTS = st.integers(min_value=0, max_value=30_000)


def test_a_ticket_of_the_45_profile() -> None:
    """Haiku 4.5 routes and writes, Sonnet 4.5 writes again: to the picodollar."""
    route = cost(HAIKU_45, Usage(input=612, output=34), at=NOON)
    write = cost(HAIKU_45, Usage(input=948, output=171), at=NOON)
    strong = cost(SONNET_45, Usage(input=1_204, output=188), at=NOON)
    # Haiku: $1 in, $5 out a million; Sonnet: $3 in, $15 out.
    # route   612 x $0.000001 + 34 x $0.000005  = $0.000612 + $0.000170 = $0.000782
    # write   948 x $0.000001 + 171 x $0.000005 = $0.000948 + $0.000855 = $0.001803
    # strong  1204 x $0.000003 + 188 x $0.000015 = $0.003612 + $0.002820 = $0.006432
    assert route == 782_000_000
    assert write == 1_803_000_000
    assert strong == 6_432_000_000
    assert route + write + strong == 9_017_000_000
    assert dollars(route + write + strong) == pytest.approx(0.009017, abs=1e-15)


def test_a_ticket_of_the_55_profile() -> None:
    """Haiku 5.5 routes and writes, Sonnet 5.5 reads its prefix from the cache."""
    route = cost(HAIKU_55, Usage(input=796, output=44), at=NOON)
    write = cost(HAIKU_55, Usage(input=1_233, output=222), at=NOON)
    strong = cost(SONNET_55, Usage(input=450, output=245, cache_read=1_100), at=NOON)
    # Haiku 5.5: $0.10 in, $0.50 out; Sonnet 5.5: $2 in, $10 out, $0.10 read.
    # route   796 x $0.0000001 + 44 x $0.0000005  = $0.0000796 + $0.0000220 = $0.0001016
    # write  1233 x $0.0000001 + 222 x $0.0000005 = $0.0001233 + $0.0001110 = $0.0002343
    # strong  450 x $0.000002 + 245 x $0.00001 + 1100 x $0.0000001
    #       = $0.000900 + $0.002450 + $0.000110 = $0.003460
    assert route == 101_600_000
    assert write == 234_300_000
    assert strong == 3_460_000_000
    assert route + write + strong == 3_795_900_000


def test_a_ticket_of_the_batch_lane_with_a_cache() -> None:
    """Half of everything, with a prefix written for an hour and read back."""
    first = cost(
        SONNET_55,
        Usage(input=300, output=200, cache_write=1_400),
        at=NOON,
        batch=True,
        write_1h=1_400,
    )
    second = cost(SONNET_55, Usage(input=310, output=180, cache_read=1_400), at=NOON, batch=True)
    mixed = cost(
        HAIKU_45, Usage(input=10, output=3, cache_write=5_001), at=NOON, batch=True, write_1h=5_000
    )
    # first   (300 x 2,000,000 + 200 x 10,000,000 + 1400 x 4,000,000) / 2 picodollars
    #       = (600,000,000 + 2,000,000,000 + 5,600,000,000) / 2 = 4,100,000,000
    # second  (310 x 2,000,000 + 180 x 10,000,000 + 1400 x 100,000) / 2
    #       = (620,000,000 + 1,800,000,000 + 140,000,000) / 2 = 1,280,000,000
    # mixed   (10 x 1,000,000 + 3 x 5,000,000 + 5000 x 2,000,000 + 1 x 1,250,000) / 2
    #       = (10,000,000 + 15,000,000 + 10,000,000,000 + 1,250,000) / 2 = 5,013,125,000
    assert first == 4_100_000_000
    assert second == 1_280_000_000
    assert mixed == 5_013_125_000


def test_one_token_more_makes_the_whole_request_dearer() -> None:
    """Above 100,000 tokens of prompt, Haiku 5.5 charges five times, for the answer too."""
    at_the_edge = cost(HAIKU_55, Usage(input=100_000, output=100), at=NOON)
    above = cost(HAIKU_55, Usage(input=100_001, output=100), at=NOON)
    assert at_the_edge == 100_000 * 100_000 + 100 * 500_000
    assert above == 100_001 * 500_000 + 100 * 2_500_000


@pytest.mark.parametrize(
    ("usage", "pico"),
    [
        (Usage(input=1, cache_read=100_000), 500_000 + 100_000 * 50_000),
        (Usage(input=1, cache_write=100_000), 500_000 + 100_000 * 625_000),
        (Usage(input=1, cache_read=99_999), 100_000 + 99_999 * 10_000),
    ],
)
def test_cached_tokens_count_towards_the_band(usage: Usage, pico: int) -> None:
    """The prompt is fresh, read and written tokens together."""
    assert cost(HAIKU_55, usage, at=NOON) == pico


def test_a_price_holds_from_its_day_in_utc() -> None:
    """Sonnet 5.5's reads cost half from 2026-10-07 on, whatever the clock on the wall says."""
    read = Usage(cache_read=1_000)
    before = datetime(2026, 10, 6, 23, 59, 59, tzinfo=UTC)
    assert cost(SONNET_55, read, at=before) == 1_000 * 200_000
    assert cost(SONNET_55, read, at=before + timedelta(seconds=1)) == 1_000 * 100_000
    sydney = timezone(timedelta(hours=11))
    still_the_sixth = datetime(2026, 10, 7, 10, tzinfo=sydney)
    assert cost(SONNET_55, read, at=still_the_sixth) == 1_000 * 200_000


def test_a_day_without_a_price_is_refused() -> None:
    """Before a model was sold it has no price, and none is made up."""
    with pytest.raises(SetupError, match=r"no price of claude-haiku-5-5 for 2026-10-06"):
        cost(HAIKU_55, Usage(input=1), at=datetime(2026, 10, 6, tzinfo=UTC))


def test_a_regional_endpoint_costs_a_tenth_more() -> None:
    """On everything, and on top of the batch price, without losing a picodollar."""
    usage = Usage(input=1, output=1, cache_read=1, cache_write=2)
    plain = 100_000 + 500_000 + 10_000 + 125_000 + 200_000
    assert cost(HAIKU_55, usage, at=NOON, write_1h=1) == plain == 935_000
    assert cost(HAIKU_55, usage, at=NOON, write_1h=1, regional=True) == 1_028_500
    assert cost(HAIKU_55, usage, at=NOON, write_1h=1, regional=True, batch=True) == 514_250


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.booleans(), st.booleans())
def test_listed_prices_are_exact(
    fresh: int, written: int, read: int, out: int, batch: bool, regional: bool
) -> None:
    """Every listed price is a whole number of picodollars, so the sum of parts is the whole."""
    usage = Usage(input=fresh, output=out, cache_read=read, cache_write=written)
    for model in REGISTRY.models.values():
        whole = cost(model, usage, at=NOON, batch=batch, regional=regional)
        band = fresh + read + written
        price = max(
            (item for item in model.prices if item.up_to is None or band <= item.up_to),
            key=lambda item: (item.since, item.up_to or 0),
        )
        assert price.write_5m is not None
        assert price.read is not None
        parts = (
            fresh * int(price.input)
            + out * int(price.output)
            + written * int(price.write_5m)
            + read * int(price.read)
        )
        tenths = parts * (5 if batch else 10) * (11 if regional else 10)
        assert tenths % 100 == 0
        assert whole == tenths // 100


def test_a_fraction_of_a_picodollar_counts_as_one() -> None:
    """A price of one's own may be finer than a picodollar a token; it is never rounded away."""
    settings = ModelSettings(own=(OwnModel(id="tiny", input_usd=0.000_000_3, output_usd=0.0),))
    tiny = load_registry(settings).model("tiny")
    assert cost(tiny, Usage(input=1), at=NOON) == 1
    assert cost(tiny, Usage(input=10), at=NOON) == 3


def test_a_model_without_cache_prices_cannot_be_billed_for_a_cache() -> None:
    """What is not known is refused, not counted as free."""
    settings = ModelSettings(own=(OwnModel(id="local", input_usd=0, output_usd=0),))
    local = load_registry(settings).model("local")
    assert cost(local, Usage(input=900, output=90), at=NOON) == 0
    with pytest.raises(SetupError, match=r"no price for cached tokens of local"):
        cost(local, Usage(cache_read=1), at=NOON)


def test_more_hour_long_tokens_than_written_means_all_of_them() -> None:
    """A server's contradictory report does not lose a paid answer."""
    usage = Usage(cache_write=10)
    assert cost(HAIKU_45, usage, at=NOON, write_1h=99) == 10 * 2_000_000
    assert cost(HAIKU_45, usage, at=NOON, write_1h=-1) == 10 * 1_250_000


@given(COUNTS, st.integers(min_value=1, max_value=4_000), st.booleans())
def test_a_reservation_covers_what_the_request_can_cost(
    prompt: int, most: int, regional: bool
) -> None:
    """However the prompt is cached and however long the answer gets."""
    for cache, hour in (("off", 0), ("5m", 0), ("1h", prompt)):
        reserved = reserve(HAIKU_45, prompt, most, NOON, regional=regional, cache=cache)
        written = 0 if cache == "off" else prompt
        worst = Usage(input=prompt - written, output=most, cache_write=written)
        read = Usage(cache_read=prompt if cache != "off" else 0, output=most)
        assert reserved >= cost(HAIKU_45, worst, at=NOON, write_1h=hour, regional=regional)
        assert reserved >= cost(HAIKU_45, read, at=NOON, regional=regional)


def test_picodollars_are_shown_as_dollars() -> None:
    """A million millionths of a millionth."""
    assert dollars(PICO) == 1
    assert dollars(3_795_900_000) == pytest.approx(0.0037959)
