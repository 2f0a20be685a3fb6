"""N-grams of messages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.routing.features import (
    HEAD_CHARACTERS,
    TAIL_CHARACTERS,
    GramIndex,
    grams_of,
    words_of,
)


def test_words_are_folded_and_bare() -> None:
    """Case, width, punctuation and apostrophes do not part the same word."""
    assert words_of("I can't  LOG-IN, \uff43an I?") == ["i", "cant", "log", "in", "can", "i"]


def test_words_of_other_scripts_stay_whole() -> None:
    """Combining marks belong to their word."""
    assert words_of("हिन्दी में, привет!") == ["हिन्दी", "में", "привет"]


def test_a_long_text_is_read_at_both_ends() -> None:
    """Of a very long text the beginning and the end are read, the middle is not."""
    middle = "middle " * (HEAD_CHARACTERS + TAIL_CHARACTERS)
    words = words_of(f"first {middle} last")
    assert words[0] == "first"
    assert words[-1] == "last"
    assert sum(map(len, words)) <= HEAD_CHARACTERS + TAIL_CHARACTERS


def test_a_known_text_has_a_row_of_length_one() -> None:
    """The two halves of the row of a text the index was made of add up to length one."""
    grams = [grams_of(text) for text in ("reset my password", "export my board")]
    row = GramIndex.of(grams).row(grams[0])
    assert np.isclose((row.values**2).sum(), 1.0, atol=1e-5)
    assert row.familiar == pytest.approx(1.0, abs=1e-5)


def test_foreign_words_shorten_a_row() -> None:
    """N-grams the index lacks count towards the length, so little of a foreign text is left."""
    index = GramIndex.of([grams_of("reset my password"), grams_of("export my board")])
    half = index.row(grams_of("reset my zzxqv"))
    none = index.row(grams_of("zzxqv"))
    assert 0.2 < half.familiar < 0.9
    assert none.familiar == 0.0
    assert not len(none.values)


def test_an_indexed_text_is_familiar_by_what_others_share() -> None:
    """Of a text of the index itself, only what another text has too counts as familiar."""
    grams = [grams_of(text) for text in ("reset my password", "export my board", "qqq zzz")]
    index = GramIndex.of(grams)
    assert 0 < index.row(grams[0], indexed=True).familiar < 0.5
    assert index.row(grams[2], indexed=True).familiar == 0.0
    assert index.row(grams[2]).familiar == pytest.approx(1.0, abs=1e-5)


def test_rare_words_tell_more() -> None:
    """A word of one text weighs more than a word of all."""
    grams = [grams_of(f"my {word}") for word in ("board", "invoice", "password")]
    index = GramIndex.of(grams)
    row = index.row(grams_of("board my"))
    weight = dict(zip(row.columns.tolist(), row.values.tolist(), strict=True))
    place = {word: int(index.row(grams_of(word)).columns[0]) for word in ("my", "board")}
    assert weight[place["board"]] > weight[place["my"]]


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_can_be_weighed(text: str) -> None:
    """No text breaks the features, and a row is never longer than one."""
    row = GramIndex.of([grams_of("reset my password")]).row(grams_of(text))
    assert (row.values**2).sum() <= 1 + 1e-4
    assert 0 <= row.familiar <= 1 + 1e-4


def test_an_empty_index_knows_nothing() -> None:
    """An index of nothing gives empty rows."""
    row = GramIndex.of([]).row(grams_of("hello there"))
    assert len(row.columns) == 0
    assert row.familiar == 0.0
