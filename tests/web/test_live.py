"""The feed tells listeners that something changed, and ends when the server does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from firstline.web import live
from firstline.web.live import Feed


async def next_topic(feed: Feed) -> str:
    """Return the next topic of a new listener."""
    async for topic in feed.listen():
        return topic
    return "ended"


async def test_a_change_reaches_every_listener() -> None:
    """What this process wrote is told at once, from whatever thread."""
    feed = Feed()
    feed.start()
    waiting = [asyncio.create_task(next_topic(feed)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.to_thread(feed.changed, "reviews")
    assert await asyncio.gather(*waiting) == ["reviews"] * 3
    await feed.stop()


async def test_what_another_process_wrote_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watcher looks at marks; only the topic whose mark changed is told."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    marks: Iterator[dict[str, str]] = iter(
        [{"a": "1", "b": "1"}, {"a": "1", "b": "2"}, *[{"a": "1", "b": "2"}] * 10_000]
    )
    feed = Feed(lambda: next(marks))
    feed.start()
    assert await asyncio.wait_for(next_topic(feed), 5) == "b"
    await feed.stop()


async def test_stopping_ends_the_streams() -> None:
    """A stream that is open does not hold the server up."""
    feed = Feed()
    feed.start()

    async def all_of_it() -> list[str]:
        return [topic async for topic in feed.listen()]

    waiting = asyncio.create_task(all_of_it())
    await asyncio.sleep(0)
    feed.close_streams()
    assert await asyncio.wait_for(waiting, 5) == [""]
    assert feed.is_stopping
    await feed.stop()


async def test_a_slow_listener_is_told_the_newest() -> None:
    """Who does not listen for a while loses old news, not memory."""
    feed = Feed()
    feed.start()
    heard: list[str] = []

    async def slowly() -> None:
        async for topic in feed.listen():
            if not heard:
                await asyncio.sleep(0.05)
            heard.append(topic)
            if topic == "last":
                return

    waiting = asyncio.create_task(slowly())
    await asyncio.sleep(0)
    for number in range(3 * live.WAITING):
        feed.changed(f"t{number}")
    feed.changed("last")
    await asyncio.wait_for(waiting, 5)
    assert len(heard) <= live.WAITING + 1
    await feed.stop()
