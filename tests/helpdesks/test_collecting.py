"""Collecting from several helpdesks at once: each for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import sqlalchemy as sa

from firstline.channels.base import Channel
from firstline.channels.helpdesk import Changes, Conversation, Helpdesk, Turn
from firstline.desk import collecting
from firstline.desk.collecting import Collector
from firstline.desk.connections import Connection, Connections
from firstline.errors import SetupError
from firstline.records import TicketId
from firstline.store import TicketStore
from firstline.store.arrivals import Arrivals
from firstline.workspace import Settings
from firstline.workspace.channel_settings import ChannelSetting


class Desk:
    """A helpdesk with one conversation, or one that never answers."""

    def __init__(self, *, hangs: bool) -> None:
        self._hangs = hangs

    async def changed(self, _cursor: str) -> Changes:
        """Name the conversation, or hang."""
        if self._hangs:
            await asyncio.Event().wait()
        return Changes(tickets=("7",), cursor="now", more=False)

    async def fetch(self, ticket: str) -> Conversation:
        """Return the conversation."""
        now = datetime.now(UTC)
        said = Turn(id="1", author="customer", text="How?", is_html=False, is_public=True, at=now)
        return Conversation(
            id=ticket,
            subject="",
            requester="ada@customer.example",
            verified=False,
            status="open",
            version="1",
            turns=(said,),
        )


def connected(**desks: Desk) -> Connections:
    """Return connections to these helpdesks."""
    settings = {name: ChannelSetting(name=name, kind="zendesk") for name in desks}
    found = Connections(tuple(settings.values()), {})
    for name, desk in desks.items():
        found._opened[name] = Connection(  # noqa: SLF001 - instead of a real account
            setting=settings[name],
            channel=cast("Channel", None),
            helpdesk=cast("Helpdesk", desk),
        )
    return found


async def first_ticket(engine: sa.Engine, **desks: Desk) -> TicketId:
    """Collect from helpdesks until there is a ticket, and return it."""
    submitted: asyncio.Queue[TicketId] = asyncio.Queue()

    async def submit(ids: Iterable[TicketId]) -> None:
        for one in ids:
            submitted.put_nowait(one)

    collector = Collector(
        connections=connected(**desks),
        store=TicketStore(engine),
        settings=Settings(company="Acme"),
        submit=submit,
        now=lambda: datetime.now(UTC),
    )
    at_work = asyncio.create_task(collector.keep_collecting(asyncio.Event()))
    try:
        return await asyncio.wait_for(submitted.get(), 5)
    finally:
        at_work.cancel()
        await asyncio.gather(at_work, return_exceptions=True)


@pytest.mark.parametrize("error", [SetupError("the database is locked"), LookupError("a surprise")])
async def test_a_failure_at_the_start_is_no_end_of_collecting(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A database that is busy when inboxes are opened or read is asked again."""
    owner, name = (
        (TicketStore, "keep_inbox") if isinstance(error, SetupError) else (Arrivals, "take")
    )
    does = getattr(owner, name)
    left = [error]

    def once(*given: Any, **named: Any) -> Any:
        if left:
            raise left.pop()
        return does(*given, **named)

    monkeypatch.setattr(owner, name, once)
    monkeypatch.setattr(collecting, "LOOK_SECONDS", 0.01)
    assert await first_ticket(engine, well=Desk(hangs=False))
    assert not left
