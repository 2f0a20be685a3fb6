"""How far a share from few cases may be off, and the curve on a small picture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.trust.binomial import at_most, upper_bound
from firstline.trust.interval import interval
from firstline.trust.thinning import spots


@pytest.mark.parametrize(
    ("yes", "count", "low", "high"),
    # Clopper and Pearson (1934), as printed in tables for 95 %.
    [(0, 10, 0.0, 0.3085), (5, 10, 0.1871, 0.8129), (10, 10, 0.6915, 1.0), (1, 20, 0.0013, 0.2487)],
)
def test_known_intervals(yes: int, count: int, low: float, high: float) -> None:
    """The interval is the one of the tables."""
    assert interval(yes, count) == pytest.approx((low, high), abs=2e-4)


@given(st.integers(min_value=1, max_value=60), st.data())
def test_the_interval_holds_its_share(count: int, data: st.DataObject) -> None:
    """The observed share lies inside, and each side leaves half of the doubt."""
    yes = data.draw(st.integers(min_value=0, max_value=count))
    low, high = interval(yes, count)
    assert low <= yes / count <= high
    if yes < count:
        assert at_most(yes, count, high) == pytest.approx(0.025, abs=1e-3)


def test_nothing_is_known_of_nothing() -> None:
    """Without cases the share may be anything; impossible counts are refused."""
    assert interval(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="cannot be"):
        interval(3, 2)


def test_the_curve_ends_at_all_replies() -> None:
    """The last point is of every reply; each bound is the exact one."""
    scores = [at / 100 for at in range(100)]
    wrong = [score < 0.2 for score in scores]
    shares, seen, bounds = spots(scores, wrong, 0.05)
    assert (shares[-1], seen[-1]) == (1.0, 0.2)
    assert seen[0] == 0.0
    assert bounds[-1] == upper_bound(20, 100, 0.05)
    assert shares == sorted(shares)


def test_a_curve_of_few() -> None:
    """Two labels make one point and break nothing."""
    shares, seen, _ = spots([0.9, 0.1], [False, True], 0.05)
    assert (shares, seen) == ([1.0], [0.5])
