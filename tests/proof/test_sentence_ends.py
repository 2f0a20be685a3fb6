"""Tests of firstline.proof.sentence_ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.sentence_ends import sentences


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Open it. Close it.", ["Open it.", "Close it."]),
        ("The others aren't. Close it.", ["The others aren't.", "Close it."]),
        ("Is it free? Yes! Always.", ["Is it free?", "Yes!", "Always."]),
        ("It costs $3.50 a month. Version 2.1 is out.", None),
        ("Ask Mr. Smith, e.g. by phone.", ["Ask Mr. Smith, e.g. by phone."]),
        ("We open at 9 a.m. on weekdays.", ["We open at 9 a.m. on weekdays."]),
        ("J. R. Hartley wrote it.", ["J. R. Hartley wrote it."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("See https://a.example/b.html for more.", ["See https://a.example/b.html for more."]),
        ("1. Open the board.", ["1. Open the board."]),
        ("登録します。次へ進みます。", ["登録します。", "次へ進みます。"]),
        ("Wait... there is more.", ["Wait... there is more."]),
        ("   ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(line: str, expected: list[str] | None) -> None:
    """Sentences returns whole sentences and is not fooled by abbreviations or numbers."""
    if expected is None:
        expected = ["It costs $3.50 a month.", "Version 2.1 is out."]
    assert sentences(line) == expected


@given(st.text(alphabet="aA .!?1\"'\u3002", max_size=80))
def test_no_character_is_lost(line: str) -> None:
    """Sentences keeps every character but the white space between sentences."""
    assert "".join("".join(sentences(line)).split()) == "".join(line.split())
