"""The risk-coverage curve as a few points: what is seen on a small picture and no more."""

from __future__ import annotations

from collections.abc import Sequence

from firstline.trust.binomial import upper_bound

_POINTS = 24
_LEAST = 10
"""Replies below which an observed share says nothing worth drawing."""


def spots(
    scores: Sequence[float], wrong: Sequence[bool], delta: float
) -> tuple[list[float], list[float], list[float]]:
    """Return shares sent, what was wrong among them, and an upper bound of that.

    Args:
        scores: Of labelled replies.
        wrong: Whether each was wrong.
        delta: One-sided doubt of the bound, at each point by itself.
    """
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    total = len(order)
    errors, running = [], 0
    for at in order:
        running += wrong[at]
        errors.append(running)
    least = min(_LEAST, total)
    counts = sorted(
        {least + round((total - least) * step / (_POINTS - 1)) for step in range(_POINTS)}
    )
    shares = [count / total for count in counts]
    seen = [errors[count - 1] / count for count in counts]
    bounds = [upper_bound(errors[count - 1], count, delta) for count in counts]
    return shares, seen, bounds
