"""E-mail addresses, phone numbers and IP addresses: found in any spelling, and nothing else."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.proof.masking import ALL_KINDS, find_all, mask
from firstline.proof.personal_data import find_personal, region_of


def found(text: str, kind: str, region: str = "") -> list[str]:
    """Return what is found of a kind, as written."""
    return [
        text[item.start : item.end]
        for item in find_all(text, kinds=ALL_KINDS, region=region)
        if item.kind == kind
    ]


@pytest.mark.parametrize(
    "address",
    [
        "jo@acme.example",
        "Jo.O'Neil+boards@mail.acme.example",
        "jörg@bücher.example",
        "jo_1%x@a-b.example",
        "jo [at] acme [dot] com",
        "jo at acme dot com",
        "jo.lind (at) acme.com",
        "jo@[10.1.2.3",
    ],
)
def test_every_spelling_of_an_address_is_found(address: str) -> None:
    """Addresses are found whole, also when they are written in words."""
    assert found(f"Write to {address}, please.", "email") == [address]


@pytest.mark.parametrize(
    "text",
    [
        "Meet me at noon dot sharp",
        "lunch @ the corner",
        "look at acme.com for more",
        "@acme on the network",
        "5 @ 3.20 each",
        "user@localhost",
    ],
)
def test_an_at_is_not_yet_an_address(text: str) -> None:
    """Words and signs that only look a little like an address stay."""
    assert found(text, "email") == []


PHONES = [
    "+61 412 345 678",
    "+1-984-182-0190",
    "+46 (0)8 928 571 38",
    "001-518-640-0854",
    "(579)888-3058",
    "(02) 9374 4000",
    "905-674-3793",
    "930.167.3943",
    "0490 75 40 81",
    "01.84.17.61.18",
    "8 (495) 123-45-67",
    "1-800-555-0199",
    "905-674-3793 x1234",
    "(579)888-3058x12345",
    "+447700677662",
]


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("sentence", ["It is {}.", "{}", "Old: {}, new: none", "({})", "n°{}\n"])
def test_the_shape_of_a_phone_speaks_for_itself(phone: str, sentence: str) -> None:
    """Country code, area code or trunk zero need no words around them."""
    assert [item.strip("()") for item in found(sentence.format(phone), "phone")] == [
        phone.strip("()")
    ] or found(sentence.format(phone), "phone") == [phone]


LOCAL = ["451 5986", "9472 7916", "72 128 827", "28-64-66-98", "4515986", "(99) 645-791"]


@pytest.mark.parametrize("phone", LOCAL)
@pytest.mark.parametrize(
    "sentence",
    [
        "Call me on {} after five",
        "Phone: {}",
        "my mobile is {}.",
        "Anna Berg\n{} office\n",
        "{} is my new mobile",
        "tel.{}",
        "Please text {}",
        "You can reach Anna at {}, thanks",
    ],
)
def test_words_make_a_local_number_a_phone(phone: str, sentence: str) -> None:
    """A short number is a phone number where the words around it say so."""
    assert found(sentence.format(phone), "phone") == [phone]


@pytest.mark.parametrize(
    "text",
    [
        "Call me about order 4515986",
        "my phone bill, account number 94727916",
        "my driver's license number is 6940579",
        "The policy number would be 468646993",
        "from 2020-2024 we had 1 234 567 users",
        "on 2026-05-04 12:30 and 04/05/2026",
        "version 10.2.3.4567 of the app",
        "A$ 1,234,567.00 or 1 234 567 dollars",
        "Call within 30 days of 2026 05 04",
        "135.24 - 153.23 = -17.99",
        "Meet at 7943 2027 Harbour Street, please call",
        "ticket #5551234567",
        "item 7706410293 is in stock",
        "ISBN 978-3-16-148410-0",
        "1848 - 01 - 24",
    ],
)
def test_other_numbers_are_no_phones(text: str) -> None:
    """Orders, accounts, dates, versions, amounts and streets stay."""
    assert found(text, "phone") == []


def test_the_companys_own_country_tells_bare_numbers() -> None:
    """A bare number is a phone where the country's numbering plan has it."""
    assert found("It is 0412345678 now", "phone", "AU") == ["0412345678"]
    assert found("It is 0412345678 now", "phone", "") == []
    assert found("It is 0912345678901 now", "phone", "AU") == []


def test_digits_of_any_script_make_a_phone() -> None:
    """Full-width digits are digits."""
    assert found("电话 １２３-４５６-７８９０", "phone") == ["１２３-４５６-７８９０"]  # noqa: RUF001 - other digits


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("from 106.31.73.20 again", ["106.31.73.20"]),
        ("http://10.0.0.1/a", ["10.0.0.1"]),
        ("host 2001:db8::7", ["2001:db8::7"]),
        ("version 10.2.3.4", []),
        ("300.1.1.1", []),
        ("1.2.3.4.5", []),
        ("12:30:45", []),
        ("std::vector", []),
    ],
)
def test_addresses_of_machines(text: str, addresses: list[str]) -> None:
    """Both kinds of IP address are found; versions and times are none."""
    assert found(text, "ip_address") == addresses


def test_a_card_goes_before_a_phone() -> None:
    """What is a card number is not also a phone number."""
    text = "call me, card 4111 1111 1111 1111"
    assert [item.kind for item in find_all(text)] == ["card"]


@pytest.mark.parametrize(
    ("locale", "region"), [("en-AU", "AU"), ("zh-Hans-CN", "CN"), ("en", ""), ("sr-Latn", "")]
)
def test_the_region_of_a_locale(locale: str, region: str) -> None:
    """A locale's country is its last part, if it has one."""
    assert region_of(locale) == region


PIECES = st.sampled_from(
    [
        "+",
        "00",
        "(",
        ")",
        "12",
        "0412 345 678",
        " ",
        "-",
        ".",
        "@",
        "jo@a.example",
        " at ",
        " dot ",
        "com",
        "call ",
        "x12",
        "/",
        ":",
        "1.2.3.4",
        "é",
        "٤",
        "\n",
        "****",
        "4111111111111111",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join), st.sampled_from(["", "AU", "US"]))
@settings(max_examples=200, deadline=None)
def test_findings_are_apart_and_masking_twice_is_masking_once(text: str, region: str) -> None:
    """Findings do not overlap, and what was masked holds nothing more to mask."""
    held = find_all(text, region=region)
    assert all(a.end <= b.start for a, b in itertools.pairwise(held))
    once = mask(text, kinds=ALL_KINDS, region=region)
    assert mask(once.text, kinds=ALL_KINDS, region=region).text == once.text
    assert not any(item.kind in {"card", "iban"} for item in find_all(once.text, region=region))


@given(st.text(st.characters(categories=None, exclude_categories=()), max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_searched(text: str) -> None:
    """No text raises."""
    for item in find_personal(text.encode("utf-8", "replace").decode(), region="AU"):
        assert item.start < item.end
