"""Canaries: recognised in any disguise, and in nothing else."""

from __future__ import annotations

import base64
import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.proof.canaries import canary_of, is_canary_field, leaked, prompt_line

TOKEN = canary_of("0123456789abcdef")
DISGUISES = {
    "plain": TOKEN,
    "capitals": TOKEN.upper(),
    "mixed": TOKEN.title(),
    "spaced": " ".join(TOKEN),
    "dashed": "-".join(TOKEN),
    "lines": "\n".join(TOKEN[n : n + 4] for n in range(0, 16, 4)),
    "zero width": "\u200b".join(TOKEN),
    "full width": "".join(chr(ord(sign) + 0xFEE0) for sign in TOKEN),
    "backwards": TOKEN[::-1],
    "rot13": codecs.encode(TOKEN, "rot13"),
    "base64": base64.b64encode(TOKEN.encode()).decode(),
    "base64, shifted": base64.b64encode(f"x{TOKEN}".encode()).decode(),
    "base64, shifted twice": base64.b64encode(f"xy{TOKEN}".encode()).decode(),
    "base64 of capitals": base64.b64encode(TOKEN.upper().encode()).decode(),
    "base64, spaced": " ".join(base64.b64encode(TOKEN.encode()).decode()),
    "base64 backwards": base64.b64encode(TOKEN[::-1].encode()).decode(),
    "hex": TOKEN.encode().hex(),
    "hex, spaced": TOKEN.encode().hex(" "),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
@pytest.mark.parametrize("around", ["{}", "Sure, it is {}.", "Export: open (the menu) {} today!"])
def test_a_canary_is_known_in_disguise(disguise: str, around: str) -> None:
    """Whatever is done to it, a canary that comes out is noticed, whichever prompt had it."""
    assert leaked(around.format(disguise))


@pytest.mark.parametrize("size", [4, 8])
def test_a_known_canary_is_noticed_in_pieces(size: int) -> None:
    """Words between its pieces do not hide the canary of the prompt that was used."""
    pieces = [TOKEN[n : n + size] for n in range(0, 16, size)]
    text = " and then ".join(pieces)
    assert leaked(text, [TOKEN])
    assert not leaked(" and then ".join(reversed(pieces)), [TOKEN])


def test_a_records_canary_is_looked_for() -> None:
    """A word of the company's own choice is found when it is long enough."""
    assert leaked("the note says Blue Heron 42", ["blue-heron-42"])
    assert not leaked("the note says abc", ["abc"])


def test_another_prompt_has_another_canary() -> None:
    """The token comes from the hash alone, and the prompt's line carries it."""
    assert canary_of("a") == canary_of("a") != canary_of("b")
    assert leaked(prompt_line("a"))


def test_a_changed_canary_is_none() -> None:
    """A word that merely begins like one is no canary."""
    wrong = TOKEN[:-1] + ("a" if TOKEN[-1] != "a" else "b")
    assert not leaked(wrong)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("canary", True),
        ("notes.Canary", True),
        ("canary_token", True),
        ("canaries[0]", True),
        ("canaryislands", False),
        ("country", False),
    ],
)
def test_which_fields_hold_canaries(path: str, expected: bool) -> None:
    """A field called canary holds one, wherever it stands."""
    assert is_canary_field(path) is expected


@given(st.text(st.characters(categories=None, exclude_categories=()), max_size=300))
@settings(max_examples=150, deadline=None)
def test_other_texts_hold_none(text: str) -> None:
    """No text raises, and none holds a canary by chance."""
    assert not leaked(text, [TOKEN])
