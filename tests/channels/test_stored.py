"""The channel of API and chat customers: a delivery is one row, and is always found again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.builders import NOON, a_ticket

from firstline.channels import Parcel, StoredChannel
from firstline.channels.stored import position_at
from firstline.pipeline.deliver import deliver_stage
from firstline.records import Receipt
from firstline.store import Caps, Inbox, Outbox, TicketStore, open_database
from firstline.store.replies import ReplyStore

PARCEL = Parcel(marker="t1:reply", ticket="t1", kind="reply", text="Open the board menu.")


@pytest.fixture
def channel(engine: sa.Engine) -> StoredChannel:
    """Return the channel of a database that holds one ticket."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="api", target="api"), NOON)
    store.accept([(1, a_ticket())])
    return StoredChannel(engine, "api", now=lambda: NOON)


async def deliver(engine: sa.Engine, channel: StoredChannel) -> Receipt:
    """Deliver the ticket's reply."""
    return await deliver_stage(
        a_ticket(),
        "reply",
        PARCEL.text,
        channel=channel,
        outbox=Outbox(engine),
        caps=Caps(per_requester=3, per_conversation=5),
        now=lambda: NOON,
    )


async def test_a_delivery_is_found_by_its_marker(channel: StoredChannel) -> None:
    """What was sent is present, anything else absent; the channel always knows."""
    assert await channel.find(PARCEL) == "absent"
    assert await channel.send(PARCEL) == "reply#t1:reply"
    assert await channel.find(PARCEL) == "present"
    assert await channel.find(replace(PARCEL, marker="t1:notice")) == "absent"
    assert channel.is_local


async def test_the_same_marker_is_one_row(engine: sa.Engine, channel: StoredChannel) -> None:
    """Sending again changes nothing: the customer reads one reply."""
    await deliver(engine, channel)
    await channel.send(Parcel(marker="t1:reply", ticket="t1", kind="reply", text="other"))
    replies = ReplyStore(engine).of_ticket(a_ticket().id)
    assert [(item.kind, item.text, item.at) for item in replies] == [("reply", PARCEL.text, NOON)]


def test_many_workers_at_once_write_one_row(engine: sa.Engine, channel: StoredChannel) -> None:
    """Of eight that deliver the same parcel at the same moment one row remains."""
    del channel

    def put(number: int) -> bool:
        return ReplyStore(engine).put(
            marker="t1:reply",
            target="api",
            external_id="t1",
            kind="reply",
            text=str(number),
            at=NOON,
        )

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(put, range(8))) == 1


async def test_a_killed_delivery_is_read_back(engine: sa.Engine, channel: StoredChannel) -> None:
    """A claim without a receipt asks the channel; what arrived is not sent again."""
    Outbox(engine).claim(
        a_ticket(), "reply", caps=Caps(per_requester=3, per_conversation=5), now=NOON
    )
    await channel.send(PARCEL)
    receipt = await deliver(engine, channel)
    assert (receipt.state, receipt.detail) == ("sent", "found after a crash")


async def test_a_lost_database_is_an_os_error(tmp_path: Path) -> None:
    """The protocol of channels: failure is an OSError, so that the delivery counts as uncertain."""
    engine = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    channel = StoredChannel(engine, "api")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE reply"))
    with pytest.raises(OSError, match="database"):
        await channel.send(PARCEL)
    with pytest.raises(OSError, match="database"):
        await channel.find(PARCEL)


def test_positions_follow_time() -> None:
    """Who comes later has a higher position, and it fits a 32-bit column for decades."""
    assert position_at(NOON) < position_at(NOON.replace(hour=13)) < 2**31
    assert position_at(NOON.replace(year=2080)) < 2**31
