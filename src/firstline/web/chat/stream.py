"""The stream of a conversation: server-sent events, one reader, nothing lost and nothing twice.

    id: 4
    event: message
    data: {"number": 4, "author": "bot", …}

    event: state
    data: {"progress": "looking", "person": false}

Only messages carry an id: whoever reconnects names the last one they have (`Last-Event-ID`) and
gets every later one. How far a message is, is said again after each reconnection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from firstline.web.chat.asked import ShownState
from firstline.web.chat.hub import Stream
from firstline.web.chat.talk import Chat
from firstline.web.chat.views import shown

RETRY_MS: Final = 1_000
HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


class EventStream(Response):
    """An answer that goes on until its reader leaves, the server ends, or a newer one replaces it.

    It listens for the reader's leaving while it waits, so that a stream nobody reads is not kept
    open until the next thing happens.
    """

    media_type = "text/event-stream"

    def __init__(self, chat: Chat, stream: Stream, after: int) -> None:
        super().__init__()
        self._chat = chat
        self._stream = stream
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events as they come."""
        del scope
        leaving = asyncio.create_task(self._until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            async for text in events(self._chat, self._stream, self._after):
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            return  # the reader is gone
        finally:
            self._chat.hub.leave(self._stream)
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        self._chat.hub.leave(self._stream)


async def events(chat: Chat, stream: Stream, after: int) -> AsyncIterator[str]:
    """Yield the events of a conversation from a number on."""
    yield f"retry: {RETRY_MS}\n\n"
    said: ShownState | None = None
    waiting = person = False
    while not stream.closed:
        parts = []
        if stream.take_stale():
            if early := _early(chat, stream, said):
                yield event("state", early.model_dump_json())
                said = early
            held = await chat.log(stream.conversation, after)
            if held is None:
                return
            waiting, person = held.waiting, held.conversation.with_person
            for item in held.messages:
                parts.append(event("message", shown(item).model_dump_json(), item.number))
                after = item.number
        state = ShownState(
            progress=chat.hub.progress(stream.conversation, waiting=waiting), person=person
        )
        if state != said:
            parts.append(event("state", state.model_dump_json()))
            said = state
        if parts:
            yield "".join(parts)
        if not await stream.wait():
            yield ": still here\n\n"
    if stream.closed == "replaced":
        yield event("replaced", "{}")


def _early(chat: Chat, stream: Stream, said: ShownState | None) -> ShownState | None:
    """Return how far the latest message is, to be told before its conversation is read.

    Where the database is far, everybody who has just written reads theirs at the same time.
    """
    if said is None or said.person or chat.store.is_local:
        return None
    early = said.model_copy(update={"progress": chat.hub.remembered(stream.conversation)})
    return early if early.progress and early != said else None


def event(name: str, data: str, number: int | None = None) -> str:
    """Return one event. JSON has no line breaks, so it is one line of data."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {name}\ndata: {data}\n\n"


def last_seen(header: str, asked: int) -> int:
    """Return the last number a reader has: of the browser's own header, else of the address."""
    if header.isascii() and header.isdigit() and len(header) < len(str(1 << 40)):
        return int(header)
    return asked
