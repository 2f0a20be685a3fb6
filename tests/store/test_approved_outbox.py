"""The ledger for approved replies: no caps for people, nothing twice — on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.records import ConversationId, TicketId
from firstline.store import Caps, CommitmentLedger, Inbox, NewCommitment, Outbox, TicketStore
from firstline.store.approved_outbox import ApprovedOutbox
from tests.builders import NOON, a_ticket

NONE = Caps(per_requester=0, per_conversation=0)
MANY = Caps(per_requester=9, per_conversation=9)
PROMISE = NewCommitment(
    ticket=TicketId("t1"),
    conversation=ConversationId("t1"),
    customer=None,
    who="we",
    owner="desk",
    what="We will call you",
    fingerprint="call",
    promised_at=NOON,
)


@pytest.fixture
def tickets(engine: sa.Engine) -> TicketStore:
    """Return a store with one ticket."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(1, a_ticket())])
    return store


def test_a_person_is_not_bound_by_the_caps_on_automatic_replies(tickets: TicketStore) -> None:
    """What a cap cancelled is taken up again, once, with what it promises."""
    outbox = ApprovedOutbox(tickets.engine)
    claim, _ = Outbox(tickets.engine).claim(a_ticket(), "reply", caps=NONE, now=NOON)
    assert claim == "cancelled"
    again, receipt = outbox.claim(a_ticket(), "reply", now=NOON, promises=[PROMISE])
    assert (again, receipt.key) == ("claimed", "t1:reply")
    assert len(CommitmentLedger(tickets.engine).of(TicketId("t1"))) == 1
    outbox.settle(replace(receipt, state="sent"))
    assert outbox.claim(a_ticket(), "reply", now=NOON)[0] == "done"


def test_a_newer_message_cancels_an_approved_reply_too(tickets: TicketStore) -> None:
    """It may come between the approval and the delivery."""
    outbox = ApprovedOutbox(tickets.engine)
    newer = a_ticket("t2", conversation=ConversationId("t1"), received_at=NOON + timedelta(1))
    tickets.accept([(2, newer)])
    for _ in range(2):
        claim, receipt = outbox.claim(a_ticket(), "reply", now=NOON, promises=[PROMISE])
        assert (claim, receipt.detail) == ("cancelled", "newer_message")
    assert outbox.states(TicketId("t1")) == {"reply": "cancelled"}
    assert CommitmentLedger(tickets.engine).all() == ()


def test_an_uncertain_delivery_is_read_back_first(tickets: TicketStore) -> None:
    """Approving it again asks the channel before anything is sent; a newer message forbids it."""
    outbox = ApprovedOutbox(tickets.engine)
    claim, receipt = outbox.claim(a_ticket(), "reply", caps=MANY, now=NOON)
    assert claim == "claimed"
    outbox.settle(replace(receipt, state="uncertain", detail="send: timed out"))
    assert outbox.claim(a_ticket(), "reply", now=NOON)[0] == "unknown"
    outbox.settle(replace(receipt, state="uncertain", detail="send: timed out"))
    newer = a_ticket("t2", conversation=ConversationId("t1"), received_at=NOON + timedelta(1))
    tickets.accept([(2, newer)])
    assert outbox.claim(a_ticket(), "reply", now=NOON)[0] == "cancelled"
    assert outbox.states(TicketId("t1")) == {"reply": "uncertain"}


def test_a_claim_that_was_interrupted_is_read_back(tickets: TicketStore) -> None:
    """Whoever takes over after a crash does not know whether it was sent."""
    outbox = ApprovedOutbox(tickets.engine)
    assert outbox.claim(a_ticket(), "notice", now=NOON)[0] == "claimed"
    assert outbox.claim(a_ticket(), "notice", now=NOON)[0] == "unknown"
