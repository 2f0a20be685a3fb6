"""Two people at the same queue: what one does, the other sees; of one ticket one decides."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import expect
from tests.browser.review.desk import OpenAs, ticket_on
from tests.web.review.company import Desk

from firstline.records import TicketId
from firstline.store.trust_tables import review


def lapse(desk: Desk, ticket: str) -> None:
    """Let a claim run out, as if its page had slept."""
    with desk.served.site.desk.engine.begin() as connection:
        connection.execute(
            review.update().where(review.c.ticket == ticket).values(held_until=sa.literal(""))
        )


def test_of_two_who_decide_one_gets_the_conflict_page(desk: Desk, open_as: OpenAs) -> None:
    """The slower one reads who decided what, sees the live change, and goes on with a key."""
    ann = open_as("Ann Lee", "/review")
    ticket = ticket_on(ann)
    lapse(desk, ticket)
    bo = open_as("Bo Chen", f"/review/{ticket}")
    assert bo.locator("[data-mine]").count() == 1
    bo.keyboard.press("t")
    expect(bo.locator(".said")).to_contain_text("Taken over")
    expect(ann.locator(".about .notice.warn")).to_contain_text("Bo Chen answers it by hand")
    ann.keyboard.press("t")
    expect(ann.locator("h1")).to_have_text("Somebody was quicker")
    expect(ann.locator("main")).to_contain_text("Bo Chen took it over")
    decisions = desk.served.site.reviews.store.decisions(TicketId(ticket))
    assert [one.by for one in decisions] == ["Bo Chen"]
    ann.keyboard.press("j")
    expect(ann.locator(".case")).to_be_visible()
    assert ticket_on(ann) not in ("", ticket, ticket_on(bo))


def test_the_queue_follows_what_others_do(open_as: OpenAs) -> None:
    """A claim and a decision of somebody else appear without a reload."""
    ann = open_as("Ann Lee", "/review")
    mine = ticket_on(ann)
    bo = open_as("Bo Chen", "/review")
    theirs = ticket_on(bo)
    assert mine != theirs
    row = ann.locator(f'.queue li a[href^="/review/{theirs}"]')
    expect(row).to_contain_text("Bo Chen has it")
    bo.keyboard.press("t")
    expect(row).to_have_count(0)
    assert ticket_on(ann) == mine


def test_leaving_a_ticket_gives_it_back(open_as: OpenAs) -> None:
    """Whoever goes on without deciding does not keep the ticket from others."""
    ann = open_as("Ann Lee", "/review")
    first = ticket_on(ann)
    ann.keyboard.press("j")
    expect(ann.locator(f'.case:not([data-ticket="{first}"])')).to_be_visible()
    row = ann.locator(f'.queue li a[href^="/review/{first}"]')
    bo = open_as("Bo Chen", "/review")
    expect(bo.locator(f'.case[data-ticket="{first}"][data-mine]')).to_have_count(1)
    expect(row).to_contain_text("Bo Chen has it")


def test_what_is_typed_is_checked_after_a_pause(desk: Desk, open_as: OpenAs) -> None:
    """The checks answer while somebody writes, with the words they doubt marked."""
    ticket = next(
        item.review.ticket
        for item in desk.served.site.reviews.queue(limit=100).items
        if len(desk.served.site.reviews.answer(item.review.ticket).draft.sentences) > 1
    )
    page = open_as("Ann Lee", f"/review/{ticket}?do=edit")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n\nYou get 99 days for free.")
    expect(page.locator("#checked .notice.bad")).to_contain_text("is not proven")
    expect(page.locator("#checked .against").first).to_be_visible()
    page.locator("#text").fill("Thanks for getting in touch.")
    expect(page.locator("#checked .pairs li")).to_have_count(1)


def test_on_a_phone_a_tap_shows_the_evidence(desk: Desk, open_as: OpenAs) -> None:
    """The passage opens under its sentence, nothing scrolls sideways, decisions stay in sight."""
    ticket = next(
        item.review.ticket
        for item in desk.served.site.reviews.queue(limit=100).items
        if any(
            one.kind == "quote"
            for one in desk.served.site.reviews.answer(item.review.ticket).draft.sentences
        )
    )
    page = open_as("Ann Lee", f"/review/{ticket}", width=390, height=844)
    quote = page.locator("li:has(.q)").first
    expect(quote.locator(".places")).not_to_be_visible()
    quote.locator("[aria-describedby]").click()
    expect(quote.locator(".places")).to_be_visible()
    expect(page.locator(".decide [data-key=e]")).to_be_in_viewport()
    sideways = page.locator("html").evaluate("page => page.scrollWidth > page.clientWidth")
    assert not sideways
