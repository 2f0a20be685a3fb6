"""Chats: a message is a ticket once, a log has no gaps, nobody else reads it. Both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.records import ConversationId, TicketId, encode
from firstline.store import Caps, Outbox, TicketStore
from firstline.store.chat import ChatStore
from firstline.store.chat_records import (
    CHAT,
    MOST_MESSAGES,
    REMEMBERED,
    SESSION_LASTS,
    Conversation,
    Log,
    Sent,
)
from firstline.store.chat_tables import conversation as conversations
from firstline.store.replies import ReplyStore
from firstline.store.review_records import Change, ReviewEntry
from firstline.store.reviews import ReviewStore
from tests.builders import NOON, a_context, a_draft, a_passage, a_quote, a_ticket

NOTICE = "A person has it."
SECOND = timedelta(seconds=1)
CAPS = Caps(per_requester=9, per_conversation=9)
WINDOWS = 6


@pytest.fixture
def chats(engine: sa.Engine) -> ChatStore:
    """Return the chats of an empty database."""
    store = ChatStore(engine, notice=NOTICE)
    store.open_inbox(NOON)
    return store


def say(
    chats: ChatStore, held: Conversation, name: str, text: str = "A question", **changes: Any
) -> Sent:
    """Accept a message of a conversation."""
    at = changes.pop("at", NOON)
    ticket = a_ticket(
        name,
        inbox=CHAT.id,
        external_id=f"{held.id}.{name}",
        conversation=ConversationId(held.id),
        text=text,
        channel="chat",
        received_at=at,
    )
    options: dict[str, Any] = {"per_minute": 100} | changes
    return chats.send(held, name, ticket, 1, at, **options)


def deliver(engine: sa.Engine, name: str, text: str, *, kind: Any = "reply") -> None:
    """Deliver a reply to a ticket and end it, as a worker does."""
    tickets, outbox = TicketStore(engine), Outbox(engine)
    stored = tickets.load(TicketId(name))
    assert stored is not None
    claim, receipt = outbox.claim(stored.ticket, kind, caps=CAPS, now=NOON)
    assert claim == "claimed"
    ReplyStore(engine).put(
        marker=receipt.key, target=CHAT.target, external_id=name, kind=kind, text=text, at=NOON
    )
    outbox.settle(replace(receipt, state="sent"))
    tickets.end(TicketId(name), "escalate" if kind == "notice" else "sent", "because", NOON)


def log(chats: ChatStore, held: Conversation, after: int = 0) -> Log:
    """Return a conversation that there is."""
    found = chats.log(held.id, NOON, after=after)
    assert found is not None
    return found


def said(chats: ChatStore, held: Conversation, after: int = 0) -> list[tuple[int, str, str]]:
    """Return the numbers, authors and texts of a conversation."""
    return [(item.number, item.author, item.text) for item in log(chats, held, after).messages]


def test_a_message_and_its_ticket_are_stored_together(chats: ChatStore, engine: sa.Engine) -> None:
    """The message has a number and the ticket is open; sent again, nothing changes."""
    held = chats.begin(NOON)
    first = say(chats, held, "m1")
    assert (first.state, first.number, first.ticket) == ("new", 1, "m1")
    again = say(chats, held, "m1")
    assert (again.state, again.number, again.ticket) == ("repeat", 1, "m1")
    assert say(chats, held, "m1", "Another text").state == "conflict"
    assert TicketStore(engine).open_ids(CHAT.id) == ["m1"]
    assert said(chats, held) == [(1, "customer", "A question")]
    assert log(chats, held).waiting


def test_a_reply_is_copied_into_the_log_once(chats: ChatStore, engine: sa.Engine) -> None:
    """Whoever reads after a number gets what came after it."""
    held = chats.begin(NOON)
    say(chats, held, "m1")
    deliver(engine, "m1", "An answer")
    assert said(chats, held) == [(1, "customer", "A question"), (2, "bot", "An answer")]
    assert said(chats, held, after=1) == [(2, "bot", "An answer")]
    assert said(chats, held, after=2) == []
    assert not log(chats, held).waiting


def test_many_readers_and_writers_at_once_number_without_gaps(
    chats: ChatStore, engine: sa.Engine
) -> None:
    """Of readers who all find the same reply one copies it; writers never share a number."""
    held = chats.begin(NOON)
    say(chats, held, "m0")
    deliver(engine, "m0", "An answer")
    together = Barrier(WINDOWS)

    def window(number: int) -> None:
        together.wait()
        if number % 2:
            log(chats, held)
        else:
            say(chats, replace(held, last_number=1), f"w{number}", at=NOON + number * SECOND)

    with ThreadPoolExecutor(WINDOWS) as pool:
        for done in [pool.submit(window, number) for number in range(WINDOWS)]:
            done.result()
    found = said(chats, held)
    assert [number for number, _, _ in found] == [1, 2, 3, 4, 5]
    assert sum(author == "bot" for _, author, _ in found) == 1


def test_a_held_ticket_and_its_delivered_notice_are_one_entry(
    chats: ChatStore, engine: sa.Engine
) -> None:
    """Whichever is seen first, the visitor hears once that a person has it."""
    held = chats.begin(NOON)
    say(chats, held, "m1")
    TicketStore(engine).end(TicketId("m1"), "escalate", "out_of_scope", NOON)
    assert said(chats, held, after=1) == [(2, "system", NOTICE)]
    stored = TicketStore(engine).load(TicketId("m1"))
    assert stored is not None
    deliver(engine, "m1", "The company's line", kind="notice")
    assert said(chats, held, after=2) == []
    say(chats, held, "m2", at=NOON + SECOND)
    again = TicketStore(engine).load(TicketId("m2"))
    assert again is not None
    claim, receipt = Outbox(engine).claim(again.ticket, "notice", caps=CAPS, now=NOON)
    assert (claim, receipt.detail) == ("cancelled", "told_before")
    TicketStore(engine).end(TicketId("m2"), "escalate", "out_of_scope", NOON)
    assert said(chats, held, after=3) == [(4, "system", NOTICE)]
    assert not log(chats, held).conversation.with_person


def test_what_a_person_sends_says_so(chats: ChatStore, engine: sa.Engine) -> None:
    """A released reply is a person's, with the sources of what they released."""
    held = chats.begin(NOON)
    say(chats, held, "m1")
    TicketStore(engine).end(TicketId("m1"), "review", "autonomy_review", NOON)
    passage = a_passage(url="https://help.acme.example/x")
    draft = a_draft(a_quote())
    reviews = ReviewStore(engine)
    reviews.add([an_entry("m1", held)])
    review = reviews.claim(TicketId("m1"), "ann", NOON)
    reviews.decide(
        Change(
            ticket=TicketId("m1"),
            kind="approve",
            by="ann",
            version=review.version,
            state="approved",
            delivers="reply",
            text="A person's answer",
            draft=encode(draft),
            evidence=encode(a_context(passage)),
        ),
        NOON,
    )
    deliver(engine, "m1", "A person's answer")
    (entry,) = [item for item in log(chats, held).messages if item.author == "staff"]
    assert entry.text == "A person's answer"
    assert [(item.title, item.url) for item in entry.sources] == [(passage.title, passage.url)]


def an_entry(name: str, held: Conversation) -> ReviewEntry:
    """Return a chat ticket's place in the queue."""
    return ReviewEntry(
        ticket=TicketId(name),
        inbox=CHAT.id,
        conversation=held.id,
        channel="chat",
        intent="",
        held_for="autonomy_review",
        urgency="normal",
        score=0.5,
        loss=1.0,
        delay=1.0,
        received_at=NOON,
        sla=timedelta(hours=8),
        entered_at=NOON,
    )


def test_asking_for_a_person_is_one_step(chats: ChatStore) -> None:
    """The message, the notice and the state are stored together; who saw less begins again."""
    held = chats.begin(NOON)
    assert say(chats, held, "m1", "A person please", hand_over=True).number == 1
    assert said(chats, held) == [(1, "customer", "A person please"), (2, "system", NOTICE)]
    assert log(chats, held).conversation.with_person
    assert not log(chats, held).waiting
    assert say(chats, held, "m2").state == "changed"
    assert say(chats, log(chats, held).conversation, "m2", at=NOON + SECOND).state == "new"


def test_tickets_of_a_conversation_follow_each_other(chats: ChatStore, engine: sa.Engine) -> None:
    """Even when a clock goes back, a later message is newer than the one before."""
    held = chats.begin(NOON)
    say(chats, held, "m1", at=NOON)
    say(chats, held, "m2", at=NOON - timedelta(minutes=3))
    tickets = TicketStore(engine)
    first, second = tickets.load(TicketId("m1")), tickets.load(TicketId("m2"))
    assert first is not None
    assert second is not None
    assert second.ticket.received_at > first.ticket.received_at
    assert tickets.superseded(first.ticket)
    assert not tickets.superseded(second.ticket)


def test_caps_hold(chats: ChatStore, engine: sa.Engine) -> None:
    """So many in a minute and in a conversation; what was sent before is known all the same."""
    held = chats.begin(NOON)
    assert say(chats, held, "m1", per_minute=2).state == "new"
    assert say(chats, held, "m2", per_minute=2, at=NOON + SECOND).state == "new"
    assert say(chats, held, "m3", per_minute=2, at=NOON + SECOND).state == "too_many"
    assert say(chats, held, "m2", per_minute=2, at=NOON + SECOND).state == "repeat"
    assert say(chats, held, "m3", per_minute=2, at=NOON + timedelta(minutes=2)).state == "new"
    with engine.begin() as connection:
        connection.execute(conversations.update().values(last_number=MOST_MESSAGES))
    assert say(chats, held, "m4", at=NOON + timedelta(minutes=9)).state == "full"
    assert TicketStore(engine).load(TicketId("m4")) is None


def test_a_session_opens_its_conversation_for_a_day(chats: ChatStore) -> None:
    """Not longer unless it is renewed, not another one, and not once it was ended."""
    mine, other = chats.begin(NOON), chats.begin(NOON)
    token = chats.open_session(mine.id, NOON)
    found = chats.of_session(token, NOON + SECOND)
    assert found is not None
    assert found.id == mine.id != other.id
    late = NOON + SESSION_LASTS
    assert chats.of_session(token, late) is None
    chats.renew_session(token, NOON + SECOND)
    assert chats.of_session(token, late) is not None
    chats.end_session(token)
    assert chats.of_session(token, NOON) is None
    assert chats.of_session("", NOON) is None


def test_sessions_that_have_ended_are_removed(chats: ChatStore, engine: sa.Engine) -> None:
    """Opening another one clears away what opens nothing any more."""
    held = chats.begin(NOON)
    chats.open_session(held.id, NOON)
    chats.open_session(held.id, NOON + SESSION_LASTS + SECOND)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM chat_session")) == 1


def test_a_customers_latest_conversation_is_found_for_a_while(chats: ChatStore) -> None:
    """Only that customer's, and not one that was left a month ago."""
    chats.begin(NOON, customer="cus_1", name="Ann\x00\n Lee")
    latest = chats.begin(NOON + SECOND, customer="cus_1")
    chats.begin(NOON + 2 * SECOND, customer="cus_2")
    chats.begin(NOON + 3 * SECOND)
    found = chats.latest_of("cus_1", NOON + 5 * SECOND)
    assert found is not None
    assert found.id == latest.id
    assert chats.latest_of("cus_1", NOON + REMEMBERED + 2 * SECOND) is None


def test_what_any_process_did_is_found(chats: ChatStore, engine: sa.Engine) -> None:
    """Replies and endings since a time, with their conversations; not those of other inboxes."""
    held = chats.begin(NOON)
    say(chats, held, "m1")
    say(chats, held, "m2", at=NOON + SECOND)
    TicketStore(engine).end(TicketId("m1"), "review", "newer_message", NOON)
    deliver(engine, "m2", "An answer")
    found = chats.activity(NOON - SECOND)
    assert set(found) == {("m2:reply", held.id, "ended"), ("m1", held.id, "ended")}
    assert chats.activity(NOON + SECOND) == ()


def test_help_that_was_not_enough_hands_over_once(chats: ChatStore, engine: sa.Engine) -> None:
    """The notice stands in the log once, however often it is asked for."""
    held = chats.begin(NOON)
    say(chats, held, "m1")
    deliver(engine, "m1", "An answer")
    assert log(chats, held).messages[1].kind == "reply"
    assert chats.ticket_of(held.id, 2) == "m1"
    assert chats.ticket_of(held.id, 1) is None
    assert chats.ticket_of(chats.begin(NOON).id, 2) is None
    assert chats.hand_over(held.id, TicketId("m1"), NOON)
    assert not chats.hand_over(held.id, TicketId("m1"), NOON)
    assert said(chats, held, after=2) == [(3, "system", NOTICE)]


def test_there_is_no_log_of_what_was_never_begun(chats: ChatStore) -> None:
    """An unknown conversation has nothing to read and takes nothing."""
    nobody = Conversation(id="none", customer=None, name="", with_person=False)
    assert chats.log("none", NOON) is None
    assert say(chats, nobody, "m1").state == "changed"
