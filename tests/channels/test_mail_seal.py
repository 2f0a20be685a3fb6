"""Our own ids and addresses: known again whatever their case, and made by nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.mail_seal import Seal

KEY, OTHER = b"k" * 32, b"o" * 32
SEAL = Seal("help@acme.example", KEY)


def test_a_message_id_follows_from_its_marker() -> None:
    """The same delivery has the same Message-ID, another one another."""
    first = SEAL.message_id("ticket-1:reply")
    assert first == SEAL.message_id("ticket-1:reply") != SEAL.message_id("ticket-2:reply")
    assert first.endswith("@acme.example")
    assert SEAL.is_own_id(first)
    assert SEAL.is_own_id(first.upper())


@given(st.text(max_size=80))
def test_no_text_is_our_message_id(text: str) -> None:
    """What was not made with the key is not ours, nor is what another key made."""
    assert not SEAL.is_own_id(text)
    assert not SEAL.is_own_id(Seal("help@acme.example", OTHER).message_id(text))


def test_a_key_that_was_replaced_still_counts() -> None:
    """Mail sent under the old key is ours, and new mail is signed with the new one."""
    old, both = Seal("help@acme.example", KEY), Seal("help@acme.example", OTHER, (KEY,))
    assert both.is_own_id(old.message_id("m"))
    assert old.message_id("m") in both.message_ids("m")
    assert not old.is_own_id(both.message_id("m"))
    bounced = both.bounced_id([old.bounce_address("m")])
    assert bounced == old.message_id("m")


@given(st.text(min_size=1, max_size=250))
def test_a_reply_address_names_its_conversation(root: str) -> None:
    """The address that mail programs answer to leads back, whatever they do to its case."""
    address = SEAL.reply_address(root)
    assert len(address.partition("@")[0]) <= 64
    assert SEAL.thread_in(["ann@x.example", address.upper()]) == SEAL.thread(root)


def test_no_kind_of_address_stands_for_another() -> None:
    """A reply address is no bounce address, and neither is a Message-ID."""
    assert SEAL.bounced_id([SEAL.reply_address("m")]) == ""
    assert SEAL.thread_in([SEAL.bounce_address("m")]) == ""
    token = SEAL.reply_address("m").partition("+t")[2].partition("@")[0]
    assert not SEAL.is_own_id(f"fl.{token[:16]}.{token[16:]}@acme.example")


def test_a_changed_address_leads_nowhere() -> None:
    """One letter changed, another account or another domain: no conversation."""
    address = SEAL.reply_address("m")
    changed = address.replace(address[8], "a" if address[8] != "a" else "b", 1)
    elsewhere = address.replace("acme.example", "evil.example")
    other = address.replace("help+", "sales+")
    assert SEAL.thread_in([changed, elsewhere, other, ""]) == ""


def test_a_long_or_plain_account_has_no_tags() -> None:
    """Without room or support for a plus tag the plain address is used."""
    long_name = "a" * 40 + "@acme.example"
    assert Seal(long_name, KEY).reply_address("m") == long_name
    assert Seal("help@acme.example", KEY, plus=False).bounce_address("m") == "help@acme.example"


def test_our_ids_are_found_in_any_bytes() -> None:
    """Ids inside a report are found; forged ones beside them are not."""
    own = SEAL.message_id("m")
    forged = own.replace("fl.", "fl.aaaa")[: len(own)]
    raw = f"Message-ID: <{forged}>\nx <{own}> and fl.{'a' * 16}.{'b' * 16}@acme.example".encode()
    assert SEAL.own_ids(raw) == (own,)
