"""What is kept of a ticket beside its stages, on both databases."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from firstline.records import Receipt, TicketId
from firstline.store import CallLedger, Caps, Inbox, Outbox, TicketStore
from firstline.store.calls import Allowance, CallEntry, Settlement
from firstline.store.run_records import RunRecords
from firstline.store.trust_tables import audit, reopening
from tests.builders import NOON, a_ticket

CAPS = Caps(per_requester=9, per_conversation=9)


def opened(engine: sa.Engine) -> TicketStore:
    """Return a store with one ticket."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out", autonomy="shadow"), NOON)
    store.accept([(1, a_ticket()), (2, a_ticket("t2"))])
    return store


def test_there_is_nothing_of_an_unknown_ticket(engine: sa.Engine) -> None:
    """Nobody makes a record up."""
    assert RunRecords(engine).of(TicketId("t1")) is None


def test_a_new_ticket_has_an_inbox_and_nothing_else(engine: sa.Engine) -> None:
    """What has not happened is empty."""
    opened(engine)
    record = RunRecords(engine).of(TicketId("t1"))
    assert record is not None
    assert (record.inbox_kind, record.inbox_autonomy, record.ended_at) == ("file", "shadow", None)
    assert (record.deliveries, record.calls) == ((), ())
    assert (record.reopened, record.reopens, record.audited) == (None, None, None)


def test_everything_that_happened_is_read(engine: sa.Engine) -> None:
    """Deliveries, questions with what they cost, a reopening from both ends, an audit."""
    store = opened(engine)
    outbox = Outbox(engine)
    _, receipt = outbox.claim(a_ticket(), "reply", caps=CAPS, now=NOON)
    outbox.settle(Receipt(key=receipt.key, state="sent", at=NOON, detail="line 1"))
    ledger = CallLedger(engine)
    entry = CallEntry(
        key="k1",
        ticket="t1",
        intent="x",
        requester=None,
        purpose="write",
        model="small",
        prompt_hash="p1",
        reserve_pico=5,
    )
    ledger.begin(entry, Allowance(), NOON)
    ledger.settle(
        "k1",
        Settlement(
            reply="{}",
            input=10,
            output=2,
            cache_read=0,
            cache_write=0,
            cost_pico=2_000_000,
            wall_ms=12.5,
        ),
    )
    store.end(TicketId("t1"), "sent", "quote", NOON)
    with engine.begin() as connection:
        back = {"ticket": "t1", "by_ticket": "t2", "after_seconds": 60.0, "at": NOON.isoformat()}
        connection.execute(reopening.insert().values(back))
        drawn = {
            "ticket": "t1",
            "intent": "x",
            "certificate": "c1",
            "scope": "s",
            "covers": "",
            "alpha": 0.02,
            "probability": 0.25,
            "drawn_at": NOON.isoformat(),
            "wrong": False,
        }
        connection.execute(audit.insert().values(drawn))
    record = RunRecords(engine).of(TicketId("t1"))
    assert record is not None
    assert [(item.kind, item.state, item.detail) for item in record.deliveries] == [
        ("reply", "sent", "line 1")
    ]
    (call,) = record.calls
    assert (call.purpose, call.input, call.cost_usd, call.wall_ms) == ("write", 10, 2e-6, 12.5)
    assert record.ended_at == NOON
    assert record.reopened is not None
    assert (record.reopened.by_ticket, record.reopened.after) == ("t2", timedelta(minutes=1))
    assert record.audited is not None
    assert (record.audited.wrong, record.audited.probability) == (False, 0.25)
    other = RunRecords(engine).of(TicketId("t2"))
    assert other is not None
    assert other.reopens == "t1"
