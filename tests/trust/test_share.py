"""A share and its exact interval, from even and uneven samples."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.trust.share import Drawn, interval, share


def cases(right: int, count: int, inclusion: float = 1.0, prefix: str = "t") -> list[Drawn]:
    """Return a sample of which so many hold."""
    return [
        Drawn(name=f"{prefix}{at}", holds=at < right, inclusion=inclusion) for at in range(count)
    ]


def test_nothing_says_nothing() -> None:
    """Without a case there is no share, and any rate is possible."""
    assert share([]) is None
    assert interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [
        (10, 10, 0.6915, 1.0),
        (9, 10, 0.5550, 0.9975),
        (0, 20, 0.0, 0.1684),
        (45, 50, 0.7819, 0.9667),
    ],
)
def test_the_interval_is_clopper_and_pearsons(
    right: int, count: int, low: float, high: float
) -> None:
    """The bounds are those of the published tables."""
    found = share(cases(right, count))
    assert found is not None
    assert found.estimate == right / count
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert (found.count, found.holding, found.used) == (count, right, count)


def test_an_uneven_sample_is_weighted() -> None:
    """A case drawn with one in ten stands for ten."""
    mixed = [*cases(0, 10, 1.0, "a"), *cases(10, 10, 0.1, "b")]
    found = share(mixed)
    assert found is not None
    assert found.estimate == pytest.approx(100 / 110)
    assert found.count == 20
    assert found.used < 20
    assert found.low <= found.estimate <= found.high


def test_the_same_sample_gives_the_same_interval() -> None:
    """Which cases are left out hangs on their names, not on their order."""
    mixed = [*cases(4, 30, 0.5, "a"), *cases(20, 30, 0.2, "b")]
    assert share(mixed) == share(mixed[::-1])


def test_an_interval_of_an_uneven_sample_holds_the_truth() -> None:
    """In 200 populations of which two parts are drawn unevenly, it misses in at most 5 % (+2)."""
    dice, missed = np.random.default_rng(11), 0
    for trial in range(200):
        population = [(f"{trial}:{at}", at % 3 == 0, at % 10 == 0) for at in range(600)]
        truth = sum(wrong for _, wrong, _ in population) / len(population)
        drawn = [
            Drawn(name=name, holds=holds, inclusion=0.9 if rare else 0.2)
            for name, holds, rare in population
            if dice.random() < (0.9 if rare else 0.2)
        ]
        found = share(drawn)
        assert found is not None
        missed += not found.low <= truth <= found.high
    assert missed <= 12


@pytest.mark.parametrize("inclusion", [0.0, -0.1, 1.5])
def test_an_impossible_probability_is_refused(inclusion: float) -> None:
    """A case that could not have been drawn was not."""
    with pytest.raises(ValueError, match="probability"):
        share(cases(1, 2, inclusion))
