"""Every page, as people see it: accessible in light and dark, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.chromium import WIDE, Pages, Theme, evaluate, findings, slug
from tests.browser.places import ALSO, MADE, NO_PAGE, places
from tests.browser.walk import Address, addresses, kind_of, pages_among
from tests.web.conftest import Served

from firstline.web.app import create_app

pytestmark = pytest.mark.timeout(400)  # one look at all pages, in the first test that asks
WIDTHS = (WIDE, 390, 320)
THEMES: tuple[Theme, ...] = ("light", "dark")
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that another theme can break: colours are all that a theme changes."""
WIDER = """
(() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return "";
  const out = [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > wide + 1 && !one.closest(".scroll"))
    .map((one) => one.outerHTML.slice(0, 100));
  return document.documentElement.scrollWidth + " px: " + out.slice(0, 3).join(" ");
})()
"""


@dataclass
class Seen:
    """What was seen on all pages."""

    pages: list[str] = field(default_factory=list)
    findings: dict[Theme, list[str]] = field(default_factory=lambda: {"light": [], "dark": []})
    sideways: dict[int, list[str]] = field(default_factory=lambda: {width: [] for width in WIDTHS})
    troubles: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def values(served: Served) -> Mapping[str, str]:
    """Return real ids for the parameters of addresses."""
    return places(served)


@pytest.fixture(scope="module")
def found(served: Served, values: Mapping[str, str]) -> Sequence[Address]:
    """Return the pages of every route, and some states of them."""
    known = pages_among(served, addresses(create_app(served.site), values))
    more = [Address(template=one, path=one.format_map(values)) for one in ALSO]
    return (*known, *more)


@pytest.fixture(scope="module")
def seen(
    browser: Browser, served: Served, found: Sequence[Address], values: Mapping[str, str]
) -> Seen:
    """Look at each page once, in both themes and all widths."""
    result = Seen()
    opened = Pages(browser=browser, server=served, name="all")
    public = opened.open(None, "/login")
    signed_in = opened.open("admin", "/account")
    for address in found:
        page = public if address.public else signed_in
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.goto(address.path)
        _look(page, address.template, opened, result)
    for made in MADE:
        page = public if made.public else signed_in
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.goto(made.path.format_map(values))
        for field_, words in made.fill.items():
            page.fill(field_, words)
        page.click(made.press)
        page.locator(made.shows).first.wait_for()
        _look(page, made.name, opened, result)
    result.troubles = opened.finish()
    return result


def _look(page: Page, name: str, opened: Pages, result: Seen) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        opened.shot(page, f"{slug(name)}-{theme}")
        told = findings(page, only=() if theme == THEMES[0] else COLOURS)
        result.findings[theme].extend(f"{name}: {finding}" for finding in told)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wider = evaluate(page, WIDER)
        if wider:
            result.sideways[width].append(f"{name}: {wider}")
    opened.shot(page, f"{slug(name)}-{WIDTHS[-1]}")
    result.pages.append(name)


def test_every_route_is_a_page_that_was_seen_or_says_why_not(
    served: Served, found: Sequence[Address], values: Mapping[str, str]
) -> None:
    """A new page is looked at by every test here without being named."""
    app = create_app(served.site)
    seen = {address.template for address in found}
    described = set(app.openapi()["paths"])
    unseen = {
        address.template
        for address in addresses(app, values)
        if address.template not in seen | described | set(NO_PAGE)
        and kind_of(served.client("admin"), address.path) != "part"
    }
    assert unseen == set()


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_on_any_page(seen: Seen, theme: Theme) -> None:
    """Zero findings, best practices included, in both themes."""
    assert len(seen.pages) > len(ALSO)
    assert not seen.findings[theme], "\n".join(seen.findings[theme])


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(seen: Seen, width: int) -> None:
    """Not on a wide screen, not on a phone, not on a small one."""
    assert not seen.sideways[width], "\n".join(seen.sideways[width])


def test_no_page_has_troubles(seen: Seen) -> None:
    """No errors on the console, nothing refused by the policy, no part that fails to load."""
    assert not seen.troubles, "\n".join(seen.troubles)
