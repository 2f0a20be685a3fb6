"""Pages that only a form leads to: accessible, and no wider than a phone, in both themes."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.browser.conftest import NoFindings
from tests.browser.review.desk import OpenAs, ticket_on
from tests.web.review.company import Desk


def is_well(page: Page, no_findings: NoFindings) -> None:
    """Assert that a page is accessible in both themes and fits a phone."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if theme == "light" else "dark")
        no_findings(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.locator("html").evaluate("page => page.scrollWidth > page.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_draft_with_its_evidence_open(
    desk: Desk, open_as: OpenAs, no_findings: NoFindings
) -> None:
    """A sentence in focus, the pop-ups of the decision bar, and the list of keys."""
    reviews = desk.served.site.reviews
    ticket = next(
        item.review.ticket
        for item in reviews.queue(limit=100).items
        if any(one.kind == "quote" for one in reviews.answer(item.review.ticket).draft.sentences)
    )
    page = open_as("Ann Lee", f"/review/{ticket}")
    page.locator("li:has(.q) [aria-describedby]").first.focus()
    is_well(page, no_findings)
    page.keyboard.press("r")
    is_well(page, no_findings)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    is_well(page, no_findings)


def test_a_reply_that_may_not_leave(desk: Desk, open_as: OpenAs, no_findings: NoFindings) -> None:
    """The editor with findings and the override."""
    ticket = desk.served.site.reviews.queue(limit=1).items[0].review.ticket
    page = open_as("Ann Lee", f"/review/{ticket}?do=edit")
    page.locator("#text").fill("You get 99 days for free.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#override")).to_be_visible()
    expect(page.locator("#checked .against").first).to_be_visible()
    is_well(page, no_findings)


def test_a_lost_race_and_a_ticket_of_somebody_else(
    open_as: OpenAs, no_findings: NoFindings
) -> None:
    """The conflict page, and a page that may only be read."""
    ann = open_as("Ann Lee", "/review")
    address = f"/review/{ticket_on(ann)}"
    bo = open_as("Bo Chen", address)
    expect(bo.locator(".notice.warn").first).to_contain_text("Ann Lee holds it")
    is_well(bo, no_findings)
    again = open_as("Ann Lee", address)
    expect(again.locator("[data-mine]")).to_have_count(1)
    ann.keyboard.press("t")
    expect(ann.locator("h1")).to_have_text("Somebody was quicker")
    is_well(ann, no_findings)


def test_closing_several_step_by_step(open_as: OpenAs, no_findings: NoFindings) -> None:
    """The question before, and what was closed."""
    page = open_as("Ann Lee", "/review/bulk")
    page.locator("input[type=checkbox]").first.check()
    page.get_by_role("button", name="Go on").click()
    is_well(page, no_findings)
    page.get_by_role("button", name="Close them").click()
    expect(page.locator("h1")).to_have_text("Closed 1")
    is_well(page, no_findings)
