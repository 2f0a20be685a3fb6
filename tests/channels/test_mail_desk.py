"""A mail account as a helpdesk: answered once, told apart, handed over, never in a circle."""

from __future__ import annotations

import asyncio
import email
import imaplib
from collections.abc import AsyncIterator, Iterator
from email.message import Message

import pytest
from tests.channels.dovecot import (
    ADDRESS,
    Dovecot,
    Postman,
    running_dovecot,
    running_postman,
    settings_for,
)

from firstline.channels.base import NotWantedError, Parcel
from firstline.channels.helpdesk import Conversation, DeskRefused, HandOver, Naming
from firstline.channels.mail_desk import MailDesk
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_settings import MailServer, MailSettings
from firstline.channels.unanswered import unanswered
from firstline.errors import InputError


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Dovecot, Postman]]:
    """Run both servers for the whole file."""
    with running_dovecot() as dovecot, running_postman() as postman:
        yield dovecot, postman


@pytest.fixture
def dovecot(servers: tuple[Dovecot, Postman]) -> Dovecot:
    """Return an empty account."""
    servers[0].empty()
    return servers[0]


@pytest.fixture
def postman(servers: tuple[Dovecot, Postman]) -> Postman:
    """Return a server that has sent nothing yet."""
    postman = servers[1]
    postman.sent.clear()
    postman.refusals.clear()
    postman.hang_up, postman.deliver = 0, None
    return postman


@pytest.fixture
async def desk(dovecot: Dovecot, postman: Postman) -> AsyncIterator[MailDesk]:
    """Return the account as Firstline sees it."""
    desk = MailDesk(settings_for(dovecot, postman, staff=("bo@acme.example",)))
    yield desk
    await desk.close()


def mail(name: str, sender: str = "Ann <ann@x.example>", **headers: str) -> bytes:
    """Return a customer's mail."""
    known = {"From": sender, "To": ADDRESS, "Subject": "Hi", "Message-ID": f"<{name}>"}
    known |= {key.replace("_", "-"): value for key, value in headers.items()}
    lines = "".join(f"{key}: {value}\r\n" for key, value in known.items())
    return f"{lines}\r\nText of {name}\r\n".encode()


def parcel(marker: str = "m1", text: str = "Dear Ann,\n\nhello.") -> Parcel:
    """Return something to deliver."""
    return Parcel(marker=marker, ticket="1@x:turn", kind="reply", text=text)


def read(raw: bytes | str | None) -> Message:
    """Parse a mail."""
    assert isinstance(raw, bytes)
    return email.message_from_bytes(raw)


def authors(conversation: Conversation) -> list[str]:
    """Return who wrote each turn."""
    return [turn.author for turn in conversation.turns]


async def answered(desk: MailDesk, dovecot: Dovecot, postman: Postman) -> Message:
    """Let a customer write and Firstline answer; return the answer."""
    dovecot.deliver(mail("1@x"))
    await desk.reply(parcel(), await desk.fetch("1@x"), status="pending")
    return read(postman.sent[-1].content)


async def test_a_reply_leaves_once_and_is_filed(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """The mail goes to the customer, a copy to the sent mailbox, a mark to the question."""
    reply = await answered(desk, dovecot, postman)
    assert (reply["To"], reply["Subject"], reply["In-Reply-To"]) == (
        "ann@x.example",
        "Re: Hi",
        "<1@x>",
    )
    ((filed, flags),) = dovecot.mails("Sent")
    assert read(filed)["Message-ID"] == reply["Message-ID"]
    assert "\\Seen" in flags
    ((_, flags),) = dovecot.mails("INBOX")
    assert "\\Answered" in flags
    conversation = await desk.fetch("1@x")
    assert (authors(conversation), conversation.status) == (["customer", "own"], "pending")
    assert await desk.find("m1", "1@x") == "present"


async def test_what_was_not_found_may_have_left(desk: MailDesk, dovecot: Dovecot) -> None:
    """The copy is filed after the mail, so its absence proves nothing."""
    dovecot.deliver(mail("1@x"))
    assert await desk.find("m9", "1@x") == "unknown"


async def test_a_note_that_nobody_is_mailed_is_there_or_is_not(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """It is only filed, so a look settles it; a packet that is mailed to a team may have left."""
    dovecot.deliver(mail("1@x"))
    assert await desk.find("n9", "1@x", kind="note") == "absent"
    assert await desk.find("p9", "1@x", kind="packet") == "absent"
    mailing = MailDesk(settings_for(dovecot, postman, team="team@acme.example"))
    assert await mailing.find("n9", "1@x", kind="note") == "absent"
    assert await mailing.find("p9", "1@x", kind="packet") == "unknown"
    await mailing.close()


async def test_an_answer_proves_that_the_mail_arrived(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """Without a copy, the customer's answer to it shows that it left."""
    reply = await answered(desk, dovecot, postman)
    dovecot.empty()
    dovecot.deliver(mail("2@x", In_Reply_To=reply["Message-ID"]))
    assert await desk.find("m1", "1@x") == "present"


async def test_a_report_proves_no_arrival(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """Many servers answer what they send back: an uncertain reply that bounced was not sent."""
    reply = await answered(desk, dovecot, postman)
    dovecot.empty()
    kind = "multipart/report; report-type=delivery-status; boundary=b"
    report = mail("r@x", "MAILER-DAEMON@x", In_Reply_To=reply["Message-ID"], Content_Type=kind)
    dovecot.deliver(report)
    assert await desk.find("m1", "1@x") == "unknown"


async def test_a_lost_answer_of_the_server_is_uncertain(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """The mail left, nobody said so: a plain OSError, and a look that cannot tell."""
    dovecot.deliver(mail("1@x"))
    postman.hang_up = 1
    seen = await desk.fetch("1@x")
    with pytest.raises(OSError, match="fell silent") as caught:
        await desk.reply(parcel(), seen, status="pending")
    assert not isinstance(caught.value, DeskRefused)
    assert await desk.find("m1", "1@x") == "unknown"


async def test_a_copy_that_cannot_be_filed_changes_nothing(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """The mail has left, so what fails afterwards is no failure of the delivery."""
    dovecot.deliver(mail("1@x"))
    seen = await desk.fetch("1@x")
    # As if somebody had renamed the mailbox in between.
    postman.deliver = lambda _: setattr(desk, "_sent", "No such mailbox")
    reference = await desk.reply(parcel(), seen, status="pending")
    assert reference.startswith("fl.")
    assert len(postman.sent) == 1


async def test_a_connection_that_breaks_after_the_mail_left_is_mended(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """The copy is filed over a new connection, so the delivery is found."""
    dovecot.deliver(mail("1@x"))
    seen = await desk.fetch("1@x")

    def cut(_: bytes) -> None:
        assert desk._imap is not None  # noqa: SLF001 - the connection is what breaks
        desk._imap.kill()  # noqa: SLF001 - as above

    postman.deliver = cut
    await desk.reply(parcel(), seen, status="pending")
    assert await desk.find("m1", "1@x") == "present"
    assert len(dovecot.mails("Sent")) == 1


async def test_newer_mail_stops_the_reply(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """What the customer or a person wrote since the look is seen before anything leaves."""
    dovecot.deliver(mail("1@x"))
    seen = await desk.fetch("1@x")
    dovecot.deliver(mail("2@x", References="<1@x>"))
    with pytest.raises(DeskRefused) as caught:
        await desk.reply(parcel(), seen, status="pending")
    assert caught.value.why == "changed"
    seen = await desk.fetch("1@x")
    dovecot.deliver(
        mail("s@acme", "bo@acme.example", In_Reply_To="<2@x>", References="<1@x>"), "Sent"
    )
    with pytest.raises(DeskRefused):
        await desk.reply(parcel(), seen, status="pending")
    assert postman.sent == []
    assert authors(await desk.fetch("1@x")) == ["customer", "customer", "staff"]


async def test_mail_that_came_while_we_sent_stays_open(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """A second question that arrived during the sending is not taken for answered."""
    dovecot.deliver(mail("1@x"))
    seen = await desk.fetch("1@x")
    postman.deliver = lambda _: dovecot.deliver(mail("2@x", References="<1@x>"))
    await desk.reply(parcel(), seen, status="pending")
    conversation = await desk.fetch("1@x")
    assert authors(conversation) == ["customer", "own", "customer"]
    inbound = unanswered(conversation, "email")
    assert inbound is not None
    assert inbound.text.strip() == "Text of 2@x"


async def test_an_answer_continues_its_conversation(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """By References, by the sealed address alone, and from another account of the customer."""
    reply = await answered(desk, dovecot, postman)
    cursor = (await desk.changed("")).cursor
    dovecot.deliver(mail("2@x", In_Reply_To=reply["Message-ID"]))
    dovecot.deliver(mail("3@x", To=reply["Reply-To"].upper()))
    dovecot.deliver(mail("4@home", "ann@home.example", To=reply["Reply-To"]))
    found = await desk.changed(cursor)
    assert found.tickets == ("1@x",)
    conversation = await desk.fetch("1@x")
    assert authors(conversation) == ["customer", "own", "customer", "customer", "customer"]
    assert conversation.requester == "ann@home.example"
    assert not conversation.verified


async def test_a_subject_or_a_guessed_id_joins_nothing(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """A stranger's mail is a conversation of its own, however it is labelled."""
    await answered(desk, dovecot, postman)
    cursor = (await desk.changed("")).cursor
    dovecot.deliver(mail("e1@e", "eve@e.example", Subject="Re: Hi"))
    dovecot.deliver(mail("e2@e", "eve@e.example", References="<1@x>", In_Reply_To="<1@x>"))
    tag = "help+t" + "a" * 32 + "@acme.example"
    dovecot.deliver(mail("e3@e", "eve@e.example", To=tag, X_Firstline_Conversation="<1@x>"))
    assert (await desk.changed(cursor)).tickets == ("e1@e", "e2@e", "e3@e")
    assert len((await desk.fetch("1@x")).turns) == 2
    assert [turn.sender for turn in (await desk.fetch("e2@e")).turns] == ["eve@e.example"]


async def test_a_colleague_whom_the_server_denies_is_none(
    dovecot: Dovecot, postman: Postman
) -> None:
    """Whoever knows a conversation's id cannot speak in it for the team, nor for ourselves."""
    known = {"staff": ("bo@acme.example",), "authservs": ("mx.acme.example",)}
    desk = MailDesk(settings_for(dovecot, postman, **known))
    dovecot.deliver(mail("1@x"))
    verdict = "mx.acme.example; dmarc=fail header.from=acme.example"
    for name, sender in (("2@x", "bo@acme.example"), ("3@x", ADDRESS)):
        forged = mail(name, sender, In_Reply_To="<1@x>", References="<1@x>")
        dovecot.deliver(f"Authentication-Results: {verdict}\r\n".encode() + forged)
        assert "staff" not in authors(await desk.fetch("1@x"))
    real = mail("4@acme", "bo@acme.example", In_Reply_To="<1@x>", References="<1@x>")
    dovecot.deliver(real)
    assert authors(await desk.fetch("1@x"))[-1] == "staff", "submitted here, and so not checked"
    await desk.close()


async def test_a_chain_of_answers_is_one_conversation(desk: MailDesk, dovecot: Dovecot) -> None:
    """Programs that name only the mail they answer do not split a conversation."""
    cursor = (await desk.changed("")).cursor
    dovecot.deliver(mail("1@x"))
    for number in (2, 3, 4):
        dovecot.deliver(mail(f"{number}@x", In_Reply_To=f"<{number - 1}@x>"))
    assert (await desk.changed(cursor)).tickets == ("1@x",)
    assert len((await desk.fetch("1@x")).turns) == 4


async def test_our_own_mail_is_no_news(desk: MailDesk, dovecot: Dovecot, postman: Postman) -> None:
    """Neither a filed copy nor one that comes back through the inbox is a ticket."""
    start = (await desk.changed("")).cursor
    reply = await answered(desk, dovecot, postman)
    dovecot.deliver(reply.as_bytes())
    assert (await desk.changed(start)).tickets == ("1@x",)
    assert authors(await desk.fetch("1@x")) == ["customer", "own"]


async def test_a_persons_answer_is_news(desk: MailDesk, dovecot: Dovecot) -> None:
    """What somebody of the team sends by hand makes the conversation worth a look."""
    dovecot.deliver(mail("1@x"))
    cursor = (await desk.changed("")).cursor
    by_hand = mail("s@acme", f"Bo <{ADDRESS}>", To="ann@x.example", In_Reply_To="<1@x>")
    dovecot.deliver(by_hand, "Sent")
    assert (await desk.changed(cursor)).tickets == ("1@x",)
    assert authors(await desk.fetch("1@x")) == ["customer", "staff"]


async def test_mail_under_our_own_name_is_for_a_person(desk: MailDesk, dovecot: Dovecot) -> None:
    """A forged From of ours is neither ignored nor answered, whatever it says it answers."""
    cursor = (await desk.changed("")).cursor
    dovecot.deliver(mail("f@e", ADDRESS))
    dovecot.deliver(mail("g@e", ADDRESS, References="<9@x>"))
    for ticket in (await desk.changed(cursor)).tickets:
        seen = await desk.fetch(ticket)
        assert authors(seen) == ["customer"]
        with pytest.raises(NotWantedError) as caught:
            await desk.reply(parcel(), seen, status="pending")
        assert caught.value.why == "own_mail"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.x.example>"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
        {"Content_Type": "multipart/report; boundary=b"},
    ],
)
async def test_a_machine_is_never_answered(
    desk: MailDesk, dovecot: Dovecot, postman: Postman, headers: dict[str, str]
) -> None:
    """Whatever was decided before, nothing leaves for an autoresponder, a list or a bounce."""
    dovecot.deliver(mail("1@x", **headers))
    seen = await desk.fetch("1@x")
    with pytest.raises(NotWantedError) as caught:
        await desk.reply(parcel(), seen, status="pending")
    assert caught.value.why == "automatic_mail"
    assert postman.sent == []


async def test_a_person_who_asks_for_no_suppression_is_answered(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """`X-Auto-Response-Suppress: None` is what people's mail says."""
    dovecot.deliver(mail("1@x", X_Auto_Response_Suppress="None", Auto_Submitted="no"))
    await desk.reply(parcel(), await desk.fetch("1@x"), status="pending")
    assert len(postman.sent) == 1


async def test_nobody_is_answered_without_an_address(desk: MailDesk, dovecot: Dovecot) -> None:
    """No From, or two of them: a person has to say who it is."""
    for name, sender in (("1@x", "nobody"), ("2@x", "a@x.example, b@x.example")):
        dovecot.deliver(mail(name, sender))
        seen = await desk.fetch(name)
        with pytest.raises(NotWantedError, match="no_sender"):
            await desk.reply(parcel(), seen, status="pending")


async def test_a_note_stays_inside(desk: MailDesk, dovecot: Dovecot, postman: Postman) -> None:
    """Shadow mode leaves the draft in the mailbox for notes, and sends nothing."""
    dovecot.deliver(mail("1@x"))
    seen = await desk.fetch("1@x")
    await desk.note(parcel("n1", "A draft."), seen)
    assert postman.sent == []
    ((kept, _),) = dovecot.mails("Firstline")
    assert read(kept)["In-Reply-To"] == "<1@x>"
    after = await desk.fetch("1@x")
    assert [(turn.author, turn.is_public) for turn in after.turns] == [
        ("customer", True),
        ("own", False),
    ]
    assert await desk.find("n1", "1@x") == "present"
    await desk.reply(parcel(), seen, status="pending")
    assert len(postman.sent) == 1, "our own note does not stop the reply"


async def test_a_packet_goes_to_those_in_charge(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """The question is flagged and unread, the packet kept and mailed to the group's address."""
    del desk
    settings = settings_for(
        dovecot, postman, team="team@acme.example", groups={"billing": "bills@acme.example"}
    )
    desk = MailDesk(settings)
    dovecot.deliver(mail("1@x"))
    seen = await desk.fetch("1@x")
    await desk.hand_over(parcel("p1"), seen, HandOver(note="The packet.", group="billing"))
    await desk.hand_over(parcel("p2"), seen, HandOver(note="The packet.", assignee="eve@e.example"))
    receivers = [envelope.rcpt_tos for envelope in postman.sent]
    assert receivers == [["bills@acme.example"], ["team@acme.example"]]
    assert len(dovecot.mails("Firstline")) == 2
    ((_, flags),) = dovecot.mails("INBOX")
    assert "\\Flagged" in flags
    assert "\\Seen" not in flags
    assert await desk.find("p1", "1@x") == "present"
    await desk.close()


async def test_without_a_team_address_the_packet_is_a_note(
    desk: MailDesk, dovecot: Dovecot, postman: Postman
) -> None:
    """Nothing is mailed to nobody."""
    dovecot.deliver(mail("1@x"))
    await desk.hand_over(parcel("p1"), await desk.fetch("1@x"), HandOver(note="The packet."))
    assert postman.sent == []
    ((kept, _),) = dovecot.mails("Firstline")
    assert b"The packet." in kept


async def test_a_server_whose_mailboxes_lie_under_the_inbox_takes_notes(postman: Postman) -> None:
    """Hosting companies name them INBOX.Sent, and let nobody make one beside it."""
    with running_dovecot("INBOX.") as dovecot:
        desk = MailDesk(settings_for(dovecot, postman))
        assert 'keeps sent mail in "INBOX.Sent"' in await desk.check()
        dovecot.deliver(mail("1@x"))
        await desk.note(parcel("n1"), await desk.fetch("1@x"))
        ((kept, _),) = dovecot.mails("INBOX.Firstline")
        assert b"hello." in kept
        assert await desk.find("n1", "1@x", kind="note") == "present"
        assert [turn.is_public for turn in (await desk.fetch("1@x")).turns] == [True, False]
        await desk.close()


async def test_a_server_without_namespaces_is_read(
    desk: MailDesk, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is an extension, and servers refuse what they do not know."""

    def unknown(_: imaplib.IMAP4) -> None:
        raise imaplib.IMAP4.error("NAMESPACE command error: BAD")

    monkeypatch.setattr(imaplib.IMAP4, "namespace", unknown)
    dovecot.deliver(mail("1@x"))
    await desk.note(parcel("n1"), await desk.fetch("1@x"))
    assert len(dovecot.mails("Firstline")) == 1


async def test_a_packet_to_our_own_inbox_is_no_ticket(dovecot: Dovecot, postman: Postman) -> None:
    """The team may read the account's own inbox."""
    desk = MailDesk(settings_for(dovecot, postman, team=ADDRESS))
    postman.deliver = dovecot.deliver
    dovecot.deliver(mail("1@x"))
    cursor = (await desk.changed("")).cursor
    await desk.hand_over(parcel("p1"), await desk.fetch("1@x"), HandOver(note="The packet."))
    assert (await desk.changed(cursor)).tickets == ()
    await desk.close()


async def test_two_firstlines_write_each_other_once(dovecot: Dovecot, postman: Postman) -> None:
    """One answers the other's customer; that answer is a machine's, and the exchange ends."""
    ours = MailDesk(settings_for(dovecot, postman))
    key, theirs_address = b"another installation's key", "desk@other.example"
    theirs = MailDesk(settings_for(dovecot, postman, address=theirs_address, key=key))
    dovecot.deliver(mail("1@x", theirs_address))
    await ours.reply(parcel(), await ours.fetch("1@x"), status="pending")
    answer = postman.sent[-1].content
    assert isinstance(answer, bytes)
    dovecot.empty()
    cursor = (await theirs.changed("")).cursor
    dovecot.deliver(answer)
    (ticket,) = (await theirs.changed(cursor)).tickets
    with pytest.raises(NotWantedError, match="automatic_mail"):
        await theirs.reply(parcel("t1"), await theirs.fetch(ticket), status="pending")
    assert len(postman.sent) == 1
    await ours.close()
    await theirs.close()


async def test_check_says_who_we_are(desk: MailDesk) -> None:
    """Both servers are tried, and the line is for people."""
    told = await desk.check()
    assert told == (
        'help@acme.example: reads INBOX, is told of new mail at once, keeps sent mail in "Sent"'
    )


async def test_mail_has_no_webhooks(desk: MailDesk) -> None:
    """A webhook that claims to be mail is not believed."""
    seen = desk.verify({}, b"", desk._now())  # noqa: SLF001 - the desk's own clock
    assert seen == "wrong"
    with pytest.raises(InputError):
        desk.hints(b"{}")


async def test_many_at_once_share_one_connection(desk: MailDesk, dovecot: Dovecot) -> None:
    """Calls wait for each other, so answers are never mixed up."""
    for number in range(8):
        dovecot.deliver(mail(f"{number}@x"))
    found = await asyncio.gather(*(desk.fetch(f"{number}@x") for number in range(8)))
    assert [one.turns[0].text.strip() for one in found] == [f"Text of {n}@x" for n in range(8)]


def test_a_delivery_is_known_by_its_marker_when_it_bounces() -> None:
    """Whoever sent it may have died before writing the reference down."""
    settings = MailSettings(
        address="help@acme.example",
        name="Acme",
        imap=MailServer(host="imap.acme.example", port=993),
        smtp=MailServer(host="smtp.acme.example", port=465),
        key=b"k" * 32,
    )
    desk = MailDesk(settings)
    assert isinstance(desk, Naming)
    seal = Seal(settings.address, settings.key)
    assert desk.references("t1:reply") == (seal.message_id("t1:reply"),)
    assert seal.message_id("t2:reply") not in desk.references("t1:reply")
