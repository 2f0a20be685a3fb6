"""Tickets are accepted once, kept in order, and end once — on SQLite and on Postgres."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from firstline.errors import SetupError
from firstline.records import StageTime
from firstline.store import Inbox, TicketStore, open_database
from tests.builders import NOON, a_ticket


@pytest.fixture
def store(engine: sa.Engine) -> TicketStore:
    """Return a store with one inbox."""
    opened = TicketStore(engine)
    opened.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    return opened


def test_a_ticket_is_new_once_and_a_repeat_afterwards(store: TicketStore) -> None:
    """The same ticket offered again, in the same or another batch, is a repeat."""
    ticket = a_ticket()
    assert store.accept([(1, ticket), (2, ticket)]) == ["new", "repeat"]
    assert store.accept([(3, ticket)]) == ["repeat"]
    assert store.counts("inbox") == {None: 1}


def test_the_same_id_with_another_text_is_a_conflict(store: TicketStore) -> None:
    """An id that comes back with other words keeps its first text."""
    store.accept([(1, a_ticket(text="first words"))])
    assert store.accept([(2, a_ticket(text="other words"))]) == ["conflict"]
    stored = store.load(a_ticket().id)
    assert stored is not None
    assert stored.ticket.text == "first words"


def test_a_ticket_survives_the_round_trip(store: TicketStore) -> None:
    """What is loaded equals what was accepted."""
    ticket = a_ticket(subject="Größe 📎", customer="cus_1", verified=True, masked=("card",))
    store.accept([(1, ticket)])
    stored = store.load(ticket.id)
    assert stored is not None
    assert stored.ticket == ticket
    assert not stored.decided


def test_a_ticket_ends_once(store: TicketStore) -> None:
    """The first end stays, whatever is recorded later."""
    ticket = a_ticket()
    store.accept([(1, ticket)])
    store.record(ticket.id, (), (), outcome="review", reason="first", now=NOON)
    store.end(ticket.id, "escalate", "second", NOON)
    stored = store.load(ticket.id)
    assert stored is not None
    assert (stored.outcome, stored.reason) == ("review", "first")


def test_stage_records_keep_their_first_form(store: TicketStore) -> None:
    """A stage recorded twice, as after a crash, keeps what it said first."""
    ticket = a_ticket()
    store.accept([(1, ticket)])
    times = (StageTime(stage="gate", wall_ms=2.0, cpu_ms=1.0),)
    for body in ("1", "2"):
        store.record(ticket.id, (("gate", body),), times, outcome=None, reason=None, now=NOON)
    assert store.stages(ticket.id)["gate"].body == "1"
    stored = store.load(ticket.id)
    assert stored is not None
    assert stored.decided


def test_tickets_come_back_in_input_order(store: TicketStore) -> None:
    """Pages of any size give the tickets in the order they came."""
    for position in (3, 1, 2):
        store.accept([(position, a_ticket(f"t{position}"))])
    in_order = [item.ticket.external_id for item, _ in store.in_order("inbox", page=2)]
    assert in_order == ["t1", "t2", "t3"]
    assert store.open_ids("inbox") == ["t1", "t2", "t3"]


def test_history_is_the_same_verified_customer_and_earlier_only(store: TicketStore) -> None:
    """Earlier tickets of the same verified customer are found, newest first, and nothing else."""
    mine = {"customer": "cus_1", "verified": True}
    for number in range(5):
        when = NOON - timedelta(days=number)
        store.accept([(number, a_ticket(f"t{number}", received_at=when, **mine))])
    store.accept([(9, a_ticket("other", customer="cus_2", verified=True))])
    now = a_ticket("now", received_at=NOON, **mine)
    assert [item.ticket.external_id for item in store.history(now)] == ["t1", "t2", "t3"]
    assert store.history(a_ticket("now", customer="cus_1", verified=False)) == []


def test_a_database_belongs_to_one_company(store: TicketStore) -> None:
    """The first company to come owns the database."""
    assert store.claim_for("Acme") == "Acme"
    assert store.claim_for("Other") == "Acme"


def test_a_database_that_fails_says_so_in_plain_words(tmp_path: Path) -> None:
    """A folder that is not there, or a lock that stays, is a SetupError that says what to do."""
    with pytest.raises(SetupError, match=r"database cannot be used.*folder exists"):
        open_database(f"sqlite:///{tmp_path / 'gone' / 'app.db'}")
    opened = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    store = TicketStore(opened)
    with opened.connect() as patient:
        patient.exec_driver_sql("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(SetupError, match=r"locked.*Another program"):
        store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    holder.close()
    opened.dispose()
