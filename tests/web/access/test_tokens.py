"""Tokens and codes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.web.access.tokens import hash_of, new_code, new_key, new_token, typed_code


def test_tokens_have_at_least_the_bits_they_promise() -> None:
    """And no two are the same."""
    assert len({new_token() for _ in range(100)}) == 100
    assert all(len(new_token()) == 43 for _ in range(10))
    key = new_key()
    assert key.startswith("fl_")
    assert len(key) == 3 + 8 + 1 + 43
    assert len(new_code()) == 5 * 5 + 4


def test_a_code_survives_typing() -> None:
    """Small letters, spaces and missing dashes do not matter."""
    code = new_code()
    assert typed_code(code) == code
    assert typed_code(f" {code.lower().replace('-', ' ')} ") == code
    assert typed_code(code.replace("-", "")) == code


@given(st.text())
def test_anything_can_be_looked_up(text: str) -> None:
    """Whatever somebody sends as a token has a hash."""
    assert len(hash_of(text)) == 64
    assert len(typed_code(text)) <= 240
