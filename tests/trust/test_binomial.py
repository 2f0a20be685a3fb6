"""Exact binomial statements, against tables and against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from firstline.trust.binomial import at_most, needed, shows, upper_bound

NEEDED = {
    0.02: {0: 149, 1: 236, 2: 313, 3: 386, 5: 523, 10: 845, 20: 1449},
    0.01: {0: 299, 1: 473, 2: 628, 3: 773, 5: 1049, 10: 1693, 20: 2902},
    0.005: {0: 598, 1: 947, 2: 1258, 3: 1549, 5: 2100, 10: 3389, 20: 5808},
}


@pytest.mark.parametrize("alpha", NEEDED)
def test_the_labels_a_promise_needs(alpha: float) -> None:
    """As many labels are asked for as the published table of exact bounds says."""
    for errors, count in NEEDED[alpha].items():
        assert needed(alpha, 0.05, errors=errors) == count
        assert shows(errors, count, alpha=alpha, delta=0.05)
        assert not shows(errors, count - 1, alpha=alpha, delta=0.05)


@given(st.integers(1, 4000), st.data())
def test_the_tail_agrees_with_scipy(count: int, data: st.DataObject) -> None:
    """The tail probability is scipy's, for any counts and rate."""
    errors = data.draw(st.integers(0, count))
    rate = data.draw(st.floats(0.0005, 0.9995))
    assert at_most(errors, count, rate) == pytest.approx(
        float(binom.cdf(errors, count, rate)), rel=1e-6, abs=1e-12
    )


@given(st.integers(1, 4000), st.floats(0.001, 0.3), st.data())
def test_the_bound_is_clopper_and_pearsons(count: int, delta: float, data: st.DataObject) -> None:
    """The upper bound is the quantile of the beta distribution it is known as."""
    errors = data.draw(st.integers(0, count - 1))
    expected = float(beta.ppf(1 - delta, errors + 1, count - errors))
    assert upper_bound(errors, count, delta) == pytest.approx(expected, abs=1e-9)


def test_a_hundred_clean_labels_do_not_show_two_per_cent() -> None:
    """0 errors in 100 bound the rate at 2.95 %, and nothing is shown by no labels at all."""
    assert upper_bound(0, 100, 0.05) == pytest.approx(0.0295, abs=5e-5)
    assert not shows(0, 100, alpha=0.02, delta=0.05)
    assert not shows(0, 0, alpha=0.02, delta=0.05)
    assert upper_bound(0, 0, 0.05) == upper_bound(3, 3, 0.05) == 1.0


def test_impossible_counts_are_refused() -> None:
    """More errors than cases, negative counts and rates that are none are refused."""
    for errors, count in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="cannot be"):
            at_most(errors, count, 0.1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed(0, 0.05)
