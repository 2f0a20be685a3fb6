"""What a threshold costs: wrong replies on one side, people's time on the other.

A reply at or above the threshold goes out, and costs something if it is wrong. One below is read
by a person, and costs something more if it turns out wrong, because the ticket then has to be
answered from the start. This is arithmetic about money, not a promise: the certificate is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from firstline.trust.thresholds import Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What things cost, in any one currency."""

    wrong: float
    """A wrong reply that a customer got."""
    review: float
    """A person reading a draft."""
    escalation: float
    """A person answering from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPoint:
    """What a threshold would cost for each reply, by the labels."""

    threshold: float | None
    """None: nothing goes out."""
    sent: float
    """Share of the labelled replies that would go out."""
    wrong: float
    """Share of those that was wrong, as observed: no bound."""
    cost: float
    """In the mean, for each labelled reply, sent or not."""


def costs(
    scores: ArrayLike, wrong: ArrayLike, prices: Sequence[Prices], grid: Grid
) -> tuple[CostPoint, ...]:
    """Return what each threshold of the grid would cost, and what sending nothing does, first.

    Args:
        scores: Of labelled replies, shape (n,), n > 0.
        wrong: Whether each was wrong, shape (n,).
        prices: For each reply, those of its intent.
        grid: The thresholds to compare.
    """
    values = np.asarray(scores, dtype=np.float64)
    bad = np.asarray(wrong, dtype=bool)
    if not values.size or values.shape != bad.shape or values.size != len(prices):
        raise ValueError("there must be one label and one price for each score, and at least one")
    if_sent = np.where(bad, [one.wrong for one in prices], 0.0)
    if_read = np.asarray([one.review for one in prices]) + np.where(
        bad, [one.escalation for one in prices], 0.0
    )
    found = [CostPoint(threshold=None, sent=0.0, wrong=0.0, cost=float(if_read.mean()))]
    for threshold in grid.thresholds:
        above = values >= threshold
        found.append(
            CostPoint(
                threshold=threshold,
                sent=float(above.mean()),
                wrong=float(bad[above].mean()) if above.any() else 0.0,
                cost=float(np.where(above, if_sent, if_read).mean()),
            )
        )
    return tuple(found)


def cheapest(points: Sequence[CostPoint]) -> CostPoint:
    """Return the cheapest; of equal ones the one that sends least."""
    return min(points, key=lambda point: (point.cost, point.sent))
