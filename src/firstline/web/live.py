"""The change feed: it says that something changed, never what; the page asks for the rest itself.

One watcher a process looks at the database once a second, however many pages listen. So what
another process wrote is seen too, on SQLite and Postgres alike; what this process wrote is told
at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import StreamingResponse

Marks = dict[str, str]
"""A topic and the mark of how it stands: another mark is a change."""
LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
WAITING = 100
"""Changes a slow listener may be behind; it is told the newest then."""
STREAMS = 400
"""Open streams of one process; the next is refused, and its page asks again later."""


class Feed:
    """Tells listeners of changes. Safe to call from any thread."""

    def __init__(self, look: Callable[[], Marks] = dict) -> None:
        self._look = look
        self._listeners: set[asyncio.Queue[str]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin to watch; call it inside the server's event loop."""
        self._loop = asyncio.get_running_loop()
        self._watcher = asyncio.create_task(self._watch())

    def close_streams(self) -> None:
        """End every stream, so that the server can end; from any thread or signal handler."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._stopping.set()
        self._tell("")

    async def stop(self) -> None:
        """End every stream and the watching."""
        self._end()
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher

    @property
    def is_stopping(self) -> bool:
        """Whether the server is about to end."""
        return self._stopping.is_set()

    @property
    def is_full(self) -> bool:
        """Whether no further stream is taken."""
        return len(self._listeners) >= STREAMS

    def changed(self, topic: str) -> None:
        """Tell every listener that something about a topic changed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, topic)

    def _tell(self, topic: str) -> None:
        for queue in self._listeners:
            _offer(queue, topic)

    async def _watch(self) -> None:
        seen: Marks | None = None
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._listeners:
                seen = None
                continue
            marks = await asyncio.to_thread(self._look)
            if seen is not None:
                for topic in marks:
                    if seen.get(topic) != marks[topic]:
                        self._tell(topic)
            seen = marks

    async def listen(self) -> AsyncIterator[str]:
        """Yield topics as they change, and an empty one as a heartbeat, until the server ends."""
        queue: asyncio.Queue[str] = asyncio.Queue(WAITING)
        self._listeners.add(queue)
        try:
            while not self.is_stopping:
                try:
                    yield await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ""
        finally:
            self._listeners.discard(queue)


def _offer(queue: asyncio.Queue[str], topic: str) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(topic)


async def events(feed: Feed, topics: frozenset[str], request: Request) -> AsyncIterator[str]:
    """Yield server-sent events for the topics that a page shows."""
    yield "retry: 3000\n\n"
    async for topic in feed.listen():
        if await request.is_disconnected():
            return
        if not topic:
            yield ": still here\n\n"
        elif topic in topics:
            yield f"event: changed\ndata: {topic}\n\n"


def stream(lines: AsyncIterator[str]) -> StreamingResponse:
    """Return an answer that goes on; proxies are asked not to collect it."""
    return StreamingResponse(
        lines,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
