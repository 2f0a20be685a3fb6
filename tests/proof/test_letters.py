"""Tests of firstline.proof.letters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.letters import REMEMBERED, LetterTable


def _small(char: str) -> str:
    lowered = char.lower()
    return lowered if len(lowered) == 1 else char


@given(st.text())
def test_every_character_becomes_exactly_one_whether_or_not_all_are_ascii(text: str) -> None:
    """The short way for ASCII gives what asking for each character gives."""
    expected = "".join(map(_small, text))
    table = LetterTable(_small)
    assert table.text(text) == expected
    assert len(table.ascii(text)) == len(text)
    assert table.ascii(text) == expected.encode("ascii", "replace")


def test_rare_characters_are_not_remembered() -> None:
    """A hostile text of ever new characters does not fill memory."""
    table = LetterTable(_small)
    table.text("".join(map(chr, range(0x4E00, 0x9FFF))))
    assert all(code < REMEMBERED for code in table)
