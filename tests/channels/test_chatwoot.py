"""What is Chatwoot's own: pages by ids, kinds of messages, who has a conversation, two webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.channels import chatwoot_wire as wire
from firstline.channels.base import Parcel
from firstline.channels.chatwoot import (
    MOST,
    PER_PAGE,
    Chatwoot,
)
from firstline.channels.helpdesk import Conversation, DeskRefused, HandOver
from firstline.channels.read_back import reference_of
from firstline.channels.unanswered import unanswered
from firstline.testing.chatwoot_double import (
    AGENT,
    BOT,
    CONTACT,
    PERSON,
    ChatwootDouble,
)

NOON = 1_777_636_800
"""The first of May 2026, UTC."""


@pytest.fixture
def double() -> Iterator[ChatwootDouble]:
    """Return a running double."""
    with ChatwootDouble() as running:
        yield running


@pytest.fixture
def desk(double: ChatwootDouble) -> Chatwoot:
    """Return Firstline's side of it."""
    return Chatwoot(double.settings, double.secrets)


def parcel(ticket: str, text: str = "Choose Export.", marker: str = "attempt-1") -> Parcel:
    """Return something to deliver."""
    return Parcel(marker=marker, ticket=ticket, kind="reply", text=text)


def entry(number: int, **changes: Any) -> dict[str, Any]:
    """Return a message as Chatwoot sends it: by a person of the team, with some of it changed."""
    return {
        "id": number,
        "content": "Hm",
        "message_type": 1,
        "content_type": "text",
        "content_attributes": {},
        "private": False,
        "created_at": NOON,
        "sender": {"id": PERSON, "name": "Bo", "type": "user"},
        **changes,
    }


def asked(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a message of the customer's."""
    sender = {"id": CONTACT, "name": "Ada", "type": "contact"}
    return entry(number, **{"message_type": 0, "sender": sender, **changes})


def read(*entries: Any, meta: Any = None, **changes: Any) -> Conversation:
    """Return a conversation with these messages."""
    contact = {"id": CONTACT, "email": "ada@customer.example", "identifier": "ada-1"}
    said = {"id": 20, "status": "open", "meta": {"sender": contact} | (meta or {}), **changes}
    return wire.conversation(said, list(entries), own=str(AGENT))


def test_kinds_of_messages_are_told_apart() -> None:
    """Customers, people, bots, Firstline and its seat; what happened and templates say nothing."""
    own = wire.outgoing("Choose Export.", "attempt-1")
    us = {"id": AGENT, "name": "Firstline", "type": "user"}
    found = read(
        asked(1),
        entry(2, sender=us, content=own),
        entry(3, sender=us),
        entry(4, sender={"id": BOT, "name": "Robo", "type": "agent_bot"}, content=own),
        entry(5, sender={"id": 1, "type": "captain_assistant"}),
        entry(6, private=True),
        entry(7, message_type=2, sender=None, content="Bo was assigned"),
        entry(8, message_type=3, sender=None, content="Give us a star"),
        entry(9, sender=None, content_attributes={"automation_rule_id": 4}),
        entry(10, sender=None, content_attributes={"external_echo": True}),
        asked(11, content=own),
        entry(12, content="  "),
        entry(13, message_type="outgoing", sender=None, sender_type="User", sender_id=AGENT),
    ).turns
    assert [(turn.id, turn.author, turn.is_public) for turn in found] == [
        ("1", "customer", True),
        ("2", "own", True),
        ("3", "staff", True),
        ("4", "staff", True),
        ("5", "staff", True),
        ("6", "staff", False),
        ("10", "staff", True),
        ("11", "customer", True),
        ("13", "staff", True),
    ]


def test_what_was_deleted() -> None:
    """A customer's deleted message asks nothing; a person's deleted one still was an answer."""
    gone = {"content": "This message was deleted", "content_attributes": {"deleted": True}}
    assert read(asked(1, **gone)).turns == ()
    assert [turn.author for turn in read(asked(1), entry(2, **gone)).turns] == ["customer", "staff"]


def test_messages_of_one_second_are_in_their_order() -> None:
    """Times are whole seconds; within one, ids decide, as numbers."""
    found = read(asked(10), asked(9), asked(8, created_at=NOON + 1)).turns
    assert [turn.id for turn in found] == ["9", "10", "8"]
    assert found[0].at == datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", "open"),
        ("pending", "pending"),
        ("snoozed", "pending"),
        ("resolved", "solved"),
        ("new", "open"),
    ],
)
def test_statuses_are_read(word: str, status: str) -> None:
    """Chatwoot's words have ours; one that nobody knows is open."""
    assert read(status=word).status == status


def test_who_is_vouched_for() -> None:
    """A signed identifier, while all messages are that contact's and none came by mail."""
    signed = {"hmac_verified": True}
    good = read(asked(1), entry(2), meta=signed)
    assert (good.verified, good.requester) == (True, "ada-1")
    mail = {"email": {"from": ["eve@evil.example"]}}
    other = {"id": 5, "type": "contact"}
    nameless = {"sender": {"id": CONTACT, "email": "ada@customer.example"}}
    for doubtful in (
        read(asked(1)),
        read(asked(1), meta={"hmac_verified": "yes"}),
        read(asked(1), meta=signed | nameless),
        read(asked(1), asked(2, sender=other), meta=signed),
        read(asked(1), asked(2, content_type="incoming_email"), meta=signed),
        read(asked(1), asked(2, content_attributes=mail), meta=signed),
    ):
        assert (doubtful.verified, doubtful.requester) == (False, "ada@customer.example")


def test_who_asks_without_an_address() -> None:
    """A telephone number, an identifier that nobody signed, or else the contact's number."""
    phone = {"id": 9, "phone_number": "+49301234", "identifier": "x"}
    assert read(meta={"sender": phone}).requester == "+49301234"
    assert read(meta={"sender": {"id": 9}}).requester == "9"


def test_a_mail_brings_its_headers() -> None:
    """An automatic mail is known by them, so that no machine is answered."""
    mail = {"from": ["ada@customer.example"], "subject": "Away", "auto_reply": True}
    found = read(asked(1, content_attributes={"email": mail}))
    assert found.turns[0].headers == (
        ("from", "ada@customer.example"),
        ("subject", "Away"),
        ("auto-submitted", "auto-replied"),
    )
    inbound = unanswered(found, "chatwoot")
    assert inbound is not None
    assert ("auto-submitted", "auto-replied") in inbound.headers


def test_files_are_listed() -> None:
    """A file has its address's end for a name; a message may consist of files alone."""
    file = {"file_type": "file", "data_url": "https://x/rails/a%20b.pdf?k=1", "file_size": 7}
    place = {"file_type": "location", "fallback_title": "Berlin"}
    turn = read(asked(1, content=None, attachments=[file, None, place])).turns[0]
    assert [(one.name, one.media_type, one.size) for one in turn.attachments] == [
        ("a b.pdf", "application/pdf", 7),
        ("Berlin", "", 0),
    ]


def test_who_has_a_conversation() -> None:
    """A person does; Firstline's own agent, and a bot of the same number, are nobody."""
    for assignee, kind, expected in (
        ({"id": PERSON}, "User", str(PERSON)),
        ({"id": AGENT}, "User", ""),
        ({"id": PERSON}, "AgentBot", ""),
        (None, None, ""),
    ):
        meta = {"assignee": assignee, "assignee_type": kind, "team": {"id": 5}}
        found = read(meta=meta)
        assert (found.assignee, found.group) == (expected, "5")


@pytest.mark.parametrize(
    "changes", [{"meta": []}, {"meta": {"sender": "Ada"}}, {"labels": 7}, {"id": None, "meta": 3}]
)
def test_an_unknown_form_is_unreadable(changes: dict[str, Any]) -> None:
    """An answer of another form is `unreadable`, never a crash."""
    said = {"id": 20, "status": "open", "meta": {"sender": {"id": 1}}, **changes}
    with pytest.raises(DeskRefused) as caught:
        wire.conversation(said, [asked(1, created_at="soon")], own="1")
    assert caught.value.why == "unreadable"


@pytest.mark.parametrize("read_page", [wire.messages, wire.found, wire.labels, wire.teams])
@pytest.mark.parametrize("answer", [None, 7, {"payload": 3}, {"data": {}}, [1]])
def test_lists_of_an_unknown_form_are_unreadable(read_page: Any, answer: Any) -> None:
    """The same for every list."""
    with pytest.raises(DeskRefused) as caught:
        read_page(answer)
    assert caught.value.why == "unreadable"


def test_text_links_and_fills_nothing_by_itself() -> None:
    """Markdown's links, HTML and placeholders are parted; the reference is at the end."""
    text = "See [here](https://evil.example) ![x][y]\r\n[y]: z\n{{contact.email}} <b>a < b"
    sent = wire.outgoing(text, "attempt-1")
    assert sent == (
        "See [here] (https://evil.example) ![x] [y]\n[y] : z\n{ {contact.email}} < b>a < b"
        f"\n\nRef: {reference_of('attempt-1')}"
    )


async def test_all_pages_are_read(double: ChatwootDouble, desk: Chatwoot) -> None:
    """Every message of a long conversation is there, the newest too."""
    number = double.new_ticket("First")
    for count in range(3 * PER_PAGE):
        double.customer_says(number, f"Message {count}")
    turns = (await desk.fetch(number)).turns
    assert len(turns) == 3 * PER_PAGE + 1
    assert turns[-1].text == f"Message {3 * PER_PAGE - 1}"


async def test_a_message_whose_id_is_out_of_order_is_not_lost(
    double: ChatwootDouble, desk: Chatwoot
) -> None:
    """At the edge of a page, ids and times may disagree; the next page repeats some."""
    number = double.new_ticket("First")
    for count in range(PER_PAGE + 20):
        double.customer_says(number, f"Message {count}")
    said = double.ticket(number).said
    said[PER_PAGE - 3].at += 5
    for late in said[PER_PAGE - 2 :]:
        late.at += 3
    assert len((await desk.fetch(number)).turns) == PER_PAGE + 21


async def test_a_short_page_is_not_taken_for_the_end(
    double: ChatwootDouble, desk: Chatwoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that gives fewer messages a page is asked on, until the newest is there."""
    monkeypatch.setattr("firstline.testing.chatwoot_double.AFTER", 30)
    number = double.new_ticket("First")
    for count in range(80):
        double.customer_says(number, f"Message {count}")
    assert len((await desk.fetch(number)).turns) == 81


async def test_a_server_that_repeats_itself_is_unreadable(
    double: ChatwootDouble, desk: Chatwoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is full and brings nothing new would never end."""
    number = double.new_ticket("First")
    for count in range(PER_PAGE + 1):
        double.customer_says(number, f"Message {count}")
    page = double._page  # noqa: SLF001 - what a server without `after` answers
    first = page(double.ticket(number), {"after": "0"})
    monkeypatch.setattr(double, "_page", lambda _ticket, _query: first)
    with pytest.raises(DeskRefused, match="again"):
        await desk.fetch(number)


async def test_a_conversation_beyond_all_bounds_is_unreadable(
    double: ChatwootDouble, desk: Chatwoot
) -> None:
    """One with more than 2,000 messages is a person's, and nobody can say what is in it."""
    number = double.new_ticket("First")
    for _ in range(MOST):
        double.customer_says(number, "More")
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch(number)
    assert caught.value.why == "unreadable"
    assert await desk.find("attempt-1", number) == "unknown"


async def test_notes_are_private_in_so_many_words(double: ChatwootDouble, desk: Chatwoot) -> None:
    """A note says that it is private, a reply that it is not, and neither has a source id."""
    number = double.new_ticket("How do I export a board?")
    await desk.note(parcel(number, "Draft"), await desk.fetch(number))
    await desk.reply(parcel(number, marker="b"), await desk.fetch(number), status="pending")
    bodies = [one.body for one in double.requests if one.path.endswith("/messages") and one.body]
    assert [body["private"] for body in bodies] == [True, False]
    assert all(set(body) == {"content", "message_type", "private"} for body in bodies)


async def test_a_channel_that_delivers_nothing_any_more(
    double: ChatwootDouble, desk: Chatwoot
) -> None:
    """Where its time to reply is over, a reply would fail unseen: it is refused instead."""
    number = double.new_ticket("How do I export a board?")
    seen = await desk.fetch(number)
    double.closed_for_replies.add(number)
    with pytest.raises(DeskRefused) as caught:
        await desk.reply(parcel(number), seen, status="pending")
    assert caught.value.why == "invalid"
    await desk.note(parcel(number), seen)
    assert double.notes(number) == ["Choose Export."]
    assert double.public_replies(number) == []


async def test_opening_takes_a_conversation_from_nobody(
    double: ChatwootDouble, desk: Chatwoot
) -> None:
    """Chatwoot gives what is opened to who opened it; it is given back to whoever had it."""
    for holder in ("", str(PERSON)):
        number = double.new_ticket("I want my money back")
        double.set_status(number, "pending")
        double.ticket(number).assignee = holder
        seen = await desk.fetch(number)
        await desk.hand_over(parcel(number), seen, HandOver(note="Packet", group="Billing"))
        kept = double.ticket(number)
        assert (kept.status, kept.assignee, kept.group) == ("open", holder, "77")
        double.set_status(number, "pending")
        await desk.reply(parcel(number, marker="b"), await desk.fetch(number), status="open")
        assert (kept.status, kept.assignee) == ("open", holder)


async def test_an_open_conversation_is_not_opened_again(
    double: ChatwootDouble, desk: Chatwoot
) -> None:
    """It would be taken from the person who has it."""
    number = double.new_ticket("How do I export a board?")
    double.ticket(number).assignee = str(PERSON)
    await desk.reply(parcel(number), await desk.fetch(number), status="open")
    assert not [one for one in double.requests if one.path.endswith("/toggle_status")]
    assert double.ticket(number).assignee == str(PERSON)


async def test_firstlines_own_seat_lets_go(double: ChatwootDouble, desk: Chatwoot) -> None:
    """A conversation that was assigned to Firstline is nobody's after it was handed over."""
    number = double.new_ticket("I want my money back")
    double.ticket(number).assignee = str(AGENT)
    await desk.hand_over(parcel(number), await desk.fetch(number), HandOver(note="Packet"))
    assert double.ticket(number).assignee == ""


async def test_labels_are_added_to_those_of_now(double: ChatwootDouble, desk: Chatwoot) -> None:
    """One that a person set after the conversation was seen is kept; nothing new, no write."""
    number = double.new_ticket("I want my money back")
    double.ticket(number).tags.append("by-hand")
    to = HandOver(note="Packet", tags=("firstline",))
    await desk.hand_over(parcel(number), await desk.fetch(number), to)
    again = parcel(number, marker="b")
    await desk.hand_over(again, await desk.fetch(number), to)
    writes = [one.body for one in double.requests if one.path.endswith("/labels") and one.body]
    assert writes == [{"labels": ["by-hand", "firstline"]}]


async def test_teams_are_named_in_any_case(double: ChatwootDouble, desk: Chatwoot) -> None:
    """Chatwoot writes them small; a number that no team has is `invalid`, as is a person's name."""
    number = double.new_ticket("I want my money back")
    seen = await desk.fetch(number)
    await desk.hand_over(parcel(number), seen, HandOver(note="Packet", group="RETURNS"))
    assert double.ticket(number).group == "55"
    for wrong in (HandOver(note="P", group="56"), HandOver(note="P", assignee="Grace")):
        with pytest.raises(DeskRefused) as caught:
            await desk.hand_over(parcel(number, marker="b"), await desk.fetch(number), wrong)
        assert caught.value.why == "invalid"
    assert double.notes(number) == ["Packet"]


async def test_an_administrator_is_given_nothing() -> None:
    """Where opening assigns nobody, nobody is unassigned."""
    with ChatwootDouble(is_agent=False) as double:
        desk = Chatwoot(double.settings, double.secrets)
        number = double.new_ticket("I want my money back")
        double.set_status(number, "pending")
        await desk.hand_over(parcel(number), await desk.fetch(number), HandOver(note="Packet"))
        assert not [one for one in double.requests if one.path.endswith("/assignments")]
