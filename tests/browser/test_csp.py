"""Headers of every answer, the policy at work in a real browser, and how much the first page is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx2
import pytest
import re2 as re
from fastapi import FastAPI
from tests.browser.chromium import Pages, evaluate
from tests.browser.conftest import OpenPage
from tests.browser.places import places
from tests.browser.walk import Address, addresses
from tests.web.conftest import Served

from firstline.web.app import create_app
from firstline.web.pages import STATIC

FIRST_LOAD = 60_000
"""Bytes of the review page with its styles and scripts, uncompressed."""
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
OURS = {"'self'", "'none'"}
FRAMED = ("/chat",)
"""Pages that stand in a frame on a customer's own site."""
_PART = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js)[^"]*)"')


def directives(policy: str) -> dict[str, list[str]]:
    """Return a policy's directives with their values."""
    parts = (part.split() for part in policy.split(";") if part.strip())
    return {part[0]: part[1:] for part in parts}


def faults(path: str, headers: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the headers of an answer."""
    found = [
        f"{name}: {headers.get(name)}"
        for name, value in EVERYWHERE.items()
        if headers.get(name) != value
    ]
    told = directives(headers.get("content-security-policy", ""))
    if told.get("default-src") != ["'none'"] or told.get("base-uri") != ["'none'"]:
        found.append(f"policy: {told}")
    framed = path.split("?", maxsplit=1)[0] in FRAMED
    if not framed and told.get("frame-ancestors") != ["'none'"]:
        found.append(f"frame-ancestors: {told.get('frame-ancestors')}")
    for name, values in told.items():
        if name != "frame-ancestors" and not set(values) <= OURS:
            found.append(f"{name}: {values}")
    if "unsafe" in headers.get("content-security-policy", ""):
        found.append("unsafe")
    if not path.startswith("/static") and "no-store" not in headers.get("cache-control", ""):
        found.append(f"cache-control: {headers.get('cache-control')}")
    return [f"{path}: {fault}" for fault in found]


@pytest.fixture(scope="module")
def found(served: Served) -> Sequence[Address]:
    """Return an address of every route that can be asked for."""
    served.client("admin")
    return addresses(create_app(served.site), places(served))


def test_every_route_has_the_headers(served: Served, found: Sequence[Address]) -> None:
    """Pages, parts, downloads, streams and JSON, for an admin and for nobody."""
    wrong = []
    with served.client() as nobody:
        for client in (served.client("admin"), nobody):
            for address in found:
                with client.stream("GET", address.path) as answer:
                    if address.template not in KEPT:
                        wrong.extend(faults(address.path, answer.headers))
    assert not wrong, "\n".join(wrong)


KEPT = ("/widget.js",)
"""What is made for other sites to load, and for browsers to keep."""


def test_every_static_file_has_the_headers(served: Served) -> None:
    """Whatever is in the folder."""
    names = [path.relative_to(STATIC) for path in STATIC.rglob("*") if path.is_file()]
    assert names
    wrong = []
    with served.client() as client:
        for name in names:
            answer = client.get(f"/static/{name}")
            assert answer.status_code == 200
            wrong.extend(faults(f"/static/{name}", answer.headers))
    assert not wrong, "\n".join(wrong)


def test_every_refusal_has_the_headers(served: Served) -> None:
    """Errors are pages too: not found, not allowed, forbidden, unreadable, too large."""
    agent = served.client("agent")
    with served.client() as nobody:
        answers = {
            404: agent.get("/nowhere"),
            405: agent.delete("/review"),
            403: agent.get("/settings/keys"),
            401: nobody.post("/review/bulk"),
            303: nobody.get("/review"),
            413: nobody.post("/login", content=b"x" * 1_500_000),
        }
    assert {status: answer.status_code for status, answer in answers.items()} == {
        status: status for status in answers
    }
    wrong = [
        fault
        for answer in answers.values()
        for fault in faults(urlsplit(str(answer.url)).path, answer.headers)
    ]
    assert not wrong, "\n".join(wrong)


async def test_a_failure_has_the_headers_and_tells_nothing(served: Served) -> None:
    """A page that fails says so under the same policy, without what failed."""
    app = create_app(served.site)
    _add_failure(app)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/fails", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "secret words" not in answer.text
    assert "Traceback" not in answer.text
    assert faults("/fails", answer.headers) == []


def _add_failure(app: FastAPI) -> None:
    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError("secret words")


class Inline(HTMLParser):
    """Notes what the policy would refuse: styles, scripts and handlers in markup, other sites."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        given = {name: value or "" for name, value in attrs}
        wrong = tag == "style" or (tag == "script" and "src" not in given)
        wrong |= any(name == "style" or name.startswith("on") for name in given)
        wrong |= any("javascript:" in value.lower() for value in given.values())
        if tag in ("script", "link", "img", "iframe"):
            source = given.get("src", given.get("href", ""))
            wrong |= not source.startswith("/") or source.startswith("//")
        if wrong:
            self.found.append(f"<{tag} {given}>")


def test_pages_have_nothing_inline(served: Served, found: Sequence[Address]) -> None:
    """No style, no script and no handler in the markup, and nothing from elsewhere."""
    wrong: list[str] = []
    for address in found:
        with served.client("admin").stream("GET", address.path) as answer:
            if answer.headers.get("content-type", "").startswith("text/html"):
                look = Inline()
                look.feed(answer.read().decode())
                wrong.extend(f"{address.path}: {one}" for one in look.found)
    assert not wrong, "\n".join(wrong)


def test_the_browser_refuses_what_the_policy_forbids(open_page: OpenPage, pages: Pages) -> None:
    """Were something put into a page, it would do nothing."""
    page = open_page("agent", "/review")
    pages.allow("Content Security Policy")
    evaluate(
        page,
        """
        window.ran = [];
        const add = (tag, set) => { const made = document.createElement(tag);
          set(made); document.body.append(made); };
        add("script", (made) => { made.textContent = "window.ran.push('inline')"; });
        add("script", (made) => { made.src = "data:text/javascript,window.ran.push('data')"; });
        add("img", (made) => { made.setAttribute("onerror", "window.ran.push('handler')");
          made.src = "/static/none.png"; });
        add("iframe", (made) => { made.src = "https://elsewhere.example/"; });
        undefined
        """,
    )
    pages.allow("none.png")
    page.wait_for_timeout(200)
    assert evaluate(page, "window.ran.join()") == ""
    assert any("Content Security Policy" in trouble for trouble in pages.troubles)


def test_the_first_load_of_the_review_page_is_small(served: Served) -> None:
    """Markup, styles and scripts together, uncompressed."""
    agent = served.client("agent")
    text = agent.get("/review").text
    sizes = {"markup": len(text.encode())}
    for name in _PART.findall(text):
        sizes[name] = len(agent.get(name).content)
    assert len(sizes) > 2
    assert sum(sizes.values()) <= FIRST_LOAD, sizes
