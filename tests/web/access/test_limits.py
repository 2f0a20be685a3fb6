"""How fast anybody may ask."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from firstline.web.access.limits import MOST_BUCKETS, Buckets, Limits, Rate, RateLimits

LIMITS = Limits(session=Rate(1, 3), key=Rate(1, 4), address=Rate(10, 20))


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Answer:
    """What was answered."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def _app(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


class Asked:
    """A server behind the limits."""

    def __init__(self, *, secure: bool = False) -> None:
        self.clock = Clock()
        self._app = RateLimits(_app, limits=LIMITS, secure=secure, clock=self.clock)

    def ask(self, path: str = "/review", address: str = "192.0.2.1", **headers: str) -> Answer:
        """Send a request."""
        answer = Answer()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {key.decode(): value.decode() for key, value in message["headers"]}
            else:
                answer.body += message["body"]

        async def receive() -> Message:
            return {"type": "http.request"}

        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": path,
            "headers": raw,
            "client": (address, 1),
        }
        asyncio.run(self._app(scope, receive, send))
        return answer

    def let_through(self, times: int, **request: str) -> int:
        """Return how many of so many requests at once are let through."""
        return sum(self.ask(**request).status == 200 for _ in range(times))


def test_a_session_is_slowed_down_and_told_how_long() -> None:
    """A page for a browser; after the time it said there is room for one."""
    asked = Asked()
    session = {"Cookie": "theme=dark; firstline-session=abc", "Accept": "text/html"}
    assert asked.let_through(5, **session) == 3
    refused = asked.ask(**session)
    assert refused.status == 429
    assert refused.headers["content-type"].startswith("text/html")
    asked.clock.now += int(refused.headers["retry-after"])
    assert asked.let_through(2, **session) == 1


def test_a_program_is_told_in_json() -> None:
    """With the code that it can act on."""
    asked = Asked()
    key = {"Authorization": "Bearer fl_x"}
    assert asked.let_through(4, **key) == 4
    refused = asked.ask(**key)
    assert (refused.status, json.loads(refused.body)["code"]) == (429, "rate")
    assert refused.headers["retry-after"] == "1"


def test_one_session_does_not_slow_another_down() -> None:
    """Of the same office, until the address itself is too fast."""
    asked = Asked()
    assert asked.let_through(9, Cookie="firstline-session=a") == 3
    assert asked.let_through(3, Cookie="firstline-session=b") == 3


def test_made_up_keys_count_for_the_address() -> None:
    """A new one each time does not help."""
    asked = Asked()
    passed = sum(
        asked.ask(Authorization=f"Bearer {number}", Cookie=f"firstline-session={number}").status
        == 200
        for number in range(50)
    )
    assert passed == LIMITS.address.at_once
    assert asked.ask(address="192.0.2.9").status == 200


def test_addresses_of_one_customer_count_as_one() -> None:
    """A /64 of version 6."""
    asked = Asked()
    passed = sum(asked.ask(address=f"2001:db8::{number:x}").status == 200 for number in range(50))
    assert passed == LIMITS.address.at_once


def test_with_tls_the_cookie_has_its_other_name() -> None:
    """And the unprotected one counts for nothing."""
    asked = Asked(secure=True)
    assert asked.let_through(9, Cookie="__Host-firstline-session=a") == 3
    assert asked.let_through(9, Cookie="firstline-session=a") == 9


def test_files_and_health_are_not_counted() -> None:
    """A watchdog is never told that the server is too busy for it."""
    asked = Asked()
    for path in ("/static/console.css", "/healthz", "/readyz"):
        assert asked.let_through(100, path=path) == 100


def test_strange_headers_are_nobody() -> None:
    """Whatever stands there, the request is counted for its address."""
    asked = Asked()
    for cookie in (
        'firstline-session="',
        "firstline-session",
        "firstline-session=x" * 9_999,
        "\x01",
    ):
        assert asked.ask(Cookie=cookie).status == 200


def test_the_number_of_buckets_is_bounded() -> None:
    """The one that was used longest ago is forgotten."""
    buckets = Buckets(Clock())
    for number in range(MOST_BUCKETS + 50):
        buckets.take(str(number), Rate(1, 1))
    assert len(buckets) == MOST_BUCKETS


@given(
    st.lists(st.floats(min_value=0, max_value=5), max_size=60),
    st.floats(min_value=0.1, max_value=50),
    st.floats(min_value=1, max_value=20),
)
def test_no_bucket_gives_more_than_its_rate(
    pauses: list[float], per_second: float, at_once: float
) -> None:
    """Over any time at most what it held and what flowed in since."""
    clock = Clock()
    buckets, rate = Buckets(clock), Rate(per_second, at_once)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += buckets.take("one", rate) == 0
        assert taken <= at_once + clock.now * per_second + 1e-6
