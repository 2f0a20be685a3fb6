"""What may be a password."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.web.access.password_rules import LONGEST, SHORTEST, fault_of, normal

FULL_WIDTH = 0xFEE0
"""From a letter to the wide one that looks like it."""
KNOWN = ("Acme Boards", "Ada Ling", "ada.ling@acme.example", "firstline")


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssw0rd2026!",
        "Passwort12345",
        "123456789012",
        "098765432109",
        "qwertyuiop12",
        "asdfghjklqwerty",
        "1qaz2wsx3edc",
        "1q2w3e4r5t6y",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "xyzxyzxyzxyzxyz",
        "letmeinletmein",
        "iloveyou12345",
        "welcome2026!!!",
        "Administrator1",
        "changeme-2026",
        "correct horse battery staple",
        "acmeboards2026",
        "AcmeAcmeAcme1!",
        "ada.ling.2026",
        "firstline-firstline",
        "F1rstl1ne2026",
        "summer-2026-!!",
        "            ",
        "".join(chr(ord(letter) + FULL_WIDTH) for letter in "PASSWORD1234"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    """Common words, rows of keys, repetitions and known names, however they are decorated."""
    assert fault_of(password, known=KNOWN)


@pytest.mark.parametrize(
    "password",
    [
        "seven tins of paint",
        "gravel-tuba-linoleum",
        "Tq8#vLm2!xRz",
        "wir essen heute linsensuppe",
        "пятьсот зелёных чашек",
        "四匹のかわうそが橋の下で寝ている",
        "marmalade under the lighthouse",
        "x" * 3 + "quiet gherkin ledger",
        "ada ling rows a small canoe",
    ],
)
def test_what_is_long_and_own_is_taken(password: str) -> None:
    """In any language, with spaces, and without any demanded kind of character."""
    assert fault_of(password, known=KNOWN) == ""


def test_lengths_are_bounded_both_ways() -> None:
    """Twelve characters at least, two hundred at most."""
    text = "gravel tuba linoleum "
    assert "shorter" in fault_of(text[: SHORTEST - 1])
    assert fault_of((text * 20)[:LONGEST]) == ""
    assert "longer" in fault_of((text * 20)[: LONGEST + 1])


def test_length_is_counted_as_it_is_hashed() -> None:
    """Combining marks do not make a short password long."""
    assert "shorter" in fault_of("e\u0301" * 10)
    assert "cannot be typed" in fault_of("gravel\x00tuba linoleum")


@given(st.text(max_size=300))
def test_everything_gets_an_answer(text: str) -> None:
    """Whatever is typed; what is taken is within bounds."""
    if not fault_of(text, known=KNOWN):
        assert len(normal(text)) >= SHORTEST
        assert len(text) <= LONGEST


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_however_a_keyboard_composes_it_is_the_same_password(text: str) -> None:
    """Both ways of writing an accent are hashed alike."""
    assert normal(unicodedata.normalize("NFD", text)) == normal(text)
