"""How values are spread, and what is read from it."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.store.spread import ERROR, HIGHEST, LOWEST, Spread, edge_value

values = st.lists(st.floats(min_value=0.01, max_value=1e9), min_size=1, max_size=200)


def of(*numbers: float) -> Spread:
    """Return the spread of some values."""
    spread = Spread()
    for number in numbers:
        spread.add(number)
    return spread


@given(values, st.sampled_from([1, 50, 95, 99, 100]))
def test_a_percentile_is_within_the_stated_error(numbers: list[float], percent: int) -> None:
    """What is read differs from the exact nearest rank by at most ERROR of it."""
    exact = sorted(numbers)[max(0, ceil(len(numbers) * percent / 100) - 1)]
    read = of(*numbers).percentile(percent)
    assert read == pytest.approx(exact, rel=ERROR + 1e-6)


@given(values, values)
def test_days_add_up_to_the_whole(one: list[float], other: list[float]) -> None:
    """Merging two spreads gives the spread of all values."""
    both = of(*one)
    both.merge(of(*other))
    assert both.buckets == of(*one, *other).buckets
    assert both.total == pytest.approx(sum(one) + sum(other))


@given(values)
def test_a_spread_survives_its_text(numbers: list[float]) -> None:
    """Decoding what was encoded gives the same counts."""
    spread = of(*numbers)
    again = Spread.decode(spread.encode())
    assert again.buckets == spread.buckets
    assert again.total == pytest.approx(spread.total, abs=0.001)


def test_an_empty_spread_says_nothing() -> None:
    """There is no percentile of nothing, and its text comes back empty."""
    assert Spread().percentile(50) is None
    assert Spread.decode(Spread().encode()).count == 0


def test_odd_values_are_counted_at_the_ends() -> None:
    """Zero and less count as the least, the absurd as the most, what is no number not at all."""
    spread = of(0.0, -5.0, 1e300, float("nan"), float("inf"))
    assert spread.buckets == {LOWEST: 2, HIGHEST: 1}


@given(values, st.integers(min_value=LOWEST, max_value=HIGHEST))
def test_counts_up_to_an_edge_are_exact(numbers: list[float], edge: int) -> None:
    """A histogram cut at edges of the buckets counts every value on the right side."""
    below = sum(number <= edge_value(edge) * (1 + 1e-9) for number in numbers)
    assert of(*numbers).up_to([edge]) == (below,)


@pytest.mark.parametrize("text", ["", "1:2", "x:0:1", "0:0:a"])
def test_damaged_text_is_refused(text: str) -> None:
    """What encode never writes is an error, not a figure."""
    with pytest.raises(ValueError):  # noqa: PT011 - int, float and unpacking word it differently
        Spread.decode(text)
