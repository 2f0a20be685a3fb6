"""The ledger lets each delivery out once, within the caps — on SQLite and on Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
import sqlalchemy as sa

from firstline.records import ConversationId, Receipt, Ticket
from firstline.store import Caps, Inbox, Outbox, TicketStore
from firstline.store.reviews import ReviewStore
from tests.builders import NOON, a_ticket

CAPS = Caps(per_requester=3, per_conversation=5)


@pytest.fixture
def store(engine: sa.Engine) -> TicketStore:
    """Return a store with one inbox."""
    opened = TicketStore(engine)
    opened.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    return opened


@pytest.fixture
def outbox(engine: sa.Engine) -> Outbox:
    """Return the ledger of the same database."""
    return Outbox(engine)


def accepted(store: TicketStore, ticket: Ticket) -> Ticket:
    """Store a ticket and return it."""
    store.accept([(1, ticket)])
    return ticket


def test_a_delivery_is_claimed_once(store: TicketStore, outbox: Outbox) -> None:
    """The second claim finds the first one unfinished."""
    ticket = accepted(store, a_ticket())
    assert outbox.claim(ticket, "reply", caps=CAPS, now=NOON)[0] == "claimed"
    assert outbox.claim(ticket, "reply", caps=CAPS, now=NOON)[0] == "unknown"


def test_a_settled_delivery_is_done(store: TicketStore, outbox: Outbox) -> None:
    """After the receipt nothing is left to claim."""
    ticket = accepted(store, a_ticket())
    _, receipt = outbox.claim(ticket, "reply", caps=CAPS, now=NOON)
    outbox.settle(replace(receipt, state="sent", detail="there"))
    claim, again = outbox.claim(ticket, "reply", caps=CAPS, now=NOON)
    assert (claim, again.state, again.detail) == ("done", "sent", "there")
    assert outbox.states(ticket.id) == {"reply": "sent"}


def test_many_claims_at_once_give_one(store: TicketStore, outbox: Outbox) -> None:
    """Of eight workers that claim at the same moment exactly one may send."""
    ticket = accepted(store, a_ticket())

    def claim(_: int) -> str:
        try:
            return outbox.claim(ticket, "reply", caps=CAPS, now=NOON)[0]
        except sa.exc.IntegrityError:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(claim, range(8)))
    assert claims.count("claimed") == 1


@pytest.mark.parametrize("customers", [("mia", "mia"), ("mia", "bo")])
def test_two_claims_of_a_conversation_are_not_decided_together(
    engine: sa.Engine, store: TicketStore, customers: tuple[str, str]
) -> None:
    """Each would find that nothing was sent yet, and both would leave."""
    both = Barrier(2, timeout=0.5)

    def meet(_connection: sa.Connection) -> str:
        with suppress(BrokenBarrierError):
            both.wait()
        return ""

    def claim(ticket: Ticket) -> str:
        caps = Caps(per_requester=9, per_conversation=1)
        return Outbox(engine, forbids=meet).claim(ticket, "reply", caps=caps, now=NOON)[0]

    one, two = (
        accepted(
            store,
            replace(
                a_ticket(id=name, external_id=name), conversation=ConversationId("c"), customer=who
            ),
        )
        for name, who in zip(("t1", "t2"), customers, strict=True)
    )
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, (one, two))) == ["cancelled", "claimed"]
    assert both.broken, "they were decided at the same time"


def test_a_newer_message_cancels(store: TicketStore, outbox: Outbox) -> None:
    """A reply to a message is not sent once the customer has written again."""
    first = accepted(store, a_ticket("t1", conversation="c"))
    accepted(store, a_ticket("t2", conversation="c", received_at=NOON + timedelta(minutes=1)))
    claim, receipt = outbox.claim(first, "reply", caps=CAPS, now=NOON)
    assert (claim, receipt.detail) == ("cancelled", "newer_message")


@pytest.mark.parametrize(("hours", "claim"), [(-1, "claimed"), (0, "cancelled"), (1, "cancelled")])
def test_a_persons_answer_cancels(
    store: TicketStore, outbox: Outbox, engine: sa.Engine, hours: int, claim: str
) -> None:
    """Nobody is talked over: once a person has answered a message, nothing goes out for it."""
    ticket = accepted(store, a_ticket())
    when = ticket.received_at + timedelta(hours=hours)
    ReviewStore(engine).note_staff_reply(ticket.inbox, ticket.conversation, "kim", when)
    found, receipt = outbox.claim(ticket, "reply", caps=CAPS, now=NOON)
    assert found == claim
    assert receipt.detail == ("person_replied" if claim == "cancelled" else "")


def test_mail_gets_no_more_than_the_cap_a_day(store: TicketStore, outbox: Outbox) -> None:
    """The fourth automatic reply to one address within 24 hours goes to a person instead."""
    claims = []
    for number in range(5):
        ticket = accepted(
            store,
            a_ticket(
                f"t{number}",
                customer="a@b.example",
                channel="email",
                received_at=NOON + timedelta(hours=number),
            ),
        )
        claims.append(outbox.claim(ticket, "reply", caps=CAPS, now=NOON)[0])
    assert claims == ["claimed"] * 3 + ["cancelled"] * 2
    later = accepted(
        store,
        a_ticket(
            "later",
            customer="a@b.example",
            channel="email",
            received_at=NOON + timedelta(hours=49),
        ),
    )
    assert outbox.claim(later, "reply", caps=CAPS, now=NOON)[0] == "claimed"


def test_a_conversation_has_a_cap_on_turns(store: TicketStore, outbox: Outbox) -> None:
    """A conversation gets no more automatic replies than its cap."""
    claims = []
    for number in range(3):
        ticket = accepted(store, a_ticket(f"t{number}", conversation="c"))
        caps = Caps(per_requester=9, per_conversation=2)
        claim, receipt = outbox.claim(ticket, "reply", caps=caps, now=NOON)
        if claim == "claimed":
            outbox.settle(Receipt(key=receipt.key, state="sent", at=NOON))
        claims.append(claim)
    assert claims == ["claimed", "claimed", "cancelled"]
