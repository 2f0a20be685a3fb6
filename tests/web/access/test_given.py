"""What people type about people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.errors import InputError
from firstline.web.access.given import LONGEST_EMAIL, LONGEST_NAME, an_email, person_name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ada.Ling+desk@Acme.Example ", "ada.ling+desk@acme.example"),
        ("o'neil@acme.example", None),
        ("zoë@bücher.example", "zoë@bücher.example"),
        ("ada@localhost", None),
        ("ada@@acme.example", None),
        ("ada@acme..example", None),
        ("a da@acme.example", None),
        ("ada@acme.example\nbcc:x", None),
        ("", None),
        (f"{'a' * 250}@acme.example", None),
    ],
)
def test_addresses(typed: str, kept: str | None) -> None:
    """One way of writing each, and nothing that is none."""
    if kept is None:
        with pytest.raises(InputError):
            an_email(typed)
    else:
        assert an_email(typed) == kept


@given(st.text(max_size=400))
def test_names_and_addresses_are_clean_or_refused(text: str) -> None:
    """One line, bounded, without characters that are not seen."""
    for read, longest in ((person_name, LONGEST_NAME), (an_email, LONGEST_EMAIL)):
        try:
            kept = read(text)
        except InputError:
            continue
        assert 0 < len(kept) <= longest
        assert kept == kept.strip()
        assert kept.isprintable()
