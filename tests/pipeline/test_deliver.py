"""Delivery: at most once, whatever happens between the claim and the receipt."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from firstline.channels import SENT, FileChannel, Parcel, Presence
from firstline.pipeline.deliver import deliver_stage
from firstline.records import Receipt
from firstline.store import Caps, Inbox, Outbox, TicketStore
from tests.builders import NOON, a_ticket

CAPS = Caps(per_requester=3, per_conversation=5)


class Unreliable:
    """A channel that fails in a chosen way and counts what it was asked."""

    def __init__(self, *, sends: bool = True, presence: Presence = "unknown") -> None:
        self.sent: list[str] = []
        self._sends = sends
        self._presence = presence

    async def send(self, parcel: Parcel) -> str:
        """Send, or fail."""
        if not self._sends:
            raise ConnectionResetError("gone")
        self.sent.append(parcel.marker)
        return "ref"

    @property
    def is_local(self) -> bool:
        """It is far away."""
        return False

    @property
    def settle_seconds(self) -> float:
        """Nothing is under way for long."""
        return 0.0

    async def find(self, parcel: Parcel) -> Presence:
        """Say what the test wants."""
        del parcel
        return self._presence


def a_parcel(marker: str) -> Parcel:
    """Return a parcel to look for."""
    return Parcel(marker=marker, ticket="t", kind="reply", text="")


@pytest.fixture
def outbox(engine: sa.Engine) -> Outbox:
    """Return the ledger of a database that holds one ticket."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(1, a_ticket())])
    return Outbox(engine)


async def deliver(outbox: Outbox, channel: Unreliable) -> Receipt:
    """Deliver the ticket's reply."""
    return await deliver_stage(
        a_ticket(),
        "reply",
        "Hello",
        channel=channel,
        outbox=outbox,
        caps=CAPS,
        now=lambda: NOON,
    )


async def test_a_second_delivery_sends_nothing(outbox: Outbox) -> None:
    """Delivering again returns the first receipt."""
    channel = Unreliable()
    assert (await deliver(outbox, channel)).state == "sent"
    assert (await deliver(outbox, channel)).state == "sent"
    assert channel.sent == ["t1:reply"]


async def test_a_failed_send_is_uncertain_and_never_repeated(outbox: Outbox) -> None:
    """A send that broke off may have arrived, so it is not done again."""
    assert (await deliver(outbox, Unreliable(sends=False))).state == "uncertain"
    channel = Unreliable()
    assert (await deliver(outbox, channel)).state == "uncertain"
    assert channel.sent == []


@pytest.mark.parametrize(
    ("presence", "state", "sends"),
    [
        ("present", "sent", 0),
        ("absent", "sent", 1),
        ("repeatable", "sent", 1),
        ("unknown", "uncertain", 0),
    ],
)
async def test_after_a_crash_the_channel_is_asked_first(
    outbox: Outbox, presence: Presence, state: str, sends: int
) -> None:
    """A claim without a receipt is sent only when the channel knows it never arrived."""
    caps = Caps(per_requester=3, per_conversation=5)
    outbox.claim(a_ticket(), "reply", caps=caps, now=NOON)
    channel = Unreliable(presence=presence)
    assert (await deliver(outbox, channel)).state == state
    assert len(channel.sent) == sends


class Slow(Unreliable):
    """A channel where something that was sent shows only a moment later."""

    def __init__(self) -> None:
        super().__init__(presence="absent")
        self.asked = 0

    @property
    def settle_seconds(self) -> float:
        """A moment."""
        return 0.01

    async def find(self, parcel: Parcel) -> Presence:
        """Say that it is not there, and the second time that it is."""
        del parcel
        self.asked += 1
        return "absent" if self.asked == 1 else "present"


async def test_what_left_long_after_its_claim_is_waited_for(outbox: Outbox) -> None:
    """A helpdesk that wanted a minute's pause got it late: the crash may be a moment ago."""
    outbox.claim(a_ticket(), "reply", caps=CAPS, now=NOON - timedelta(minutes=3))
    channel = Slow()
    assert (await deliver(outbox, channel)).state == "sent"
    assert channel.sent == []


async def test_a_file_holds_each_marker_once(tmp_path: Path) -> None:
    """Two channels over one folder, as two workers have, write a parcel once between them."""
    one, two = FileChannel(tmp_path), FileChannel(tmp_path)
    parcel = Parcel(marker="m", ticket="t", kind="reply", text="Grüße\nzwei Zeilen")
    assert await one.find(a_parcel("m")) == "absent"
    await one.send(parcel)
    await two.send(parcel)
    await one.send(parcel)
    assert await two.find(a_parcel("m")) == "present"
    lines = (tmp_path / SENT).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["Grüße\nzwei Zeilen"]


async def test_a_half_written_line_is_dropped(tmp_path: Path) -> None:
    """A line that a killed worker left half is removed, and its parcel can be sent."""
    channel = FileChannel(tmp_path)
    await channel.send(Parcel(marker="a", ticket="t", kind="reply", text="x"))
    with (tmp_path / SENT).open("ab") as file:
        file.write(b'{"marker": "b", "ti')
    fresh = FileChannel(tmp_path)
    assert await fresh.find(a_parcel("b")) == "absent"
    await fresh.send(Parcel(marker="b", ticket="t", kind="reply", text="y"))
    lines = (tmp_path / SENT).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["marker"] for line in lines] == ["a", "b"]


def test_concurrent_senders_lose_nothing(tmp_path: Path) -> None:
    """Many senders at once leave every line whole, each marker once."""
    channels = [FileChannel(tmp_path) for _ in range(4)]

    def send(number: int) -> None:
        parcel = Parcel(marker=f"m{number % 50}", ticket="t", kind="reply", text="x" * 2000)
        channels[number % 4]._send(parcel)  # noqa: SLF001 - the thread-side half of send

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(200)))
    lines = (tmp_path / SENT).read_text(encoding="utf-8").splitlines()
    assert sorted({json.loads(line)["marker"] for line in lines}) == sorted(
        {f"m{number}" for number in range(50)}
    )
    assert len(lines) == 50


@pytest.mark.parametrize(
    ("presence", "state"),
    [
        ("absent", "cancelled"),
        ("present", "sent"),
        ("repeatable", "uncertain"),
        ("unknown", "uncertain"),
    ],
)
async def test_after_a_crash_the_switch_still_holds(
    outbox: Outbox, presence: Presence, state: str
) -> None:
    """What did not arrive before it was stopped is not sent again; what did arrive is known."""
    outbox.claim(a_ticket(), "reply", caps=CAPS, now=NOON)
    channel = Unreliable(presence=presence)
    receipt = await deliver(outbox.under(lambda _connection: "stopped"), channel)
    assert receipt.state == state
    assert channel.sent == []
    assert outbox.states(a_ticket().id) == {"reply": state}
