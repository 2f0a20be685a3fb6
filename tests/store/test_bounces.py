"""Replies that came back are put before a person, once."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from firstline.records import Receipt
from firstline.store import Caps, Inbox, Outbox, TicketStore
from firstline.store.approved_outbox import ApprovedOutbox
from firstline.store.bounces import SETTLING, NotSettledError, take_back
from firstline.store.hand_overs import HandOverLedger
from firstline.store.reviews import ReviewStore
from tests.builders import NOON, a_ticket
from tests.store.test_reviews import a_change, an_entry

HERE = "email:support"
CAPS = Caps(per_requester=3, per_conversation=5)


def test_a_reply_that_bounced_is_a_persons(engine: sa.Engine) -> None:
    """The ticket goes to a person, its delivery may be made again by them, a repeat is nothing."""
    store, outbox = TicketStore(engine), Outbox(engine)
    store.open_inbox(Inbox(id=HERE, kind="email", target="support"), NOON)
    record = a_ticket(inbox=HERE)
    store.accept([(1, record)])
    _, receipt = outbox.claim(record, "reply", caps=CAPS, now=NOON)
    outbox.settle(Receipt(key=receipt.key, state="sent", at=NOON, detail="<1@x.example>"))
    store.end(record.id, "sent", "released", NOON)
    assert take_back(engine, HERE, "<2@x.example>", "5.1.1", NOON) is None
    assert take_back(engine, "email:other", "<1@x.example>", "5.1.1", NOON) is None
    assert take_back(engine, HERE, "<1@x.example>", "5.1.1", NOON) == record.id
    assert take_back(engine, HERE, "<1@x.example>", "5.1.1", NOON) is None
    stored = store.load(record.id)
    assert stored is not None
    assert (stored.outcome, stored.reason) == ("review", "bounced")
    assert [item.ticket for item in HandOverLedger(engine).unfinished(NOON, most=5)] == [record.id]
    assert outbox.claim(record, "reply", caps=CAPS, now=NOON)[0] == "cancelled"
    assert ApprovedOutbox(engine).claim(record, "reply", now=NOON)[0] == "claimed"


@pytest.mark.parametrize("detail", ["found after a crash", "found after an error"])
def test_a_reply_whose_sender_died_and_that_bounced_is_a_persons(
    engine: sa.Engine, detail: str
) -> None:
    """Its reference is known by its marker alone; until it is settled, its report is not lost."""
    store, outbox = TicketStore(engine), Outbox(engine)
    store.open_inbox(Inbox(id=HERE, kind="email", target="support"), NOON)
    record = a_ticket(inbox=HERE)
    store.accept([(1, record)])
    _, receipt = outbox.claim(record, "reply", caps=CAPS, now=NOON)

    def back(reference: str, now: datetime = NOON) -> str | None:
        return take_back(
            engine, HERE, reference, "5.1.1", now, sent_as=lambda key: reference == f"<{key}>"
        )

    with pytest.raises(NotSettledError):
        back(f"<{receipt.key}>")
    assert back(f"<{receipt.key}>", NOON + SETTLING * 2) is None, "nobody waits for it for ever"
    assert back("<other>") is None
    outbox.settle(Receipt(key=receipt.key, state="sent", at=NOON, detail=detail))
    store.end(record.id, "sent", "released", NOON)
    assert back("<other>") is None
    assert back(f"<{receipt.key}>") == record.id
    assert back(f"<{receipt.key}>") is None
    stored = store.load(record.id)
    assert stored is not None
    assert (stored.outcome, stored.reason) == ("review", "bounced")


def test_what_a_person_released_and_bounced_is_in_their_queue_again(engine: sa.Engine) -> None:
    """It waits, with a note of why, may be released once more, and a repeat changes nothing."""
    store, outbox, reviews = TicketStore(engine), ApprovedOutbox(engine), ReviewStore(engine)
    store.open_inbox(Inbox(id=HERE, kind="email", target="support"), NOON)
    record = a_ticket(inbox=HERE)
    store.accept([(1, record)])
    store.end(record.id, "review", "unproven", NOON)
    reviews.add([an_entry()])
    for number in (1, 2):
        held = reviews.claim(record.id, "ann", NOON)
        reviews.decide(a_change(held), NOON)
        released = reviews.approved_delivery(record.id)
        assert released is not None
        claim, receipt = outbox.claim(record, "reply", now=NOON)
        assert claim == "claimed"
        sent = Receipt(key=receipt.key, state="sent", at=NOON, detail=f"<{number}@x.example>")
        outbox.settle(sent)
        reviews.settle(released, sent, NOON)
        assert take_back(engine, HERE, sent.detail, "5.1.1", NOON) == record.id
        assert take_back(engine, HERE, sent.detail, "5.1.1", NOON) is None
        after = reviews.get(record.id)
        assert after is not None
        assert (after.state, after.pending, after.holder) == ("waiting", "", "")
    made = [(item.kind, item.reason, item.note) for item in reviews.decisions(record.id)]
    assert made == [("approve", "", ""), ("returned", "bounced", "bounced 5.1.1")] * 2
