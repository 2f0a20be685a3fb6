"""Our certificates beside MAPIE's (Taquet et al.): the same procedure, a sharper test.

MAPIE is a development dependency only; where it is missing these tests skip.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from firstline.trust.binomial import at_most
from firstline.trust.thresholds import Grid, choose, grid_of

ALPHA, DELTA = 0.02, 0.05
risk_control: Any = pytest.importorskip("mapie.risk_control")


def world(seed: int, count: int) -> tuple[NDArray[np.float64], NDArray[np.bool_], Grid]:
    """Return scores, which are wrong, and a grid of other scores."""
    draw = np.random.default_rng(seed)
    scores = draw.random(count)
    wrong = draw.random(count) < 0.169 * (1 - scores) ** 3
    return scores, wrong, grid_of(draw.random(5000), starts=(0.10, 0.325, 0.55, 0.775))


@pytest.mark.parametrize("seed", range(12))
def test_the_walk_is_mapies(seed: int) -> None:
    """With the same p-values and starts, MAPIE allows the same thresholds."""
    procedures: Any = pytest.importorskip("mapie.risk_control.fwer_control")
    scores, wrong, grid = world(seed, 1500)
    thresholds = grid.thresholds[:36]
    starts = tuple(range(0, 36, 9))
    chosen = choose(
        scores, wrong, Grid(thresholds=thresholds, starts=starts), alpha=ALPHA, delta=DELTA
    )
    values = [
        at_most(int(wrong[scores >= at].sum()), int((scores >= at).sum()), ALPHA)
        for at in thresholds
    ]
    allowed = procedures.control_fwer(
        np.asarray(values), DELTA, procedures.FWERFixedSequenceTesting(n_starts=4)
    )
    expected = thresholds[max(allowed)] if len(allowed) else None
    assert (chosen.threshold if chosen else None) == expected


@pytest.mark.parametrize("seed", range(6))
def test_what_mapie_certifies_we_certify(seed: int) -> None:
    """MAPIE's test is not exact, so it allows less: never a threshold beyond ours."""
    scores, wrong, grid = world(seed, 4000)
    params = np.asarray(grid.thresholds)
    controller = risk_control.BinaryClassificationController(
        predict_function=lambda rows: np.column_stack([1 - rows[:, 0], rows[:, 0]]),
        risk="precision",
        target_level=1 - ALPHA,
        confidence_level=1 - DELTA,
        list_predict_params=params,
        fwer_method="bonferroni",
    )
    controller.calibrate(scores[:, None], (~wrong).astype(int))
    theirs = controller.valid_predict_params
    chosen = choose(scores, wrong, grid, alpha=ALPHA, delta=DELTA)
    if len(theirs):
        assert chosen is not None
        assert chosen.threshold <= min(theirs)
