"""Calibration."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.routing.lesson import spoken
from firstline.routing.scoring import SCOPE_VALUES, Scale, log_softmax
from firstline.routing.training import best_blend


def test_the_better_member_gets_the_weight() -> None:
    """A member that knows the truth outweighs one that guesses."""
    chance = np.random.default_rng(1)
    owners = chance.integers(0, 4, 400).astype(np.int32)
    truth = np.eye(4)[owners] * 2 + chance.standard_normal((400, 4)) * 1.5
    logs = np.stack([log_softmax(truth), log_softmax(chance.standard_normal((400, 4)))], axis=1)
    good, bad = best_blend(logs, owners, np.array([1.0, 1.0]))
    assert bad < 0.2 < good


def test_overconfidence_is_taken_back() -> None:
    """Probabilities sharpened fivefold get their temperature back."""
    chance = np.random.default_rng(2)
    scores = chance.standard_normal((3000, 3)) * 1.5
    chances = np.exp(log_softmax(scores))
    owners = np.array([chance.choice(3, p=row) for row in chances], dtype=np.int32)
    (weight,) = best_blend(log_softmax(scores * 5)[:, None, :], owners, np.array([1.0]))
    assert weight == pytest.approx(0.2, abs=0.03)


def test_without_much_evidence_the_start_stays() -> None:
    """Two examples hardly move the weights."""
    logs = log_softmax(np.array([[[2.0, 0.0]], [[0.0, 2.0]]]))
    (weight,) = best_blend(logs, np.array([0, 1], dtype=np.int32), np.array([1.0]))
    assert 1.0 < weight < 1.6


def test_the_scale_puts_the_companys_messages_where_it_says() -> None:
    """About 2 % of the messages it was measured on fall below 0.2 and 10 % below 0.5."""
    scopes = np.random.default_rng(3).standard_normal(5000)
    scale = Scale.of(scopes)
    values = np.array([scale(scope) for scope in scopes])
    assert (values < 0.2).mean() == pytest.approx(0.02, abs=0.005)
    assert (values < 0.5).mean() == pytest.approx(0.10, abs=0.005)


def test_the_scale_rises_and_ends() -> None:
    """More scope never means less; far away ends at 0 and 1; equal scopes do no harm."""
    for scopes in (np.linspace(-2, 7, 300), np.zeros(10)):
        scale = Scale.of(scopes)
        values = [scale(scope) for scope in np.linspace(-20, 20, 400)]
        assert values == sorted(values)
        assert (values[0], values[-1]) == (SCOPE_VALUES[0], SCOPE_VALUES[-1])


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("card_not_arrived", "card not arrived"),
        ("CancelAutomaticBilling", "cancel automatic billing"),
        ("Billing Disputes", "billing disputes"),
        ("other", ""),
        ("x17", ""),
        ("general-misc", ""),
    ],
)
def test_names_are_spoken(label: str, words: str) -> None:
    """Names become words, and names that tell nothing become nothing."""
    assert spoken(label) == words
