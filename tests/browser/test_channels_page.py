"""The page of channels with channels on it: accessible, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.browser.chromium import WIDE, Pages, evaluate, findings
from tests.browser.test_pages import THEMES, WIDER, WIDTHS
from tests.web.conftest import Served
from tests.web.settings.test_channels import connected

__all__ = ["connected"]


@pytest.fixture
def pages(browser: Browser, connected: Served) -> Iterator[Pages]:
    """Return its pages; nothing may have gone wrong on them."""
    opened = Pages(browser=browser, server=connected, name="channels")
    yield opened
    assert not opened.finish()


def test_the_table_is_accessible_and_narrow_enough(pages: Pages) -> None:
    """In both themes, on a wide screen and on phones."""
    page = pages.open("lead", "/settings/channels")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert not findings(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert not evaluate(page, WIDER), width
    page.set_viewport_size({"width": WIDE, "height": 900})
