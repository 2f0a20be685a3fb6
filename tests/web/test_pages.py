"""Pages escape what they show, and send a browser nowhere but here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import Markup
from tests.web.conftest import Served

from firstline.web.pages import TEMPLATES, joined, local

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "review",
     "/a\nSet-Cookie: x", ""],
)  # fmt: skip
def test_nothing_sends_a_browser_elsewhere(url: str) -> None:
    """Whatever a form or link claims, the way leads to our own pages."""
    assert local(url) == "/"


@pytest.mark.parametrize("url", ["/", "/review", "/review/abc?intent=a%20b#draft"])
def test_our_own_pages_are_reached(url: str) -> None:
    """Addresses of this server stay as they are."""
    assert local(url) == url


@pytest.mark.parametrize(
    ("ago", "words"),
    [(timedelta(seconds=5), "just now"), (timedelta(minutes=3), "3 min ago"),
     (timedelta(hours=-2), "in 2 h"), (timedelta(days=40), "40 d ago"), (None, "never")],
)  # fmt: skip
def test_times_in_words(ago: timedelta | None, words: str) -> None:
    """The largest unit that fits, in either direction."""
    time = None if ago is None else NOW - ago
    assert TEMPLATES.filters["ago"](time, NOW) == words


@pytest.mark.parametrize(
    ("dollars", "text"),
    [(0, "$0.00"), (0.00123, "$0.0012"), (1234.5, "$1,234.50"), (None, "–"), (-2, "$-2.00")],
)
def test_money_in_words(dollars: float | None, text: str) -> None:
    """Small amounts keep the digits that matter."""
    assert TEMPLATES.filters["money"](dollars) == text


def test_pieces_are_escaped_unless_they_are_markup() -> None:
    """Marks by offsets: each piece is escaped by itself."""
    pieces: list[str | Markup] = ["<b>", Markup("<mark>"), "&", Markup("</mark>")]
    assert joined(pieces) == "&lt;b&gt;<mark>&amp;</mark>"


def test_a_missing_page_says_what_to_do(served: Served) -> None:
    """People get a page, programs problem details; neither learns more than that."""
    page = served.client().get("/nothing-here")
    assert page.status_code == 404
    assert "There is no such page" in page.text
    program = served.client().get("/api/v1/nothing-here")
    assert program.headers["content-type"] == "application/problem+json"
    assert program.json()["code"] == "not_found"


def test_static_files_are_kept_by_their_contents(served: Served) -> None:
    """An address with its mark is kept for ever; without it, asked for again."""
    marked = served.client().get(TEMPLATES.filters["address"]("console.css"))
    assert "immutable" in marked.headers["cache-control"]
    assert served.client().get("/static/console.css").headers["cache-control"] == "no-cache"
    assert served.client().get("/static/../pages.py").status_code == 404
