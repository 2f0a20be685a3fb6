"""What was said in a conversation so far — on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.records import ConversationId, Message, Ticket
from firstline.store import Caps, Inbox, Outbox, TicketStore
from firstline.store.replies import ReplyStore
from firstline.store.turns import TURNS, turns_of
from tests.builders import NOON, a_ticket

MINUTE = timedelta(minutes=1)
THREAD = ConversationId("thread")


@pytest.fixture
def tickets(engine: sa.Engine) -> TicketStore:
    """Return a store with one inbox."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="api", target="api"), NOON)
    return store


def asked(tickets: TicketStore, name: str, minute: int, **changes: object) -> Ticket:
    """Accept a message of the conversation."""
    fields = {"conversation": THREAD, "customer": "c1", "received_at": NOON + minute * MINUTE}
    ticket = a_ticket(name, text=f"question {name}", **(fields | changes))
    tickets.accept([(1, ticket)])
    return ticket


def replied(tickets: TicketStore, ticket: Ticket, minute: int) -> None:
    """Deliver a reply to a message."""
    caps = Caps(per_requester=9, per_conversation=9)
    Outbox(tickets.engine).claim(ticket, "reply", caps=caps, now=NOON + minute * MINUTE)
    ReplyStore(tickets.engine).put(
        marker=f"{ticket.id}:reply",
        target="api",
        external_id=ticket.external_id,
        kind="reply",
        text=f"answer {ticket.id}",
        at=NOON + minute * MINUTE,
    )


def test_questions_and_answers_come_in_order(tickets: TicketStore) -> None:
    """The customer's messages and what they were told, the oldest first, without the newest."""
    earlier = (Message(author="staff", text="long ago"),)
    first = asked(tickets, "a", 0, history=earlier)
    replied(tickets, first, 1)
    asked(tickets, "b", 2)
    last = asked(tickets, "c", 3)
    turns = turns_of(tickets.engine, last)
    assert [(turn.author, turn.text) for turn in turns] == [
        ("staff", "long ago"),
        ("customer", "question a"),
        ("bot", "answer a"),
        ("customer", "question b"),
    ]


def test_only_the_latest_are_read(tickets: TicketStore) -> None:
    """A long conversation is cut at its beginning."""
    for number in range(TURNS + 3):
        asked(tickets, f"t{number:02}", number)
    turns = turns_of(tickets.engine, asked(tickets, "z", TURNS + 3))
    assert len(turns) == TURNS
    assert turns[-1].text == f"question t{TURNS + 2:02}"


def test_another_customer_sees_nothing_of_it(tickets: TicketStore) -> None:
    """Two customers whose caller gave them the same conversation by mistake stay apart."""
    replied(tickets, asked(tickets, "a", 0), 1)
    assert turns_of(tickets.engine, asked(tickets, "b", 2, customer="c2")) == ()
    assert turns_of(tickets.engine, asked(tickets, "c", 3, customer=None)) == ()


def test_a_first_message_has_no_past(tickets: TicketStore) -> None:
    """Nothing was said before it."""
    assert turns_of(tickets.engine, asked(tickets, "a", 0)) == ()
