"""Tests of firstline.proof.pattern_sets."""

from __future__ import annotations

import pytest

from firstline.proof.pattern_sets import PatternSet


@pytest.mark.parametrize(
    ("text", "expected"),
    [("thank you", {0}), ("Thanks, sorry", {0}), ("sorry, thanks", {1}), ("no", set())],
)
def test_all_patterns_that_fit_at_the_start_are_named(text: str, expected: set[int]) -> None:
    """A pattern that only fits further on does not count."""
    forms = PatternSet((r"(?i)thank", r"(?i)sorry"), fits="start")
    assert forms.fitting(text) == expected


def test_patterns_may_fit_anywhere() -> None:
    """Several patterns fit one text, wherever they stand in it."""
    assert PatternSet(("b", "c", "d"), fits="anywhere").fitting("abc") == {0, 1}
