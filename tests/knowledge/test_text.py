"""Tests of firstline.knowledge.text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.knowledge.text import normalise


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("zero\u200bwidth", "zerowidth"),
        ("\u202eright to left\u202c", "right to left"),
        ("tag\U000e0041ged", "tagged"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\uff21\uff22 \ufb01ne", "AB fine"),
        ("bell\x07 tab\t", "bell tab\t"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("line\u2028separator", "line\nseparator"),
    ],
)
def test_invisible_characters_go_and_forms_become_one(raw: str, clean: str) -> None:
    """Normalise drops what cannot be seen and unifies what looks the same."""
    assert normalise(raw) == clean


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    """Normalise leaves no format character, control or surrogate in any text."""
    kinds = {unicodedata.category(character) for character in normalise(text)} - {"Cc"}
    assert not kinds & {"Cf", "Cs"}
    assert all(c in "\n\t" for c in normalise(text) if unicodedata.category(c) == "Cc")
