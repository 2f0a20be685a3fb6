"""What is Intercom's own: its parts, its bots, its regions, closing, and its webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.channels import intercom_wire as wire
from firstline.channels.base import Parcel
from firstline.channels.helpdesk import DeskRefused, HandOver
from firstline.channels.intercom import Intercom, IntercomSecrets, IntercomSettings
from firstline.errors import InputError, WorkspaceError
from firstline.outbound import Outbound, Reach
from firstline.testing.intercom_double import ADMIN, IntercomDouble


@pytest.fixture
def double() -> Iterator[IntercomDouble]:
    """Return a running double."""
    with IntercomDouble() as running:
        yield running


@pytest.fixture
def desk(double: IntercomDouble) -> Intercom:
    """Return Firstline's side of it."""
    return Intercom(double.settings, double.secrets, sleep=no_wait)


async def no_wait(_seconds: float) -> None:
    """Let others run, and that is all."""
    await asyncio.sleep(0)


async def test_long_mails_do_not_stop_the_polling(double: IntercomDouble, desk: Intercom) -> None:
    """A page that is larger than what is read is asked for again in smaller ones."""
    long = "word " * 60_000
    numbers = [double.new_ticket(f"{number} {long}") for number in range(20)]
    found: list[str] = []
    cursor, more = "", True
    while more:
        changes = await desk.changed(cursor)
        cursor, more = changes.cursor, changes.more
        found += changes.tickets
    assert sorted(set(found)) == numbers


async def test_a_conversation_of_long_mails_is_read_as_text(
    double: IntercomDouble, desk: Intercom
) -> None:
    """What is too large as HTML comes as plain text, and our own reply is found in it."""
    number = double.new_ticket("How do I export a board?")
    await desk.reply(parcel(number), await desk.fetch(number), status="pending")
    double.customer_says(number, f"Thanks<!-- {'x' * 5_100_000} -->, a < b?")
    seen = await desk.fetch(number)
    assert [turn.author for turn in seen.turns] == ["customer", "own", "customer"]
    assert not any(turn.is_html for turn in seen.turns)
    assert "Thanks" in seen.turns[-1].text
    assert await desk.find("attempt-1", number) == "present"


def parcel(ticket: str) -> Parcel:
    """Return a reply to deliver."""
    return Parcel(marker="attempt-1", ticket=ticket, kind="reply", text="Choose Export.")


def said(**changes: Any) -> dict[str, Any]:
    """Return a conversation as Intercom sends it, with some of it changed."""
    return {
        "type": "conversation",
        "id": "524",
        "created_at": 1_734_537_559,
        "updated_at": 1_734_537_561,
        "state": "open",
        "source": {
            "type": "email",
            "id": "403",
            "subject": "<p>Invoice &amp; more</p>",
            "body": "<p>Where is it?</p>",
            "author": {"type": "user", "id": "c1", "name": "Ada", "email": "ada@customer.example"},
            "attachments": [{"name": "a.pdf", "content_type": "application/pdf", "filesize": 5}],
        },
        **changes,
    }


def part(number: int, kind: str, by: str, body: str | None = "<p>Hm</p>", **author: Any) -> Any:
    """Return a part as Intercom sends it."""
    return {
        "type": "conversation_part",
        "id": str(number),
        "part_type": kind,
        "body": body,
        "created_at": 1_734_537_560 + number,
        "author": {"type": by, "id": "x1", **author},
        "attachments": [],
    }


def read(*parts: Any, **changes: Any) -> Any:
    """Return a conversation with these parts."""
    listed = {"type": "conversation_part.list", "conversation_parts": list(parts)}
    return wire.conversation(
        said(conversation_parts=listed, **changes), admin=ADMIN, identities_verified=True
    )


async def test_closing_can_be_one_write(double: IntercomDouble) -> None:
    """With `close_in_one_write` the reply is the message that closes, and is found as before."""
    desk = Intercom(replace(double.settings, close_in_one_write=True), double.secrets)
    ticket = double.new_ticket("How do I export a board?")
    await desk.reply(parcel(ticket), await desk.fetch(ticket), status="solved")
    assert await desk.find("attempt-1", ticket) == "present"
    assert (await desk.fetch(ticket)).status == "solved"
    writes = [asked for asked in double.requests if asked.method == "POST"]
    assert [asked.path for asked in writes] == [f"/conversations/{ticket}/parts"]


async def test_a_closed_conversation_is_opened_by_a_question(
    double: IntercomDouble, desk: Intercom
) -> None:
    """A reply that leaves the conversation open opens one that was closed."""
    ticket = double.new_ticket("How do I export a board?")
    double.set_status(ticket, "closed")
    await desk.reply(parcel(ticket), await desk.fetch(ticket), status="open")
    assert (await desk.fetch(ticket)).status == "open"


async def test_a_workflow_answers_nobody(double: IntercomDouble, desk: Intercom) -> None:
    """What a workflow says is no answer, and stops no reply."""
    ticket = double.new_ticket("How do I export a board?")
    seen = await desk.fetch(ticket)
    double.workflow_says(ticket, "We will be with you soon.")
    assert [turn.author for turn in (await desk.fetch(ticket)).turns] == ["customer"]
    assert await desk.reply(parcel(ticket), seen, status="open")


def test_what_the_ai_agent_answered_is_an_answer() -> None:
    """A bot's message counts when it is the AI agent's; without that it is a workflow's."""
    turns = read(
        part(1, "comment", "bot"),
        part(2, "comment", "bot", from_ai_agent=True),
        part(3, "comment", "bot", is_ai_answer=True),
    ).turns
    assert [(turn.id, turn.author) for turn in turns[1:]] == [("2", "staff"), ("3", "staff")]


def test_kinds_of_parts_are_public_or_internal() -> None:
    """A customer's words count in any kind of part, a person's only where the customer looks."""
    turns = read(
        part(1, "open", "user"),
        part(2, "some_new_kind", "lead"),
        part(3, "close", "admin"),
        part(4, "note", "admin"),
        part(5, "some_new_kind", "admin"),
        part(6, "assignment", "admin", None),
        part(7, "snoozed", "admin", ""),
        part(8, "note_and_reopen", "admin"),
    ).turns
    assert [(turn.id, turn.is_public) for turn in turns[1:]] == [
        ("1", True),
        ("2", True),
        ("3", True),
        ("4", False),
        ("5", False),
        ("8", False),
    ]


def test_the_first_message_and_its_mail_are_read() -> None:
    """Subject, requester, attachments and the mail's ids come from the conversation's source."""
    source = said()["source"] | {
        "email_message_metadata": {
            "message_id": "<m1@customer.example>",
            "email_address_headers": [
                {"type": "from", "email_address": "ada@customer.example", "name": "Ada\r\nB"}
            ],
        }
    }
    found = read(source=source, state="snoozed", tags={"tags": [{"name": "vip"}]})
    assert found.subject == "Invoice &amp; more"
    assert found.requester == "ada@customer.example"
    assert found.status == "pending"
    assert found.tags == ("vip",)
    assert found.turns[0].id == "source-403"
    assert found.turns[0].attachments[0].name == "a.pdf"
    assert found.headers == (
        ("message-id", "<m1@customer.example>"),
        ("from", "Ada B <ada@customer.example>"),
    )


def test_without_an_address_the_contact_is_the_requester() -> None:
    """A conversation that the team began has the contact's id, until the contact speaks."""
    source = said()["source"] | {"author": {"type": "admin", "id": "9"}}
    contacts = {"contacts": [{"type": "contact", "id": "67abc"}]}
    assert read(source=source, contacts=contacts).requester == "67abc"
    spoke = part(1, "comment", "user", email="ada@customer.example")
    assert read(spoke, source=source, contacts=contacts).requester == "ada@customer.example"


@pytest.mark.parametrize(
    ("channel", "kind", "enforced", "expected"),
    [
        ("conversation", "user", True, True),
        ("conversation", "user", False, False),
        ("conversation", "lead", True, False),
        ("email", "user", True, False),
    ],
)
def test_who_is_vouched_for(channel: str, kind: str, enforced: bool, expected: bool) -> None:
    """Only a known user of a Messenger that verifies identities is vouched for."""
    source = said()["source"]
    source |= {"type": channel, "author": {**source["author"], "type": kind}}
    found = wire.conversation(said(source=source), admin=ADMIN, identities_verified=enforced)
    assert found.verified is expected


def test_whoever_joins_in_is_not_vouched_for() -> None:
    """A second contact, another user, and mail, which anybody can forge, end it; people do not."""
    source = said()["source"] | {"type": "conversation"}
    user = {"id": "c1"}
    assert read(
        part(1, "comment", "user", **user), part(2, "comment", "admin"), source=source
    ).verified
    mailed = {**part(1, "comment", "user", **user), "email_message_metadata": {"message_id": "m"}}
    assert not read(mailed, source=source).verified
    assert not read(part(1, "comment", "user", id="c2"), source=source).verified
    assert not read(part(1, "comment", "lead", **user), source=source).verified
    contacts = {"contacts": [{"id": "c1"}, {"id": "c2"}]}
    assert not read(source=source, contacts=contacts).verified


async def test_identity_verification_is_asked_once() -> None:
    """Whether the workspace vouches is asked of Intercom itself, and remembered."""
    for enforced in (True, False):
        with IntercomDouble(identity_verification=enforced) as double:
            desk = Intercom(double.settings, double.secrets)
            ticket = double.new_ticket("How do I export a board?")
            for _ in range(3):
                assert (await desk.fetch(ticket)).verified is enforced
            assert [asked.path for asked in double.requests].count("/me") == 1


@pytest.mark.parametrize(
    "answer",
    [None, [], "x", {}, {**said(), "source": "x"}, {**said(), "created_at": "soon"}],
)
def test_an_unknown_form_is_unreadable(answer: Any) -> None:
    """An answer of another form is `unreadable`, never a crash."""
    with pytest.raises(DeskRefused) as caught:
        wire.conversation(answer, admin=ADMIN, identities_verified=False)
    assert caught.value.why == "unreadable"


async def test_the_newest_500_parts_are_read(double: IntercomDouble, desk: Intercom) -> None:
    """Of a very long conversation the first message and the 500 newest parts are there."""
    ticket = double.new_ticket("First")
    for number in range(501):
        double.customer_says(ticket, f"Message {number}")
    turns = (await desk.fetch(ticket)).turns
    assert len(turns) == 501
    assert "First" in turns[0].text
    assert "Message 1<" in turns[1].text


async def test_tags_are_made_once_and_added(double: IntercomDouble, desk: Intercom) -> None:
    """A tag of the same name is made once; what people tagged stays."""
    for _ in range(2):
        ticket = double.new_ticket("How do I export a board?")
        double.ticket(ticket).tags.append("by-hand")
        seen = await desk.fetch(ticket)
        await desk.hand_over(parcel(ticket), seen, HandOver(note="Packet", tags=("firstline",)))
        assert double.ticket(ticket).tags == ["by-hand", "firstline"]
    assert [asked.path for asked in double.requests].count("/tags") == 1


async def test_a_wrong_teammate_is_named(double: IntercomDouble) -> None:
    """A token that is good with an `admin_id` that is nobody's says so."""
    desk = Intercom(replace(double.settings, admin_id="404"), double.secrets)
    with pytest.raises(DeskRefused, match="admin_id"):
        await desk.check()


def test_a_ping_names_no_conversation(double: IntercomDouble, desk: Intercom) -> None:
    """The trial that Intercom sends when a webhook is set up is genuine and asks for nothing."""
    headers, body = double.ping()
    assert "X-Hub-Signature" in headers
    assert [(hint.ticket, hint.topic) for hint in desk.hints(body)] == [("", "ping")]


def test_other_topics_name_no_conversation(desk: Intercom) -> None:
    """A notification about anything else than a conversation names no ticket."""
    item = {"type": "contact", "id": "67"}
    body = {"type": "notification_event", "topic": "contact.created", "data": {"item": item}}
    first, second = (desk.hints(json.dumps(body).encode())[0] for _ in range(2))
    assert first.ticket == ""
    assert first.id == second.id != ""


def test_a_hook_cannot_name_a_path(desk: Intercom) -> None:
    """A conversation's id that is no number is an error."""
    item = {"type": "conversation", "id": "../me"}
    body = {"type": "notification_event", "id": "n", "topic": "t", "data": {"item": item}}
    with pytest.raises(InputError, match="no id"):
        desk.hints(json.dumps(body).encode())


def test_a_changed_secret_leaves_no_gap(double: IntercomDouble) -> None:
    """With two client secrets, webhooks signed by either are good; an empty one matches nothing."""
    headers, body = double.webhook(double.new_ticket("How?"))
    old = double.secrets.client_secrets[0]
    for secrets, expected in (((old, "new"), "good"), (("new", old), "good"), (("",), "wrong")):
        desk = Intercom(double.settings, IntercomSecrets(token="t", client_secrets=secrets))  # noqa: S106 - none
        assert desk.verify(headers, body, datetime.now(UTC)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"admin_id": ""},
        {"admin_id": "1/2"},
        {"region": "mars"},
        {"base_url": "https://evil.example"},
        {"base_url": "http://127.0.0.1:8080"},
        {"base_url": "http://127.0.0.1.evil.example:80", "allow_loopback": True},
        {"base_url": "http://user@evil.example:80", "allow_loopback": True},
        {"base_url": "http://[", "allow_loopback": True},
    ],
)
def test_settings_cannot_lead_elsewhere(changes: dict[str, Any]) -> None:
    """A region that is none, or an address that is not Intercom's, is refused."""
    with pytest.raises(WorkspaceError, match="intercom"):
        IntercomSettings(**{"admin_id": "1", **changes})


@pytest.mark.parametrize(("region", "host"), [("us", "io"), ("eu", "eu.inter"), ("au", "au.inter")])
async def test_each_region_has_its_host(region: Any, host: str) -> None:
    """The request goes to the region's own host, and to no address inside."""
    looked_up: list[str] = []

    async def inside(name: str, _port: int) -> tuple[str, ...]:
        looked_up.append(name)
        return ("10.0.0.1",)

    hosts = ("api.intercom.io", "api.eu.intercom.io", "api.au.intercom.io")
    desk = Intercom(
        IntercomSettings(admin_id="1", region=region),
        IntercomSecrets(token="t"),  # noqa: S106 - none
        outbound=Outbound(Reach(hosts=hosts), resolve=inside),
    )
    with pytest.raises(DeskRefused, match="not allowed") as caught:
        await desk.check()
    assert caught.value.why == "forbidden"
    assert len(looked_up) == 1
    assert host in looked_up[0]
