"""What holds for every request: headers, no cross-site writes, no endless bodies. Pure ASGI.

Streams pass through untouched: nothing here waits for a whole answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
"""Nothing but our own files, and none of them inline."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
LARGEST_BODY = 1_000_000
"""Bytes."""
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
SECURE_FOR = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds the headers that keep a page to itself; a route may set its own instead."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add headers to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), static=scope["path"].startswith("/static"))
            await send(message)

        await self.app(scope, receive, with_headers)

    def _add(self, headers: MutableHeaders, *, static: bool) -> None:
        for name, value in HEADERS:
            headers.setdefault(name, value)
        if "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'none'"
            headers["X-Frame-Options"] = "DENY"
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not static:
            headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            headers.setdefault("Strict-Transport-Security", SECURE_FOR)


class SameOrigin:
    """Refuses writes that another site makes with a person's cookie.

    Browsers say where a request comes from: `Sec-Fetch-Site`, and older ones `Origin`. A program
    sends neither; it has no cookie to abuse, unless it took one, and then it needs no forgery.
    A request with a bearer key and no cookie is a program's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 403."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            problem = cross_site(Headers(scope=scope), scope.get("scheme", "http"))
            if problem:
                await refuse(send, scope, 403, "cross_site", "Request from another site", problem)
                return
        await self.app(scope, receive, send)


def cross_site(headers: Headers, scheme: str) -> str:
    """Return why a write comes from another site; empty when it does not. Pure."""
    if headers.get("authorization", "").lower().startswith("bearer ") and "cookie" not in headers:
        return ""
    fetched = headers.get("sec-fetch-site")
    if fetched is not None:
        if fetched in ("same-origin", "none"):
            return ""
        return "Your browser says that another site made this request. Open the page and try again."
    origin = headers.get("origin")
    if origin is None:
        return ""
    host = headers.get("host", "")
    if origin in (f"{scheme}://{host}", f"https://{host}"):
        return ""
    return "The request's origin is not this server. Open the page itself and try again."


class BodyLimit:
    """Refuses bodies that are too large before anything reads them, and stops those that lie."""

    def __init__(self, app: ASGIApp, *, largest: int = LARGEST_BODY) -> None:
        self.app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            detail = "Content-Length is no number."
            await refuse(send, scope, 400, "content_length", "Bad request", detail)
            return
        if len(declared) > len(str(self._largest)) or int(declared) > self._largest:
            await self._too_large(scope, send)
            return
        await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen, begun = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self._largest:
                    raise _TooLargeError
            return message

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, counted, noticed)
        except _TooLargeError:
            if not begun:
                await self._too_large(scope, send)

    async def _too_large(self, scope: Scope, send: Send) -> None:
        detail = f"At most {self._largest:,} bytes are read."
        await refuse(send, scope, 413, "too_large", "Request too large", detail)


class _TooLargeError(Exception):
    """More was sent than is read."""


async def refuse(
    send: Send,
    scope: Scope,
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    """Answer with problem details (RFC 9457) from outside the application."""
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": scope["path"],
        "code": code,
    }
    body = json.dumps(problem).encode()
    raw = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in headers),
    ]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
