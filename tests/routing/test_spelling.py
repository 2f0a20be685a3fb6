"""Putting typing errors right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.routing.spelling import Spelling, one_slip_apart

SPELLING = Spelling.of(["reset my password please", "password for the invoice", "export boards"])


@pytest.mark.parametrize("slip", ["pasword", "passsword", "pasaword", "passwrod"])
def test_one_slip_is_put_right(slip: str) -> None:
    """A letter lost, added, changed or swapped is mended."""
    assert SPELLING.repaired(f"Reset my {slip}!") == "reset my password"


def test_a_text_without_slips_is_left_alone() -> None:
    """Known words, short words and words unlike any known one are not touched."""
    assert SPELLING.repaired("Reset my password for the umbrella, mx") is None


def test_the_commoner_word_wins() -> None:
    """Of two known words one slip away, the one seen more often is taken."""
    assert Spelling({"charge": 5, "change": 1}).repaired("chaage") == "charge"


def test_counts_make_the_same_spelling() -> None:
    """A spelling made from another's counts repairs alike."""
    assert Spelling(SPELLING.counts).repaired("invoce") == "invoice"


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
@settings(deadline=None)
def test_being_a_slip_apart_is_mutual(left: str, right: str) -> None:
    """The order of two words does not matter."""
    assert one_slip_apart(left, right) == one_slip_apart(right, left)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_repairing_is_done_at_once(text: str) -> None:
    """A repaired text needs no further repair."""
    repaired = SPELLING.repaired(text)
    assert repaired is None or SPELLING.repaired(repaired) is None
