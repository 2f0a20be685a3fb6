"""The whole way of a reviewer without JavaScript: looking, checking, deciding, filtering."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.review.desk import OpenAs, ticket_on
from tests.web.review.company import Desk

from firstline.records import TicketId
from firstline.store.review_records import Decision

UNPROVEN = "\n\nYou get 99 days for free."


@pytest.fixture
def page(open_as: OpenAs) -> Page:
    """Return the queue in a browser that runs no scripts."""
    return open_as("Ann Lee", "/review", javascript=False)


def quoting(desk: Desk) -> str:
    """Return a ticket whose draft quotes an article."""
    reviews = desk.served.site.reviews
    return next(
        item.review.ticket
        for item in reviews.queue(limit=100).items
        if any(one.kind == "quote" for one in reviews.answer(item.review.ticket).draft.sentences)
    )


def last(desk: Desk, ticket: str) -> Decision:
    """Return the last decision about a ticket."""
    return desk.served.site.reviews.store.decisions(TicketId(ticket))[-1]


def test_evidence_is_a_link_and_a_focus_away(page: Page, desk: Desk) -> None:
    """The passage of a sentence shows on focus and on hover, without any script."""
    page.goto(f"/review/{quoting(desk)}")
    quote = page.locator("li:has(.q)").first
    expect(quote.locator(".places")).not_to_be_visible()
    quote.locator("[aria-describedby]").focus()
    expect(quote.locator(".places")).to_be_visible()
    page.locator("h1").hover()
    name = quote.get_attribute("id")
    page.goto(f"{page.url}#{name}")
    expect(page.locator(f"#{name} .places")).to_be_visible()


def test_checking_overruling_and_sending(page: Page, desk: Desk) -> None:
    """A button checks, the save is held with the findings, and leaves with a reason."""
    ticket = quoting(desk)
    page.goto(f"/review/{ticket}")
    page.locator(".decide").get_by_role("link", name="Edit").click()
    text = page.locator("#text")
    expect(text).to_be_focused()
    text.fill(text.input_value() + UNPROVEN)
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#checked")).to_contain_text("is not proven")
    expect(page.locator("#text")).to_have_value(text.input_value())
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[role=alert]")).to_contain_text("The checks are against it")
    page.locator("#override").fill("promised on the phone")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".said")).to_contain_text("Sent as edited")
    assert last(desk, ticket).note == "promised on the phone"


def test_every_decision(page: Page, desk: Desk) -> None:
    """Approve, reject, escalate, snooze, take over, reopen: forms and links."""
    page.goto(f"/review/{quoting(desk)}")
    made = []
    for decide in (approve, reject, escalate, snooze, take):
        ticket = ticket_on(page)
        decide(page)
        expect(page.locator(".said")).to_be_visible()
        made.append((ticket, last(desk, ticket).kind))
        page.goto(f"/review/{quoting(desk)}")
    assert [kind for _, kind in made] == ["approve", "reject", "escalate", "snooze", "take"]
    page.goto(f"/review/{made[-1][0]}")
    page.get_by_role("button", name="Reopen").click()
    expect(page.locator(".said")).to_contain_text("Back in the queue")


def approve(page: Page) -> None:
    """Approve."""
    page.get_by_role("button", name="Approve").click()


def reject(page: Page) -> None:
    """Reject."""
    page.locator("summary", has_text="Reject").click()
    page.locator("#why").select_option("tone")
    page.locator("button[value=reject]").click()


def escalate(page: Page) -> None:
    """Hand over."""
    page.locator(".decide").get_by_role("link", name="Escalate").click()
    expect(page.locator(".packet")).to_contain_text("Summary")
    page.locator("#team").fill("Legal")
    page.locator("#note").fill("a court is named")
    page.get_by_role("button", name="Hand over").click()


def snooze(page: Page) -> None:
    """Put off."""
    page.locator("summary", has_text="Snooze").click()
    page.get_by_role("button", name="Tomorrow 9:00").click()


def take(page: Page) -> None:
    """Take over."""
    page.get_by_role("button", name="Take over").click()


def test_searching_filtering_and_closing_several(page: Page, desk: Desk) -> None:
    """Search, filters and bulk are forms."""
    page.locator("#q").fill("export")
    page.locator("#q").press("Enter")
    expect(page.locator(".count")).to_contain_text("found")
    page.locator(".kinds").get_by_role("link", name="Filters").click()
    page.locator("#f-channel").select_option("email")
    page.get_by_role("button", name="Show").click()
    assert "channel=email" in page.url
    assert "q=export" in page.url
    page.goto("/review/bulk")
    boxes = page.locator("input[type=checkbox]:not([disabled])")
    names = [boxes.nth(at).get_attribute("value") or "" for at in range(2)]
    for at in range(2):
        boxes.nth(at).check()
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("h1")).to_have_text("Close 2 tickets?")
    page.get_by_role("button", name="Close them").click()
    expect(page.locator("h1")).to_have_text("Closed 2")
    assert [last(desk, name).reason for name in names] == ["no_reply_needed"] * 2
