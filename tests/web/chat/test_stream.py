"""The stream of a chat: what is told, in which order, and what a broken one makes up for."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from tests.conftest import PATIENCE
from tests.web.chat.conftest import API, Talking, read, write

from firstline.pipeline.progress import Step
from firstline.records import TicketId
from firstline.store.chat_records import Activity
from firstline.web.chat import hub as hubs
from firstline.web.chat.hub import Hub, TooManyStreamsError


@dataclass
class Heard:
    """One event of a stream."""

    name: str
    number: str
    said: dict[str, Any]


@contextmanager
def following(client: httpx2.Client, *, after: str = "") -> Iterator[Iterator[Heard]]:
    """Open a stream and give its events."""
    headers = {"Last-Event-ID": after} if after else {}
    with client.stream("GET", f"{API}events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[Heard]:
    name, number = "", ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("id: "):
            number = line.removeprefix("id: ")
        elif line.startswith("data: "):
            yield Heard(name, number, json.loads(line.removeprefix("data: ")))
            name, number = "", ""


def until(events: Iterator[Heard], name: str, **wanted: Any) -> Heard:
    """Return the next event of a name that says this."""
    return next(
        heard
        for heard in events
        if heard.name == name and all(heard.said[key] == value for key, value in wanted.items())
    )


def test_progress_and_answer_are_told_in_words(talking: Talking) -> None:
    """Received, looked up, written, checked, answered: each once, in this order."""
    client = talking.client()
    with following(client) as events:
        assert until(events, "state").said == {"progress": "", "person": False}
        ticket = talking.ticket(client)
        assert until(events, "message").number == "1"
        assert until(events, "state").said["progress"] == "received"
        told = talking.chat.hub.told
        for step, word in (("taken", "looking"), ("asked", "writing"), ("checked", "checking")):
            told(ticket, step)  # type: ignore[arg-type]  # the steps of this very list
            assert until(events, "state").said["progress"] == word
        told(ticket, "taken")  # a worker that begins anew takes nothing back
        talking.deliver(ticket, "Open the board's menu.")
        answer = until(events, "message")
        assert (answer.number, answer.said["author"]) == ("2", "bot")
        assert until(events, "state").said["progress"] == ""


def test_a_stream_that_broke_loses_nothing_and_repeats_nothing(talking: Talking) -> None:
    """Whoever reconnects names the last number they have and gets every later one."""
    client = talking.client()
    with following(client) as events:
        first = talking.ticket(client, "How do I export a board?")
        last = until(events, "message").number
    talking.deliver(first, "Open the board's menu.")
    write(client, "And then?")
    with following(client, after=last) as events:
        found = [until(events, "message").number for _ in range(2)]
        talking.deliver(talking.ticket(client, "Thanks"), "You are welcome.")
        found.extend(until(events, "message").number for _ in range(2))
    assert found == ["2", "3", "4", "5"]


@pytest.mark.parametrize("header", ["", "x", "-1", "9" * 30, "٣"])
def test_a_last_number_that_is_none_counts_as_nothing(talking: Talking, header: str) -> None:
    """An odd header is as good as none: everything is told."""
    client = talking.client()
    write(client, "Hello there, a question")
    raw = header.encode()
    with client.stream("GET", f"{API}events", headers=[(b"last-event-id", raw)]) as answer:
        assert until(_events(answer.iter_lines()), "message").number == "1"


def test_what_another_process_did_is_told_within_a_moment(talking: Talking) -> None:
    """Nobody tells the hub: the look at the database finds the answer."""
    client = talking.client()
    with following(client) as events:
        ticket = talking.ticket(client)
        until(events, "state", progress="received")
        hub, talking.chat.hub = talking.chat.hub, Hub(lambda _since: (), now=talking.chat.now)
        try:
            talking.deliver(ticket, "Open the board's menu.")
        finally:
            talking.chat.hub = hub
        begun = time.monotonic()
        assert until(events, "message", author="bot").number == "2"
    assert time.monotonic() - begun < hubs.HEARTBEAT_SECONDS


def test_one_stream_too_many_takes_the_place_of_the_oldest(talking: Talking) -> None:
    """The oldest is told that it was replaced, so that it does not come back by itself."""
    client = talking.client()
    with following(client) as oldest:
        until(oldest, "state")
        opened = [client.stream("GET", f"{API}events") for _ in range(hubs.STREAMS_A_VISITOR)]
        for stream in opened:
            stream.__enter__()
        assert until(oldest, "replaced").said == {}
        for stream in opened:
            stream.__exit__(None, None, None)


def test_a_reader_who_leaves_is_noticed(talking: Talking) -> None:
    """A stream nobody reads is not kept open until something happens."""
    client = talking.client()
    before = talking.chat.hub.open_streams
    with following(client) as events:
        until(events, "state")
        assert talking.chat.hub.open_streams == before + 1
    for _ in range(100):
        if talking.chat.hub.open_streams == before:
            break
        time.sleep(0.05)
    assert talking.chat.hub.open_streams == before


def test_writing_from_several_windows_at_once_loses_nothing(talking: Talking) -> None:
    """Numbers have no gaps and no repeats, however many write at the same time."""
    client = talking.client()
    others = [
        httpx2.Client(timeout=PATIENCE, base_url=talking.url, headers=client.headers)
        for _ in range(4)
    ]
    threads = [
        threading.Thread(target=write, args=(other, f"Question {number}", f"window-{number}-x"))
        for number, other in enumerate(others)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    found = read(client)
    assert [item["number"] for item in found] == [1, 2, 3, 4]
    assert {item["paragraphs"][0] for item in found} == {f"Question {n}" for n in range(4)}


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def a_hub(found: tuple[tuple[str, str, Activity], ...] = (), **changes: Any) -> Hub:
    """Return a hub that finds this in the database."""
    return Hub(lambda _since: found, now=now, **changes)


async def test_an_address_has_only_so_many_streams() -> None:
    """Others of the address are refused; who has one already may have it replaced."""
    hub = a_hub(per_address=2)
    first = hub.open("a", "1.2.3.4")
    hub.open("b", "1.2.3.4")
    with pytest.raises(TooManyStreamsError):
        hub.open("c", "1.2.3.4")
    hub.open("c", "1.2.3.5")
    again = hub.open("a", "1.2.3.4")
    assert (first.closed, again.closed, hub.open_streams) == ("replaced", "", 3)
    hub.leave(again)
    hub.leave(again)
    assert hub.open_streams == 2
    await hub.stop()


async def test_a_model_asked_elsewhere_is_progress() -> None:
    """Another process's question to a model reads as writing."""
    hub = a_hub((("t1:write", "a", "asked"),))
    stream = hub.open("a", "x")
    assert hub.progress("a", waiting=True) == "looking"
    await stream.wait(5.0)
    assert hub.progress("a", waiting=True) == "writing"
    assert hub.progress("a", waiting=False) == ""
    await hub.stop()


@pytest.mark.parametrize(("step", "key"), [("delivered", "t1:reply"), ("held", "t1")])
async def test_what_was_told_here_wakes_a_stream_once(
    step: Step, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at the database finds it too, which is no news; what comes after it is."""
    monkeypatch.setattr(hubs, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(hubs, "TICK_SECONDS", 0.01)
    found: list[tuple[str, str, Activity]] = []
    hub = Hub(lambda _since: tuple(found), now=now)
    stream = hub.open("a", "x")
    hub.accepted(TicketId("t1"), "a")
    assert await stream.wait(5.0)
    hub.told(TicketId("t1"), step)
    assert await stream.wait(5.0)
    found.append((key, "a", "ended"))
    assert not await stream.wait(0.3)
    found.append(("t1:question", "a", "ended"))
    assert await stream.wait(5.0)
    await hub.stop()


async def test_what_a_newer_message_overtook_says_nothing() -> None:
    """Only the latest message's steps are told."""
    hub = a_hub()
    stream = hub.open("a", "x")
    hub.accepted(TicketId("t1"), "a")
    hub.accepted(TicketId("t2"), "a")
    hub.told(TicketId("t1"), "asked")
    await asyncio.sleep(0.01)
    assert hub.progress("a", waiting=True) == "received"
    assert stream.take_stale()
    await hub.stop()


async def test_streams_end_when_the_server_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopping server closes every stream within a tick."""
    monkeypatch.setattr(hubs, "TICK_SECONDS", 0.01)
    hub = a_hub(stopping=lambda: True)
    stream = hub.open("a", "x")
    await stream.wait(5.0)
    assert stream.closed == "stopping"
    assert hub.open_streams == 0


async def test_the_hub_forgets_what_it_was_long_ago_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is bounded; an unknown ticket wakes nobody."""
    monkeypatch.setattr(hubs, "REMEMBERED", 2)
    hub = a_hub()
    for number in range(5):
        hub.accepted(TicketId(f"t{number}"), f"c{number}")
    hub.told(TicketId("t0"), "asked")
    await asyncio.sleep(0.01)
    assert hub.progress("c0", waiting=True) == "looking"
    assert hub.progress("c4", waiting=True) == "received"
