"""A share with its exact interval, from an even sample or one drawn with known probabilities. Pure.

Interval: Clopper and Pearson (1934), two-sided. Estimate: Horvitz and Thompson (1952) in Hajek's
form, each case weighted by one over the probability with which it was drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from firstline.trust.binomial import upper_bound

DELTA = 0.05
"""Probability with which the interval may miss the true share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A case that was looked at."""

    name: str
    """By which it is told apart; decides by lot what is left out of an uneven sample."""
    holds: bool
    inclusion: float = 1.0
    """Probability with which it was drawn, above 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of a population, as far as a sample tells."""

    count: int
    """Cases looked at."""
    holding: int
    estimate: float
    """Each case counted as many times as it stands for."""
    low: float
    high: float
    used: int
    """Cases the interval rests on: fewer than `count` where they were drawn unevenly, because an
    exact interval needs an even sample."""


def share(cases: Sequence[Drawn], *, delta: float = DELTA) -> Share | None:
    """Return the share of cases that hold, or None when nothing was looked at.

    Args:
        cases: A random sample, each case once, drawn with the probabilities they name.
        delta: Probability with which the interval may miss the true share.

    Raises:
        ValueError: A probability is not above 0 and at most 1.
    """
    if any(not 0 < case.inclusion <= 1 for case in cases):
        raise ValueError("a case is drawn with a probability above 0 and at most 1")
    if not cases:
        return None
    weight = sum(1 / case.inclusion for case in cases)
    holding = sum(1 / case.inclusion for case in cases if case.holds)
    even = _even(cases)
    low, high = interval(sum(case.holds for case in even), len(even), delta=delta)
    estimate = holding / weight
    return Share(
        count=len(cases),
        holding=sum(case.holds for case in cases),
        estimate=estimate,
        low=min(low, estimate),
        high=max(high, estimate),
        used=len(even),
    )


def interval(holding: int, count: int, *, delta: float = DELTA) -> tuple[float, float]:
    """Return the exact two-sided interval of a share; 0 to 1 when nothing was counted."""
    if not count:
        return 0.0, 1.0
    half = delta / 2
    return 1 - upper_bound(count - holding, count, half), upper_bound(holding, count, half)


def _even(cases: Sequence[Drawn]) -> list[Drawn]:
    """Thin a sample to one in which each case was drawn with the same probability.

    Which ones stay is decided by a hash of their names, so nobody draws until the result pleases.
    """
    least = min(case.inclusion for case in cases)
    return [case for case in cases if _lot(case.name) < least / case.inclusion]


def _lot(name: str) -> float:
    number = int.from_bytes(hashlib.sha256(f"share:{name}".encode()).digest()[:8])
    return number / 2**64
