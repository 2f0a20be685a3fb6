"""The ledger of promises: once a promise, every change kept, every reminder once — on both."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.errors import InputError
from firstline.records import ConversationId, TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.commitments import (
    CommitmentCounts,
    CommitmentLedger,
    NewCommitment,
    add_commitments,
)
from tests.builders import NOON, a_ticket

HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(engine: sa.Engine) -> CommitmentLedger:
    """Return a ledger in a database with one ticket."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(1, a_ticket())])
    return CommitmentLedger(engine)


def a_promise(words: str = "call you", due: datetime | None = NOON + HOUR) -> NewCommitment:
    """Return a promise about the ticket."""
    fields: dict[str, Any] = {
        "ticket": TicketId("t1"),
        "conversation": ConversationId("t1"),
        "customer": "c1",
        "who": "we",
        "owner": "desk",
        "rule": "policies.yaml:3 call",
        "what": f"We will {words}",
        "by": "in an hour",
        "fingerprint": words,
        "promised_at": NOON,
        "due_at": due,
    }
    return NewCommitment(**fields)


def test_the_same_promise_is_one_row(ledger: CommitmentLedger) -> None:
    """However often a ticket is worked on, and by however many, each promise is written once."""
    promises = [a_promise(f"thing {number}") for number in range(10)]

    def add(_: int) -> None:
        ledger.add(promises, by="firstline", now=NOON)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(6)))
    rows = ledger.of(TicketId("t1"))
    assert len(rows) == 10
    assert {row.what for row in rows} == {promise.what for promise in promises}
    assert all(len(ledger.history(row.id)) == 1 for row in rows)


def test_a_promise_is_kept_as_it_was_made(ledger: CommitmentLedger) -> None:
    """Everything that was written comes back, in UTC."""
    ledger.add([a_promise()], by="firstline", now=NOON)
    (row,) = ledger.open()
    assert (row.owner, row.who, row.what, row.by) == (
        "desk",
        "we",
        "We will call you",
        "in an hour",
    )
    assert (row.customer, row.rule, row.state) == ("c1", "policies.yaml:3 call", "open")
    assert (row.promised_at, row.due_at, row.changed_by) == (NOON, NOON + HOUR, "firstline")


def test_a_promise_stands_or_falls_with_the_transaction(
    ledger: CommitmentLedger, engine: sa.Engine
) -> None:
    """What is rolled back was not promised."""
    with engine.connect() as connection:
        add_commitments(connection, [a_promise()], by="firstline", now=NOON)
        connection.rollback()
    assert ledger.all() == ()
    with engine.begin() as connection:
        add_commitments(connection, [a_promise()], by="firstline", now=NOON)
    assert len(ledger.all()) == 1


def test_every_change_is_kept(ledger: CommitmentLedger) -> None:
    """The row says how things are, the history who made them so and when."""
    ledger.add([a_promise()], by="firstline", now=NOON)
    key = ledger.open()[0].id
    ledger.break_(key, by="ann", note="forgot", now=NOON + HOUR)
    row = ledger.keep(key[:8], by="bo", note="called late", now=NOON + 2 * HOUR)
    assert (row.state, row.note, row.changed_by) == ("kept", "called late", "bo")
    assert ledger.open() == ()
    history = ledger.history(key)
    assert [(item.state, item.changed_by, item.note) for item in history] == [
        ("open", "firstline", ""),
        ("broken", "ann", "forgot"),
        ("kept", "bo", "called late"),
    ]
    assert history[-1].at == NOON + 2 * HOUR
    ledger.add([a_promise()], by="firstline", now=NOON + 3 * HOUR)
    assert ledger.all()[0].state == "kept"
    assert ledger.cancel(key, by="ann", note="", now=NOON).state == "cancelled"


@pytest.mark.parametrize("reference", ["", "p", "nobody", "%%%%", "____"])
def test_what_names_no_single_promise_changes_nothing(
    ledger: CommitmentLedger, reference: str
) -> None:
    """Unknown, short and pattern-like references are refused."""
    ledger.add([a_promise(), a_promise("write")], by="firstline", now=NOON)
    with pytest.raises(InputError, match=r"commitment|too short"):
        ledger.keep(reference, by="ann", note="", now=NOON)
    assert len(ledger.open()) == 2


def test_what_is_due_comes_first(ledger: CommitmentLedger) -> None:
    """Lists begin with the soonest; a promise without a time is never due and stands last."""
    ledger.add(
        [a_promise("b", NOON + 2 * HOUR), a_promise("never", None), a_promise("a", NOON)],
        by="firstline",
        now=NOON,
    )
    assert [row.what[-1] for row in ledger.open()] == ["a", "b", "r"]
    assert [row.what[-1] for row in ledger.due(NOON)] == ["a"]
    assert ledger.counts(NOON) == CommitmentCounts(open=3, overdue=1)
    ledger.keep(ledger.due(NOON)[0].id, by="ann", note="", now=NOON)
    assert ledger.counts(NOON) == CommitmentCounts(open=2, overdue=0, kept=1)
    assert CommitmentCounts() == CommitmentCounts(open=0, overdue=0, kept=0, broken=0, cancelled=0)


def test_each_stage_reminds_once(ledger: CommitmentLedger) -> None:
    """Soon before, and again when it is overdue; never twice, whoever asks."""
    ledger.add([a_promise(), a_promise("later", NOON + 30 * HOUR)], by="firstline", now=NOON)

    def told(now: datetime) -> list[tuple[str, str]]:
        with ThreadPoolExecutor(3) as pool:
            asked = list(pool.map(lambda _: ledger.reminders(now, ahead=HOUR), range(3)))
        return [(item.commitment.what, item.stage) for found in asked for item in found]

    assert told(NOON - timedelta(minutes=1)) == []
    assert told(NOON) == [("We will call you", "soon")]
    assert told(NOON + HOUR) == [("We will call you", "overdue")]
    assert told(NOON + 2 * HOUR) == []
    ledger.keep(ledger.open()[1].id, by="ann", note="", now=NOON)
    assert told(NOON + 40 * HOUR) == []


def test_what_is_settled_is_not_reminded_of(ledger: CommitmentLedger) -> None:
    """A kept promise needs no reminder."""
    ledger.add([a_promise()], by="firstline", now=NOON)
    ledger.keep(ledger.open()[0].id, by="ann", note="", now=NOON)
    assert ledger.reminders(NOON + 9 * HOUR) == ()
