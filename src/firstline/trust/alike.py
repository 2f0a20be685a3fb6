"""Does a sample look like what it was drawn from?

Two-sample test of Kolmogorov and Smirnov, with the asymptotic distribution. Labels of the easy
replies alone would certify anything; this catches them without knowing why they were chosen.
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numpy.typing import ArrayLike

_TERMS = 100
_SMALL = 0.2
"""Below this the series hardly converges, and the probability is 1 to many places."""


def distance(sample: ArrayLike, whole: ArrayLike) -> float:
    """Return the largest difference of the two distributions, 0 to 1; 0 if either is empty."""
    left = np.sort(np.asarray(sample, dtype=np.float64))
    right = np.sort(np.asarray(whole, dtype=np.float64))
    if not left.size or not right.size:
        return 0.0
    at = np.concatenate([left, right])
    below = np.searchsorted(left, at, side="right") / left.size
    under = np.searchsorted(right, at, side="right") / right.size
    return float(np.abs(below - under).max())


def likelihood(sample: ArrayLike, whole: ArrayLike) -> float:
    """Return how likely a random sample would differ at least as much from the whole.

    Too large rather than too small where scores are equal or the sample is part of the whole.
    """
    count, total = np.asarray(sample).size, np.asarray(whole).size
    if not count or not total:
        return 1.0
    scaled = distance(sample, whole) * sqrt(count * total / (count + total))
    if scaled < _SMALL:
        return 1.0
    found = 2 * sum((-1) ** (at - 1) * exp(-2 * (at * scaled) ** 2) for at in range(1, _TERMS + 1))
    return float(min(1.0, max(0.0, found)))
