"""The chat on a company's own pages: another origin, its own strict policy, no cookies."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.browser.chatting import (
    PATIENCE_MS,
    QUESTION,
    Chatting,
    Shop,
    answered,
    ask,
    chat_pages,
    chatting,
    frame_of,
)
from tests.browser.chromium import Pages, evaluate

__all__ = ["chat_pages", "chatting"]
FOCUSED = "document.activeElement.id"


def test_a_customer_asks_on_another_site(chat_pages: Pages, chatting: Chatting) -> None:
    """One script tag: a button, the frame, an answer with its source, and Escape back."""
    page = chat_pages.open(None, chatting.shop)
    frame = frame_of(page)
    expect(frame.get_by_label("Your message")).to_be_focused()
    expect(frame.locator("#disclosure")).to_contain_text("automatically")
    ask(frame, QUESTION)
    answer = answered(frame).first
    expect(answer).to_contain_text("Choose Export")
    expect(answer.get_by_role("list", name="Sources").get_by_role("link")).to_have_attribute(
        "href", "https://help.acme.example/import-export/export-csv"
    )
    expect(frame.get_by_role("button", name="Talk to a person")).to_be_visible()
    frame.get_by_label("Your message").press("Escape")
    assert evaluate(page, FOCUSED) == "firstline-chat"
    page.keyboard.press("Enter")
    expect(frame.get_by_label("Your message")).to_be_focused()
    expect(frame.locator(".entry")).to_have_count(3)
    assert page.context.cookies() == []


def test_reloading_the_page_goes_on_with_the_conversation(
    chat_pages: Pages, chatting: Chatting
) -> None:
    """Where the browser keeps a frame's session, everything is there again, once."""
    page = chat_pages.open(None, chatting.sibling)
    frame = frame_of(page)
    ask(frame, QUESTION)
    answered(frame)
    page.reload()
    again = frame_of(page)
    answered(again)
    expect(again.locator(".entry.customer")).to_have_count(1)
    expect(again.locator(".entry.bot")).to_have_count(1)


def test_where_the_browser_keeps_nothing_a_customer_goes_on_by_identity(
    chat_pages: Pages, chatting: Chatting
) -> None:
    """A known customer finds the conversation again on every page; anybody else begins anew."""
    chatting.site.extra = 'data-identity-url="/identity"'
    for customer, entries in (("cus_1003", 3), ("", 1)):
        chatting.site.customer = customer
        page = chat_pages.open(None, chatting.shop)
        frame = frame_of(page)
        ask(frame, QUESTION)
        answered(frame)
        page.reload()
        again = frame_of(page)
        expect(again.locator(".entry")).to_have_count(entries, timeout=PATIENCE_MS)


def test_the_next_customer_at_the_same_tab_sees_nothing_of_the_last(
    chat_pages: Pages, chatting: Chatting
) -> None:
    """Neither the conversation nor what was written and not sent."""
    chatting.site.extra = 'data-identity-url="/identity"'
    chatting.site.customer = "cus_1004"
    page = chat_pages.open(None, chatting.sibling)
    frame = frame_of(page)
    ask(frame, QUESTION)
    answered(frame)
    frame.get_by_label("Your message").fill("half a thought")
    chatting.site.customer = "cus_1005"
    page.reload()
    again = frame_of(page)
    expect(again.get_by_label("Your message")).to_have_value("")
    expect(again.locator(".entry")).to_have_count(1)


def test_a_site_that_is_not_listed_cannot_show_it(chat_pages: Pages, chatting: Chatting) -> None:
    """The browser refuses the frame: its policy names the sites that may."""
    chat_pages.allow("frame-ancestors")
    other = Shop(firstline=chatting.url)
    origin = other.begin()
    try:
        page = chat_pages.open(None, origin)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_timeout(1_500)
        assert not any(_has_form(frame.url, page) for frame in page.frames)
    finally:
        other.close()
    assert any("frame-ancestors" in trouble for trouble in chat_pages.troubles)


def _has_form(url: str, page: Page) -> bool:
    frame = page.frame(url=url)
    return url.endswith("/chat") and frame is not None and frame.locator("#text").count() > 0


def test_the_site_says_who_the_customer_is(chat_pages: Pages, chatting: Chatting) -> None:
    """A token of the shop's own server makes the visitor known; without one nobody is."""
    chatting.site.extra = 'data-identity-url="/identity"'
    for customer, state in (("cus_1001", "verified"), ("", "anonymous")):
        chatting.site.customer = customer
        page = chat_pages.open(None, chatting.shop)
        with page.expect_response("**/api/v1/chat/session", timeout=PATIENCE_MS) as opened:
            frame_of(page)
        assert opened.value.json()["identity"] == state


def test_an_answer_that_comes_while_it_is_closed_is_marked(
    chat_pages: Pages, chatting: Chatting
) -> None:
    """The frame tells the button; what the button looks like is inside the closed root."""
    page = chat_pages.open(None, chatting.shop)
    frame = frame_of(page)
    told = (
        "window.told = []; addEventListener('message', (event) => window.told.push("
        "event.data.firstline + ' ' + event.origin))"
    )
    evaluate(page, told)
    ask(frame, QUESTION)
    frame.get_by_label("Your message").press("Escape")
    frame.locator(".entry.bot").wait_for(state="attached", timeout=PATIENCE_MS)
    said = evaluate(page, "window.told.join(',')")
    assert said == f"close {chatting.url},unread {chatting.url}"


def test_messages_from_elsewhere_are_not_heard(chat_pages: Pages, chatting: Chatting) -> None:
    """A page that frames nothing of ours and shouts at the window opens and closes nothing."""
    page = chat_pages.open(None, chatting.shop)
    frame = frame_of(page)
    evaluate(page, "window.postMessage({ firstline: 'close' }, '*')")
    page.wait_for_timeout(200)
    expect(frame.get_by_label("Your message")).to_be_focused()


def test_on_a_phone_the_chat_takes_the_screen(chat_pages: Pages, chatting: Chatting) -> None:
    """At 320 px nothing sticks out, neither on the shop's page nor in the frame."""
    page = chat_pages.open(None, chatting.shop, width=320, height=560, theme="dark")
    frame = frame_of(page)
    ask(frame, QUESTION)
    answered(frame)
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert evaluate(page, wide) == "True"
    assert frame.locator("main").evaluate("node => node.scrollWidth <= 320")
