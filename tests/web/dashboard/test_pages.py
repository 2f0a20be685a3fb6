"""The dashboard as people get it: pages, files and the scrape, on a served company."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree as ET

import httpx2
import pytest
import re2
from tests.desk.test_exposition import read
from tests.web.conftest import TICKETS, Served

from firstline.store.access_log import EventFilter
from firstline.web.dashboard.routes import FIGURES

SVG = re2.compile(r"(?s)<svg class=.*?</svg>")


@pytest.fixture
def lead(served: Served) -> httpx2.Client:
    """Return somebody who may export."""
    return served.client("lead")


def test_the_page_shows_every_figure(lead: httpx2.Client) -> None:
    """Each figure has a title, a sentence, and its numbers; the pictures are well-formed."""
    text = lead.get("/dashboard").text
    for key in FIGURES:
        assert f'id="{key}"' in text
        assert f'id="t-{key}"' in text
    pictures = SVG.findall(text)
    assert len(pictures) > 8
    for picture in pictures:
        ET.fromstring(picture)  # noqa: S314 - our own page
    assert " style=" not in text
    assert "<style" not in text


def test_the_tickets_of_the_company_are_counted(lead: httpx2.Client) -> None:
    """All answered tickets are on the page, and the reasons add up to what people got."""
    rows = table(lead, "outcomes")
    parts = ("answered automatically", "asked back automatically", "held for review", "escalated")
    sums = {name: sum(int(row[name]) for row in rows) for name in ("Tickets", *parts)}
    # Other tests of this server may have added tickets of their own.
    assert sums["Tickets"] == sum(sums[part] for part in parts) >= TICKETS
    reasons = sum(int(row["Tickets"]) for row in table(lead, "reasons"))
    assert reasons == sums["held for review"] + sums["escalated"]
    assert sum(int(row["Tickets"]) for row in table(lead, "intents")) == sums["Tickets"]


def table(client: httpx2.Client, figure: str, query: str = "") -> list[dict[str, str]]:
    """Return the rows of an exported figure."""
    answer = client.get(f"/dashboard/{figure}.csv{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="{figure}-' in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("figure", sorted(FIGURES))
def test_every_figure_can_be_exported(lead: httpx2.Client, figure: str) -> None:
    """Every figure is a file with a head, even where there is nothing yet."""
    table(lead, figure)


def test_filters_are_in_the_address(lead: httpx2.Client) -> None:
    """A channel narrows the figures, its exports too, and its links keep it."""
    chats = sum(int(row["Tickets"]) for row in table(lead, "outcomes", "?channel=chat"))
    assert 0 < chats < TICKETS
    text = lead.get("/dashboard?channel=chat&range=7").text
    assert "chat only" in text
    assert "/dashboard/outcomes.csv?channel=chat&amp;range=7" in text
    assert 'href="/dashboard?channel=chat&amp;range=90"' in text


def test_days_without_tickets_point_to_those_with_some(lead: httpx2.Client) -> None:
    """An empty period says when there was something, with a link that shows it."""
    text = lead.get("/dashboard?from=2020-01-01&to=2020-01-07").text
    assert "No ticket was decided in these days" in text
    assert "show those days" in text
    assert "stands here" in text or "stand here" in text


@pytest.mark.parametrize(
    "query",
    [
        "range=13",
        "from=x",
        "from=2026-02-02&to=2026-01-01",
        "channel=pigeon",
        "from=0001-01-01&to=9999-12-31",
        "intent=%00",
    ],
)
def test_a_wrong_address_is_told(lead: httpx2.Client, query: str) -> None:
    """A wrong filter is a page that says what to do, not a failure."""
    assert lead.get(f"/dashboard?{query}").status_code == 400


def test_a_hostile_intent_is_shown_as_text(lead: httpx2.Client) -> None:
    """What stands in the address is escaped wherever it appears."""
    text = lead.get("/dashboard?intent=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_an_unknown_figure_is_not_found(lead: httpx2.Client) -> None:
    """There is no file of a figure that does not exist."""
    assert lead.get("/dashboard/nothing.csv").status_code == 404


def test_agents_look_and_leads_export(served: Served) -> None:
    """An agent sees the page without exports and colleagues; nobody is sent to the login."""
    agent = served.client("agent")
    text = agent.get("/dashboard").text
    assert ".csv?" not in text
    assert "Your decisions" in text
    assert agent.get("/dashboard/volume.csv").status_code == 403
    assert served.client(None).get("/dashboard").status_code == 303


def test_exports_are_written_down(served: Served, lead: httpx2.Client) -> None:
    """Who took figures away is in the audit of views."""
    table(lead, "volume", "?range=7")
    wanted = EventFilter(action="exported", subject="volume")
    (event, *_) = served.site.access.log.page(wanted).events
    assert (event.name, event.kind) == ("Lead Person", "figures")


def test_a_scrape_needs_a_key(served: Served) -> None:
    """Nobody reads /metrics without a key of its scope; with one, the format is right."""
    anybody = served.client(None)
    assert anybody.get("/metrics").status_code == 401
    _, token = served.site.access.make_key(
        name="scraper", scopes=("metrics:read",), valid=None, by=None
    )
    answer = anybody.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = read(answer.text)
    counted = sum(
        value for name, value in found.items() if name.startswith("firstline_tickets_total")
    )
    assert counted >= TICKETS
