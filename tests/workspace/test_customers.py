"""Customer records at run time: finding, least privilege, freshness, failures, identifiers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.errors import SetupError
from firstline.workspace import Customers, load
from firstline.workspace.customers import name_of

ANA = {
    "id": "R-17",
    "email": "Ana@Reader.example",
    "name": {"first_name": "Ana", "last_name": "Ruiz"},
    "phone": "+61 412 345 678",
    "plan": "Reader",
    "orders": [{"order_id": "#W-4471", "product_id": "P-1000", "total": 19.90}],
}
BO = {
    "id": "r-18",
    "email": "bo@reader.example",
    "name": "Bo Lind",
    "orders": [{"order_id": "#W-9921", "product_id": "P-1000", "total": 5}],
}


def write(path: Path, *records: dict[str, Any]) -> Path:
    """Write records and make sure that the change of time is seen."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(json.dumps(records))
    os.utime(path, ns=(before + 10**9, before + 10**9))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a file with two customers."""
    return write(tmp_path / "customers.json", ANA, BO)


def test_a_workspace_opens_its_customers(company: Path) -> None:
    """Key, source and access come from the settings."""
    customers = Customers.open(load(company))
    assert customers is not None
    record = customers.find("ana@reader.example")
    assert record is not None
    assert (record.id, record.email, record.name) == ("R-17", "ana@reader.example", "Ana Ruiz")
    assert record.source == "customers.json"
    assert record.value("billing.next.amount") == "$9.00"
    assert len(customers) == 2


def test_a_workspace_without_customers(company: Path) -> None:
    """No file is no customers, not an error."""
    (company / "intents.yaml").write_text("intents: {a: {handler: person}}")
    settings = company / "firstline.toml"
    settings.write_text(settings.read_text().replace('[customers]\nfile = "customers.json"\n', ""))
    assert Customers.open(load(company)) is None


@pytest.mark.parametrize("reference", ["R-17", "r-17", " R-17 ", "ana@reader.EXAMPLE"])
def test_find_by_key_or_mail_whatever_the_case(path: Path, reference: str) -> None:
    """Case and blanks around a reference do not matter."""
    record = Customers(path, source="c").find(reference)
    assert record is not None
    assert record.id == "R-17"
    assert record.name == "Ana Ruiz"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("", "no customer was named"),
        ("R-99", "no record has this id or e-mail address"),
        ("Ana Ruiz", "no record has this id or e-mail address"),
    ],
)
def test_an_unknown_customer_has_a_reason(path: Path, reference: str, reason: str) -> None:
    """No record comes with why, and without what was asked."""
    found = Customers(path, source="c").look_up(reference)
    assert (found.record, found.reason) == (None, reason)


def test_an_ambiguous_reference_finds_nobody(tmp_path: Path) -> None:
    """Two records with one address, one id, or ids that differ by case: nobody is chosen."""
    path = write(
        tmp_path / "c.json",
        {"id": "1", "email": "x@reader.example"},
        {"id": "2", "email": "X@reader.example"},
        {"id": "ab"},
        {"id": "AB"},
        {"id": "5"},
        {"id": "5", "plan": "other"},
    )
    customers = Customers(path, source="c")
    assert customers.look_up("x@reader.example").reason == (
        "more than one record has this e-mail address"
    )
    assert customers.look_up("Ab").reason == "more than one record has this id"
    assert customers.look_up("5").reason == "more than one record has this id"
    exact = customers.find("ab")
    assert exact is not None
    assert exact.id == "ab"
    assert customers.duplicates() == ((1, 1),)


def test_people_a_customer_mentions_are_not_that_customer(tmp_path: Path) -> None:
    """Only a customer's own address finds the record, at the top or in its contact table."""
    path = write(
        tmp_path / "c.json",
        {"id": "1", "manager_email": "boss@reader.example", "orders": [{"email": "o@r.example"}]},
        {"id": "2", "contact": {"Email Address": "two@reader.example"}},
    )
    customers = Customers(path, source="c")
    assert customers.find("boss@reader.example") is None
    assert customers.find("o@r.example") is None
    found = customers.find("two@reader.example")
    assert found is not None
    assert (found.id, found.email) == ("2", "two@reader.example")


def test_only_needed_fields_remain(path: Path) -> None:
    """Least privilege keeps what the needs cover, and gives it a version of its own."""
    record = Customers(path, source="c").find("R-17")
    assert record is not None
    shown = record.only(("plan", "orders.total"))
    assert shown.fields == (("plan", "Reader"), ("orders[0].total", "19.9"))
    assert shown.version != record.version
    assert record.only(()).fields == ()
    assert shown.id == record.id


def test_the_version_follows_the_fields(path: Path) -> None:
    """A change elsewhere in the file leaves a record's version alone; one in it does not."""
    customers = Customers(path, source="c")
    first = customers.find("R-17")
    write(path, BO, ANA)
    moved = customers.find("R-17")
    write(path, BO, {**ANA, "plan": "Pro"})
    changed = customers.find("R-17")
    assert first is not None
    assert moved is not None
    assert changed is not None
    assert first.version == moved.version != changed.version
    assert changed.value("plan") == "Pro"
    assert first.fetched_at < changed.fetched_at


def test_live_access_sees_a_change_at_once(path: Path) -> None:
    """A new record is found, a removed one is not, and identifiers follow."""
    customers = Customers(path, source="c")
    assert customers.find("R-17") is not None
    assert customers.owners_of("#W-9921") == {"r-18"}
    write(path, {"id": "R-20"})
    assert customers.find("R-17") is None
    assert customers.find("R-20") is not None
    assert customers.owners_of("#W-9921") == frozenset()


def test_cached_access_looks_again_after_its_time(path: Path) -> None:
    """A new record is found only when the time is over."""
    now = [0.0]
    customers = Customers(
        path, source="c", access="cached", cached_seconds=60, clock=lambda: now[0]
    )
    assert customers.find("R-17") is not None
    path.write_text(path.read_text() + " ")
    write(path, ANA, BO, {"id": "R-20"})
    now[0] = 59
    assert customers.find("R-20") is None
    now[0] = 61
    assert customers.find("R-20") is not None


def test_cached_access_never_returns_a_mangled_record(path: Path) -> None:
    """A file written over within the time is read again rather than misread."""
    customers = Customers(path, source="c", access="cached", clock=lambda: 0.0)
    assert customers.find("R-17") is not None
    write(path, {"id": "R-00", "note": "something in front"}, {**ANA, "plan": "Pro"})
    record = customers.find("R-17")
    assert record is not None
    assert record.value("plan") == "Pro"


def test_whose_an_identifier_is_can_be_told_after_a_change(path: Path) -> None:
    """Also while records are used again for a while: a new file is indexed anew."""
    customers = Customers(path, source="c", access="cached", clock=lambda: 0.0)
    assert customers.find("R-17") is not None
    write(path, {"id": "cus_9", "email": "new@b.example"}, ANA, BO)
    assert customers.owners_of("new@b.example") == {"cus_9"}


def test_a_file_that_goes_bad_is_reported_each_time(path: Path) -> None:
    """Missing, half-written and mended: the reason is given while it lasts, and no values."""
    customers = Customers(path, source="c")
    assert customers.find("R-17") is not None
    good = path.read_text()
    path.unlink()
    with pytest.raises(SetupError, match="No such file") as missing:
        customers.find("R-17")
    assert missing.value.place.file == str(path)
    assert "person" in missing.value.fix
    path.write_text(good[:60])
    for _ in range(2):
        with pytest.raises(SetupError) as cut:
            customers.find("R-17")
        assert cut.value.place.line == 1
        assert "Ana" not in str(cut.value)
    write(path, ANA, BO)
    assert customers.find("R-17") is not None


def test_opening_a_broken_file_waits_for_the_first_question(company: Path) -> None:
    """A file that goes missing after loading breaks the question, not the start."""
    workspace = load(company)
    (company / "customers.json").unlink()
    customers = Customers.open(workspace)
    assert customers is not None
    with pytest.raises(SetupError):
        customers.find("R-17")


def test_csv_customers(tmp_path: Path) -> None:
    """A spreadsheet serves as well, under another key."""
    path = tmp_path / "c.csv"
    path.write_text("Customer No;E-Mail;Full Name;Plan\n17;ana@reader.example;Ana Ruiz;Reader\n")
    record = Customers(path, source="c.csv", key="Customer No").find("ANA@reader.example")
    assert record is not None
    assert (record.id, record.name, record.value("Plan")) == ("17", "Ana Ruiz", "Reader")


@pytest.mark.parametrize(
    ("token", "owners"),
    [
        ("R-17", {"R-17"}),
        ("ANA@reader.example", {"R-17"}),
        ("<ana@reader.example>.", {"R-17"}),
        ("0412 345 678", {"R-17"}),
        ("(+61) 412-345-678", {"R-17"}),
        ("#W-4471", {"R-17"}),
        ("w-9921", {"r-18"}),
        ("P-1000", set()),
        ("Reader", set()),
        ("19.90", set()),
        ("", set()),
        ("x" * 10_000, set()),
        ("@", set()),
        ("\ud800", set()),
    ],
)
def test_whose_an_identifier_is(path: Path, token: str, owners: set[str]) -> None:
    """Mail addresses, phones and personal ids have owners; products and words do not."""
    customers = Customers(path, source="c")
    assert customers.owners_of(token) == owners
    assert (token in customers.identifiers()) is bool(owners)


def test_what_many_share_or_is_short_names_nobody(tmp_path: Path) -> None:
    """An id of six customers is a thing; a number of four digits is a year."""
    records = [
        {
            "id": f"{2020 + n}",
            "locator_no": "VQXRT" + "ABCDEF"[n],
            "flight_number": "HX-100",
            "group_id": f"G-{n // 3}x",
        }
        for n in range(6)
    ]
    customers = Customers(write(tmp_path / "c.json", *records), source="c")
    assert customers.owners_of("HX-100") == frozenset()
    assert customers.owners_of("2024") == frozenset()
    assert customers.owners_of("VQXRTB") == {"2021"}
    assert customers.owners_of("vqxrtb") == frozenset()
    assert customers.owners_of("G-1x") == {"2023", "2024", "2025"}


@given(
    keys=st.lists(st.text("abcXYZ019-", min_size=1, max_size=6), unique=True, max_size=8),
    reference=st.text("abcXYZ019-", max_size=6),
)
def test_find_never_returns_somebody_else(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], reference: str
) -> None:
    """Whatever is asked for, the record's own key is it, apart from case."""
    path = write(tmp_path_factory.mktemp("c") / "c.json", *({"id": key} for key in keys))
    record = Customers(path, source="c").find(reference)
    if record is not None:
        assert record.id.casefold() == reference.strip().casefold()
    elif keys.count(reference) == 1:
        pytest.fail("an exact key must be found")


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"Full Name": "Ana Ruiz"}, "Ana Ruiz"),
        ({"firstName": "Ana"}, "Ana"),
        ({"first_name": "Ana", "surname": "Ruiz"}, "Ana Ruiz"),
        ({"name": {"first": "Ana", "last": "Ruiz"}}, "Ana Ruiz"),
        ({"name": None}, ""),
        ({}, ""),
    ],
)
def test_names(record: dict[str, Any], name: str) -> None:
    """A name is put together from the fields that usually hold it."""
    assert name_of(record) == name
