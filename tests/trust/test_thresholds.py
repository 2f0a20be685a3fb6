"""Choosing a threshold: only what the fixed sequence allows."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.trust.thresholds import Grid, choose, grid_of


def test_a_grid_falls_and_knows_its_starts() -> None:
    """Thresholds fall from strict to lenient; ties are one threshold; starts stay in place."""
    grid = grid_of(np.linspace(0, 1, 1001))
    assert list(grid.thresholds) == sorted(set(grid.thresholds), reverse=True)
    assert [round(grid.thresholds[at], 2) for at in grid.starts] == [0.9, 0.8, 0.65, 0.5]
    assert grid.thresholds[-1] == 0
    tied = grid_of([0.9] * 50 + [0.1] * 50)
    assert tied.thresholds == (0.9, 0.1)
    assert tied.starts == (0,)
    with pytest.raises(ValueError, match="other tickets"):
        grid_of([])


def test_clean_labels_certify_as_far_as_they_are_clean() -> None:
    """The walk goes on to the last threshold that holds, and counts what is above it."""
    scores = np.linspace(1, 0, 2000, endpoint=False)
    wrong = scores < 0.5
    chosen = choose(scores, wrong, grid_of(np.linspace(0, 1, 999)), alpha=0.02, delta=0.05)
    assert chosen is not None
    assert 0.48 < chosen.threshold <= 0.52
    assert chosen.errors <= 0.02 * chosen.count
    assert chosen.bound <= 0.02
    assert chosen.coverage == chosen.count / 2000


def test_a_hole_in_the_walk_ends_it() -> None:
    """What is lenient and looks good behind a threshold that failed is not reached by that walk."""
    scores = np.asarray([0.9] * 100 + [0.5] * 900)
    wrong = np.asarray([True] * 10 + [False] * 990)
    one = Grid(thresholds=(0.9, 0.5), starts=(0,))
    assert choose(scores, wrong, one, alpha=0.02, delta=0.05) is None
    two = Grid(thresholds=(0.9, 0.5), starts=(0, 1))
    chosen = choose(scores, wrong, two, alpha=0.02, delta=0.05)
    assert chosen is not None
    assert (chosen.threshold, chosen.count, chosen.errors) == (0.5, 1000, 10)


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [([], []), ([0.9] * 148, [False] * 148), ([0.9] * 500, [True] * 500)],
    ids=["none", "too few", "all wrong"],
)
def test_what_shows_nothing_certifies_nothing(scores: list[float], wrong: list[bool]) -> None:
    """No labels, too few, or bad ones give no threshold."""
    grid = Grid(thresholds=(0.9, 0.5), starts=(0,))
    assert choose(scores, wrong, grid, alpha=0.02, delta=0.05) is None


def test_scores_that_are_none_are_refused() -> None:
    """A score that is no number, or labels that do not match, never certify."""
    grid = Grid(thresholds=(0.5,), starts=(0,))
    with pytest.raises(ValueError, match="not a number"):
        choose([float("nan")], [False], grid, alpha=0.02, delta=0.05)
    with pytest.raises(ValueError, match="one label"):
        choose([0.5, 0.6], [False], grid, alpha=0.02, delta=0.05)
