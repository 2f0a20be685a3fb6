"""A signed webhook, in and out, for whatever has no channel of its own. docs/webhook.md has both.

In: your system posts what a customer wrote. Out: Firstline posts replies, notes and hand-overs to
one address of yours. Both are signed as Standard Webhooks are. The id of an outgoing one is made of
the attempt marker, so it is the same however often it is sent, and your system can tell.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from firstline.channels import standard_webhooks as standard
from firstline.channels.base import NotWantedError, Parcel, Presence
from firstline.channels.helpdesk import Verdict
from firstline.channels.hooks import header, hook_json
from firstline.channels.markup import markup
from firstline.channels.pace import retry_after
from firstline.channels.ticket_fields import inbound_from
from firstline.errors import InputError, Place, WorkspaceError
from firstline.outbound import SECONDS, HttpAnswer, Outbound, OutboundError, Reach
from firstline.records import Inbound

MESSAGE: Final = "message.created"
STAFF: Final = "staff.replied"
PING: Final = "ping"
"""What may come in: a customer wrote; a person of yours answered; a trial."""
_DATA: Final = (
    "ticket",
    "id",
    "text",
    "format",
    "subject",
    "customer",
    "verified",
    "sent_at",
    "messages",
    "attachments",
)
_OUT: Final[Mapping[str, str]] = {
    "reply": "reply.created",
    "question": "reply.created",
    "notice": "reply.created",
    "note": "note.created",
    "packet": "handover.created",
}
_PUBLIC: Final = ("reply", "question", "notice")
_Outcome: TypeAlias = Literal["taken", "changed", "refused", "unavailable", "unknown"]
_LONGEST_TICKET, _LONGEST_MESSAGE = 100, 90
"""Characters of the ids; together they are the id of a ticket."""
_TRIES: Final = 3
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """One connection by webhooks."""

    url: str = ""
    """Where replies are posted; empty: this connection only listens."""
    deduplicates: bool = False
    """Your system takes a webhook of one id once only. Then a delivery that got no answer is sent
    again; else a person is asked to look."""
    allow_private: bool = False
    """The address may be a private one of your own network."""
    allow_loopback: bool = False
    seconds: float = SECONDS
    """For one request."""
    shadow: bool = False
    """Post notes for the team and nothing a customer sees, whoever released it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecrets:
    """Secrets as `whsec_…`; two while one is being changed."""

    incoming: tuple[str, ...] = field(default=(), repr=False)
    """Any of them may have signed what comes in."""
    outgoing: tuple[str, ...] = field(default=(), repr=False)
    """Each of them signs what goes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came in."""

    id: str
    """The event's id, the same each time it is delivered."""
    topic: Literal["message.created", "staff.replied", "ping"]
    ticket: str
    """Your system's id of the ticket or conversation; empty for a trial."""
    inbound: Inbound | None = None
    """The customer's message; its external id is `<ticket>:<id>`."""


class WebhookChannel:
    """One connection by webhooks: verifies and reads what comes in, delivers what goes out."""

    is_local = False
    settle_seconds = 20.0

    def __init__(
        self,
        settings: WebhookSettings,
        secrets: WebhookSecrets,
        *,
        outbound: Outbound | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is asked yet.

        Raises:
            WorkspaceError: A setting or a secret cannot be right.
        """
        self._settings = settings
        self._incoming = tuple(standard.key_of(secret) for secret in secrets.incoming)
        self._outgoing = tuple(standard.key_of(secret) for secret in secrets.outgoing)
        self._now = now
        self._sleep = sleep
        reach = Reach(
            hosts=(_host_of(settings),),
            allow_loopback=settings.allow_loopback,
            allow_private=settings.allow_private,
        )
        self._outbound = outbound or Outbound(reach, seconds=settings.seconds)
        if settings.url and not self._outgoing:
            raise WorkspaceError(
                "replies are to be posted, but nothing signs them", fix="Give a webhook secret"
            )

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Say whether something that came in is genuine, over its raw body, in constant time."""
        return standard.verify(headers, body, now, self._incoming)

    def read(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """Read something genuine.

        Raises:
            InputError: It is not as docs/webhook.md says; the message says what is wrong.
        """
        said = hook_json(body, "your system")
        event = header(headers, standard.ID)[:256] or sha256(body).hexdigest()[:32]
        topic = said.get("type")
        if topic == PING:
            return Heard(id=event, topic=PING, ticket="")
        data = said.get("data")
        if topic not in (MESSAGE, STAFF) or not isinstance(data, dict):
            raise InputError(
                "the webhook is of no known type", fix=f'Send "type": "{MESSAGE}" with "data"'
            )
        ticket = _id(data, "ticket", _LONGEST_TICKET)
        if topic == STAFF:
            return Heard(id=event, topic=STAFF, ticket=ticket)
        inbound = _inbound(data, ticket, datetime.fromtimestamp(self._now(), UTC))
        return Heard(id=event, topic=MESSAGE, ticket=ticket, inbound=inbound)

    async def send(self, parcel: Parcel) -> str:
        """Post a delivery; return the webhook's id.

        Raises:
            OSError: Nobody knows whether it was taken.
            NotWantedError: It was certainly not taken: `shadow_mode`, `webhook_changed` (409),
                `webhook_unavailable` (no connection, 429, 503 with `Retry-After`) or
                `webhook_refused` (any other refusal).
        """
        if self._settings.shadow and parcel.kind in _PUBLIC:
            raise NotWantedError("shadow_mode")
        event = event_id(parcel.marker)
        outcome: _Outcome = "unavailable"
        perhaps_taken = False
        for attempt in range(_TRIES):
            outcome, pause = await self._attempt(parcel, event)
            if outcome == "taken":
                return event
            perhaps_taken |= outcome == "unknown"
            lasting = outcome in ("refused", "changed")
            last = attempt == _TRIES - 1
            if lasting or last or (perhaps_taken and not self._settings.deduplicates):
                break
            await self._sleep(min(max(pause, _FIRST_PAUSE * 4**attempt), _LONGEST_PAUSE))
        if perhaps_taken:
            raise OSError("nobody knows whether the webhook's receiver took it")
        raise NotWantedError(f"webhook_{outcome}")

    async def find(self, parcel: Parcel) -> Presence:
        """Nobody can say; `repeatable` where your system takes each id once."""
        del parcel
        return "repeatable" if self._settings.deduplicates else "unknown"

    async def _attempt(self, parcel: Parcel, event: str) -> tuple[_Outcome, float]:
        """Post once, signed for this moment; return what came of it, and how long to wait."""
        if not self._settings.url:
            return "refused", 0.0
        now = int(self._now())
        body = json.dumps(outgoing(parcel, datetime.fromtimestamp(now, UTC))).encode()
        headers = standard.signed_headers(self._outgoing, event, now, body)
        headers |= {"content-type": "application/json", "user-agent": "Firstline"}
        try:
            answer = await self._outbound.request(
                "POST", self._settings.url, headers=headers, content=body
            )
        except OutboundError as error:
            if error.sent:
                return "unknown", 0.0
            return ("refused" if error.why == "not_allowed" else "unavailable"), 0.0
        return _outcome(answer), retry_after(answer.headers) or 0.0


def event_id(marker: str) -> str:
    """Return the id of the webhook that carries a marker: always the same, safe in a header."""
    return "msg_" + sha256(marker.encode()).hexdigest()[:32]


def outgoing(parcel: Parcel, at: datetime) -> dict[str, Any]:
    """Return the body of an outgoing webhook."""
    ticket, _, message = parcel.ticket.rpartition(":")
    return {
        "type": _OUT[parcel.kind],
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "data": {
            "ticket": ticket or parcel.ticket,
            "message": message if ticket else "",
            "kind": parcel.kind,
            "public": parcel.kind in _PUBLIC,
            "text": parcel.text,
            "html": markup(parcel.text),
        },
    }


def _outcome(answer: HttpAnswer) -> _Outcome:
    """Return what an answer means; a 503 counts as a refusal only if it says when to come back."""
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - the statuses of success
        return "taken"
    if status == 409:  # noqa: PLR2004 - conflict
        return "changed"
    turned_away = status == 503 and retry_after(answer.headers) is not None  # noqa: PLR2004
    if status in (425, 429) or turned_away:
        return "unavailable"
    return "unknown" if status >= 500 or status == 408 else "refused"  # noqa: PLR2004


def _inbound(data: Mapping[str, Any], ticket: str, now: datetime) -> Inbound:
    """Return the customer's message of a webhook."""
    unknown = sorted(set(data) - set(_DATA))
    if unknown:
        raise InputError(
            'the webhook\'s "data" has a field that is not known',
            fix=f"Known are {', '.join(_DATA)}",
        )
    written = data.get("format", "text")
    if written not in ("text", "html"):
        raise InputError('the webhook\'s "format" is not known', fix='Write "text" or "html"')
    message = _id(data, "id", _LONGEST_MESSAGE)
    vouched = data.get("verified")
    fields = {
        "id": f"{ticket}:{message}",
        "text": data.get("text"),
        "subject": data.get("subject"),
        "customer": data.get("customer"),
        # Many serialisers write what was left out as null: that vouches for nobody either.
        "verified": False if vouched is None else vouched,
        "channel": "webhook",
        "received_at": data.get("sent_at"),
        "messages": data.get("messages"),
        "attachments": data.get("attachments"),
    }
    read = inbound_from(fields, Place(ticket=ticket[:60]))
    # A local time without its zone may lie hours ahead: what is said meanwhile would seem older.
    at = read.received_at and min(read.received_at, now)
    return replace(read, is_html=written == "html", received_at=at, source=f"webhook:{ticket}")


def _id(data: Mapping[str, Any], name: str, longest: int) -> str:
    """Return an id: short, one line, without a colon, because two are joined by one."""
    value = data.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not text.strip() or len(text) > longest or not text.isprintable() or ":" in text:
        raise InputError(
            f'the webhook\'s "{name}" is no id',
            fix=f"Write at most {longest} printable characters without a colon",
        )
    return text.strip()


def _host_of(settings: WebhookSettings) -> str:
    """Return the host of the address; empty without one.

    Raises:
        WorkspaceError: It is no address that may be posted to.
    """
    if not settings.url:
        return ""
    wrong = WorkspaceError("the webhook's url cannot be used", fix="Write https://host/path")
    try:
        parts = urlsplit(settings.url)
    except ValueError:
        raise wrong from None
    schemes = ("https", "http") if settings.allow_loopback else ("https",)
    if not parts.hostname or parts.scheme not in schemes or "@" in parts.netloc:
        raise wrong
    return parts.hostname.lower()
