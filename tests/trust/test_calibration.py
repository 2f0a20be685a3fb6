"""A fitted score: readable, versioned, and honest about what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.trust.calibration import NotFittedError, auroc, card, fit


def sample(count: int, seed: int = 1) -> tuple[list[dict[str, float]], list[bool]]:
    """Return replies whose rightness depends on `proof` and not on `noise`."""
    draw = np.random.default_rng(seed)
    rows, right = [], []
    for _ in range(count):
        proof, noise = draw.normal(), draw.normal()
        rows.append({"proof": proof, "noise": noise, "always": 1.0})
        right.append(bool(draw.random() < 1 / (1 + np.exp(-1.5 - 2 * proof))))
    return rows, right


def test_a_fit_finds_what_matters() -> None:
    """Weights come near the truth, the score is calibrated, the noise unimportant."""
    calibration = fit(*sample(4000))
    weights = dict(zip(calibration.names, calibration.weights, strict=True))
    assert weights["proof"] == pytest.approx(2, abs=0.25)
    assert abs(weights["noise"]) < 0.15
    assert calibration.intercept == pytest.approx(1.5, abs=0.2)
    told = card(calibration, *sample(4000, seed=2))
    assert told.ece < 0.03
    assert told.auroc is not None
    assert told.auroc > 0.8
    assert told.importance[0][0] == "proof"
    assert sum(one.count for one in told.bins) == 4000


def test_a_version_changes_with_the_fit_only() -> None:
    """The same labels give the same version, other labels another."""
    assert fit(*sample(300)).version == fit(*sample(300)).version
    assert fit(*sample(300)).version != fit(*sample(301)).version


def test_separable_labels_give_finite_weights() -> None:
    """Labels that one feature separates perfectly do not run away."""
    rows = [{"a": float(at)} for at in range(40)]
    calibration = fit(rows, [at >= 20 for at in range(40)])
    assert np.isfinite(calibration.weights).all()
    assert calibration.score({"a": 40.0}) > 0.9
    assert calibration.score({"a": 0.0}) < 0.1


@pytest.mark.parametrize("right", [[], [True] * 9, [True] * 500, [False] * 500, [True, False] * 9])
def test_labels_that_carry_no_fit_are_named(right: list[bool]) -> None:
    """None, few, or one kind of labels give a sentence with their numbers, not a score."""
    with pytest.raises(NotFittedError, match=f"^{len(right)} labels"):
        fit([{"a": 1.0}] * len(right), right)


def test_features_that_are_no_numbers_are_refused() -> None:
    """A feature that is not finite cannot be fitted on."""
    with pytest.raises(ValueError, match="not a number"):
        fit([{"a": float("inf")}] * 40, [True, False] * 20)


def test_the_area_counts_ties_half_and_needs_both_kinds() -> None:
    """Equal scores say nothing; one kind only has no area."""
    right = np.asarray([True, False])
    assert auroc(np.asarray([0.5, 0.5]), right) == 0.5
    assert auroc(np.asarray([0.9, 0.1]), right) == 1.0
    assert auroc(np.asarray([0.9, 0.1]), np.asarray([True, True])) is None
