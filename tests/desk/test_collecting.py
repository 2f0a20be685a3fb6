"""Collecting from several connections: none waits for another, and no report is missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.builders import NOON, a_ticket

from firstline.channels.helpdesk import Bounce, Changes, Conversation, Turn
from firstline.desk.collecting import Collector
from firstline.desk.connections import Connection, Connections
from firstline.records import Receipt
from firstline.store import Caps, Outbox, TicketStore
from firstline.workspace import Settings
from firstline.workspace.channel_settings import ChannelSetting

PATIENCE = 10.0
CAPS = Caps(per_requester=3, per_conversation=5)


class FakeDesk:
    """A helpdesk that tells of one conversation, and is as slow as it likes."""

    def __init__(self, ticket: str = "", bounces: tuple[Bounce, ...] = ()) -> None:
        self.ticket = ticket
        self.bounces = bounces
        self.held = asyncio.Event()
        self.polled = asyncio.Event()
        self.polls = 0

    async def changed(self, cursor: str) -> Changes:
        """Tell of the conversation once; without one, hang until let go."""
        self.polled.set()
        self.polls += 1
        if not self.ticket and not self.bounces:
            await self.held.wait()
        told = () if cursor else tuple(filter(None, [self.ticket]))
        return Changes(tickets=told, cursor="1", more=False, bounces=() if cursor else self.bounces)

    async def fetch(self, ticket: str) -> Conversation:
        """Return a conversation with one question."""
        turn = Turn(
            id="t", author="customer", text="Hello?", is_html=False, is_public=True, at=NOON
        )
        return Conversation(
            id=ticket, subject="Hi", requester="ann@x.example", verified=False, status="open",
            version="1", turns=(turn,),
        )  # fmt: skip


def connections_of(desks: dict[str, FakeDesk]) -> Connections:
    """Return connections to these helpdesks by name."""
    settings = [
        ChannelSetting(name=name, kind="email", mode="live", poll_seconds=1) for name in desks
    ]
    connections = Connections(tuple(settings), {})
    for setting in settings:
        connection = Connection(
            setting=setting, channel=cast("Any", None), helpdesk=cast("Any", desks[setting.name])
        )
        connections._opened[setting.name] = connection  # noqa: SLF001 - instead of real servers
    return connections


@asynccontextmanager
async def collected(engine: sa.Engine, desks: dict[str, FakeDesk]) -> AsyncIterator[Collector]:
    """Collect from these helpdesks in the background."""

    async def submit(_: object) -> None:
        """Queue nothing."""

    collector = Collector(
        connections=connections_of(desks), store=TicketStore(engine),
        settings=Settings(company="Acme"), submit=submit, now=lambda: datetime.now(UTC),
    )  # fmt: skip
    stop = asyncio.Event()
    task = asyncio.create_task(collector.keep_collecting(stop))
    try:
        yield collector
    finally:
        stop.set()
        for desk in desks.values():
            desk.held.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(500):
        if await asyncio.to_thread(is_so):
            return
        await asyncio.sleep(0.02)
    pytest.fail("it never was so")


async def test_a_server_that_hangs_holds_up_no_other(engine: sa.Engine) -> None:
    """A mailbox that does not answer costs its own tickets time, and nobody else's."""
    store = TicketStore(engine)
    desks = {"hangs": FakeDesk(), "works": FakeDesk("1@x")}
    async with collected(engine, desks):
        await asyncio.wait_for(desks["hangs"].polled.wait(), PATIENCE)
        await until(lambda: bool(store.open_ids()))


async def test_a_report_that_is_faster_than_the_ledger_counts(engine: sa.Engine) -> None:
    """A server may send a mail back before its sender has written down that it left."""
    store, outbox = TicketStore(engine), Outbox(engine)
    desk = FakeDesk(bounces=(Bounce(reference="<1@acme>", action="failed", status="5.1.1"),))
    connections = connections_of({"support": desk})
    record = a_ticket(inbox="email:support")
    now = datetime.now(UTC)
    store.keep_inbox(connections.named("support").inbox, now)
    store.accept([(1, record)])
    _, receipt = outbox.claim(record, "reply", caps=CAPS, now=now)
    outbox.settle(Receipt(key=receipt.key, state="sent", at=now, detail="<1@acme>"))
    async with collected(engine, {"support": desk}):
        await until(lambda: desk.polls > 1)
        assert outbox.states(record.id) == {"reply": "sent"}
        await asyncio.to_thread(store.end, record.id, "sent", "released", now)
        await until(lambda: outbox.states(record.id) == {"reply": "cancelled"})
    stored = store.load(record.id)
    assert stored is not None
    assert (stored.outcome, stored.reason) == ("review", "bounced")
