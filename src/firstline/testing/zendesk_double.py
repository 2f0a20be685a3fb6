"""A double of Zendesk Support on a loopback port: tickets in memory, the true wire format.

    with ZendeskDouble() as double:
        ticket = double.new_ticket("How do I export my board?")
        desk = Zendesk(double.settings, double.secrets)

It checks every request (path, credentials, each key of the body) and, when it is left, raises what
was wrong with them. It goes wrong on demand: see `fail_next`.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from firstline.channels.zendesk_api import ZendeskSecrets, ZendeskSettings
from firstline.channels.zendesk_webhooks import SIGNATURE, TIMESTAMP, signature
from firstline.testing.http import HttpRequest, HttpResponse, HttpServer
from firstline.testing.zendesk_service import Faulty, ZendeskService
from firstline.testing.zendesk_state import HUMAN_AGENT, OWN_AGENT, Account, Change, Kept, iso

Failure = Literal[
    "lost_response",  # the work is done, then the connection is reset
    "conflict",  # somebody takes the ticket first: 409
    "invalid",  # 422
    "too_many",  # 429 with Retry-After
    "unavailable",  # 503 with Retry-After, before any work
    "broken",  # 500 or `service.broken_status`, before any work; nobody can tell that
    "slow",  # the work is done, the answer comes after `slow_seconds`
]
Webhook = Literal["event", "trigger"]
_SECRET = "d0uble-signing-secret"  # noqa: S105 - protects nothing
_TOKEN = "d0uble-api-token"  # noqa: S105 - protects nothing


class ZendeskDouble:
    """The double. It serves from a thread of its own; everything may be called from any other."""

    def __init__(
        self,
        *,
        port: int = 0,
        admin: bool = True,
        email: str = "firstline@acme.example",
        slow_seconds: float = 1.0,
        retry_after: int = 1,
    ) -> None:
        """Prepare a double.

        Args:
            port: 0: one that is free.
            admin: Whether the token acts for an administrator, who may poll.
            email: Whose token it is.
            slow_seconds: How late a slow answer comes.
            retry_after: Seconds that 429 and 503 ask for; 0: they do not say.
        """
        self.account = Account(admin=admin, email=email)
        self.slow_seconds = slow_seconds
        self.retry_after = retry_after
        self.requests: list[HttpRequest] = []
        self._email = email
        basic = b64encode(f"{email}/token:{_TOKEN}".encode()).decode("ascii")
        self.service = ZendeskService(self.account, (f"Basic {basic}", f"Bearer {_TOKEN}"))
        self._server = HttpServer(handler=self._handle, port=port)
        self._faults: dict[str, list[Failure]] = {"PUT": [], "GET": []}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = Event()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Stop; complain of wrong requests unless something else went wrong already."""
        if kind is None:
            self.stop()
        else:
            self._close()

    def start(self) -> str:
        """Listen in a thread; returns the address."""
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(10)
        return self.url

    def stop(self) -> None:
        """Stop listening; raises AssertionError if anything was asked wrongly."""
        self._close()
        if self.complaints:
            raise AssertionError("wrong requests: " + "; ".join(self.complaints[:10]))

    def _close(self) -> None:
        """End the thread."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(10)
        self._thread = self._loop = self._stop = None

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def settings(self) -> ZendeskSettings:
        """What a `Zendesk` of this double needs."""
        return ZendeskSettings(
            subdomain="acme", email=self._email, url=self.url, allow_loopback=True, seconds=5.0
        )

    @property
    def secrets(self) -> ZendeskSecrets:
        """What is secret of it."""
        return ZendeskSecrets(token=_TOKEN, webhook=(_SECRET,))

    @property
    def complaints(self) -> list[str]:
        """What was wrong with requests."""
        return self.service.complaints

    def new_ticket(
        self,
        text: str,
        *,
        requester: str = "ada@customer.example",
        subject: str = "A question",
        verified: bool = True,
        flags: Iterable[int] = (),
    ) -> str:
        """Let a customer open a ticket; returns its id."""
        with self._lock:
            person = self.account.customer(requester, verified=verified)
            ticket = self.account.open(subject, person)
            self.account.change(ticket, person, text=text, is_public=True, via="email", flags=flags)
            return str(ticket.id)

    def customer_says(
        self,
        ticket: str,
        text: str,
        *,
        author: str = "",
        flags: Iterable[int] = (),
        files: Iterable[dict[str, Any]] = (),
        same_second: bool = False,
    ) -> str:
        """Let the requester, or another customer, write again; returns the message's id.

        Args:
            ticket: Which.
            text: What.
            author: An e-mail address; the requester's if empty.
            flags: Zendesk's comment flags.
            files: Attachments as Zendesk lists them.
            same_second: Within the second of the change before, so that the stamp stays.
        """
        with self._lock:
            kept = self._kept(ticket)
            person = self.account.customer(author) if author else kept.requester
            kept.status = "open"
            said = self.account.change(
                kept,
                person,
                text=text,
                is_public=True,
                via="email",
                flags=flags,
                files=files,
                same_second=same_second,
            )
            return str(said.comment)

    def human_replies(self, ticket: str, text: str, *, public: bool = True) -> str:
        """Let an agent answer, or write a note; returns the message's id."""
        with self._lock:
            kept = self._kept(ticket)
            said = self.account.change(kept, HUMAN_AGENT, text=text, is_public=public)
            return str(said.comment)

    def seat_used(self, ticket: str, text: str) -> str:
        """Let a person answer by hand from Firstline's own seat; returns the message's id."""
        with self._lock:
            kept = self._kept(ticket)
            said = self.account.change(kept, OWN_AGENT, text=text, is_public=True, via="web")
            return str(said.comment)

    def touch(self, ticket: str) -> None:
        """Let a rule change something that does not matter, so that the stamp moves."""
        with self._lock:
            self.account.change(self._kept(ticket), HUMAN_AGENT, via="rule")

    def set_status(self, ticket: str, status: str) -> None:
        """Set a status, as an agent does."""
        with self._lock:
            kept = self._kept(ticket)
            kept.status = status
            self.account.change(kept, HUMAN_AGENT)

    def ticket(self, ticket: str) -> Kept:
        """Return a ticket as it stands."""
        return self._kept(ticket)

    def public_replies(self, ticket: str) -> list[str]:
        """Return what Firstline said to the customer, oldest first."""
        return self._own(ticket, public=True)

    def notes(self, ticket: str) -> list[str]:
        """Return Firstline's internal notes, oldest first."""
        return self._own(ticket, public=False)

    def posted_html(self, ticket: str) -> list[str]:
        """Return everything Firstline posted, as Zendesk keeps it, oldest first."""
        with self._lock:
            return [change.html for change in self._posted(ticket)]

    def fail_next(
        self, kind: Failure, times: int = 1, *, on: Literal["PUT", "GET"] = "PUT"
    ) -> None:
        """Let the next writes, or reads, go wrong."""
        with self._lock:
            self._faults[on].extend([kind] * times)

    def heal(self) -> None:
        """Forget the faults that have not happened."""
        with self._lock:
            for planned in self._faults.values():
                planned.clear()

    def webhook(
        self,
        ticket: str,
        *,
        kind: Webhook = "event",
        at: datetime | None = None,
        secret: str = _SECRET,
    ) -> tuple[dict[str, str], bytes]:
        """Return a genuine webhook about a ticket's latest change: headers and body."""
        with self._lock:
            kept = self._kept(ticket)
            body = json.dumps(_event(kept) if kind == "event" else _trigger(kept)).encode()
        stamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "Content-Type": "application/json",
            "X-Zendesk-Webhook-Id": "01DOUBLE",
            "X-Zendesk-Account-Id": "123456",
            SIGNATURE.title(): signature(secret, stamp, body),
            TIMESTAMP.title(): stamp,
        }
        return headers, body

    def forged_webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the same webhook from somebody who does not know the secret."""
        return self.webhook(ticket, secret=f"not-{_SECRET}")

    def deliver(
        self,
        url: str,
        *tickets: str,
        times: int = 1,
        shuffled: bool = False,
        late_seconds: float = 0.0,
        wrong: bool = False,
    ) -> list[int]:
        """Post webhooks to a receiver; returns the statuses it answered.

        Args:
            url: Of the receiver.
            tickets: One webhook each, in this order.
            times: How often each is delivered.
            shuffled: In another order, always the same one.
            late_seconds: How old their signatures are.
            wrong: With a signature by another secret.
        """
        at = datetime.now(UTC) - timedelta(seconds=late_seconds)
        secret = f"not-{_SECRET}" if wrong else _SECRET
        made = [self.webhook(ticket, at=at, secret=secret) for ticket in tickets] * times
        if shuffled:
            random.Random(7).shuffle(made)  # noqa: S311 - an order, not a secret
        return [_post(url, headers, body) for headers, body in made]

    def _own(self, ticket: str, *, public: bool) -> list[str]:
        with self._lock:
            return [item.text for item in self._posted(ticket) if item.is_public == public]

    def _posted(self, ticket: str) -> list[Change]:
        own = (item for item in self._kept(ticket).comments if item.author == OWN_AGENT)
        return [item for item in own if item.via == "api"]

    def _kept(self, ticket: str) -> Kept:
        return self.account.tickets[int(ticket)]

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self._server.start()
        self._ready.set()
        await self._stop.wait()
        await self._server.stop()

    async def _handle(self, request: HttpRequest) -> HttpResponse:
        with self._lock:
            self.requests.append(request)
            planned = self._faults.get(request.method) or []
            kind = planned.pop(0) if planned else None
            fault = Faulty(kind=kind, retry_after=self.retry_after) if kind else None
            response = self.service.answer(request, fault)
        if kind == "slow":
            await asyncio.sleep(self.slow_seconds)
        if kind == "lost_response":
            return HttpResponse(cut="before")
        return response


def _event(ticket: Kept) -> dict[str, Any]:
    """Return what an event subscription posts about the latest change."""
    change = ticket.changes[-1]
    kind = "comment_added" if change.comment and len(ticket.changes) > 1 else "created"
    return {
        "type": f"zen:event-type:ticket.{kind}",
        "account_id": 123456,
        "id": f"2b24ef10-0000-4000-8000-{change.id:012d}",
        "time": iso(change.at),
        "zendesk_event_version": "2022-11-06",
        "subject": f"zen:ticket:{ticket.id}",
        "event": {
            "comment": _event_comment(change),
            "meta": {"sequence": {"id": str(change.id), "position": 1}},
        },
        "detail": {
            "id": str(ticket.id),
            "actor_id": str(change.author),
            "requester_id": str(ticket.requester),
            "status": ticket.status.upper(),
            "subject": ticket.subject,
            "tags": list(ticket.tags),
            "is_public": True,
            "updated_at": iso(ticket.at),
        },
    }


def _event_comment(change: Change) -> dict[str, Any]:
    author = {"id": str(change.author), "is_staff": change.author in (OWN_AGENT, HUMAN_AGENT)}
    return {
        "id": str(change.comment),
        "body": change.text,
        "is_public": change.is_public,
        "author": author,
    }


def _trigger(ticket: Kept) -> dict[str, Any]:
    """Return what the trigger of docs/zendesk.md posts."""
    return {"ticket_id": str(ticket.id), "updated": iso(ticket.at)}


def _post(url: str, headers: dict[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
