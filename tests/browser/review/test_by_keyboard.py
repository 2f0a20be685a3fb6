"""A reviewer works through twenty tickets and never touches the mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.browser.review.desk import OpenAs, on_title, ticket_on
from tests.web.review.company import Desk

from firstline.records import TicketId

TICKETS = 20


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def reject(page: Page) -> None:
    """Reject with a reason and a note."""
    press(page, "r")
    expect(page.locator("#why")).to_be_focused()
    page.keyboard.type("outd")
    press(page, "Tab")
    page.keyboard.type("the article is old")
    press(page, "Enter")


def escalate(page: Page) -> None:
    """Hand over to a team."""
    press(page, "x")
    expect(page.locator("#team")).to_be_focused()
    page.keyboard.type("Billing")
    press(page, "Tab")
    page.keyboard.type("they decide refunds")
    press(page, "Tab", "Tab", "Enter")


def snooze(page: Page) -> None:
    """Put off for an hour."""
    press(page, "z")
    expect(page.locator("button[name=until]").first).to_be_focused()
    press(page, "Enter")


def edit(page: Page) -> None:
    """Change the first word and send it."""
    press(page, "e")
    expect(page.locator("#text")).to_be_focused()
    press(page, "Control+Home", "Control+Delete")
    page.keyboard.type("Dear ")
    press(page, "Escape", "s")


def approve_or_take(page: Page) -> None:
    """Approve what has a draft, take over what has none."""
    press(page, "a" if page.locator("[data-key=a]").count() else "t")


def test_twenty_tickets_by_keyboard(desk: Desk, open_as: OpenAs) -> None:
    """Every decision has a key; the next ticket follows by itself, its title has the focus."""
    page = open_as("Ann Lee", "/review")
    special = {2: reject, 5: escalate, 8: snooze, 11: reject, 14: snooze}
    done: list[str] = []
    for number in range(TICKETS):
        on_title(page)
        ticket = ticket_on(page)
        assert ticket not in done
        special.get(number, approve_or_take)(page)
        expect(page.locator(f'.case:not([data-ticket="{ticket}"])')).to_be_visible()
        expect(page.locator(".said")).to_be_visible()
        expect(page.locator("[data-say]")).to_contain_text("Next: ")
        done.append(ticket)
    reviews = desk.served.site.reviews
    made = [reviews.store.decisions(TicketId(ticket))[-1] for ticket in done]
    assert len(made) == TICKETS
    assert all(one.by == "Ann Lee" for one in made)
    assert {"approve", "take", "reject", "escalate", "snooze"} <= {one.kind for one in made}
    assert made[2].reason == "outdated"
    assert made[5].target == "Billing"


def test_editing_by_keyboard(desk: Desk, open_as: OpenAs) -> None:
    """The editor has the focus at once; Escape leaves it, a key sends."""
    ticket = next(
        item.review.ticket
        for item in desk.served.site.reviews.queue(limit=100).items
        if desk.served.site.reviews.answer(item.review.ticket).draft.text.startswith("Hello")
    )
    page = open_as("Ann Lee", f"/review/{ticket}")
    edit(page)
    expect(page.locator(".said")).to_contain_text("Sent as edited")
    made = desk.served.site.reviews.store.decisions(ticket)[-1]
    assert made.text.startswith("Dear ")
    assert (made.kind, made.overridden) == ("edit", ())


def test_moving_through_the_queue(open_as: OpenAs) -> None:
    """J and k go down and up, / searches, ? lists every key, Escape leaves."""
    page = open_as("Ann Lee", "/review")
    first = ticket_on(page)
    press(page, "j")
    expect(page.locator(f'.case:not([data-ticket="{first}"])')).to_be_visible()
    on_title(page)
    press(page, "k")
    expect(page.locator(f'.case[data-ticket="{first}"]')).to_be_visible()
    press(page, "/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("export")
    press(page, "Enter")
    expect(page.locator(".count")).to_contain_text("found")
    press(page, "?")
    listed = page.locator("dialog[open]")
    for words in ("Approve", "Next ticket", "Snooze", "Search", "Dashboard"):
        if words != "Approve" or page.locator("[data-key=a]").count():
            expect(listed).to_contain_text(words)
    press(page, "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    press(page, "r")
    expect(page.locator("#why")).to_be_focused()
    press(page, "Escape", "Escape")
    expect(page.locator("#why")).not_to_be_visible()


def test_evidence_by_focus(desk: Desk, open_as: OpenAs) -> None:
    """Tab goes from sentence to sentence; each shows its passage and is described by it."""
    ticket = next(
        item.review.ticket
        for item in desk.served.site.reviews.queue(limit=100).items
        if any(
            one.kind == "quote"
            for one in desk.served.site.reviews.answer(item.review.ticket).draft.sentences
        )
    )
    page = open_as("Ann Lee", f"/review/{ticket}")
    sentence = page.locator(".pairs [aria-describedby]").first
    place = page.locator(f"#{sentence.get_attribute('aria-describedby')} .places")
    expect(place).not_to_be_visible()
    sentence.focus()
    expect(place).to_be_visible()
    press(page, "Tab", "Tab", "Tab")
    expect(place).not_to_be_visible()
    quote = page.locator("li:has(.q)").first
    quote.hover()
    expect(quote.locator("mark.q")).to_be_visible()
