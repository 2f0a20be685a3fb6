"""Agreement: known values from the literature, symmetry, and nothing where nothing can be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.trust.agreement import alpha, kappa, pairs, together

TABLE = [True] * 20 + [True] * 5 + [False] * 10 + [False] * 15
OTHER = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15


def test_kappa_of_the_textbook_example() -> None:
    """20 both yes, 15 both no, 5 and 10 apart: agreement 0.7, by chance 0.5, kappa 0.4."""
    assert kappa(TABLE, OTHER) == pytest.approx(0.4)


def test_alpha_of_krippendorffs_example() -> None:
    """Two observers, ten binary values of which six agree: alpha 0.095 (Krippendorff 2011)."""
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(list(zip(first, second, strict=True))) == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_several_observers_with_gaps() -> None:
    """Four observers, five nominal values, some missing: alpha 0.743 (Krippendorff 2011)."""
    a, b = [1, 2, 3, 3, 2, 1, 4, 1, 2], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5]
    c, d = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1]
    rows = [[*row, *([None] * (12 - len(row)))] for row in (a, b, c, d)]
    units = [[value for value in unit if value is not None] for unit in zip(*rows, strict=True)]
    assert alpha(units) == pytest.approx(0.743, abs=5e-4)


def test_nothing_is_said_where_nothing_can_be() -> None:
    """No common labels, or one and the same label everywhere, have no kappa and no alpha."""
    assert kappa([], []) is None
    assert kappa([True] * 5, [True] * 5) is None
    assert alpha([]) is None
    assert alpha([[True], [False]]) is None
    assert alpha([[True, True], [True, True]]) is None
    with pytest.raises(ValueError, match="same things"):
        kappa([True], [])


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60))
def test_kappa_is_symmetric_and_at_most_one(both: list[tuple[bool, bool]]) -> None:
    """It does not matter who is asked first; perfect agreement is 1."""
    first, second = [one for one, _ in both], [other for _, other in both]
    value = kappa(first, second)
    assert value == kappa(second, first)
    assert value is None or -1 <= value <= 1
    if first == second and len(set(first)) > 1:
        assert value == pytest.approx(1)


def test_people_are_compared_on_what_they_share() -> None:
    """Each pair by itself, with how many it rests on; all together by alpha."""
    labels = {
        "ann": {"t1": True, "t2": False, "t3": False},
        "bo": {"t2": False, "t3": True, "t4": True},
        "cy": {"t9": True},
    }
    (only,) = pairs(labels)
    assert (only.who, only.count, only.observed) == (("ann", "bo"), 2, 0.5)
    everybody = together(labels)
    assert (everybody.count, everybody.observed) == (2, 0.5)
    assert everybody.who == ("ann", "bo", "cy")
