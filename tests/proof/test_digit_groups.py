"""Tests of firstline.proof.digit_groups."""

from __future__ import annotations

import re2
from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.digit_groups import digit_groups


@given(st.text(alphabet="019 -.x²٣४½Ⅷa"))
def test_groups_are_runs_of_decimal_digits_of_any_script(text: str) -> None:
    """They are what the pattern for decimal digits finds."""
    assert digit_groups(text) == [match.span() for match in re2.finditer(r"\p{Nd}+", text)]
