"""A ticket's progress as server-sent events, until Firstline has done its part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Self

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from firstline.records import TicketId
from firstline.store.ticket_changes import TicketChanges
from firstline.web.api.told import EventTold
from firstline.web.api.views import event_of
from firstline.web.live import Feed
from firstline.web.site import Site

FIRST_LOOK = 0.1
"""Seconds to the second look; each later one waits longer."""
SLOWER = 1.5
LONGEST_WAIT = 2.0
HEARTBEAT = 15.0
"""Seconds without an event after which a comment says that the stream is alive."""


async def progress_events(
    request: Request, site: Site, ticket_id: TicketId, first: EventTold
) -> AsyncIterator[str]:
    """Yield how far a ticket is, at once and whenever that changes; end with its end.

    The stream also ends when the server is stopped or nobody listens any more; the caller then
    asks again and gets how it stands first.
    """
    changes = TicketChanges(site.desk.engine)
    told = first
    yield _event(told)
    silent, wait = 0.0, FIRST_LOOK
    async with _Listener(site.feed, f"ticket:{ticket_id}") as listener:
        while told.step != "ended":
            await listener.wait(wait)
            if site.feed.is_stopping or await request.is_disconnected():
                return
            silent, wait = silent + wait, min(wait * SLOWER, LONGEST_WAIT)
            found = await run_in_threadpool(changes.progress, ticket_id)
            now = told if found is None else event_of(ticket_id, found)
            if now != told:
                told, silent, wait = now, 0.0, FIRST_LOOK
                yield _event(told)
            elif silent >= HEARTBEAT:
                silent = 0.0
                yield ": still here\n\n"


def _event(told: EventTold) -> str:
    name = "ended" if told.step == "ended" else "progress"
    return f"event: {name}\ndata: {told.model_dump_json()}\n\n"


class _Listener:
    """Waits for a topic of the feed, but not for ever."""

    def __init__(self, feed: Feed, topic: str) -> None:
        self._topic = topic
        self._heard = asyncio.Event()
        self._feed = feed
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait(self, seconds: float) -> None:
        """Return when the topic is heard, the server is stopping, or the time is over."""
        try:
            await asyncio.wait_for(self._heard.wait(), seconds)
        except TimeoutError:
            return
        if not self._feed.is_stopping:
            self._heard.clear()

    async def _listen(self) -> None:
        async for topic in self._feed.listen():
            if topic == self._topic or self._feed.is_stopping:
                self._heard.set()
        self._heard.set()
