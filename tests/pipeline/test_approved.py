"""What a person released is delivered once, by whichever worker, whatever happens on the way."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firstline.channels import SENT, FileChannel, Parcel, Presence
from firstline.desk import open_desk
from firstline.pipeline import approved
from firstline.pipeline.engine import Engine
from firstline.pipeline.workflows import Line
from firstline.records import TicketId
from firstline.review.reviews import Reviews
from tests.review.company import small_acme

TICKETS = 4


class Faulty:
    """A channel far away that fails in a chosen way."""

    is_local = False
    settle_seconds = 0.0

    def __init__(self, *, sends: bool = True, presence: Presence = "unknown") -> None:
        self.sent: list[str] = []
        self.sends = sends
        self.presence = presence

    async def send(self, parcel: Parcel) -> str:
        """Send, or fail."""
        await asyncio.sleep(0.01)
        if not self.sends:
            raise ConnectionResetError("gone")
        self.sent.append(parcel.marker)
        return "ref"

    async def find(self, parcel: Parcel) -> Presence:
        """Say what the test wants."""
        del parcel
        return self.presence


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small company whose tickets have all ended in review."""
    folder = small_acme(tmp_path_factory.mktemp("approved") / "acme")
    with (folder / "asked.jsonl").open("w", encoding="utf-8") as file:
        for number in range(TICKETS):
            row = {"id": f"t-{number}", "text": "How do I export a board to CSV?"}
            file.write(json.dumps(row | {"channel": "chat"}) + "\n")
    with open_desk(folder, with_models=False) as desk:
        asyncio.run(desk.run(folder / "asked.jsonl", folder / "out", autonomy="review"))
    return folder


@pytest.fixture
def acme(before: Path, tmp_path: Path) -> Path:
    """Return a copy of that company, its database and what was learnt from it included."""
    return Path(shutil.copytree(before, tmp_path / "acme"))


async def run(
    acme: Path, work: Callable[[Line, Reviews, list[TicketId]], Any], *, channel: Any = None
) -> None:
    """Do some work with the line, the reviews and the tickets that wait."""
    with open_desk(acme, with_models=False) as desk:
        outlet = channel or FileChannel(acme / "out")
        line = replace(desk.line(), outlets=lambda _kind, _target: outlet)
        reviews = Reviews(desk.workspace, line.store.engine)
        ids = [item.review.ticket for item in reviews.queue().items]
        assert len(ids) == TICKETS
        await work(line, reviews, ids)


def sent(acme: Path) -> list[str]:
    """Return the markers of what was delivered."""
    path = acme / "out" / SENT
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line)["marker"] for line in lines]


async def test_workers_deliver_what_was_released_once(acme: Path) -> None:
    """However often it is queued; the ticket is sent, with the promises of the reply."""

    async def work(line: Line, reviews: Reviews, ids: list[TicketId]) -> None:
        for ticket_id in ids[:2]:
            await reviews.approve(ticket_id, "ann", parts=line.parts)
        reviews.escalate(ids[2], "ann", team="billing", note="a refund")
        engine = Engine(line, line.parts.workspace.data)
        await engine.start()
        try:
            assert await approved.tend_approved(line) == 3
            await approved.tend_approved(line)
            for _ in range(200):
                if not reviews.store.pending():
                    break
                await asyncio.sleep(0.05)
            assert await approved.tend_approved(line) == 0
        finally:
            await engine.stop()
        stored = [line.store.load(ticket_id) for ticket_id in ids]
        assert [item.outcome for item in stored if item] == ["sent", "sent", "escalate", "review"]
        assert [item.reason for item in stored if item][:3] == ["approved", "approved", "escalated"]
        assert sorted(sent(acme)) == sorted(
            [f"{ids[0]}:reply", f"{ids[1]}:reply", f"{ids[2]}:notice"]
        )
        owed = line.commitments.of(ids[2])
        assert [item.owner for item in owed] == ["support-team"]
        assert "deliver" in line.store.stages(ids[0])

    await run(acme, work)


async def test_doing_it_again_delivers_nothing_more(acme: Path) -> None:
    """After the delivery, and for a ticket of which nothing was released."""

    async def work(line: Line, reviews: Reviews, ids: list[TicketId]) -> None:
        await reviews.approve(ids[0], "ann", parts=line.parts)
        assert await approved.send_approved(ids[0], line) == "sent"
        assert await approved.send_approved(ids[0], line) == "ended"
        assert await approved.send_approved(ids[1], line) == "ended"
        assert await approved.send_approved(TicketId("nobody"), line) == "ended"
        assert sent(acme) == [f"{ids[0]}:reply"]

    await run(acme, work)


async def test_a_failed_delivery_is_before_a_person_again(acme: Path) -> None:
    """Approved again, the channel is asked first; found there, it counts as sent."""
    channel = Faulty(sends=False)

    async def work(line: Line, reviews: Reviews, ids: list[TicketId]) -> None:
        await reviews.approve(ids[0], "ann", parts=line.parts)
        assert await approved.send_approved(ids[0], line) == "uncertain"
        stored = line.store.load(ids[0])
        assert stored is not None
        assert (stored.outcome, stored.reason) == ("review", "delivery_uncertain")
        assert [item.kind for item in reviews.store.decisions(ids[0])] == ["approve", "returned"]
        channel.sends, channel.presence = True, "present"
        await reviews.approve(ids[0], "bo", parts=line.parts)
        assert await approved.send_approved(ids[0], line) == "sent"
        assert channel.sent == []

    await run(acme, work, channel=channel)


async def test_a_workflow_that_failed_for_good_is_given_up(
    acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ticket is before a person again, and nothing waits for ever."""

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    async def work(line: Line, reviews: Reviews, ids: list[TicketId]) -> None:
        await reviews.approve(ids[0], "ann", parts=line.parts)
        monkeypatch.setattr(approved, "deliver_stage", broken)
        engine = Engine(line, line.parts.workspace.data)
        await engine.start()
        try:
            for _ in range(200):
                if not await approved.tend_approved(line):
                    break
                await asyncio.sleep(0.05)
        finally:
            await engine.stop()
        held = reviews.store.get(ids[0])
        assert held is not None
        assert (held.state, held.pending) == ("waiting", "")
        stored = line.store.load(ids[0])
        assert stored is not None
        assert stored.reason == "delivery_uncertain"

    await run(acme, work)
