"""What holds for every request: headers, no writes from other sites, no endless bodies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from firstline.web.security import POLICY, BodyLimit, SameOrigin, SecurityHeaders, cross_site

Answer = tuple[int, dict[str, str], bytes]
HOST = {"host": "desk.example"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of what was sent."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    headers = [(b"x-own", b"1")]
    if scope["path"] == "/chat":
        headers.append((b"content-security-policy", b"frame-ancestors https://shop.example"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(app: Any, *, method: str = "GET", path: str = "/", bodies: tuple[bytes, ...] = (b"",),
        **headers: str) -> Answer:  # fmt: skip
    """Return what an application answers, without a server between."""
    named = HOST | {name.replace("_", "-"): value for name, value in headers.items()}
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    pieces = list(bodies)
    said: list[Message] = []

    async def receive() -> Message:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(app(scope, receive, send))
    sent = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], sent, b"".join(item.get("body", b"") for item in said[1:])


def test_every_answer_has_the_headers() -> None:
    """A page is kept to itself, and its policy allows nothing inline."""
    _, headers, _ = ask(SecurityHeaders(echo, secure=True))
    assert headers["content-security-policy"] == f"{POLICY}; frame-ancestors 'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "max-age" in headers["strict-transport-security"]
    assert headers["x-own"] == "1"


def test_a_route_may_name_who_frames_it() -> None:
    """The chat stands in the customer's own page: its own policy holds."""
    _, headers, _ = ask(SecurityHeaders(echo, secure=False), path="/chat")
    assert headers["content-security-policy"] == "frame-ancestors https://shop.example"
    assert "x-frame-options" not in headers
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "nonsense"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://desk.example"}, True),
        ({"origin": "http://desk.example"}, False),
        ({"origin": "https://desk.example"}, False),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://desk.example.evil.example"}, True),
        ({"origin": "https://evil.example", "authorization": "Bearer key"}, False),
        ({"origin": "https://evil.example", "authorization": "Bearer key", "cookie": "a=b"}, True),
        ({"sec-fetch-site": "cross-site", "authorization": "Basic x"}, True),
    ],
)
def test_where_a_write_comes_from(headers: dict[str, str], refused: bool) -> None:
    """What the browser says counts; a program with a key and no cookie is nobody's victim."""
    assert bool(cross_site(Headers(HOST | headers), "http")) is refused


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 403), ("DELETE", 403)])
def test_only_writes_are_refused(method: str, status: int) -> None:
    """A link from elsewhere may be followed; a form from elsewhere may not be sent."""
    found, headers, body = ask(SameOrigin(echo), method=method, sec_fetch_site="cross-site")
    assert found == status
    assert (headers.get("content-type") == "application/problem+json") is (status == 403)
    assert body


@pytest.mark.parametrize(
    ("bodies", "headers", "status"),
    [
        ((b"x" * 10,), {}, 200),
        ((b"x" * 10,), {"content_length": "10"}, 200),
        ((b"x" * 11,), {"content_length": "11"}, 413),
        ((b"x" * 6, b"x" * 6), {}, 413),
        ((b"x",), {"content_length": "9" * 5000}, 413),
        ((b"x",), {"content_length": "-1"}, 400),
        ((b"x",), {"content_length": "1e3"}, 400),
        ((b"x",), {"content_length": ""}, 400),
    ],
)
def test_bodies_are_bounded(
    bodies: tuple[bytes, ...], headers: dict[str, str], status: int
) -> None:
    """A body is refused by what it claims, and stopped by what it is."""
    found, _, _ = ask(BodyLimit(echo, largest=10), method="POST", bodies=bodies, **headers)
    assert found == status
