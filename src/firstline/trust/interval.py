"""How far a share from few cases may be off: the interval of Clopper and Pearson (1934)."""

from __future__ import annotations

from functools import lru_cache

from firstline.trust.binomial import at_most

DOUBT = 0.05
"""Probability that the true share lies outside, both sides together."""
_STEPS = 20
"""Halvings: a millionth is more than anybody reads."""


@lru_cache(maxsize=8_192)
def interval(yes: int, count: int, doubt: float = DOUBT) -> tuple[float, float]:
    """Return between which shares the true one lies, with probability 1 - `doubt` at least.

    Args:
        yes: Cases that count.
        count: All cases; without any, nothing is known: from 0 to 1.
        doubt: What may be missed, half of it on each side.
    """
    if not 0 <= yes <= count:
        raise ValueError(f"{yes} of {count} cases cannot be")
    if not count:
        return 0.0, 1.0
    low = 1.0 - _upper(count - yes, count, doubt / 2)
    return low, _upper(yes, count, doubt / 2)


def _upper(yes: int, count: int, doubt: float) -> float:
    if yes >= count:
        return 1.0
    low, high = yes / count, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if at_most(yes, count, middle) > doubt:
            low = middle
        else:
            high = middle
    return high
