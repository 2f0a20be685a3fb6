"""What helpdesks told: each event once, each conversation until it was fetched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.records import Receipt
from firstline.store import Inbox, TicketStore, migrations, open_database
from firstline.store.arrivals import LEASE, Arrivals, Told, wait_after
from firstline.store.hand_overs import HandOverLedger
from tests.builders import NOON, a_ticket

HERE = "zendesk:support"
EVERY = timedelta(seconds=30)


@pytest.fixture
def arrivals(engine: sa.Engine) -> Arrivals:
    """Return an empty list."""
    return Arrivals(engine)


def told(event: str, conversation: str = "c1") -> tuple[str, Told]:
    """Return a webhook of the one connection."""
    return HERE, Told(event=event, conversation=conversation)


def test_an_event_counts_once(arrivals: Arrivals) -> None:
    """The same delivery again is not new, in any call; a handshake lists nothing."""
    assert arrivals.put([told("e1"), told("e1"), told("e2")], NOON) == 2
    assert arrivals.put([told("e1"), told("hello", "")], NOON) == 1
    (due,) = arrivals.take([HERE], NOON, most=5)
    assert (due.conversation, due.marks) == ("c1", 1)


def test_a_conversation_is_taken_by_one_until_the_lease_ends(arrivals: Arrivals) -> None:
    """Whoever died while fetching holds nobody up for long."""
    arrivals.mark(HERE, ["c1", "c2"], NOON)
    assert len(arrivals.take([HERE], NOON, most=5)) == 2
    assert arrivals.take([HERE], NOON, most=5) == []
    assert arrivals.take(["other"], NOON + LEASE, most=5) == []
    assert len(arrivals.take([HERE], NOON + LEASE, most=1)) == 1


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_what_another_process_is_writing_down_is_passed_over(engine: sa.Engine) -> None:
    """Two that waited for each other's rows would both be held up, and one of them fail."""
    arrivals = Arrivals(engine)
    arrivals.mark(HERE, ["c1", "c2"], NOON)
    with engine.connect() as other, ThreadPoolExecutor(1) as pool:
        arrivals.mark_on(other, HERE, ["c1"], NOON)
        taking = pool.submit(arrivals.take, [HERE], NOON, most=5)
        try:
            taken = taking.result(timeout=5)
        finally:
            other.rollback()
    assert [due.conversation for due in taken] == ["c2"]
    assert [due.conversation for due in arrivals.take([HERE], NOON, most=5)] == ["c1"]


def test_what_is_said_while_a_conversation_is_fetched_is_not_lost(arrivals: Arrivals) -> None:
    """Marked again meanwhile, it stays on the list."""
    arrivals.mark(HERE, ["c1"], NOON)
    (due,) = arrivals.take([HERE], NOON, most=5)
    arrivals.mark(HERE, ["c1"], NOON)
    arrivals.done(due)
    (again,) = arrivals.take([HERE], NOON, most=5)
    arrivals.done(again)
    assert arrivals.take([HERE], NOON + LEASE, most=5) == []


def test_what_cannot_be_fetched_waits_longer_and_longer(arrivals: Arrivals) -> None:
    """A new word of it makes it due at once."""
    arrivals.mark(HERE, ["c1"], NOON)
    (due,) = arrivals.take([HERE], NOON, most=5)
    arrivals.failed(due, "unavailable", NOON, after=timedelta(seconds=45))
    assert arrivals.take([HERE], NOON + timedelta(seconds=44), most=5) == []
    standing = arrivals.standing(HERE, NOON)
    assert (standing.waiting, standing.failing, standing.oldest) == (1, 1, NOON)
    arrivals.mark(HERE, ["c1"], NOON)
    assert len(arrivals.take([HERE], NOON, most=5)) == 1
    assert wait_after(3) < wait_after(5) < wait_after(50) == timedelta(minutes=10)


def test_one_process_at_a_time_polls(arrivals: Arrivals) -> None:
    """Its turn comes again after the pause, or when whoever polled is gone; the cursor is kept."""
    assert arrivals.take_cursor(HERE, NOON, every=EVERY) == ""
    assert arrivals.take_cursor(HERE, NOON, every=EVERY) is None
    arrivals.keep_cursor(HERE, "7", ["c1"], NOON, more=False)
    assert arrivals.take_cursor(HERE, NOON + EVERY / 2, every=EVERY) is None
    assert arrivals.take_cursor(HERE, NOON + EVERY, every=EVERY) == "7"
    assert arrivals.take_cursor(HERE, NOON + EVERY + LEASE, every=EVERY) == "7"
    arrivals.poll_failed(HERE, "TimeoutError", NOON + EVERY + LEASE)
    standing = arrivals.standing(HERE, NOON)
    assert standing.problem == "TimeoutError"
    assert standing.waiting == 1


def test_webhooks_are_counted_by_day_and_verdict(arrivals: Arrivals) -> None:
    """A week of them is shown; what was seen long ago is forgotten."""
    arrivals.count_hooks({(HERE, "good"): 3, (HERE, "wrong"): 1}, NOON)
    arrivals.count_hooks({(HERE, "good"): 2}, NOON)
    arrivals.count_hooks({(HERE, "good"): 9}, NOON - timedelta(days=30))
    assert arrivals.standing(HERE, NOON).hooks == {"good": 5, "wrong": 1}
    arrivals.put([told("e1")], NOON - timedelta(days=31))
    arrivals.put([told("e2")], NOON)
    assert arrivals.forget(NOON) == 1


def test_a_ticket_that_ends_with_a_person_elsewhere_is_to_be_handed_over(
    engine: sa.Engine,
) -> None:
    """The database lists it in the transaction that ends it; a file has no such place."""
    store, ledger = TicketStore(engine), HandOverLedger(engine)
    store.open_inbox(Inbox(id=HERE, kind="zendesk", target="support"), NOON)
    store.open_inbox(Inbox(id="run", kind="file", target="out"), NOON)
    one, two, three = (
        a_ticket(id=name, inbox=inbox, external_id=name)
        for name, inbox in (("t1", HERE), ("t2", "run"), ("t3", HERE))
    )
    store.accept([(1, one), (2, two), (3, three)])
    for ticket in (one, two):
        store.end(ticket.id, "escalate", "anger", NOON)
    store.end(three.id, "sent", "released", NOON)
    assert [item.ticket for item in ledger.unfinished(NOON, most=9)] == ["t1"]
    assert ledger.of(one.id) is None
    assert ledger.claim(one, "packet", NOON)[0] == "claimed"
    claim, receipt = ledger.claim(one, "packet", NOON)
    assert (claim, receipt.state) == ("unknown", "uncertain")
    ledger.settle(Receipt(key=receipt.key, state="sent", at=NOON, detail="note 5"))
    assert ledger.claim(one, "packet", NOON) == ("done", ledger.of(one.id))
    assert ledger.unfinished(NOON, most=9) == []


def test_a_kind_that_came_later_is_handed_over_too(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database from before Chatwoot was a kind lists its tickets once it is up to date."""
    names = [one.__name__ for one in migrations.MIGRATIONS]
    before = migrations.MIGRATIONS[: names.index("m014_chatwoot")]
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", before)
        open_database(empty_database_url).dispose()
    engine = open_database(empty_database_url)
    store, ledger = TicketStore(engine), HandOverLedger(engine)
    store.open_inbox(Inbox(id="i1", kind="zendesk", target="support"), NOON)
    store.open_inbox(Inbox(id="i2", kind="chatwoot", target="desk"), NOON)
    for number in (1, 2):
        ticket = a_ticket(id=f"t{number}", inbox=f"i{number}", external_id=f"t{number}")
        store.accept([(number, ticket)])
        store.end(ticket.id, "escalate", "anger", NOON)
    assert sorted(one.ticket for one in ledger.unfinished(NOON, most=9)) == ["t1", "t2"]
    engine.dispose()


def test_an_inbox_takes_the_level_of_its_channels_mode(engine: sa.Engine) -> None:
    """From shadow to live and back, its tickets stay where they are."""
    store = TicketStore(engine)
    shadow = Inbox(id=HERE, kind="zendesk", target="support", autonomy="shadow")
    live = Inbox(id=HERE, kind="zendesk", target="support")
    assert store.keep_inbox(shadow, NOON) == shadow
    assert store.keep_inbox(live, NOON) == live
    assert store.keep_inbox(shadow, NOON) == shadow
