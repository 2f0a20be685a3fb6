"""Receiving webhooks: verified over the raw body, stored, and only then acknowledged.

Nothing is answered from what a helpdesk's webhook says: it names a conversation, and that is
fetched afresh. A webhook of a company's own system brings its message along, signed.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import sqlalchemy as sa

from firstline.channels.helpdesk import Verdict
from firstline.channels.stored import position_at
from firstline.channels.webhook import Heard, WebhookChannel
from firstline.desk.collecting import taken
from firstline.desk.connections import Connection
from firstline.errors import FirstlineError, InputError
from firstline.observe import log
from firstline.records import TicketId
from firstline.store import TicketStore
from firstline.store.arrivals import Arrivals, Told
from firstline.web.hooks.keeper import Keeper
from firstline.web.site import Site

COUNT_SECONDS: Final = 2.0
"""How often the counts of webhooks are written down."""

REMEMBERED: Final = 10_000
"""Events that a process remembers to have stored."""

Result = Literal["kept", "unknown", "refused", "unreadable", "unusable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a webhook."""

    result: Result
    detail: str = ""
    tickets: tuple[TicketId, ...] = ()
    """Accepted at once: they came with the webhook."""


class Seen:
    """The latest events that are certainly stored: a repeat of one needs no database."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._events: OrderedDict[tuple[str, str], None] = OrderedDict()

    def has(self, inbox: str, event: str) -> bool:
        """Whether an event is known to be stored."""
        return (inbox, event) in self._events

    def add(self, events: Iterable[tuple[str, str]]) -> None:
        """Remember events that were committed; the oldest are forgotten."""
        self._events.update(dict.fromkeys(events))
        while len(self._events) > self._most:
            self._events.popitem(last=False)


class Receiver:
    """Receives for all connections of a site."""

    def __init__(self, site: Site, *, wake: Callable[[], None] = lambda: None) -> None:
        self._site = site
        self._wake = wake
        engine = site.desk.engine
        self._arrivals = Arrivals(engine)
        self._store = TicketStore(engine)
        self._keeper = Keeper(engine)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._counting: asyncio.Task[None] | None = None
        self._opened: set[str] = set()
        self._seen = Seen()

    async def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Verify a webhook and keep what it says.

        Args:
            name: The connection's.
            headers: As they came.
            body: As it came, byte for byte: that is what was signed.
        """
        connections = self._site.desk.connections
        if name not in connections:
            return Received(result="unknown")
        try:
            connection = connections.named(name)
        except FirstlineError as error:
            log.error("channel_unusable", channel=name, problem=error.problem)
            return Received(result="unusable", detail=error.problem)
        verdict = _verdict(connection, headers, body, self._site)
        self._count(connection, verdict)
        if verdict != "good":
            log.warning("webhook_refused", channel=name, why=verdict)
            return Received(result="refused", detail=verdict)
        try:
            return await self._kept(connection, headers, body)
        except InputError as error:
            return Received(result="unreadable", detail=error.problem)

    async def close(self) -> None:
        """Write down the counts."""
        if self._counting is not None:
            self._counting.cancel()
        await self._write_counts()

    async def _kept(
        self, connection: Connection, headers: Mapping[str, str], body: bytes
    ) -> Received:
        if connection.inbox.id not in self._opened:
            await asyncio.to_thread(self._store.keep_inbox, connection.inbox, self._site.now())
            self._opened.add(connection.inbox.id)
        channel = connection.channel
        if isinstance(channel, WebhookChannel):
            heard = channel.read(headers, body)
            tickets = await self._keeper.keep(partial(self._heard, connection, heard))
            return Received(result="kept", tickets=tickets)
        if connection.helpdesk is None:
            raise AssertionError("a connection is a helpdesk or a webhook")
        told = [
            (connection.inbox.id, Told(event=hint.id, conversation=hint.ticket))
            for hint in connection.helpdesk.hints(body)
        ]
        unseen = [item for item in told if not self._seen.has(item[0], item[1].event)]
        if not unseen:
            return Received(result="kept")
        now = self._site.now()
        new = await self._keeper.keep(lambda used: self._arrivals.put_on(used, unseen, now))
        self._seen.add([(inbox, item.event) for inbox, item in unseen])
        if new:
            self._wake()
        return Received(result="kept")

    def _heard(
        self, connection: Connection, heard: Heard, used: sa.Connection
    ) -> tuple[TicketId, ...]:
        """Store what a company's own system sent; return the ticket that is new."""
        inbox, now = connection.inbox.id, self._site.now()
        told = [(inbox, Told(event=heard.id, conversation=""))]
        if not self._arrivals.put_on(used, told, now):
            return ()
        if heard.topic == "staff.replied":
            self._site.reviews.store.note_staff_reply_on(used, inbox, heard.ticket, "", now)
        if heard.inbound is None:
            return ()
        settings = self._site.desk.workspace.settings
        ticket = taken(heard.inbound, inbox, heard.ticket, settings, now)
        verdict = self._store.accept_on(used, [(position_at(now), ticket)])[0]
        return (ticket.id,) if verdict == "new" else ()

    def _count(self, connection: Connection, verdict: Verdict) -> None:
        self._counts[connection.inbox.id, verdict] += 1
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count_later())

    async def _count_later(self) -> None:
        await asyncio.sleep(COUNT_SECONDS)
        await self._write_counts()

    async def _write_counts(self) -> None:
        counts, self._counts = self._counts, Counter()
        if counts:
            await asyncio.to_thread(self._arrivals.count_hooks, counts, self._site.now())


def _verdict(
    connection: Connection, headers: Mapping[str, str], body: bytes, site: Site
) -> Verdict:
    channel = connection.channel
    if isinstance(channel, WebhookChannel):
        return channel.verify(headers, body, site.now())
    if connection.helpdesk is None:
        return "wrong"
    return connection.helpdesk.verify(headers, body, site.now())
