"""What attempts are counted by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.web.access.slowing import LONGEST_WAIT, neighbourhood, of_sign_in


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("testclient", "other", False),
    ],
)
def test_addresses_of_one_customer_count_as_one(one: str, other: str, same: bool) -> None:
    """A /64 of version 6 is one; whatever is no address counts for itself."""
    assert (neighbourhood(one) == neighbourhood(other)) is same


def test_the_account_is_counted_first_and_never_written_out() -> None:
    """In any case; a known browser counts in its place."""
    account, address = of_sign_in("Ada@acme.example", "", "192.0.2.1")
    assert account.key == of_sign_in("ada@ACME.example", "", "")[0].key
    assert "ada" not in account.key
    assert address.key == "address:192.0.2.1"
    assert of_sign_in("ada@acme.example", "d", "")[0].key == "device:d"


@given(st.integers(min_value=0, max_value=10**9))
def test_waits_grow_and_are_bounded(failures: int) -> None:
    """However many failures there were, nobody waits longer than a minute."""
    counted = of_sign_in("a", "", "")[0]
    assert timedelta() <= counted.wait(failures) <= counted.wait(failures + 1) <= LONGEST_WAIT
