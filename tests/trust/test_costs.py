"""Costs: arithmetic that can be done by hand."""

from __future__ import annotations

import pytest

from firstline.trust.costs import Prices, cheapest, costs
from firstline.trust.thresholds import Grid

PRICES = Prices(wrong=30, review=1, escalation=5)
SCORES, WRONG = [0.9, 0.8, 0.7, 0.2], [False, False, True, True]
GRID = Grid(thresholds=(0.85, 0.75, 0.1), starts=(0,))


def test_each_threshold_costs_what_it_sends_and_what_is_read() -> None:
    """Nothing sent: four reviews and two escalations. All sent: two wrong replies."""
    points = costs(SCORES, WRONG, [PRICES] * 4, GRID)
    assert [one.cost for one in points] == pytest.approx([14 / 4, 13 / 4, 12 / 4, 60 / 4])
    assert [one.sent for one in points] == [0, 0.25, 0.5, 1]
    assert [one.wrong for one in points] == [0, 0, 0, 0.5]
    assert cheapest(points).threshold == 0.75


def test_a_dear_mistake_lets_nothing_out() -> None:
    """Where a single wrong reply costs more than reading everything, people read everything."""
    dear = Prices(wrong=10_000, review=1, escalation=5)
    points = costs([0.9, 0.9], [False, True], [dear] * 2, Grid(thresholds=(0.5,), starts=(0,)))
    assert cheapest(points).threshold is None


def test_intents_have_prices_of_their_own() -> None:
    """Each reply counts at the price of its intent."""
    cheap = Prices(wrong=1, review=1, escalation=0)
    (_, sent) = costs([0.9, 0.9], [True, True], [PRICES, cheap], Grid(thresholds=(0.5,), starts=()))
    assert sent.cost == pytest.approx(31 / 2)


def test_labels_and_prices_must_fit() -> None:
    """Nothing, or a price too few, is a mistake of the caller."""
    with pytest.raises(ValueError, match="at least one"):
        costs([], [], [], GRID)
    with pytest.raises(ValueError, match="one price"):
        costs(SCORES, WRONG, [PRICES], GRID)
