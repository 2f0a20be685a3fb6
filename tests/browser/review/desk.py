"""The review page in a browser: a company whose tickets may all be decided, and its people."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Page, expect
from tests.browser.chromium import TALL, WIDE, Pages
from tests.web.review.company import Desk


class OpenAs(Protocol):
    """Opens a page as somebody: `open_as("Ann Lee", "/review", width=390)`."""

    def __call__(
        self, name: str, path: str, *, width: int = ..., height: int = ..., javascript: bool = True
    ) -> Page:
        """Return the page."""


def opener(pages: Pages, desk: Desk) -> OpenAs:
    """Return what opens pages of a company as its people."""
    pages.server = desk.served

    def open_as(
        name: str, path: str, *, width: int = WIDE, height: int = TALL, javascript: bool = True
    ) -> Page:
        who = desk.signed_in(name)
        return pages.open(who, path, width=width, height=height, javascript=javascript)

    return open_as


def ticket_on(page: Page) -> str:
    """Return the ticket that a page shows."""
    return page.locator(".case").get_attribute("data-ticket") or ""


def on_title(page: Page) -> None:
    """Assert that the focus is on the ticket's title."""
    expect(page.locator("#title")).to_be_focused()
