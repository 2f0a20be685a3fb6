"""The frame itself: keyboard, screen reader, hostile text, lost connections, no script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.chatting import (
    PATIENCE_MS,
    QUESTION,
    Chatting,
    answered,
    ask,
    chat_pages,
    chatting,
    wait_for_script,
)
from tests.browser.chromium import Pages, Theme, findings

from firstline.records import TicketId
from firstline.review.reviews import Reviews
from firstline.store import app_url, open_database
from firstline.store.review_records import Change
from firstline.workspace import load

__all__ = ["chat_pages", "chatting"]
NOBODY_KNOWS = "Where is the parcel with my lawn mower and the two garden gnomes?"
PROBES = (
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    '"><svg onload="window.hit = 3">',
    "</textarea><iframe srcdoc='<script>parent.hit = 4</script>'></iframe>",
    "{{7*7}} javascript:alert(1) &lt;b&gt;",
)
KEEP_WHAT_IS_SAID = """() => {
    const place = document.getElementById("progress");
    window.said = [];
    const keep = () => window.said.push(place.textContent);
    const all = { childList: true, characterData: true, subtree: true };
    new MutationObserver(keep).observe(place, all);
}"""
"""Progress may last for less than the next look at the page."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_hinders_anybody(chat_pages: Pages, theme: Theme) -> None:
    """Axe finds nothing: empty, with an answer and its feedback, and with a person."""
    page = chat_pages.open(None, "/chat", theme=theme, width=320, height=560)
    assert findings(page) == []
    ask(page, QUESTION)
    answered(page)
    assert findings(page) == []
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".entry.system")).to_have_count(2, timeout=PATIENCE_MS)
    assert findings(page) == []


def test_it_is_worked_by_keyboard(chat_pages: Pages) -> None:
    """Enter sends, Shift and Enter breaks the line, Tab reaches everything in order."""
    page = chat_pages.open(None, "/chat")
    field = page.get_by_label("Your message")
    field.fill("How do I export my board")
    field.press("Shift+Enter")
    field.type("to CSV?")
    assert "\n" in field.input_value()
    wait_for_script(page)
    field.press("Enter")
    expect(field).to_have_value("")
    answered(page)
    page.get_by_role("log").focus()
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").inner_text() or "field")
    assert reached == [
        "Export a board to CSV",
        "Yes",
        "No",
        "I need more help",
        "field",
        "Send",
        "Talk to a person",
        "New conversation",
    ]
    page.get_by_role("button", name="Yes").press("Enter")
    expect(page.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")


def test_a_screen_reader_hears_it(chat_pages: Pages) -> None:
    """Entries are a log that is read politely, progress a status, refusals an alert."""
    page = chat_pages.open(None, "/chat")
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    heard = page.locator("#progress")
    expect(heard).to_have_attribute("role", "status")
    page.evaluate(KEEP_WHAT_IS_SAID)
    ask(page, QUESTION)
    answered(page)
    expect(heard).to_be_empty()
    assert any(page.evaluate("window.said"))
    expect(log.get_by_role("heading", name="Automatic answer")).to_be_visible()
    expect(page.locator("#problem")).to_have_attribute("role", "alert")


def test_hostile_text_stays_text(chat_pages: Pages) -> None:
    """Nothing a visitor writes becomes markup, neither at once nor when it is read again."""
    page = chat_pages.open(None, "/chat")
    for number, probe in enumerate(PROBES, 1):
        ask(page, probe)
        expect(page.locator(".entry.customer:not(.pending)")).to_have_count(number)
    page.reload()
    expect(page.locator(".entry.customer")).to_have_count(len(PROBES), timeout=PATIENCE_MS)
    assert page.locator(".entry.customer p").first.inner_text() == PROBES[0]
    assert page.locator("img, svg, iframe, .entry script").count() == 0
    assert page.evaluate_handle("window").get_property("hit").json_value() is None


def test_text_of_either_direction_reads_its_own_way(chat_pages: Pages) -> None:
    """Hebrew runs from the right, English from the left, in the field and in the log."""
    page = chat_pages.open(None, "/chat")
    field = page.get_by_label("Your message")
    field.fill("שלום, איך מייצאים?")
    expect(field).to_have_css("direction", "rtl")
    wait_for_script(page)
    field.press("Enter")
    expect(page.locator(".entry.customer p").first).to_have_css("direction", "rtl")
    ask(page, "And in English?")
    expect(page.locator(".entry.customer p").nth(1)).to_have_css("direction", "ltr")


def test_what_is_written_without_a_connection_is_sent_once_there_is_one(
    chat_pages: Pages,
) -> None:
    """It stands there as waiting, survives a reload, and is accepted exactly once."""
    chat_pages.allow("ERR_INTERNET_DISCONNECTED")
    page = chat_pages.open(None, "/chat")
    ask(page, QUESTION)
    answered(page)
    page.context.set_offline(True)
    ask(page, "And can I print it?")
    expect(page.locator(".entry.pending")).to_have_count(1)
    expect(page.locator("#problem")).to_contain_text("no connection")
    page.context.set_offline(False)
    answered(page, 2)
    expect(page.locator(".entry.pending")).to_have_count(0)
    expect(page.locator(".entry.customer")).to_have_count(2)
    page.reload()
    answered(page, 2)
    expect(page.locator(".entry.customer")).to_have_count(2)


def test_a_stream_that_breaks_is_made_up_for(chat_pages: Pages) -> None:
    """While every stream is cut the answer is written; it comes once the next one holds."""
    chat_pages.allow("ERR_FAILED")
    page = chat_pages.open(None, "/chat")
    cut: list[str] = []

    def fail(route: Route) -> None:
        cut.append(route.request.url)
        route.abort()

    page.context.route("**/api/v1/chat/events**", fail)
    page.reload()
    ask(page, QUESTION)
    page.wait_for_timeout(3_000)
    assert cut
    assert page.locator(".entry.bot").count() == 0
    page.context.unroute("**/api/v1/chat/events**")
    answered(page)
    expect(page.locator(".entry")).to_have_count(3)


def test_an_answer_lost_on_the_way_back_is_not_sent_twice(chat_pages: Pages) -> None:
    """The server took the message, the browser never heard: it tries again with the same id."""
    chat_pages.allow("ERR_FAILED")
    page = chat_pages.open(None, "/chat")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.context.route("**/api/v1/chat/messages", lose)
    ask(page, QUESTION)
    answered(page)
    expect(page.locator(".entry.pending")).to_have_count(0, timeout=PATIENCE_MS)
    assert lost == [202]
    expect(page.locator(".entry.customer")).to_have_count(1)


def test_a_new_conversation_begins_empty(chat_pages: Pages) -> None:
    """What was said before is not shown any more; the next message begins another log."""
    page = chat_pages.open(None, "/chat")
    ask(page, QUESTION)
    answered(page)
    page.get_by_role("link", name="New conversation").click()
    expect(page.locator(".entry")).to_have_count(1)
    ask(page, QUESTION)
    answered(page)
    expect(page.locator(".entry")).to_have_count(3)


def test_a_persons_reply_appears(chat_pages: Pages, chatting: Chatting) -> None:
    """What somebody releases in the review reaches the visitor, and says that a person wrote."""
    page = chat_pages.open(None, "/chat")
    ask(page, NOBODY_KNOWS)
    expect(page.locator(".entry.system")).to_have_count(2, timeout=PATIENCE_MS)
    expect(page.locator(".entry.system").last).to_contain_text("within one working day")
    release(chatting.folder, NOBODY_KNOWS, "We <b>do not</b> sell those, sorry.")
    reply = page.locator(".entry.staff")
    expect(reply).to_contain_text("We <b>do not</b> sell those", timeout=PATIENCE_MS)
    expect(reply.get_by_role("heading", name="Written by a person")).to_be_visible()


def release(folder: Path, asked: str, text: str) -> None:
    """Release a reply to the ticket of this text, as the review does."""
    workspace = load(folder)
    engine = open_database(app_url(workspace.data))
    reviews = Reviews(workspace, engine)
    waiting = reviews.queue(limit=200).items
    ticket = next(
        item.review.ticket
        for item in waiting
        if reviews.answer(TicketId(item.review.ticket)).ticket.text == asked
    )
    held = reviews.claim(ticket, "Ann")
    reviews.store.decide(
        Change(
            ticket=ticket,
            kind="edit",
            by="Ann",
            version=held.version,
            state="approved",
            delivers="reply",
            text=text,
        ),
        reviews.now(),
    )
    engine.dispose()


def test_it_works_without_a_script(chat_pages: Pages) -> None:
    """The form alone: write, look, say whether it helped, ask for a person."""
    page = chat_pages.open(None, "/chat", javascript=False, width=320, height=560)
    page.get_by_label("Your message").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".entry.customer")).to_contain_text(QUESTION)
    looked_until_answered(page)
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_role("button", name="No", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator("#person")).to_have_text("A person has this")
    expect(page.locator(".entry.system").last).to_contain_text("within one working day")
    assert page.context.cookies() == []


def looked_until_answered(page: Page) -> None:
    """Press the button of those without scripts until the answer is there."""
    for _ in range(60):
        if page.locator(".entry.bot").count():
            return
        page.get_by_role("button", name="Look for answers").click()
        page.wait_for_timeout(300)
    raise AssertionError("no answer came")
