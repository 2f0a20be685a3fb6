"""A sample by lot passes for what it was drawn from; a chosen one does not."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.trust.alike import distance, likelihood


def test_the_distance_is_the_largest_gap() -> None:
    """Everything below everything else is 1, the same values are 0, half apart is a half."""
    assert distance([1, 2], [3, 4]) == 1
    assert distance([1, 2, 3], [3, 2, 1]) == 0
    assert distance([1, 1, 5, 5], [1, 1, 1, 1]) == 0.5
    assert distance([], [1]) == 0


def test_the_likelihood_is_the_known_one() -> None:
    """The series of Kolmogorov: 1.36 has 4.9 %, 1.63 has 1 %."""
    whole = np.arange(20_000) / 20_000
    for scaled, told in ((1.36, 0.0494), (1.63, 0.0098)):
        shift = scaled / np.sqrt(10_000)
        assert likelihood(whole + shift, whole) == pytest.approx(told, abs=0.002)
    assert likelihood([], [1]) == 1
    assert likelihood([1], [1]) == 1


def test_random_samples_pass_and_chosen_ones_do_not() -> None:
    """Of 200 random samples hardly one is refused at 0.001; the best half always is."""
    draw = np.random.default_rng(4)
    whole = draw.beta(5, 2, 2_000)
    found = [likelihood(draw.choice(whole, 300, replace=False), whole) for _ in range(200)]
    assert sum(value < 0.001 for value in found) <= 1
    assert likelihood(np.sort(whole)[-300:], whole) < 1e-9
