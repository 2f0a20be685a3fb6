"""Reading a real mail account: nothing passed over, nothing twice, nothing too large."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.channels.dovecot import (
    ADDRESS,
    KEY,
    PASSWORD,
    USER,
    Dovecot,
    Postman,
    after,
    running_dovecot,
    running_postman,
    settings_for,
)

from firstline.channels.helpdesk import Bounce, DeskRefused
from firstline.channels.mail_desk import MailDesk
from firstline.channels.mail_imap import Fetched, Imap
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_settings import MailServer, Security
from firstline.errors import InputError
from firstline.pipeline.intake import intake
from firstline.records import Inbound

DEEP = 50
WRONG = "Wr0ng"


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
async def desk(dovecot: Dovecot, servers: tuple[Dovecot, Postman]) -> AsyncIterator[MailDesk]:
    """Return the account as Firstline sees it."""
    desk = MailDesk(settings_for(dovecot, servers[1], searched=("Archive",)))
    yield desk
    await desk.close()


def mail(name: str, text: str = "Hello", sender: str = "ann@x.example", **headers: str) -> bytes:
    """Return a customer's mail."""
    known = {"From": sender, "To": ADDRESS, "Subject": "Hi", "Message-ID": f"<{name}>"}
    known |= {key.replace("_", "-"): value for key, value in headers.items()}
    lines = "".join(f"{key}: {value}\r\n" for key, value in known.items())
    return f"{lines}\r\n{text}\r\n".encode()


async def test_each_mail_is_seen_once(desk: MailDesk, dovecot: Dovecot) -> None:
    """What comes after a cursor is found by it, and not again by the next one."""
    start = await desk.changed("")
    assert start.tickets == ()
    dovecot.deliver(mail("1@x"))
    dovecot.deliver(mail("2@x"))
    found = await desk.changed(start.cursor)
    assert (found.tickets, found.more) == (("1@x", "2@x"), False)
    assert (await desk.changed(found.cursor)).tickets == ()
    assert (await desk.changed(start.cursor)).tickets == found.tickets
    assert all("\\Seen" not in flags for _, flags in dovecot.mails("INBOX"))


async def test_many_mails_come_in_batches(desk: MailDesk, dovecot: Dovecot) -> None:
    """After fifty the caller may keep the cursor; the rest follows."""
    start = await desk.changed("")
    for number in range(60):
        dovecot.deliver(mail(f"{number}@x"))
    first = await desk.changed(start.cursor)
    rest = await desk.changed(first.cursor)
    assert (len(first.tickets), first.more) == (50, True)
    assert (len(rest.tickets), rest.more) == (10, False)


async def test_an_empty_cursor_begins_a_minute_ago(desk: MailDesk, dovecot: Dovecot) -> None:
    """Old mail of a mailbox that is connected today is left alone."""
    old = (datetime.now(UTC) - timedelta(hours=2)).astimezone()
    with dovecot.sign_in() as client:
        client.append("INBOX", "", old, mail("old@x"))
    dovecot.deliver(mail("new@x"))
    assert (await desk.changed("")).tickets == ("new@x",)


async def test_mail_that_is_copied_in_is_not_new(desk: MailDesk, dovecot: Dovecot) -> None:
    """An archive that somebody copies into the inbox is left alone; yesterday's spam is not."""
    start = await desk.changed("")
    for name, days in (("archive@x", 400), ("spam@x", 1)):
        at = (datetime.now(UTC) - timedelta(days=days)).astimezone()
        with dovecot.sign_in() as client:
            client.append("INBOX", "", at, mail(name))
    assert (await desk.changed(start.cursor)).tickets == ("spam@x",)


async def test_a_mailbox_that_begins_anew_is_read_again(desk: MailDesk, dovecot: Dovecot) -> None:
    """When UIDs lose their meaning nothing is passed over; known mail comes again."""
    dovecot.deliver(mail("1@x"))
    known = await desk.changed("")
    dovecot.deliver(mail("2@x"))
    other = known.cursor.replace('"INBOX":[', '"INBOX":[1', 1)
    assert other != known.cursor
    again = await desk.changed(other)
    assert again.tickets == ("1@x", "2@x")
    assert (await desk.changed(again.cursor)).tickets == ()


async def test_a_long_weekend_with_many_mails_loses_none(desk: MailDesk, dovecot: Dovecot) -> None:
    """What waited for days is new in its second batch too, since nobody had looked before."""
    start = (await desk.changed("")).cursor
    friday = datetime.now(UTC) - timedelta(days=5)
    told = json.loads(start)
    told["looked"] = friday.isoformat()
    with dovecot.sign_in() as client:
        for number in range(60):
            at = (friday + timedelta(hours=1)).astimezone()
            client.append("INBOX", "", at, mail(f"{number}@x"))
    first = await desk.changed(json.dumps(told))
    rest = await desk.changed(first.cursor)
    assert (len(first.tickets), len(rest.tickets), rest.more) == (50, 10, False)
    assert json.loads(rest.cursor)["looked"] > start[-34:]


async def test_two_senders_who_use_one_id_are_two_tickets(desk: MailDesk, dovecot: Dovecot) -> None:
    """A program that writes the same Message-ID each time hides nobody's mail; a copy is one."""
    start = await desk.changed("")
    date = "Mon, 23 Nov 2026 10:00:00 +0000"
    dovecot.deliver(mail("form@x", "First", Date=date))
    dovecot.deliver(mail("form@x", "First", Date=date))
    dovecot.deliver(mail("form@x", "Second", "bob@y.example", Date=date))
    dovecot.deliver(mail("form@x", "Third", Date=date.replace("10:00", "11:00")))
    found = (await desk.changed(start.cursor)).tickets
    turns = [(await desk.fetch(ticket)).turns[-1] for ticket in found]
    assert [turn.text.strip() for turn in turns] == ["First", "Second", "Third"]
    assert len({turn.id for turn in turns}) == 3
    assert [turn.flags for turn in turns] == [(), ("undecodable",), ("undecodable",)]


async def test_a_foreign_cursor_is_refused(desk: MailDesk) -> None:
    """What is no cursor is an error, not a new beginning."""
    for cursor in ("5", "{}", '{"boxes":{"INBOX":["a"]},"looked":""}', "nonsense"):
        with pytest.raises(InputError, match="cursor"):
            await desk.changed(cursor)


async def test_several_mailboxes_are_read(
    dovecot: Dovecot, servers: tuple[Dovecot, Postman]
) -> None:
    """Each mailbox has its own place in the cursor."""
    desk = MailDesk(settings_for(dovecot, servers[1], mailboxes=("INBOX", "Archive")))
    start = await desk.changed("")
    dovecot.deliver(mail("1@x"))
    dovecot.deliver(mail("2@x"), "Archive")
    found = await desk.changed(start.cursor)
    assert set(found.tickets) == {"1@x", "2@x"}
    dovecot.deliver(mail("3@x"), "Archive")
    assert (await desk.changed(found.cursor)).tickets == ("3@x",)
    await desk.close()


async def test_new_mail_ends_the_waiting(desk: MailDesk, dovecot: Dovecot) -> None:
    """The server tells of mail at once; without any the waiting ends by itself."""
    cursor = (await desk.changed("")).cursor
    assert not await desk.wait(cursor, 0.2)
    timer = after(0.3, lambda: dovecot.deliver(mail("1@x")))
    began = time.monotonic()
    assert await desk.wait(cursor, 60)
    assert time.monotonic() - began < 50
    timer.join()
    assert await desk.wait(cursor, 60), "mail that came before the waiting is noticed, too"
    assert not await desk.wait("", 0.2), "without a cursor only what comes now counts"


async def test_waiting_can_be_given_up(desk: MailDesk) -> None:
    """A cancelled wait cuts its connection, so its thread ends."""
    cursor = (await desk.changed("")).cursor
    waiting = asyncio.create_task(desk.wait(cursor, 600))
    await asyncio.sleep(0.3)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_connection_that_broke_is_opened_again(desk: MailDesk, dovecot: Dovecot) -> None:
    """A server that was restarted costs nothing but a sign-in."""
    await desk.changed("")
    assert desk._imap is not None  # noqa: SLF001 - the connection is what breaks
    desk._imap.kill()  # noqa: SLF001 - as above
    dovecot.deliver(mail("1@x"))
    assert (await desk.changed("")).tickets == ("1@x",)


async def test_a_wrong_password_is_said_without_it(
    dovecot: Dovecot, servers: tuple[Dovecot, Postman]
) -> None:
    """The refusal names the server, and holds nothing that is secret."""
    wrong = MailServer(
        host="127.0.0.1", port=dovecot.port, security="none", user=USER, password=WRONG
    )
    desk = MailDesk(settings_for(dovecot, servers[1], imap=wrong))
    with pytest.raises(DeskRefused) as caught:
        await desk.check()
    assert caught.value.why == "forbidden"
    assert "Wr0ng" not in str(caught.value) + repr(caught.value.__cause__)
    assert caught.value.__suppress_context__


@contextmanager
def refusing_server(answer: bytes) -> Iterator[int]:
    """Run a server that answers every sign-in the same way; return its port."""

    class Refusing(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
            for line in self.rfile:
                tag, command = line.split()[:2]
                told = answer if command.upper() == b"LOGIN" else b"OK done"
                self.wfile.write(
                    (b"* CAPABILITY IMAP4rev1\r\n" if command == b"CAPABILITY" else b"")
                    + tag + b" " + told + b"\r\n"
                )  # fmt: skip

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"NO [UNAVAILABLE] try later", "unavailable"),
        (b"NO [LIMIT] too many connections", "unavailable"),
        (b"NO [AUTHENTICATIONFAILED] no", "forbidden"),
        (b"BAD no", "forbidden"),
    ],
)
def test_a_server_that_is_busy_has_not_refused_the_password(answer: bytes, why: str) -> None:
    """What passes is told apart from what somebody has to mend."""
    with refusing_server(answer) as port:
        server = MailServer(
            host="127.0.0.1", port=port, security="none", user=USER, password=PASSWORD
        )
        with pytest.raises(DeskRefused) as caught:
            Imap(server, timeout=5.0)
    assert caught.value.why == why
    assert PASSWORD not in str(caught.value)


async def test_tls_is_checked(dovecot: Dovecot, servers: tuple[Dovecot, Postman]) -> None:
    """A certificate nobody vouches for ends the connection; a known one lets it through."""
    pem = str(dovecot.folder / "cert.pem")
    ways: tuple[tuple[Security, int], ...] = (("tls", dovecot.tls_port), ("starttls", dovecot.port))
    for security, port in ways:
        server = MailServer(
            host="localhost", port=port, security=security, authority=pem, user=USER,
            password=PASSWORD,
        )  # fmt: skip
        desk = MailDesk(settings_for(dovecot, servers[1], imap=server))
        assert (await desk.changed("")).tickets == ()
        await desk.close()
        desk = MailDesk(settings_for(dovecot, servers[1], imap=replace(server, authority="")))
        with pytest.raises(OSError, match="certificate"):
            await desk.changed("")
        await desk.close()


async def test_a_large_mail_is_fetched_in_part(
    dovecot: Dovecot, servers: tuple[Dovecot, Postman]
) -> None:
    """Of a mail above the limit the beginning is read, and a person gets it."""
    desk = MailDesk(settings_for(dovecot, servers[1], max_bytes=50_000))
    dovecot.deliver(mail("1@x", "Please help.\r\n" + "x" * 70 + "\r\n" * 40_000))
    (turn,) = (await desk.fetch("1@x")).turns
    assert turn.text.startswith("Please help.")
    assert "too_large" in turn.flags
    assert len(turn.text) < 60_000
    await desk.close()


async def test_a_report_is_no_ticket(desk: MailDesk, dovecot: Dovecot) -> None:
    """Mail that came back is told apart; a foreign report is a ticket like any other."""
    start = await desk.changed("")
    own = Seal(ADDRESS, KEY).message_id("m")
    kind = "multipart/report; report-type=delivery-status; boundary=b"
    body = "--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    quoted = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{own}>\r\n--b--"
    sender = "MAILER-DAEMON@x.example"
    dovecot.deliver(mail("r1@x", body + quoted, sender, Content_Type=kind))
    dovecot.deliver(mail("r2@x", body + "--b--", sender, Content_Type=kind))
    found = await desk.changed(start.cursor)
    assert found.bounces == (Bounce(reference=own, action="failed", status="5.1.1"),)
    assert found.tickets == ("r2@x",)


async def test_a_mail_that_was_moved_is_missing(desk: MailDesk, dovecot: Dovecot) -> None:
    """What a person took out of reach is not answered; in an archive it is still found."""
    dovecot.deliver(mail("1@x"))
    dovecot.deliver(mail("2@x"))
    dovecot.move(1, "Archive")
    assert (await desk.fetch("1@x")).turns
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch("9@x")
    assert caught.value.why == "missing"


async def test_a_search_that_lags_loses_nothing(
    desk: MailDesk, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not find what it just told of is looked through mail by mail."""
    search = Imap.search

    def lagging(self: Imap, criteria: str) -> list[int]:
        return [] if "HEADER" in criteria else search(self, criteria)

    monkeypatch.setattr(Imap, "search", lagging)
    start = await desk.changed("")
    dovecot.deliver(mail("0@x"))
    dovecot.deliver(mail("1@x", References="<0@x>"))
    dovecot.deliver(mail("2@x", sender=ADDRESS))
    assert (await desk.changed(start.cursor)).tickets == ("0@x", "2@x")
    assert len((await desk.fetch("0@x")).turns) == 2


async def test_old_conversations_begin_anew(
    dovecot: Dovecot, servers: tuple[Dovecot, Postman]
) -> None:
    """An answer to what is older than the account remembers is a conversation of its own."""
    desk = MailDesk(settings_for(dovecot, servers[1], remembers_days=30))
    for name, days in (("young", 20), ("old", 40)):
        with dovecot.sign_in() as client:
            at = datetime.now(UTC) - timedelta(days=days)
            client.append("INBOX", "", at.astimezone(), mail(f"{name}@x"))
    start = await desk.changed("")
    dovecot.deliver(mail("1@x", References="<young@x>"))
    dovecot.deliver(mail("2@x", References="<old@x>"))
    assert (await desk.changed(start.cursor)).tickets == ("young@x", "2@x")
    await desk.close()


async def test_a_mail_that_moves_while_it_is_read_is_read_again(
    desk: MailDesk, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for gone: whoever asks again finds it where it lies now."""
    dovecot.deliver(mail("1@x"))
    fetch = Imap.mail

    def moved_first(self: Imap, uid: int, limit: int) -> Fetched | None:
        monkeypatch.setattr(Imap, "mail", fetch)
        dovecot.move(1, "Archive")
        self.select("INBOX")  # Else the server still hands out what is gone.
        return fetch(self, uid, limit)

    monkeypatch.setattr(Imap, "mail", moved_first)
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch("1@x")
    assert caught.value.why == "changed"
    assert len((await desk.fetch("1@x")).turns) == 1


async def test_a_mailbox_that_is_not_there_is_no_missing_ticket(
    dovecot: Dovecot, servers: tuple[Dovecot, Postman]
) -> None:
    """A renamed mailbox is a failure to be mended, not a reason to drop what was in it."""
    desk = MailDesk(settings_for(dovecot, servers[1], mailboxes=("INBOX", "Support")))
    for asked in (desk.changed(""), desk.fetch("1@x"), desk.check()):
        with pytest.raises(DeskRefused, match="Support") as caught:
            await asked
        assert caught.value.why == "unavailable"
    await desk.close()


async def test_a_mail_without_an_id_is_fetched_by_its_place(
    desk: MailDesk, dovecot: Dovecot
) -> None:
    """A mail that has no Message-ID is a ticket all the same."""
    start = await desk.changed("")
    dovecot.deliver(b"From: ann@x.example\r\nSubject: Hi\r\n\r\nNo id.\r\n")
    (ticket,) = (await desk.changed(start.cursor)).tickets
    assert ticket.startswith("uid:")
    (turn,) = (await desk.fetch(ticket)).turns
    assert turn.text.strip() == "No id."
    assert turn.flags == ("undecodable",), "a person's answer to it could not be seen"
    for other in (ticket.replace("uid:", "uid:9"), "uid:1:1:Drafts", "uid:x", "uid:"):
        with pytest.raises(DeskRefused):
            await desk.fetch(other)


def hostile_mails() -> dict[str, bytes]:
    """Return mails that are meant to cost time or memory, by what they do."""
    begin = b"From: ann@x.example\r\nTo: help@acme.example\r\nSubject: Hi\r\nMessage-ID: <h@x>\r\n"
    mixed = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(DEEP)
    )
    bomb = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n"
    bomb += b"Content-Disposition: attachment; filename=42.zip\r\n\r\n" + b"UEsDBBQA" * 9 + b"\r\n"
    return {
        "10 MB": begin + b"\r\n" + (b"x" * 70 + b"\r\n") * 140_000,
        "one line": begin + b"\r\n" + b"x" * 3_000_000,
        "5,000 parts": begin + mixed + b"--b\r\n\r\nx\r\n" * 5_000 + b"--b--\r\n",
        "10,000 headers": begin + b"X-A: b\r\n" * 10_000 + b"\r\nHello\r\n",
        "long headers": begin + b"X-A: " + b"b " * 150_000 + b"\r\n\r\nHello\r\n",
        "nested": begin + b"MIME-Version: 1.0\r\n" + nested + b"\r\nHello\r\n",
        "charset": begin
        + b"Content-Type: text/plain; charset=utf-16\r\n\r\nHello \xff\xfe\x00\r\n",
        "zip bomb": begin + mixed + b"--b\r\n\r\nHello\r\n--b\r\n" + bomb + b"--b--\r\n",
        "no charset": begin + b"Content-Type: text/plain; charset=rot13\r\n\r\nHello\r\n",
        "markup": begin + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 60_000 + b"Hello",
    }


@pytest.mark.parametrize("kind", hostile_mails())
async def test_a_hostile_mail_is_a_ticket_for_a_person(
    desk: MailDesk, dovecot: Dovecot, kind: str
) -> None:
    """Whatever a mail is made of, it is read in bounded work and flagged, or read right."""
    start = await desk.changed("")
    dovecot.deliver(hostile_mails()[kind])
    assert (await desk.changed(start.cursor)).tickets == ("h@x",)
    conversation = await desk.fetch("h@x")
    (turn,) = conversation.turns
    assert len(turn.text) <= 300_000
    ticket = intake(
        Inbound(
            external_id="h@x", text=turn.text, is_html=turn.is_html, channel="email",
            headers=turn.headers, flags=turn.flags, attachments=turn.attachments,
            customer=turn.sender,
        ),
        inbox="mail",
        now=datetime.now(UTC),
    )  # fmt: skip
    harmless = {"zip bomb": "Hello", "no charset": "Hello"}
    if kind in harmless:
        assert (ticket.text, ticket.flags) == (harmless[kind], ())
    else:
        assert {"too_large", "undecodable", "empty"} & set(ticket.flags)
    if kind == "zip bomb":
        assert [item.name for item in turn.attachments] == ["42.zip"]
