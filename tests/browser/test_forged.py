"""Writes that other sites make with a person's cookies: from a real page elsewhere, and raw."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from tests.browser.chromium import Pages
from tests.browser.conftest import OpenPage
from tests.web.conftest import PASSWORD, Served

from firstline.records import TicketId

FORM = """<!doctype html><title>A nice page</title>
<form method="post" action="{target}" enctype="{kind}"><input name="action" value="take">
<input name="version" value="{version}"></form>
<script>document.forms[0].submit()</script>"""
FETCH = """<!doctype html><title>waiting</title><script>
const body = new URLSearchParams({{action: "take", version: "{version}"}});
fetch("{target}", {{method: "POST", mode: "no-cors", credentials: "include", body}})
  .then(() => {{ document.title = "sent" }}, () => {{ document.title = "sent" }});
</script>"""
FORMS = ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data")


@contextmanager
def another_site(text: str) -> Iterator[int]:
    """Serve one page; yield the port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the page."""
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def claimed(served: Served) -> tuple[TicketId, int]:
    """Return a ticket that the agent has open, and its version: what a forger would need."""
    agent = served.client("agent")
    ticket = served.site.reviews.queue().items[0].review.ticket
    assert agent.get(f"/review/{ticket}").status_code == 200
    return ticket, served.site.reviews.review(ticket).version


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_form_on_another_site_decides_nothing(
    open_page: OpenPage,
    pages: Pages,
    served: Served,
    claimed: tuple[TicketId, int],
    host: str,
    kind: str,
) -> None:
    """Neither from another site nor from another origin of the same one, where cookies go along."""
    ticket, version = claimed
    target = f"{served.url}/review/{ticket}"
    with another_site(FORM.format(target=target, version=version, kind=kind)) as port:
        page = open_page("agent", "/account")
        pages.allow("favicon.ico")
        with page.expect_response(target) as told:
            page.goto(f"http://{host}:{port}/")
    sent = told.value.request.all_headers()
    assert ("cookie" in sent) is (host == "127.0.0.1")
    assert told.value.status == 403
    assert served.site.reviews.review(ticket).version == version
    assert served.site.reviews.review(ticket).state == "waiting"


def test_a_script_on_another_site_decides_nothing(
    open_page: OpenPage, pages: Pages, served: Served, claimed: tuple[TicketId, int]
) -> None:
    """A request that no preflight announces is refused like a form, and its answer kept away."""
    ticket, version = claimed
    target = f"{served.url}/review/{ticket}"
    with another_site(FETCH.format(target=target, version=version)) as port:
        page = open_page("agent", "/account")
        pages.allow("favicon.ico")
        pages.allow("ERR_BLOCKED_BY_RESPONSE")
        with page.expect_event("requestfailed", lambda request: request.url == target):
            page.goto(f"http://127.0.0.1:{port}/")
    assert served.site.reviews.review(ticket).version == version


FETCHED = (None, "same-origin", "none", "same-site", "cross-site", "nonsense", "")
ORIGINS = (None, "own", "null", "https://elsewhere.example", "other port", "own, then more", "")


@pytest.mark.parametrize(("fetched", "origin"), [*itertools.product(FETCHED, ORIGINS)])
def test_what_a_browser_says_decides(
    served: Served, fetched: str | None, origin: str | None
) -> None:
    """`Sec-Fetch-Site` where it is sent, else `Origin`; a program sends neither."""
    host = urlsplit(served.url).netloc
    origins = {
        "own": served.url,
        "other port": "http://127.0.0.1:1",
        "own, then more": f"{served.url}.elsewhere.example",
    }
    headers = {"Host": host}
    if fetched is not None:
        headers["Sec-Fetch-Site"] = fetched
    if origin is not None:
        headers["Origin"] = origins.get(origin, origin)
    answer = served.client("agent").post("/review/nobody-knows-it", headers=headers, data={})
    ours = fetched in ("same-origin", "none") if fetched is not None else origin in (None, "own")
    assert (answer.status_code == 403) is not ours, answer.text
    if not ours:
        assert answer.json()["code"] == "cross_site"


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1", "localhost:1"])
def test_an_origin_must_be_the_host_that_was_asked(served: Served, host: str) -> None:
    """A name that points here does not make its pages ours."""
    headers = {"Host": host, "Origin": served.url}
    answer = served.client("agent").post("/review/nobody-knows-it", headers=headers, data={})
    assert answer.status_code == 403


def test_a_key_with_a_cookie_is_no_way_around(served: Served) -> None:
    """A request that carries a cookie is a browser's, whatever else it carries."""
    headers = {"Authorization": "Bearer fl_none", "Origin": "https://elsewhere.example"}
    answer = served.client("agent").post("/review/nobody-knows-it", headers=headers, data={})
    assert answer.status_code == 403
    with served.client() as nobody:
        answer = nobody.post("/api/v1/tickets", headers=headers, json={})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example/", "//elsewhere.example", "/\\e.example"]
)
def test_signing_in_sends_nobody_elsewhere(served: Served, wanted: str) -> None:
    """The address to go on to is one of ours or the first page."""
    answer = served.client("agent").get("/login", params={"next": wanted})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_cookies_are_kept_from_scripts_and_other_sites(served: Served) -> None:
    """HttpOnly and SameSite, on every cookie that is set."""
    email = "agent@acme.example"
    served.client("agent")
    with served.client() as client:
        answer = client.post("/login", data={"email": email, "password": PASSWORD})
    cookies = [value.lower() for value in answer.headers.get_list("set-cookie")]
    assert cookies
    assert all("httponly" in value and "samesite=lax" in value for value in cookies)
