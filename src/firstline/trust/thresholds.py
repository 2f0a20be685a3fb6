"""Choosing the score from which replies may go out, so that the promise holds.

Looking for the threshold at which the *observed* error is small enough breaks the promise in
about half of all cases, because the best-looking of many thresholds looks better than it is. Here
a grid of thresholds is laid down before any label is seen, and walked from strict to lenient as a
fixed sequence of exact binomial tests: each step is allowed only while all before it held, so no
correction is paid for the steps (Angelopoulos et al., Learn then Test, 2021). A walk may begin at
several places; those share delta among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firstline.trust.binomial import shows, upper_bound

STARTS = (0.10, 0.20, 0.35, 0.50)
"""Shares of the traffic at which walks begin. Few cases show little, so a walk that begins at the
strictest threshold often ends there for want of cases; one that begins too far in fails for want
of quality. Four beginnings cost little and cover both."""
STEP = 0.025
"""Share of the traffic from one threshold to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Thresholds laid down beforehand, strict to lenient, and where walks begin."""

    thresholds: tuple[float, ...]
    starts: tuple[int, ...]
    """Indices into `thresholds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The most lenient threshold that was shown to hold."""

    threshold: float
    count: int
    """Labelled cases at or above it."""
    errors: int
    bound: float
    """Upper bound of the error rate at the confidence its own walk used."""
    coverage: float
    """Share of all labelled cases that are at or above it."""


def grid_of(scores: ArrayLike, *, starts: Sequence[float] = STARTS, step: float = STEP) -> Grid:
    """Return the grid for traffic whose scores look like these.

    Args:
        scores: Of any other tickets, labelled or not, shape (n,). They must not be those the
            certificate is made of: a grid that follows the labels proves nothing.
        starts: Shares of the traffic at which walks begin.
        step: Share of the traffic between thresholds.
    """
    known = np.sort(np.asarray(scores, dtype=np.float64))[::-1]
    if not known.size:
        raise ValueError("a grid needs scores of other tickets")
    first = min(starts)
    shares = np.arange(first, 1 + step / 2, step)
    at = np.clip(np.ceil(shares * known.size).astype(int) - 1, 0, known.size - 1)
    thresholds = known[at]
    begin = tuple(int(np.argmin(np.abs(shares - share))) for share in starts)
    return _distinct(thresholds, begin)


def _distinct(thresholds: NDArray[np.float64], starts: tuple[int, ...]) -> Grid:
    """Drop thresholds that equal the one before: a test twice done shows nothing new."""
    kept: list[float] = []
    place: list[int] = []
    for value in thresholds:
        if not kept or value < kept[-1]:
            kept.append(float(value))
        place.append(len(kept) - 1)
    return Grid(thresholds=tuple(kept), starts=tuple(sorted({place[at] for at in starts})))


def choose(
    scores: ArrayLike, wrong: ArrayLike, grid: Grid, *, alpha: float, delta: float
) -> Chosen | None:
    """Return the most lenient threshold above which at most `alpha` is wrong, or None.

    The statement is wrong with probability at most `delta`, over the draw of the labelled cases.

    Args:
        scores: Of a random sample of the traffic, shape (n,), higher is surer.
        wrong: Whether each reply was wrong, shape (n,).
        grid: Laid down without these labels.
        alpha: Share of wrong replies that is acceptable among those sent.
        delta: Probability of being mistaken that is acceptable.
    """
    counts, errors = _above(scores, wrong, grid)
    share = delta / max(len(grid.starts), 1)
    best = -1
    for start in grid.starts:
        for at in range(start, len(grid.thresholds)):
            if not shows(int(errors[at]), int(counts[at]), alpha=alpha, delta=share):
                break
            best = max(best, at)
    if best < 0:
        return None
    count, seen = int(counts[best]), int(errors[best])
    return Chosen(
        threshold=grid.thresholds[best],
        count=count,
        errors=seen,
        bound=upper_bound(seen, count, share),
        coverage=count / max(np.asarray(scores).size, 1),
    )


def _above(
    scores: ArrayLike, wrong: ArrayLike, grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many cases, and how many wrong ones, are at or above each threshold."""
    values = np.asarray(scores, dtype=np.float64)
    bad = np.asarray(wrong, dtype=bool)
    if values.shape != bad.shape or values.ndim != 1:
        raise ValueError("there must be one label for each score")
    if not np.isfinite(values).all():
        raise ValueError("a score is not a number")
    order = np.argsort(-values)
    falling = values[order]
    sums = np.concatenate(([0], np.cumsum(bad[order])))
    counts = np.searchsorted(-falling, -np.asarray(grid.thresholds), side="right")
    return counts.astype(np.int64), sums[counts].astype(np.int64)
