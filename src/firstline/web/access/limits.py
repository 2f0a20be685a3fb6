"""How fast anybody may ask: token buckets by session or key, and by address. Pure ASGI.

Each request takes a token from the bucket of its address, and one from the bucket of its session or
key when it brings one. What it brings is not checked here, so made-up keys do not help: the address
is counted all the same. Buckets are kept by each process for itself and are bounded in number; they
keep the server usable and are no accounting.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from math import ceil
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from firstline.web.access.cookies import cookie_name
from firstline.web.access.slowing import neighbourhood
from firstline.web.access.tokens import hash_of
from firstline.web.security import refuse

MOST_BUCKETS: Final = 20_000
"""Beyond this the bucket that was used longest ago is forgotten."""
_LONGEST_COOKIES: Final = 8_000
_TITLE: Final = "Too many requests"
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>Too many requests</title></head><body><main><h1>Too many requests</h1>"
    "<p>Wait {seconds} s and load the page again.</p></main></body></html>"
)


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a bucket fills, and how much it holds."""

    per_second: float
    at_once: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast a server may be asked."""

    session: Rate = Rate(20, 200)
    key: Rate = Rate(50, 500)
    address: Rate = Rate(100, 1_000)
    """More than of one person or program: offices and proxies share one."""
    free: tuple[str, ...] = ("/static/", "/healthz", "/readyz", "/hooks/")
    """Beginnings of paths that are not counted. A helpdesk sends all its webhooks from a few
    addresses, and would be told to come again for what it cannot know to be too much."""


class Buckets:
    """Token buckets by name, of a bounded number."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, rate: Rate) -> float:
        """Take a token; return 0.0, or how many seconds until there is one."""
        now = self._clock()
        left, at = self._kept.pop(name, (rate.at_once, now))
        left = min(rate.at_once, left + (now - at) * rate.per_second)
        wait = 0.0 if left >= 1 else (1 - left) / rate.per_second
        self._kept[name] = (left if wait else left - 1, now)
        if len(self._kept) > MOST_BUCKETS:
            self._kept.popitem(last=False)
        return wait

    def __len__(self) -> int:
        """How many there are."""
        return len(self._kept)


class RateLimits:
    """Answers 429 with Retry-After to whoever asks too fast."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        secure: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self._limits = limits
        self._session_cookie = cookie_name("session", secure=secure)
        self._buckets = Buckets(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 429."""
        if scope["type"] != "http" or scope["path"].startswith(self._limits.free):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        wait = max(self._buckets.take(*counted) for counted in self._counted(scope, headers))
        if wait > 0:
            await _too_many(scope, send, ceil(wait), html="text/html" in headers.get("accept", ""))
            return
        await self.app(scope, receive, send)

    def _counted(self, scope: Scope, headers: Headers) -> list[tuple[str, Rate]]:
        client = scope.get("client")
        address = neighbourhood(client[0]) if client else ""
        counted = [(f"address:{address}", self._limits.address)]
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and given:
            counted.append((f"key:{hash_of(given)}", self._limits.key))
        session = _cookie(headers.get("cookie", ""), self._session_cookie)
        if session:
            counted.append((f"session:{hash_of(session)}", self._limits.session))
        return counted


def _cookie(header: str, name: str) -> str:
    if name not in header or len(header) > _LONGEST_COOKIES:
        return ""
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def _too_many(scope: Scope, send: Send, seconds: int, *, html: bool) -> None:
    again = ("Retry-After", str(seconds))
    if not html:
        detail = f"Wait {seconds} s and try again."
        await refuse(send, scope, 429, "rate", _TITLE, detail, headers=[again])
        return
    body = _PAGE.format(seconds=seconds).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", again[1].encode()),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
