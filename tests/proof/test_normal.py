"""Normalising: what cannot be seen goes, the rest keeps its meaning."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.proof.normal import normalise

ANY_TEXT = st.text(st.characters(categories=None, exclude_categories=()), max_size=200)


@given(ANY_TEXT)
@settings(max_examples=150, deadline=None)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    """Normalised text is left alone, whatever it was made of."""
    once = normalise(text)
    assert normalise(once) == once


@given(ANY_TEXT)
@settings(max_examples=150, deadline=None)
def test_nothing_invisible_is_left(text: str) -> None:
    """No control, format or surrogate character survives but newline and tab."""
    left = {sign for sign in normalise(text) if unicodedata.category(sign) in {"Cc", "Cs"}}
    assert left <= {"\n", "\t"}
    assert not any(0xE0000 <= ord(sign) < 0xE1000 for sign in normalise(text))


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("pass\u200bword", "password"),
        ("\u202eabc\u202c", "abc"),
        ("a\U000e0069\U000e0067b", "ab"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),  # noqa: RUF001 - full width is the point
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a\n\n\n\n\n\n\n\nb", "a\n\n\n\nb"),
        ("soft\u00adhyphen", "softhyphen"),
        ("line  \nnext", "line\nnext"),
        ("lone \ud800 half", "lone  half"),
        ("nul\x00bell\x07", "nulbell"),
        ("tab\tstays", "tab\tstays"),
        ("", ""),
    ],
)
def test_each_kind_of_mark_is_made_plain(written: str, plain: str) -> None:
    """Zero-width, bidirectional, tag, wide and control characters become plain text."""
    assert normalise(written) == plain


def test_letters_with_marks_stay_letters() -> None:
    """Accents, Vietnamese and Devanagari keep their combining marks."""
    for word in ("crème", "Tiếng Việt", "हिन्दी में", "שָׁלוֹם"):
        assert normalise(word) == unicodedata.normalize("NFKC", word)


def test_a_pile_of_marks_is_cut() -> None:
    """A letter keeps eight combining marks; sorting more takes quadratic time."""
    piled = normalise("a" + "\u0315\u0300\u0321" * 60_000)
    assert len(piled) <= 10
    mixed = normalise("a" + "\uff9e\u0334" * 60_000)
    assert len(mixed) <= 10
