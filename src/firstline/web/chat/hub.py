"""The hub of a process: it wakes the streams of conversations in which something happened.

| what happened               | who says so                                  | how soon            |
|-----------------------------|----------------------------------------------|---------------------|
| a message was accepted      | the route that accepted it                   | at once             |
| a worker here got a step on | the pipeline, through `told`, on any thread  | at once             |
| a worker elsewhere did      | a look at the database for all streams       | within a second     |
| anything was missed         | each stream looks for itself                 | within a heartbeat  |

The hub holds no words of anybody: a stream that is woken reads its own conversation.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Literal

from starlette.concurrency import run_in_threadpool

from firstline.errors import SetupError
from firstline.observe import log
from firstline.pipeline.progress import Step
from firstline.records import TicketId
from firstline.store.chat_records import Activity

LOOK_SECONDS: Final = 1.0
TICK_SECONDS: Final = 0.2
"""How soon streams end when the server is told to."""
"""How often the database is looked at for what other processes did, while streams are open."""
OVERLAP: Final = timedelta(seconds=10)
"""How far the clocks of processes may be apart, and how long a commit may take."""
HEARTBEAT_SECONDS: Final = 15.0
PROGRESS_SECONDS: Final = 0.1
""" How long progress may be late, so that steps which follow each other at once are one."""
STREAMS_A_VISITOR: Final = 3
"""Open streams of a conversation; one more takes the place of the oldest."""
STREAMS: Final = 3_000
"""Open streams of this process."""
REMEMBERED: Final = 20_000
"""Tickets whose conversation is known without asking the database."""
Progress = Literal["", "received", "looking", "writing", "checking"]
"""How far the visitor's latest message is; empty: nothing is being done about it."""
_WORDS: Final[dict[Step, Progress]] = {
    "taken": "looking",
    "asked": "writing",
    "checked": "checking",
    "delivered": "",
    "held": "",
}
_ORDER: Final[tuple[Progress, ...]] = ("", "received", "looking", "writing", "checking")


class TooManyStreamsError(Exception):
    """This address, or this process, has as many streams open as it may."""


class Stream:
    """One open stream of a conversation."""

    def __init__(self, conversation: str, address: str) -> None:
        self.conversation = conversation
        self.address = address
        self.closed: Literal["", "stopping", "replaced", "gone"] = ""
        self._stale = True
        self._woken = asyncio.Event()

    def wake(self, *, stale: bool) -> None:
        """Let it go on. `stale`: its conversation has something new; else only progress has.

        Progress waits a moment: what is overtaken within it is not worth telling.
        """
        self._stale = self._stale or stale
        if stale:
            self._woken.set()
        elif not self._woken.is_set():
            asyncio.get_running_loop().call_later(PROGRESS_SECONDS, self._woken.set)

    def close(self, why: Literal["stopping", "replaced", "gone"]) -> None:
        """End it."""
        self.closed = self.closed or why
        self._woken.set()

    def take_stale(self) -> bool:
        """Whether its conversation is to be read again; asking answers it."""
        stale, self._stale = self._stale, False
        return stale

    async def wait(self, seconds: float = HEARTBEAT_SECONDS) -> bool:
        """Wait until it is woken; False: nothing came, which makes it look for itself."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            self._stale = True
            return False
        self._woken.clear()
        return True


class Hub:
    """The open streams of a process. Everything but `told` belongs to its event loop."""

    def __init__(
        self,
        look: Callable[[datetime], Sequence[tuple[str, str, Activity]]],
        *,
        now: Callable[[], datetime],
        stopping: Callable[[], bool] = lambda: False,
        per_address: int = 60,
    ) -> None:
        self._look = look
        self._now = now
        self._stopping = stopping
        self._per_address = per_address
        self._streams: dict[str, list[Stream]] = {}
        self._addresses: dict[str, int] = {}
        self._count = 0
        self._tickets: OrderedDict[str, str] = OrderedDict()
        self._working: OrderedDict[str, tuple[str, Progress]] = OrderedDict()
        self._ended: dict[str, float] = {}
        """What was told here since the last looks, and when: streams were woken for it already.

        A ticket that a person got is under its id, one of which something was delivered under the
        start of that delivery's marker.
        """
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return self._count

    def told(self, ticket_id: TicketId, step: Step) -> None:
        """Hear from the pipeline how far a ticket is. From any thread; never waits."""
        loop = self._loop
        if loop is None or ticket_id not in self._tickets:
            return
        if asyncio._get_running_loop() is loop:  # noqa: SLF001 - the public one raises elsewhere
            self._step(ticket_id, step)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(self._step, ticket_id, step)

    def accepted(self, ticket_id: TicketId, conversation: str) -> None:
        """Hear that a message was accepted."""
        self._loop = asyncio.get_running_loop()
        self._tickets[ticket_id] = conversation
        while len(self._tickets) > REMEMBERED:
            self._tickets.popitem(last=False)
        self._working.pop(conversation, None)
        self._working[conversation] = (ticket_id, "received")
        while len(self._working) > REMEMBERED:
            self._working.popitem(last=False)
        self.wake(conversation)

    def wake(self, conversation: str) -> None:
        """Let a conversation's streams read it again."""
        for stream in self._streams.get(conversation, ()):
            stream.wake(stale=True)

    def remembered(self, conversation: str) -> Progress:
        """Return how far the latest message is, as far as this process knows: maybe nothing."""
        return self._working.get(conversation, ("", ""))[1]

    def progress(self, conversation: str, *, waiting: bool) -> Progress:
        """Return how far the latest message is.

        Args:
            conversation: Whose.
            waiting: Whether the database says that a message is being answered: another process
                may be at it, or nothing is and what was remembered here is out of date.
        """
        if not waiting:
            self._working.pop(conversation, None)
            return ""
        return self._working.get(conversation, ("", "looking"))[1]

    def open(self, conversation: str, address: str) -> Stream:
        """Open a stream.

        Raises:
            TooManyStreamsError: The address or the process has too many.
        """
        own = self._streams.setdefault(conversation, [])
        full = self._count >= STREAMS or self._addresses.get(address, 0) >= self._per_address
        if full and not own:
            self._streams.pop(conversation, None)
            raise TooManyStreamsError
        if full or len(own) >= STREAMS_A_VISITOR:
            self.leave(own[0], "replaced")
            own = self._streams.setdefault(conversation, [])
        stream = Stream(conversation, address)
        own.append(stream)
        self._count += 1
        self._addresses[address] = self._addresses.get(address, 0) + 1
        self._watch()
        return stream

    def leave(self, stream: Stream, why: Literal["stopping", "replaced", "gone"] = "gone") -> None:
        """Forget a stream. Doing so again changes nothing."""
        stream.close(why)
        own = self._streams.get(stream.conversation, [])
        if stream not in own:
            return
        own.remove(stream)
        if not own:
            del self._streams[stream.conversation]
        self._count -= 1
        self._addresses[stream.address] -= 1
        if not self._addresses[stream.address]:
            del self._addresses[stream.address]

    def _step(self, ticket_id: TicketId, step: Step) -> None:
        conversation = self._tickets.get(ticket_id)
        if conversation is None:
            return
        ended = step in ("delivered", "held")
        if ended and conversation in self._streams:
            self._ended[ticket_id if step == "held" else f"{ticket_id}:"] = time.monotonic()
        self._advance(conversation, ticket_id, _WORDS[step], ended=ended)
        for stream in self._streams.get(conversation, ()):
            stream.wake(stale=ended)

    def _advance(
        self, conversation: str, ticket_id: str, progress: Progress, *, ended: bool
    ) -> None:
        """Move a message on, never back; what was overtaken by a newer one says nothing."""
        latest, reached = self._working.get(conversation, ("", ""))
        if latest != ticket_id:
            return
        if ended:
            del self._working[conversation]
        elif _ORDER.index(progress) > _ORDER.index(reached):
            self._working[conversation] = (ticket_id, progress)

    def _watch(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._keep_looking())

    async def _keep_looking(self) -> None:
        """Look for what other processes did, as long as anybody listens."""
        seen: set[tuple[str, Activity]] = set()
        before = self._now()
        while self._count:
            looked = time.monotonic()
            while time.monotonic() - looked < LOOK_SECONDS:
                await asyncio.sleep(TICK_SECONDS)
                if self._stopping():
                    self._close_all()
                    return
            since, before = before - OVERLAP, self._now()
            try:
                found = await run_in_threadpool(self._look, since)
            except SetupError as error:
                log.warning("chat_look_failed", kind=type(error).__name__)
                continue
            for key, conversation, activity in found:
                if (key, activity) in seen or conversation not in self._streams:
                    continue
                if activity == "asked" or not self._ended.keys() & {key, _start(key)}:
                    self._elsewhere(conversation, activity)
            seen = {(key, activity) for key, _, activity in found}
            self._forget_ended([key for key, _, _ in found], looked)

    def _forget_ended(self, found: Sequence[str], looked: float) -> None:
        """Forget what a look has found: whatever else comes for these tickets is news again."""
        known = {*found, *map(_start, found)}
        oldest = looked - OVERLAP.total_seconds()
        self._ended = {
            told: at for told, at in self._ended.items() if told not in known and at > oldest
        }

    def _elsewhere(self, conversation: str, activity: Activity) -> None:
        if activity == "asked":
            latest, reached = self._working.get(conversation, ("", "received"))
            if _ORDER.index("writing") > _ORDER.index(reached):
                self._working[conversation] = (latest, "writing")
        for stream in self._streams[conversation]:
            stream.wake(stale=activity == "ended")

    def _close_all(self) -> None:
        for own in list(self._streams.values()):
            for stream in list(own):
                self.leave(stream, "stopping")

    async def stop(self) -> None:
        """End every stream and the watching."""
        self._close_all()
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher


def _start(key: str) -> str:
    """Return the part of a delivery's marker that names its ticket; of a ticket's id, nothing."""
    ticket, colon, _ = key.rpartition(":")
    return f"{ticket}{colon}"
