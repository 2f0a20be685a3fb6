"""Looking for words in the queue: found where people would look, and nowhere else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.review_lists import overrides, teams
from firstline.store.review_queue import Filter, ReviewQueue
from firstline.store.reviews import ReviewStore
from firstline.store.trust_tables import review
from tests.builders import NOON, a_ticket
from tests.store.test_reviews import an_entry

WRITTEN = {
    "t1": {"subject": "Late invoice", "text": 'He said "50% off_now" and C:\\temp\nthen left'},
    "t2": {"subject": "", "text": "Où est ma facture ?", "customer": "ann@acme.example"},
    "t3": {"subject": "Export", "text": "a board", "quoted": "the invoice of last year"},
}


@pytest.fixture
def queue(engine: sa.Engine) -> ReviewQueue:
    """Return a queue with three tickets."""
    tickets = TicketStore(engine)
    tickets.open_inbox(Inbox(id="inbox", kind="file", target="/tmp/out"), NOON)  # noqa: S108 - a name
    tickets.accept(
        [(at, a_ticket(name, **fields)) for at, (name, fields) in enumerate(WRITTEN.items())]
    )
    ReviewStore(engine).add([an_entry(name) for name in WRITTEN])
    return ReviewQueue(engine)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("invoice", {"t1"}),
        ("LATE invoice", {"t1"}),
        ("late board", set()),
        ("facture", {"t2"}),
        ("Où", {"t2"}),
        ("ann@acme", {"t2"}),
        ("t3", {"t3"}),
        ('"50%', {"t1"}),
        ("off_now", {"t1"}),
        ("offxnow", set()),
        ("C:\\temp", {"t1"}),
        ("%", {"t1"}),
        ("subject", set()),
        ("quoted", set()),
        ("language", set()),
        ("\x00invoice", {"t1"}),
        ("", {"t1", "t2", "t3"}),
        ("   ", {"t1", "t2", "t3"}),
    ],
)
def test_words_are_found_where_people_wrote_them(
    queue: ReviewQueue, words: str, found: set[str]
) -> None:
    """In subject, text, customer and ids; not in names of fields nor in quoted history."""
    page = queue.page(NOON, Filter(text=words))
    assert {item.review.ticket for item in page.items} == found
    assert page.total == len(found)


def test_a_search_keeps_to_the_other_filters(queue: ReviewQueue) -> None:
    """Words and filters both hold."""
    assert queue.page(NOON, Filter(text="invoice", intent="export_data")).total == 1
    assert queue.page(NOON, Filter(text="invoice", intent="other")).total == 0


def test_teams_are_those_that_have_tickets(queue: ReviewQueue, engine: sa.Engine) -> None:
    """Each team once, in order, while it has a ticket."""
    assert queue.page(NOON).total == len(WRITTEN)
    with engine.begin() as connection:
        assert teams(connection) == ()
        for name, team in (("t1", "Legal"), ("t2", "Billing"), ("t3", "Legal")):
            connection.execute(
                review.update()
                .where(review.c.ticket == TicketId(name))
                .values(state="handed", team=team)
            )
        assert teams(connection) == ("Billing", "Legal")
        assert overrides(connection, NOON) == ()
