"""Forms: one spelling for everything that names the same person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.workspace import Customers
from firstline.workspace.identifier_forms import (
    address_forms,
    company_forms,
    forms_of_fields,
    forms_of_token,
    id_forms,
    name_forms,
    phone_forms,
)


@pytest.mark.parametrize(
    "written", ["INV-50688", "inv 50688", "INV50688", "#INV_50688", "inv\u201350688", "Inv/50688."]
)
def test_an_id_has_one_form(written: str) -> None:
    """Case, blanks and dashes do not make another id."""
    assert tuple(id_forms(written)) == ("id:inv50688",)


@pytest.mark.parametrize("written", ["12", "2024", "A1", "plan", "Reader", "ABCD"])
def test_what_is_short_or_a_word_is_no_id(written: str) -> None:
    """Years, counts and words name nobody."""
    assert tuple(id_forms(written)) == ()


@pytest.mark.parametrize("written", ["+61 412 345 678", "0412345678", "(0412) 345-678"])
def test_a_phone_has_one_form(written: str) -> None:
    """Country code and grouping do not make another number."""
    assert tuple(phone_forms(written)) == ("tel:412345678",)


@pytest.mark.parametrize(
    "written", ["Ana Ruiz", "ANA RUIZ", "Ms Ana Ruíz", "Ruiz, Ana", "ana-ruiz", "Ana  Ruiz"]
)
def test_a_name_has_one_form(written: str) -> None:
    """Case, accents, titles and order do not make another person."""
    assert "name:ana ruiz" in tuple(name_forms(written))


def test_a_middle_name_may_be_left_out() -> None:
    """First and last name are a form of the whole."""
    assert set(name_forms("Ana Maria Ruiz")) == {"name:ana maria ruiz", "name:ana ruiz"}


@pytest.mark.parametrize("written", ["Ana", "", "Ms Ana", "a b", "x " * 20])
def test_a_first_name_alone_names_nobody(written: str) -> None:
    """One word, or words too short or too many, are no name."""
    assert tuple(name_forms(written)) == ()


def test_a_companys_name_goes_without_its_legal_form() -> None:
    """Pty Ltd belongs to half of all companies; a single word may be any word."""
    assert tuple(company_forms("Kestrel Bridge Works Pty Ltd")) == ("name:kestrel bridge works",)
    assert tuple(company_forms("Kestrel")) == ()


@pytest.mark.parametrize(
    "written",
    [
        "14 Kestrel Rd",
        "14 kestrel road",
        "Unit 3, 14 Kestrel Road, Perth WA 6000",
        "14 Kestrel Rd.",
        "14 \u0301 Kestrel Rd",
    ],
)
def test_a_street_address_has_one_form(written: str) -> None:
    """House number and street count; unit, town and the way of writing "road" do not."""
    assert tuple(address_forms(written)) == ("addr:14 kestrel road",)


@pytest.mark.parametrize("written", ["Suite 12", "PO Box 7", "Perth", "6000", "WA 6000"])
def test_half_an_address_is_none(written: str) -> None:
    """Units, boxes and towns name nobody."""
    assert tuple(address_forms(written)) == ()


def test_a_record_gives_its_forms() -> None:
    """Names in halves, nested names of people, ids in lists; not names of things."""
    fields = [
        ("name.first_name", "Ana"),
        ("name.last_name", "Ruiz"),
        ("company.name", "Kestrel Bridge Works"),
        ("passengers[0].first_name", "Bo"),
        ("passengers[0].last_name", "Lind"),
        ("orders[0]", "#W4471"),
        ("items[0].name", "Coffee Maker"),
        ("items[0].product_id", "8840022"),
        ("address.address1", "14 Kestrel Road"),
        ("seats", 12),
        ("email", "ana@reader.example"),
    ]
    assert set(forms_of_fields(fields)) == {
        "name:ana ruiz",
        "name:kestrel bridge works",
        "name:bo lind",
        "id:w4471",
        "addr:14 kestrel road",
        "ana@reader.example",
    }


def test_names_and_streets_have_owners(tmp_path: Path) -> None:
    """The index tells whose a full name, a company or a street address is."""
    records = [
        {"id": "c-1", "name": "Ana Ruiz", "company": "Kestrel Bridge Works"},
        {"id": "c-2", "name": "Bo Lind", "address": "14 Kestrel Rd, Perth", "plan": "Team Plus"},
        {"id": "c-3", "name": "Bo Lind"},
    ]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(records))
    customers = Customers(path, source="c")
    assert customers.owners_of("RUIZ, Ana") == {"c-1"}
    assert customers.owners_of("Kestrel Bridge Works Pty Ltd") == {"c-1"}
    assert customers.owners_of("14 Kestrel Road") == {"c-2"}
    assert customers.owners_of("bo lind") == {"c-2", "c-3"}
    assert customers.owners_of("Team Plus") == frozenset()
    assert customers.owners_of("Ana") == frozenset()


@given(st.text(max_size=60))
def test_any_token_has_forms(text: str) -> None:
    """No token raises, and a form never depends on the case of an ASCII text."""
    forms = set(forms_of_token(text))
    if text.isascii() and "@" not in text and any(map(str.isdigit, text)):
        assert forms == set(forms_of_token(text.upper()))
