"""The browser, the server it looks at, and what every test of pages asks of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import httpx2
import pytest
from playwright.sync_api import Browser, Page
from tests.browser.chromium import Pages, Role, Theme, chromium, findings, slug
from tests.web.conftest import Served, served

__all__ = ["served"]
NoFindings = Callable[[Page], None]


class OpenPage(Protocol):
    """Opens a page in a browser window of its own; see `Pages.open`."""

    def __call__(
        self,
        role: Role | httpx2.Client | None,
        path: str,
        *,
        theme: Theme = "light",
        width: int = ...,
        height: int = ...,
        javascript: bool = True,
    ) -> Page:
        """Return the page."""


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    """Return a real browser, or skip. A module's own: while one is open no event loop can run.

    So the company is opened first, which needs one.
    """
    assert served.url
    with chromium() as opened:
        yield opened


@pytest.fixture
def pages(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Pages]:
    """Return what opens pages; the test fails if one of them had troubles nobody provoked."""
    opened = Pages(browser=browser, server=served, name=slug(request.node.name))
    yield opened
    troubles = opened.finish()
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def open_page(pages: Pages) -> OpenPage:
    """Return what opens a page: `open_page("agent", "/review", theme="dark", width=390)`."""
    return pages.open


@pytest.fixture
def no_findings() -> NoFindings:
    """Return what asserts that axe-core finds nothing on a page as it stands."""

    def look(page: Page) -> None:
        found = findings(page)
        assert not found, "\n".join(found)

    return look
