"""Settings, audit of views."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.access.conftest import Office

from firstline.web.access.view_pages import safe_cell


def rows(text: str) -> list[list[str]]:
    """Return the cells of a CSV."""
    return list(csv.reader(io.StringIO(text)))


def test_who_saw_which_ticket_is_found(office: Office) -> None:
    """By ticket, by person, and by day."""
    ada, bo = office.person(), office.person("Bo Ek", "agent")
    office.access.saw(ada, "ticket", "t-1")
    office.clock.move(timedelta(days=1))
    office.access.saw(bo, "ticket", "t-1")
    office.access.saw(bo, "customer", "c-7")
    lead = office.signed_in(office.person("Cy Lee", "lead"))
    both = lead.get("/settings/views", params={"subject": "t-1"}).text
    assert both.index("Bo Ek") < both.index("Ada Ling")
    only = lead.get("/settings/views", params={"subject": "t-1", "who": "Ada Ling"}).text
    assert "<td>Bo Ek</td>" not in only
    day = f"{office.clock() - timedelta(days=1):%Y-%m-%d}"
    first = lead.get("/settings/views", params={"kind": "ticket", "until": day}).text
    assert "<td>Ada Ling</td>" in first
    assert "<td>Bo Ek</td>" not in first
    assert "Nothing matches" in lead.get("/settings/views", params={"subject": "t-2"}).text


def test_older_events_are_a_page_further(office: Office) -> None:
    """The address keeps the filter."""
    ada = office.person()
    for number in range(55):
        office.access.saw(ada, "ticket", f"t-{number}")
    lead = office.signed_in(office.person("Cy Lee", "lead"))
    first = lead.get("/settings/views", params={"kind": "ticket"}).text
    assert "t-54" in first
    assert '/tickets/t-4"' not in first
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "kind=ticket" in older
    second = lead.get(older).text
    assert '/tickets/t-4"' in second
    assert "Older" not in second


def test_the_csv_has_what_the_filter_says_and_is_written_down(office: Office) -> None:
    """Whoever takes the audit away is in it."""
    ada = office.person()
    office.access.saw(ada, "ticket", "t-1", detail="=1+1")
    lead = office.signed_in(office.person("Cy Lee", "lead"))
    answer = lead.get("/settings/views.csv", params={"kind": "ticket"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, row = rows(answer.text)
    assert dict(zip(head, row, strict=True)) | {"number": "", "at": ""} == {
        "number": "",
        "at": "",
        "name": "Ada Ling",
        "action": "viewed",
        "kind": "ticket",
        "subject": "t-1",
        "detail": "'=1+1",
        "address": "",
    }
    (taken,) = office.events(action="exported")
    assert (taken.name, taken.detail) == ("Cy Lee", "kind=ticket")


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-13-01", "action=eaten", "before=0", "who=%00"]
)
def test_a_filter_that_cannot_be_read_says_so(office: Office, query: str) -> None:
    """Instead of showing everything."""
    lead = office.signed_in(office.person("Cy Lee", "lead"))
    assert lead.get(f"/settings/views?{query}").status_code in (400, 422)


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    """A spreadsheet takes every cell for text, and nothing is lost."""
    cell = safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in (text, f"'{text}")
