"""The distance of an edit: a share of words, the same whichever way it is counted."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from firstline.review.distance import LONGEST, edit_distance

WORDS = st.lists(st.sampled_from("a b c d".split()), max_size=8)


def by_definition(old: list[str], new: list[str]) -> int:
    """Return Levenshtein's distance as its definition has it."""

    @cache
    def between(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(
            between(i - 1, j) + 1,
            between(i, j - 1) + 1,
            between(i - 1, j - 1) + (old[i - 1] != new[j - 1]),
        )

    return between(len(old), len(new))


@given(WORDS, WORDS)
def test_it_is_levenshteins_distance_over_words(old: list[str], new: list[str]) -> None:
    """As the definition has it, divided by the longer text, the same both ways."""
    longest = max(len(old), len(new), 1)
    found = edit_distance(" ".join(old), " ".join(new))
    assert found == round(by_definition(old, new) / longest, 4)
    assert found == edit_distance(" ".join(new), " ".join(old))


def test_blanks_and_capitals_are_no_edit() -> None:
    """Line ends, blanks and capitals do not count; words do."""
    assert edit_distance("Open the menu.\n\nThen wait", "open  the menu. then WAIT") == 0.0
    assert edit_distance("one two three four", "one two three five") == 0.25
    assert edit_distance("", "hello") == 1.0
    assert edit_distance("", "") == 0.0


def test_a_long_text_is_compared_up_to_a_limit() -> None:
    """However long the texts are, only their first words are compared."""
    old = " ".join(str(at) for at in range(LONGEST * 20))
    assert edit_distance(old, f"{old} more") == 0.0
    assert edit_distance(old, "other " * LONGEST * 20) == 1.0
