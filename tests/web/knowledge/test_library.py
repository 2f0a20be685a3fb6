"""The list of documents: filters, order, pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from firstline.knowledge import IndexedDocument
from firstline.records import DocumentId
from firstline.store.use_counts import SourceUse
from firstline.web.knowledge.library import PAGE, Condition, Order, Wanted, library, wanted

TODAY = date(2026, 11, 23)


def a_document(name: str, **changes: object) -> IndexedDocument:
    """Return a document of the index."""
    made = IndexedDocument(
        id=DocumentId(name),
        title=name.title(),
        version="v",
        audience="public",
        url="",
        updated=TODAY,
        superseded_by=None,
        source=f"knowledge/{name}.md",
        passages=2,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # by name


DOCUMENTS = (
    a_document("refunds"),
    a_document("export", updated=date(2025, 11, 22)),
    a_document("cards", updated=date(2025, 11, 23)),
    a_document("notes", audience="internal", updated=None),
    a_document("prices", superseded_by=DocumentId("plans"), updated=date(2020, 1, 1)),
)
USES = {"export": SourceUse(sent=3, drafts=1, last=datetime(2026, 5, 4, tzinfo=UTC))}


def names(asked: Wanted) -> list[str]:
    """Return the ids on the page."""
    return [row.id for row in library(DOCUMENTS, USES, asked, TODAY).rows]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("old", ["export"]),
        ("undated", ["notes"]),
        ("superseded", ["prices"]),
        ("used", ["export"]),
        ("unused", ["cards", "refunds"]),
    ],
)
def test_conditions_choose(condition: Condition, expected: list[str]) -> None:
    """A year is the limit of age; superseded and internal articles are not missed in answers."""
    assert names(Wanted(condition=condition, order="title")) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("used", "export cards notes prices refunds"),
        ("title", "cards export notes prices refunds"),
        ("oldest", "prices export cards refunds notes"),
        ("newest", "refunds cards export prices notes"),
    ],
)
def test_orders(order: Order, expected: str) -> None:
    """Those without a date come last in either order of age."""
    assert names(Wanted(order=order)) == expected.split()


def test_every_word_of_a_search_must_be_there() -> None:
    """Title and id are searched, whatever the case."""
    assert names(Wanted(search="CARD")) == ["cards"]
    assert names(Wanted(search="card refund")) == []


def test_a_page_beyond_the_last_is_the_last() -> None:
    """Whatever number is asked for, there is something to see."""
    many = tuple(a_document(f"d{at:03}") for at in range(PAGE + 1))
    found = library(many, {}, Wanted(order="title", page=9), TODAY)
    assert [row.id for row in found.rows] == [f"d{PAGE:03}"]
    assert (found.pages, found.found) == (2, PAGE + 1)


def test_what_cannot_be_understood_is_left_out_of_the_address() -> None:
    """An address is made of what is known, and leads to the same page again."""
    asked = wanted(" a  b ", "everybody", "old", "random", -3)
    assert asked == Wanted(search="a b", condition="old")
    assert asked.address(2) == "/knowledge?q=a+b&is=old&page=2"
    assert Wanted().address() == "/knowledge"
