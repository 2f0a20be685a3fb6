"""What the doubles of helpdesks share: tickets in memory, a loopback server, faults, webhooks.

    with IntercomDouble() as double:
        ticket = double.new_ticket("How do I export a board?")
        ...
        assert len(double.public_replies(ticket)) == 1

A double runs in a thread of its own on a real port, so the program under test may be another
process. It refuses what the real helpdesk refuses, and remembers every request that is none of its
API's: `stop` raises when there was one, so that no test passes by a request that would fail.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

import re2

from firstline.proof.normal import html_to_text
from firstline.testing.desk_tickets import Asked, DoubleTicket, RefusedError, Said, Who, parsed
from firstline.testing.http import HttpRequest, HttpResponse, HttpServer

Failure: TypeAlias = Literal[
    "lost_response",  # the work is done, the connection is reset before the answer
    "conflict",  # 409
    "invalid",  # the value was refused: 422 or 400
    "too_many",  # 429 with Retry-After
    "unavailable",  # 503 with Retry-After
    "broken",  # 502: nobody knows; here nothing was done
    "slow",  # the work is done, the answer comes `slow_seconds` later
]
On: TypeAlias = Literal["PUT", "GET"]
FAILURES: Final = frozenset(
    {"lost_response", "conflict", "invalid", "too_many", "unavailable", "broken", "slow"}
)
_REFERENCE = re2.compile(r"\s*Ref:\s*[A-Z2-7]{12}\s*$")
_JSON: Final = ("content-type", "application/json")
_WAIT_SECONDS: Final = 10.0


class DeskDouble(ABC):
    """A helpdesk in memory, behind a loopback port."""

    def __init__(self, *, port: int = 0) -> None:
        """Prepare; `with` or `start` opens the port.

        Args:
            port: 0: one that is free.
        """
        self.requests: deque[Asked] = deque(maxlen=10_000)
        self.complaints: list[str] = []
        """Requests that no correct program makes."""
        self.retry_after = 1
        """Seconds, as 429 and 503 say."""
        self.slow_seconds = 1.0
        self._tickets: dict[str, DoubleTicket] = {}
        self._numbers = itertools.count(1001)
        self._moved = 0.0
        self._failures: dict[On, deque[Failure]] = {"PUT": deque(), "GET": deque()}
        self._lock = threading.RLock()
        self._server = HttpServer(handler=self._handle, port=port)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    # what a test does

    @property
    def url(self) -> str:
        """The base address, without a slash at its end."""
        return f"http://{self._server.host}:{self._server.port}"

    def start(self) -> str:
        """Open the port; return the base address."""
        self._loop = asyncio.new_event_loop()
        name = type(self).__name__
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result(_WAIT_SECONDS)
        return self.url

    def stop(self) -> None:
        """Close the port; raises AssertionError if anything was asked wrongly."""
        self._close()
        if self.complaints:
            raise AssertionError("; ".join(self.complaints[:10]))

    def __enter__(self) -> Self:
        """Open the port."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the port; complain of wrong requests unless the test has failed already."""
        if kind is None:
            self.stop()
        else:
            self._close()

    def new_ticket(
        self,
        text: str,
        *,
        requester: str = "ada@customer.example",
        subject: str = "A question",
        verified: bool = True,
    ) -> str:
        """Let a customer write for the first time; return the ticket's id."""
        with self._lock:
            number = str(next(self._numbers))
            now = self.now()
            self._tickets[number] = DoubleTicket(
                id=number,
                requester=requester,
                subject=subject,
                verified=verified,
                text=text,
                at=now,
                updated=now,
            )
            return number

    def customer_says(self, ticket: str, text: str) -> str:
        """Let the customer write again; return the message's id."""
        return self._say(ticket, "customer", text)

    def human_replies(self, ticket: str, text: str, *, public: bool = True) -> str:
        """Let a person of the team answer, or leave a note; return the message's id."""
        return self._say(ticket, "staff", text, is_public=public)

    def seat_used(self, ticket: str, text: str) -> str:
        """Let a person answer by hand from Firstline's own seat; return the message's id."""
        with self._lock:
            return str(self.add(ticket, "staff", f"<p>{text}</p>", is_public=True, kind="seat").id)

    def touch(self, ticket: str) -> None:
        """Let a rule change something that does not matter, so that the stamp moves."""
        with self._lock:
            self.stamp(self._tickets[ticket])

    def set_status(self, ticket: str, status: str) -> None:
        """Set a status in the helpdesk's own words, as a person does."""
        with self._lock:
            self._tickets[ticket].status = status
            self.stamp(self._tickets[ticket])

    def public_replies(self, ticket: str) -> list[str]:
        """Return what Firstline said to the customer, oldest first, without the small print."""
        return [_words(item.html) for item in self._posted(ticket) if item.is_public]

    def notes(self, ticket: str) -> list[str]:
        """Return Firstline's internal notes, oldest first, without the small print."""
        return [_words(item.html) for item in self._posted(ticket) if not item.is_public]

    def posted_html(self, ticket: str) -> list[str]:
        """Return everything Firstline posted, as the helpdesk keeps it."""
        return [item.html for item in self._posted(ticket)]

    def ticket(self, ticket: str) -> DoubleTicket:
        """Return a ticket as it stands."""
        return self._tickets[ticket]

    def fail_next(self, kind: Failure, times: int = 1, *, on: On = "PUT") -> None:
        """Let the next writes ("PUT"), or reads ("GET"), go wrong."""
        if kind not in FAILURES:
            raise ValueError(f"a double cannot fail like {kind!r}")
        with self._lock:
            self._failures[on].extend([kind] * times)

    def heal(self) -> None:
        """Forget the failures that have not happened."""
        with self._lock:
            for planned in self._failures.values():
                planned.clear()

    def now(self) -> float:
        """Return the double's time in Unix seconds."""
        return time.time() + self._moved

    def advance(self, seconds: float) -> None:
        """Let time pass in the double."""
        self._moved += seconds

    @abstractmethod
    def webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of the webhook about a ticket's last change."""

    @abstractmethod
    def forged_webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the same webhook from somebody who does not know the secret."""

    def deliver(
        self,
        url: str,
        *tickets: str,
        times: int = 1,
        shuffled: bool = False,
        late_seconds: float = 0.0,
        wrong: bool = False,
    ) -> list[int]:
        """Post webhooks to a receiver; return the statuses it answered.

        Args:
            url: Of the receiver.
            tickets: One webhook each, in this order.
            times: How often each is delivered.
            shuffled: In another order, always the same one.
            late_seconds: How late they come; these webhooks carry no signed time, so it shows
                only in the body.
            wrong: With a signature by another secret.
        """
        self.advance(-late_seconds)
        make = self.forged_webhook if wrong else self.webhook
        made = [make(ticket) for ticket in tickets] * times
        self.advance(late_seconds)
        if shuffled:
            random.Random(7).shuffle(made)  # noqa: S311 - an order, not a secret
        return [deliver(url, headers, body) for headers, body in made]

    # what a helpdesk does

    @abstractmethod
    def answer(self, request: HttpRequest, body: Any) -> tuple[int, Any]:
        """Return the status and the JSON of an answer, or raise RefusedError."""

    @abstractmethod
    def error_body(self, refusal: RefusedError) -> Any:
        """Return the JSON of an error, in the helpdesk's own form."""

    def changes_something(self, request: HttpRequest) -> bool:
        """Whether a request is a write."""
        return request.method != "GET"

    def limit_headers(self) -> tuple[tuple[str, str], ...]:
        """Return the headers that say how many requests are left."""
        return ()

    def add(
        self, ticket: str, by: Who, html: str, *, is_public: bool, kind: str = "comment"
    ) -> Said:
        """Add a message and stamp the ticket."""
        found = self._tickets[ticket]
        now = self.now()
        said = Said(
            id=next(self._numbers), by=by, html=html, is_public=is_public, at=now, kind=kind
        )
        found.said.append(said)
        self.stamp(found)
        return said

    def stamp(self, ticket: DoubleTicket) -> None:
        """Stamp a ticket that changed."""
        ticket.updated = self.now()
        ticket.changes += 1

    def wanted(self, ticket: str) -> DoubleTicket:
        """Return a ticket; raises RefusedError (404) when there is none."""
        found = self._tickets.get(ticket)
        if found is None:
            raise RefusedError(404, "not_found", "Resource Not Found")
        return found

    def changed_since(self, since: float) -> list[DoubleTicket]:
        """Return the tickets that changed in that second or later."""
        with self._lock:
            return [item for item in self._tickets.values() if int(item.updated) >= int(since)]

    def _say(self, ticket: str, by: Who, text: str, *, is_public: bool = True) -> str:
        with self._lock:
            if by == "customer" and self._tickets[ticket].status != "open":
                self._tickets[ticket].status = "open"
            said = self.add(ticket, by, f"<p>{text}</p>", is_public=is_public)
            return str(said.id)

    def _posted(self, ticket: str) -> list[Said]:
        with self._lock:
            return [item for item in self._tickets[ticket].said if item.by == "api"]

    def _close(self) -> None:
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result(_WAIT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT_SECONDS)
        self._loop.close()
        self._loop = self._thread = None

    async def _handle(self, request: HttpRequest) -> HttpResponse:
        with self._lock:
            failure = self._next_failure(request)
            response, body = self._response(request, failure)
            self.requests.append(
                Asked(request.method, request.path, request.query, body, response.status)
            )
        if failure == "slow":
            await asyncio.sleep(self.slow_seconds)
        return response

    def _next_failure(self, request: HttpRequest) -> Failure | None:
        planned = self._failures["PUT" if self.changes_something(request) else "GET"]
        return planned.popleft() if planned else None

    def _response(self, request: HttpRequest, failure: Failure | None) -> tuple[HttpResponse, Any]:
        body: Any = None
        headers: tuple[tuple[str, str], ...] = (_JSON, *self.limit_headers())
        try:
            body = parsed(request)
            self._refuse(failure)
            status, said = self.answer(request, body)
        except RefusedError as refusal:
            status, said = refusal.status, self.error_body(refusal)
            if refusal.is_problem:
                self.complaints.append(f"{request.method} {request.path}: {refusal}")
            if failure in ("too_many", "unavailable"):
                headers += (("retry-after", str(self.retry_after)),)
        cut: Literal["", "before"] = "before" if failure == "lost_response" else ""
        encoded = b"" if said is None else json.dumps(said).encode()
        return HttpResponse(status=status, headers=headers, body=encoded, cut=cut), body

    def _refuse(self, failure: Failure | None) -> None:
        """Raise what the double was told to answer instead of doing the work."""
        if failure == "invalid":
            raise self.invalid()
        status = _STATUSES.get(failure) if failure else None
        if failure and status:
            raise RefusedError(status, failure, f"the double was told: {failure}")

    def invalid(self) -> RefusedError:
        """Return how the helpdesk refuses a value."""
        return RefusedError(422, "parameter_invalid", "a value was refused")


_STATUSES: Final[Mapping[Failure, int]] = {
    "conflict": 409,
    "too_many": 429,
    "unavailable": 503,
    "broken": 502,
}


def deliver(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Post a webhook to a loopback address as a helpdesk would; return the status."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_WAIT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _words(html: str) -> str:
    """Return what a message says, without its reference."""
    return str(_REFERENCE.sub("", html_to_text(html))).strip()
