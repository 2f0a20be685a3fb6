"""Tickets, runs, replays and trials in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.chromium import Theme
from tests.browser.conftest import NoFindings, OpenPage

PHONE = 390
MESSAGE = "How do I export a board to CSV?"


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return bool(wide <= room)


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", PHONE)])
def test_a_ticket_is_found_explained_and_replayed(
    open_page: OpenPage, no_findings: NoFindings, theme: Theme, width: int
) -> None:
    """By keyboard from the list to the run to the replay and back; each page without findings."""
    page = open_page("lead", "/tickets", theme=theme, width=width)
    assert fits(page)
    no_findings(page)
    page.keyboard.press("/")
    expect(page.locator("#f-q")).to_be_focused()
    page.keyboard.type("export")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=export**")
    page.locator("#f-q").fill("")
    page.locator("#f-outcome").select_option("sent")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**outcome=sent**")
    page.locator(".tickets .about").first.click()
    expect(page.locator("#gate h2")).to_have_text("Gate")
    assert fits(page)
    no_findings(page)
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Replay of")
    page.locator("details.pair").first.locator("summary").first.click()
    assert fits(page)
    no_findings(page)
    page.keyboard.press("u")
    expect(page.locator("#gate h2")).to_have_text("Gate")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tickets")


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", PHONE)])
def test_stages_appear_as_they_are_done(
    open_page: OpenPage, no_findings: NoFindings, theme: Theme, width: int
) -> None:
    """The page stays, the address too; what came of it stands above the stages."""
    page = open_page("agent", "/try", theme=theme, width=width)
    no_findings(page)
    page.locator("#f-text").fill(MESSAGE)
    page.locator("#f-autonomy").select_option("percent:100")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".verdict-now")).to_contain_text("It would be sent")
    expect(page.locator("#validate h2")).to_have_text("Validate")
    expect(page.locator("[data-doing]")).to_be_hidden()
    assert page.url.endswith("/try")
    assert fits(page)
    no_findings(page)


def test_without_a_script_the_form_answers(open_page: OpenPage) -> None:
    """Filled in by its address, sent, answered by a page with the same stages."""
    page = open_page("agent", f"/try?text={MESSAGE}&autonomy=percent:100", javascript=False)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".verdict-now")).to_contain_text("It would be sent")
    expect(page.locator("#gate h2")).to_have_text("Gate")


def test_a_message_that_attacks_stays_text(open_page: OpenPage) -> None:
    """Also where the script puts what the server says into the page."""
    page = open_page("agent", "/try")
    page.evaluate("window.hit = 0")
    page.locator("#f-text").fill(
        "<img src=x onerror='window.hit = 1'><script>window.hit = 1</script>"
    )
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#gate h2")).to_have_text("Gate")
    assert page.evaluate("window.hit") == 0
    assert page.locator("main img").count() == 0
