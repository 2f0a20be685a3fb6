"""What customers say about replies, and which answers they came back to — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from firstline.records import ConversationId, TicketId
from firstline.store import Caps, Inbox, Outbox, TicketStore
from firstline.store.feedback import FeedbackStore
from tests.builders import NOON, a_ticket

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T1 = TicketId("t1")


@pytest.fixture
def tickets(engine: sa.Engine) -> TicketStore:
    """Return a store with one ticket, answered an hour after it came."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(1, a_ticket())])
    answer(engine, "t1", NOON + HOUR)
    return store


def answer(engine: sa.Engine, name: str, at: datetime) -> None:
    """Deliver a reply to a ticket of its own conversation."""
    outbox = Outbox(engine)
    caps = Caps(per_requester=9, per_conversation=9)
    _, receipt = outbox.claim(a_ticket(name), "reply", caps=caps, now=at)
    outbox.settle(replace(receipt, state="sent", at=at))


def follow_up(tickets: TicketStore, name: str, at: datetime, conversation: str = "t1") -> None:
    """Accept another message of a conversation."""
    message = a_ticket(name, conversation=ConversationId(conversation), received_at=at)
    tickets.accept([(2, message)])


def test_the_last_answer_counts(tickets: TicketStore) -> None:
    """Saying the same again changes nothing; changing one's mind is counted."""
    store = FeedbackStore(tickets.engine)
    first = store.record(T1, "yes", NOON)
    assert store.record(T1, "yes", NOON + HOUR) == first
    last = store.record(T1, "no", NOON + 2 * HOUR)
    assert last is not None
    assert (last.answer, last.changes) == ("no", 1)
    assert (last.first_at, last.at) == (NOON, NOON + 2 * HOUR)
    assert store.counts(NOON, NOON + DAY) == {"yes": 0, "no": 1, "more_help": 0}
    assert store.counts(NOON, NOON + 2 * HOUR) == {"yes": 0, "no": 0, "more_help": 0}


def test_many_clicks_at_once_are_one_row(tickets: TicketStore) -> None:
    """A link that is opened by several scanners and a person is one answer."""
    store = FeedbackStore(tickets.engine)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.record(T1, "yes", NOON), range(8)))
    kept = store.of(T1)
    assert kept is not None
    assert (kept.answer, kept.changes) == ("yes", 0)


def test_an_unknown_ticket_has_no_feedback(tickets: TicketStore) -> None:
    """Nothing is kept about a ticket that is not here."""
    store = FeedbackStore(tickets.engine)
    assert store.record(TicketId("gone"), "yes", NOON) is None
    assert store.of(TicketId("gone")) is None


def test_the_first_message_after_an_answer_reopens_it(tickets: TicketStore) -> None:
    """Within the time, in the same conversation, after the answer; each answer once."""
    store = FeedbackStore(tickets.engine)
    follow_up(tickets, "before", NOON + HOUR / 2)
    follow_up(tickets, "elsewhere", NOON + 2 * HOUR, conversation="other")
    assert store.mark_reopened() == 0
    follow_up(tickets, "late", NOON + 5 * HOUR)
    follow_up(tickets, "first", NOON + 4 * HOUR)
    assert store.mark_reopened() == 1
    assert store.mark_reopened() == 0
    (found,) = store.reopened(NOON, NOON + DAY)
    assert (found.ticket, found.by_ticket, found.after) == ("t1", "first", 3 * HOUR)
    assert store.reopened(NOON + DAY, NOON + 2 * DAY) == ()


def test_a_message_long_after_an_answer_is_a_new_matter(tickets: TicketStore) -> None:
    """After the time for it nothing is reopened, nor are answers from before the last look."""
    store = FeedbackStore(tickets.engine)
    follow_up(tickets, "late", NOON + HOUR + 7 * DAY + HOUR)
    assert store.mark_reopened(answered_since=NOON + 3 * DAY) == 0
    assert store.mark_reopened() == 0
    assert store.mark_reopened(within=8 * DAY) == 1
