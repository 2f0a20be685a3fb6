"""What customers, articles and people write stays text, wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.chromium import Pages, chromium, evaluate
from tests.browser.hostile import HURT, MARKS, hostile_site, probe, short
from tests.browser.places import places
from tests.browser.walk import addresses, pages_among
from tests.web.conftest import PASSWORD, Served

from firstline.records import TicketId
from firstline.web.app import create_app

pytestmark = pytest.mark.timeout(300)
REFLECTED = (
    "/{probe}",
    "/review/{probe}",
    "/review?q={probe}",
    "/review?intent={probe}&reason={probe}&channel={probe}&assignee={probe}",
    "/review/{ticket}?do=edit&from={probe}",
    "/tickets?q={probe}",
    "/tickets?intent={probe}",
    "/tickets/{probe}",
    "/knowledge?q={probe}",
    "/knowledge/doc/{probe}",
    "/knowledge/try?q={probe}",
    "/dashboard?intent={probe}",
    "/settings/views?person={probe}",
    "/settings/certificates/{probe}",
    "/login?next=/{probe}",
    "/feedback/{probe}",
    "/invite/{probe}",
)
"""Addresses that carry a probe into the page."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the hostile company in the place of the usual one."""
    with hostile_site(tmp_path_factory.mktemp("hostile") / "tiny") as serving:
        yield serving


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    """Return a real browser, once the company is open."""
    assert served.url
    with chromium() as opened:
        yield opened


def hurt(page: Page) -> str:
    """Return what got into a page; empty when nothing did."""
    found = evaluate(
        page,
        f'(window.hurt || "") + [...document.querySelectorAll("{HURT}")]'
        ".map((one) => one.outerHTML.slice(0, 200)).join()",
    )
    return f"{page.url}: {found}" if found else ""


def test_the_first_page_of_all_is_safe(pages: Pages, served: Served) -> None:
    """The set-up shows the company's name before anybody can sign in."""
    assert not served.site.access.people.list()
    page = pages.open(None, f"/setup?code={quote(short('code'))}")
    assert page.url.startswith(f"{served.url}/setup")
    assert hurt(page) == ""
    assert "probe-company" in page.content()


def test_no_page_runs_or_shows_markup_that_somebody_wrote(pages: Pages, served: Served) -> None:
    """Every page of every route: the probes are there, as text."""
    tickets = [item.review.ticket for item in served.site.reviews.queue().items]
    _write_more(served, tickets[-1])
    values = places(served)
    found = pages_among(served, addresses(create_app(served.site), values))
    assert len(found) > 20
    signed_in, public = pages.open("admin", "/account"), pages.open(None, "/login")
    wrong, seen = [], ""
    for address in found:
        page = public if address.public else signed_in
        page.goto(address.path)
        wrong.append(hurt(page))
        seen += page.content()
    for ticket in tickets:
        for path in (f"/review/{ticket}", f"/tickets/{ticket}"):
            signed_in.goto(path)
            wrong.append(hurt(signed_in))
            seen += signed_in.content()
    assert not any(wrong), "\n".join(filter(None, wrong))
    missing = [mark for mark in (*MARKS, "person", "key", "note") if f"probe-{mark}" not in seen]
    assert not missing, f"never shown, so nothing was tested of: {missing}"


def _write_more(served: Served, ticket: TicketId) -> None:
    """Let people write probes as well."""
    served.client("admin")
    access = served.site.access
    access.add_person(
        name=short("person"), email="h@acme.example", role="agent",
        password=PASSWORD, by=None,
    )  # fmt: skip
    client = served.client("admin")
    client.post("/settings/keys", data={"name": short("key"), "scope": "tickets:read"})
    served.site.reviews.claim(ticket, "Admin Person")
    served.site.reviews.escalate(ticket, "Admin Person", team=short("team"), note=probe("note"))


def test_no_page_gives_back_what_its_address_says(pages: Pages, served: Served) -> None:
    """Filters, searches, errors and unknown ids."""
    ticket = served.site.reviews.queue().items[0].review.ticket
    written = quote(probe("address"), safe="")
    page, wrong = pages.open("admin", "/account"), []
    for template in REFLECTED:
        page.goto(template.format(probe=written, ticket=ticket))
        wrong.append(hurt(page))
    assert not any(wrong), "\n".join(filter(None, wrong))


def test_what_is_tried_out_stays_text(pages: Pages) -> None:
    """A message that is pasted in comes back stage by stage, put into the page by the script."""
    page = pages.open("admin", "/try")
    page.fill("textarea[name=text]", f"How do I export a board? {probe('tried')}")
    page.fill("input[name=subject]", short("tried"))
    page.click("form[action='/try'] button.primary")
    page.locator("[data-stages]").get_by_text("probe-tried").first.wait_for()
    assert hurt(page) == ""


def test_what_a_reviewer_writes_stays_text(pages: Pages, served: Served) -> None:
    """An edited reply is shown again with the findings of the checks."""
    ticket = served.site.reviews.queue().items[0].review.ticket
    page = pages.open("admin", f"/review/{ticket}?do=edit", javascript=False)
    page.fill("textarea[name=text]", probe("edited"))
    page.click("button[value=check]")
    assert "probe-edited" in page.content()
    assert page.locator(HURT).count() == 0
