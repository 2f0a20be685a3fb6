"""Every error is a problem document with what to do, whatever was sent and however."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.web.api.conftest import Api

from firstline.store.people_records import SCOPES, Scope
from firstline.web.api.problems import TITLES

TICKETS = "/api/v1/tickets"
NOBODY = f"{TICKETS}/{'0' * 20}"
JSON = {"Content-Type": "application/json"}
ROUTES: dict[tuple[str, str], Scope] = {
    ("POST", TICKETS): "tickets:write",
    ("GET", TICKETS): "tickets:read",
    ("GET", NOBODY): "tickets:read",
    ("GET", f"{NOBODY}/events"): "tickets:read",
    ("POST", f"{NOBODY}/feedback"): "feedback:write",
    ("POST", f"{NOBODY}/messages"): "tickets:write",
    ("POST", f"{NOBODY}/decisions"): "decisions:write",
    ("GET", "/api/v1/metrics"): "metrics:read",
    ("GET", "/metrics"): "metrics:read",
}


def is_problem(answer: httpx2.Response, status: int, code: str) -> None:
    """Check that an answer is a problem document of this kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "instance", "code"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"].endswith((".", "…"))


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda item: item)
def test_each_route_needs_its_scope(api: Api, method: str, path: str) -> None:
    """No key is 401, a key of all other scopes 403; the body is not even read before."""
    wanted = ROUTES[method, path]
    others = tuple(name for name in SCOPES if name != wanted)
    broken: dict[str, Any] = {"content": b"{", "headers": JSON} if method == "POST" else {}
    with api.client() as nobody, api.client(*others) as other, api.client(wanted) as right:
        is_problem(nobody.request(method, path, **broken), 401, "unauthenticated")
        is_problem(other.request(method, path, **broken), 403, "forbidden")
        if method == "POST":
            is_problem(right.request(method, path, **broken), 400, "malformed")
        else:
            assert right.request(method, path).status_code in (200, 404)


def test_a_made_up_key_is_refused(api: Api) -> None:
    """With a challenge that says why."""
    answer = api.program.get(TICKETS, headers={"Authorization": "Bearer fl_made_up"})
    is_problem(answer, 401, "unauthenticated")
    assert "invalid_token" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["zz", "0" * 19, "0" * 21, "%00", "%F0%9F%98%80", "'--"])
def test_an_id_that_cannot_be_is_not_found(api: Api, path: str) -> None:
    """There is nothing there; nothing else is said."""
    is_problem(api.program.get(f"{TICKETS}/{path}"), 404, "not_found")


def test_a_body_that_is_not_json_is_refused(api: Api) -> None:
    """By its media type, whatever it holds."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", "x", ""):
        headers = {"Content-Type": kind} if kind else {}
        answer = api.program.post(TICKETS, content=b'{"text": "a"}', headers=headers)
        is_problem(answer, 415, "media_type")
    latin = {"Content-Type": "application/json; charset=latin-1"}
    is_problem(api.program.post(TICKETS, content=b"{}", headers=latin), 415, "media_type")
    good = {"Content-Type": "Application/JSON; charset=UTF-8"}
    assert api.program.post(TICKETS, content=b'{"text": "a"}', headers=good).status_code == 202


def test_what_is_wrong_is_said(api: Api) -> None:
    """A malformed body is 400, one that does not fit 422 with each thing that is wrong."""
    answer = api.program.post(TICKETS, content=b'{"text": "\\ud800"}', headers=JSON)
    is_problem(answer, 400, "malformed")
    answer = api.program.post(TICKETS, json={"txt": "a"})
    is_problem(answer, 422, "invalid")
    assert {item["where"] for item in answer.json()["errors"]} == {"text", ""}
    for query in ("limit=0", "limit=201", "limit=x", "inbox=mine", "since=!", f"since={'a' * 201}"):
        is_problem(api.program.get(f"{TICKETS}?{query}"), 422, "invalid")
    spaced = {"Idempotency-Key": "a b"}
    is_problem(api.program.post(TICKETS, json={"text": "a"}, headers=spaced), 422, "invalid")


def test_other_methods_are_refused_with_those_that_are_taken(api: Api) -> None:
    """405 with Allow, for every method there is and for one there is not."""
    for path, allowed in (
        (TICKETS, "GET, HEAD, POST"),
        (NOBODY, "GET, HEAD"),
        (f"{NOBODY}/events", "GET"),
        (f"{NOBODY}/feedback", "POST"),
        ("/healthz", "GET, HEAD"),
    ):
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
            answer = api.program.request(method, path)
            is_problem(answer, 405, "method")
            assert answer.headers["allow"] == allowed
    assert api.program.head(f"{NOBODY}/events").status_code == 405


def test_head_answers_like_get_without_a_body(api: Api) -> None:
    """For those who only look whether it is there."""
    for path in (TICKETS, "/healthz", "/readyz", "/api/v1/openapi.json"):
        answer = api.program.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert api.program.head(NOBODY).status_code == 404


def test_a_body_above_the_cap_is_refused_unread(api: Api) -> None:
    """By what it declares, and by what comes when it declares nothing."""
    large = b'{"text": "' + b"a" * 1_100_000 + b'"}'
    is_problem(api.program.post(TICKETS, content=large, headers=JSON), 413, "too_large")

    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b"a" * 50_000

    chunked = api.program.post(TICKETS, content=pieces(), headers=JSON)
    is_problem(chunked, 413, "too_large")


def raw(api: Api, *lines: str, body: bytes = b"") -> bytes:
    """Send lines as they are and return the beginning of the answer."""
    at = urlsplit(api.url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        head = "\r\n".join((*lines, f"Host: {at.netloc}", "", "")).encode()
        connection.sendall(head + body)
        return connection.recv(65536)


def test_lengths_that_lie_do_not_hang(api: Api) -> None:
    """A negative, endless or doubled length is refused at once."""
    key = api.program.headers["Authorization"]
    for length in ("-1", "1e3", "9" * 40, "1, 2"):
        answer = raw(
            api,
            f"POST {TICKETS} HTTP/1.1",
            f"Authorization: {key}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
        )
        assert answer.split(b" ", 2)[1] in (b"400", b"413")


def test_health_says_nothing_but_that(api: Api) -> None:
    """Open to everybody; no version, no name, no figure."""
    with api.client() as nobody:
        for path in ("/healthz", "/readyz"):
            answer = nobody.get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_every_code_is_explained(api: Api) -> None:
    """The page that `type` leads to names each code."""
    with api.client() as nobody:
        page = nobody.get("/api/v1/docs")
    assert page.status_code == 200
    for code in TITLES:
        assert f'id="{code}"' in page.text
