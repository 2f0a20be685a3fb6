"""Exact statements about an error rate from counts: no approximation, no library to load.

Clopper and Pearson (1934), one-sided: the upper bound is the error rate at which so few errors
would be seen with probability delta only.
"""

from __future__ import annotations

from math import ceil, exp, lgamma, log, log1p

_STEPS = 60
"""Halvings of the interval from 0 to 1: more than a float can tell apart."""


def at_most(errors: int, count: int, rate: float) -> float:
    """Return the probability of at most `errors` in `count` independent cases at this rate."""
    _require(errors, count)
    if errors >= count or rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    yes, no = log(rate), log1p(-rate)
    whole = lgamma(count + 1)
    total = 0.0
    for seen in range(errors, -1, -1):
        term = exp(
            whole - lgamma(seen + 1) - lgamma(count - seen + 1) + seen * yes + (count - seen) * no
        )
        total += term
        if seen < count * rate and term < total * 1e-17:
            break
    return min(total, 1.0)


def upper_bound(errors: int, count: int, delta: float) -> float:
    """Return the rate that the true one exceeds with probability at most `delta`."""
    _require(errors, count)
    if errors >= count:
        return 1.0
    low, high = errors / count, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if at_most(errors, count, middle) > delta:
            low = middle
        else:
            high = middle
    return high


def shows(errors: int, count: int, *, alpha: float, delta: float) -> bool:
    """Whether the counts show an error rate of at most `alpha` with confidence `1 - delta`."""
    return count > 0 and at_most(errors, count, alpha) <= delta


def needed(alpha: float, delta: float, *, errors: int = 0) -> int:
    """Return how many cases with this many errors among them show a rate of at most `alpha`."""
    if not 0 < alpha < 1 or not 0 < delta < 1:
        raise ValueError("alpha and delta are probabilities between 0 and 1")
    if not errors:
        return ceil(log(delta) / log1p(-alpha))
    low, high = errors, max(ceil((errors + 1) / alpha), 1)
    while not shows(errors, high, alpha=alpha, delta=delta):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if shows(errors, middle, alpha=alpha, delta=delta):
            high = middle
        else:
            low = middle + 1
    return high


def _require(errors: int, count: int) -> None:
    if not 0 <= errors <= count:
        raise ValueError(f"{errors} errors among {count} cases cannot be")
