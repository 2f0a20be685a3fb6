"""Grouping by meaning: the same every time, and no text lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.knowledge.conftest import WordEncoder

from firstline.knowledge.grouping import MOST, grouped

TEXTS = [
    "Can I export a board to Excel?",
    "Do you support PayPal?",
    "How do I export my board into Excel?",
    "Can we pay with PayPal please?",
    "Excel export of a board",
    "Where is the weather forecast?",
]


def test_texts_that_share_words_come_together() -> None:
    """By words alone, the largest group first."""
    found = grouped(TEXTS, None)
    assert [sorted(group) for group in found] == [[0, 2, 4], [1, 3], [5]]


def test_texts_of_one_meaning_come_together() -> None:
    """With vectors, other words for the same thing are the same."""
    texts = ["Excel", "refund", "spreadsheet", "reimburse"]
    vectors = WordEncoder("excel spreadsheet", "refund reimburse").encode(texts)
    assert [sorted(group) for group in grouped(texts, vectors)] == [[0, 2], [1, 3]]
    assert len(grouped(texts, None)) == 4


def test_the_most_typical_comes_first() -> None:
    """A group begins with what is most like the others."""
    texts = ["export board Excel", "export board", "export Excel"]
    (group,) = grouped(texts, None)
    assert group[0] == 0


def test_few_texts_are_groups_of_their_own() -> None:
    """Nothing gives nothing, one gives itself."""
    assert grouped([], None) == ()
    assert grouped(["a question"], None) == ((0,),)


def test_texts_without_words_are_kept() -> None:
    """Empty texts and lone signs are in some group too."""
    found = grouped(["", "?!", "export a board", ""], None)
    assert sorted(at for group in found for at in group) == [0, 1, 2, 3]


def test_too_many_are_refused() -> None:
    """More than fit in memory are not begun with."""
    with pytest.raises(ValueError, match="at once"):
        grouped(["x"] * (MOST + 1), None)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=12))
def test_each_text_is_in_one_group(texts: list[str]) -> None:
    """Every position stands in exactly one group, and again in the same."""
    found = grouped(texts, None)
    assert sorted(at for group in found for at in group) == list(range(len(texts)))
    assert grouped(texts, None) == found
