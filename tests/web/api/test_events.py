"""A ticket's stream tells how far it is, ends with its end, and with the server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import PATIENCE
from tests.desk.small_company import make_company
from tests.web.api.conftest import Api
from tests.web.conftest import running

from firstline.desk import open_desk
from firstline.store.people_records import SCOPES
from firstline.web.api import streaming
from firstline.web.opening import open_site


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events of a stream with their data."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_it_tells_how_far_a_ticket_is_until_it_has_ended(api: Api) -> None:
    """First how it stands, then each change, then the end, and nothing after that."""
    ticket = api.sent(customer="c1", verified=True)
    seen = []
    with api.program.stream("GET", f"/api/v1/tickets/{ticket}/events") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        for name, data in events(answer.iter_lines()):
            seen.append((name, data["step"], data["state"]))
            if len(seen) == 1:
                api.work(ticket)
    assert seen[0] == ("progress", "accepted", "working")
    assert seen[-1] == ("ended", "ended", "answered")
    assert len(set(seen)) == len(seen)


def test_an_ended_ticket_is_told_at_once(api: Api) -> None:
    """Who comes late gets the end and no stream that waits."""
    answer = api.program.get(f"/api/v1/tickets/{api.held()}/events")
    assert [(name, data["state"]) for name, data in events(iter(answer.text.splitlines()))] == [
        ("ended", "review")
    ]


def test_an_unknown_ticket_has_no_stream(api: Api) -> None:
    """404, as for everything else about it."""
    answer = api.program.get(f"/api/v1/tickets/{'0' * 20}/events")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_silent_stream_says_that_it_is_alive(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies close what says nothing; a comment is enough for them."""
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.2)
    ticket = api.sent()
    with api.program.stream("GET", f"/api/v1/tickets/{ticket}/events") as answer:
        lines = answer.iter_lines()
        assert any(line == ": still here" for line in lines)


def test_a_stopped_server_ends_its_streams(tmp_path: Path) -> None:
    """Open streams do not hold up the end; they end without saying that the ticket has."""
    desk = open_desk(make_company(tmp_path / "tiny"))
    site = open_site(desk)
    _, token = site.access.make_key(name="shop", scopes=SCOPES, valid=None, by=None)
    seen: list[str] = []
    begun = threading.Event()

    def follow(url: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(timeout=PATIENCE, base_url=url, headers=headers) as client:
            ticket = client.post("/api/v1/tickets", json={"text": "Hello"}).json()["id"]
            with client.stream("GET", f"/api/v1/tickets/{ticket}/events") as answer:
                for name, _ in events(answer.iter_lines()):
                    seen.append(name)
                    begun.set()

    with running(site) as url:
        reader = threading.Thread(target=follow, args=(url,))
        reader.start()
        assert begun.wait(20)
        stopped = time.monotonic()
    reader.join(10)
    assert not reader.is_alive()
    assert seen == ["progress"]
    assert time.monotonic() - stopped < 10
    desk.close()
