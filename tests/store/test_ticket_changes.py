"""Tickets in the order of what happened to them, and how far one is — on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.ticket_changes import SETTLE, START, TicketChanges
from tests.builders import NOON, a_ticket

SECOND = timedelta(seconds=1)
LATE = NOON + timedelta(hours=1)


@pytest.fixture
def tickets(engine: sa.Engine) -> TicketStore:
    """Return a store with an inbox of the API and one of a file."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="api", kind="api", target="api"), NOON)
    store.open_inbox(Inbox(id="run", kind="file", target="out"), NOON)
    return store


def ended(store: TicketStore, name: str, at: datetime, inbox: str = "api") -> None:
    """Accept a ticket and end it at a time."""
    store.accept([(1, a_ticket(name, inbox=inbox))])
    store.end(TicketId(name), "sent", "because", at)


def names(tickets: TicketStore, now: datetime = LATE, **wanted: object) -> list[str]:
    """Return the ids of what changed since the beginning."""
    kinds = ("api",) if not wanted else ()
    found = TicketChanges(tickets.engine).since(START, now, kinds=kinds, limit=10)
    return [standing.ticket.id for standing, _ in found]


def test_they_come_in_the_order_they_ended(tickets: TicketStore) -> None:
    """Whatever order they came in; those of one moment by their id; open ones not at all."""
    ended(tickets, "b", NOON + 2 * SECOND)
    ended(tickets, "d", NOON + SECOND)
    ended(tickets, "c", NOON + SECOND)
    tickets.accept([(1, a_ticket("open", inbox="api"))])
    assert names(tickets) == ["c", "d", "b"]


def test_a_reader_gets_everything_once(tickets: TicketStore) -> None:
    """Page by page, going on from the last place, nothing is left out and nothing comes twice."""
    for number in range(7):
        ended(tickets, f"t{number}", NOON + (number // 3) * SECOND)
    changes, place, seen = TicketChanges(tickets.engine), START, list[str]()
    while found := changes.since(place, LATE, kinds=("api",), limit=2):
        seen.extend(standing.ticket.id for standing, _ in found)
        place = found[-1][1]
    assert seen == [f"t{number}" for number in range(7)]


def test_what_happened_just_now_waits(tickets: TicketStore) -> None:
    """A change of another process with an earlier clock may still be on its way."""
    ended(tickets, "a", NOON)
    assert names(tickets, NOON + SETTLE) == []
    assert names(tickets, NOON + SETTLE + SECOND) == ["a"]


def test_a_changed_end_comes_again(tickets: TicketStore) -> None:
    """When a person changes what became of a ticket, it is told again."""
    ended(tickets, "a", NOON)
    changes = TicketChanges(tickets.engine)
    (_, place), *_ = changes.since(START, LATE, kinds=(), limit=10)
    with tickets.engine.begin() as connection:
        later = (NOON + SECOND).isoformat(timespec="microseconds")
        connection.execute(sa.text("UPDATE ticket SET ended_at = :at"), {"at": later})
    assert [item.ticket.id for item, _ in changes.since(place, LATE, kinds=(), limit=10)] == ["a"]


def test_kinds_of_inboxes_are_apart(tickets: TicketStore) -> None:
    """Who follows the API does not get the tickets of a file, unless they want all."""
    ended(tickets, "a", NOON)
    ended(tickets, "f", NOON, inbox="run")
    assert names(tickets) == ["a"]
    assert names(tickets, everything=True) == ["a", "f"]


def test_progress_of_a_ticket(tickets: TicketStore) -> None:
    """From accepted to decided to ended; nothing is known of a ticket that is not there."""
    changes = TicketChanges(tickets.engine)
    assert changes.progress(TicketId("a")) is None
    assert changes.of(TicketId("a")) is None
    tickets.accept([(1, a_ticket("a", inbox="api"))])
    progress = changes.progress(TicketId("a"))
    assert progress is not None
    assert (progress.outcome, progress.decided, progress.writing) == (None, False, False)
    tickets.note(TicketId("a"), [("gate", "{}")])
    progress = changes.progress(TicketId("a"))
    assert progress is not None
    assert progress.decided
    tickets.end(TicketId("a"), "review", "held", NOON)
    standing = changes.of(TicketId("a"))
    assert standing is not None
    assert (standing.outcome, standing.reason, standing.ended_at) == ("review", "held", NOON)
