"""Mail we write: threads with the customer's, says that it is automatic, and holds one message."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.mail import read_headers
from firstline.channels.mail_compose import Mail, Writer, one_line, subject_of
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_settings import MailServer, MailSettings
from firstline.channels.mail_threads import Head
from firstline.proof.automatic_mail import automatic

SERVER = MailServer(host="127.0.0.1", port=25, security="none")
SETTINGS = MailSettings(
    address="help@acme.example",
    name="Acme, Häuser & Söhne",
    imap=SERVER,
    smtp=SERVER,
    key=b"k" * 16,
)
SEAL = Seal(SETTINGS.address, SETTINGS.key)
WRITER = Writer(SETTINGS, SEAL)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def customer(**headers: str) -> Head:
    """Return the head of a customer's mail."""
    known = {"from": "Ann <ann@x.example>", "message-id": "<1@x.example>", "subject": "Hi"}
    return Head(
        mailbox="INBOX", uid=1, size=1, at=NOW, flags=frozenset(), validity=1,
        headers=tuple((known | {name.replace("_", "-"): v for name, v in headers.items()}).items()),
    )  # fmt: skip


def reply(to: Head, text: str = "Hello", root: str = "1@x.example") -> Mail:
    """Return our answer to a mail."""
    return WRITER.reply("marker", text, root=root, to=to, at=NOW)


def read(mail: Mail) -> Message[Any, Any]:
    """Parse a mail as a mail program does."""
    return email.message_from_bytes(mail.content, policy=SMTP)


def test_a_reply_threads_and_says_what_it_is() -> None:
    """References go on from the customer's; the markers of RFC 3834 are there."""
    to = customer(references="<0@x.example> <00@x.example>")
    mail = reply(to, root="0@x.example")
    found = read(mail)
    assert found["In-Reply-To"] == "<1@x.example>"
    assert found["References"].split() == ["<0@x.example>", "<00@x.example>", "<1@x.example>"]
    assert (found["Auto-Submitted"], found["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert found["Message-ID"] == f"<{mail.id}>"
    assert SEAL.is_own_id(mail.id)
    assert SEAL.thread_in([found["Reply-To"]]) == SEAL.thread("0@x.example")
    assert mail.envelope == "help@acme.example"
    assert (found["To"], mail.to) == ("ann@x.example", "ann@x.example")
    assert found["From"].addresses[0].addr_spec == "help@acme.example"
    assert found["From"].addresses[0].display_name == "Acme, Häuser & Söhne"


def test_a_bounce_address_is_used_where_it_may_be() -> None:
    """Providers that let us send under a tag get the delivery's own address as the sender."""
    writer = Writer(replace(SETTINGS, bounce_addresses=True), SEAL)
    mail = writer.reply("marker", "Hello", root="1@x.example", to=customer(), at=NOW)
    assert SEAL.bounced_id([mail.envelope]) == mail.id


def test_no_other_firstline_answers_it() -> None:
    """The guard of another installation takes our mail for a machine's."""
    headers = read_headers(reply(customer()).content)
    assert automatic(headers, sender="help@acme.example", subject="Re: Hi")


def test_both_forms_say_the_same() -> None:
    """The plain form is the text; the other has its paragraphs and links, and escapes the rest."""
    text = "Dear Ann,\n\nSee https://acme.example/a?b=1&c=2 <b>now</b>.\n.\nÜber uns."
    plain, markup = list(read(reply(customer(), text)).walk())[1:]
    assert isinstance(plain, EmailMessage)
    assert isinstance(markup, EmailMessage)
    assert plain.get_content().strip().splitlines() == text.splitlines()
    shown = markup.get_content()
    assert 'href="https://acme.example/a?b=1&amp;c=2"' in shown
    assert "&lt;b&gt;now&lt;/b&gt;" in shown
    assert plain["Content-Transfer-Encoding"] == "quoted-printable"
    assert all(len(line) <= 998 for line in reply(customer(), "x" * 5000).content.split(b"\r\n"))


@given(
    subject=st.text(max_size=300),
    name=st.text(
        st.characters(exclude_characters="<> \t\r\n", exclude_categories=["Cs"]),
        min_size=1,
        max_size=250,
    ),
    local=st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=60),
    text=st.text(max_size=300),
)
def test_nothing_a_customer_writes_begins_a_header(
    subject: str, name: str, local: str, text: str
) -> None:
    """Whatever stands in a subject, an id or an address, the headers are the same ones."""
    sender = f"<{local}@x.example>"
    to = customer(
        subject=subject, references=f"<{name}>", message_id=f"<{name}>", **{"from": sender}
    )
    mail = reply(to, text, root=to.id)
    found = email.message_from_bytes(mail.content)
    allowed = {
        "Content-Type", "MIME-Version", "Reply-To", "Auto-Submitted", "From", "To", "Subject",
        "Date", "Message-ID", "X-Auto-Response-Suppress", "References", "In-Reply-To",
        "X-Firstline-Conversation",
    }  # fmt: skip
    assert set(found.keys()) <= allowed
    assert len(found.keys()) == len(set(found.keys()))
    assert len(found.get_payload()) == 2
    if mail.to.isascii():
        assert "".join(str(found["To"]).split()) == (mail.to or SETTINGS.address)


@pytest.mark.parametrize("sign", ["\x0b", "\x1c", "\x85", "\u2028", "\x00", "\u200b"])
def test_signs_that_end_a_line_elsewhere_end_none_here(sign: str) -> None:
    """The library takes more signs for line ends than mail does."""
    name = f"a{sign}b:c@x.example"
    to = customer(references=f"<{name}> <0@x.example>", **{"from": f"ann{sign}x:@x.example"})
    found = email.message_from_bytes(reply(to, "Hello").content)
    assert found["References"].split() == ["<1@x.example>", "<0@x.example>"]
    assert sign not in str(found["To"])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Re: AW: Hi", "Hi"),
        ("RE:RE: Re : Hi", "Hi"),
        ("=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
        ("Hi\r\nBcc: eve@e.example", "Hi Bcc: eve@e.example"),
        ("=?utf-8?q?Hi=0D=0ABcc:_eve@e.example?=", "Hi Bcc: eve@e.example"),
        ("Regarding: rent", "Regarding: rent"),
        ("", ""),
    ],
)
def test_subjects_are_one_line(written: str, shown: str) -> None:
    """Prefixes go, encoded words are read, line breaks become spaces."""
    assert subject_of(customer(subject=written)) == shown
    assert "\n" not in read(reply(customer(subject=written)))["Subject"]


def test_long_threads_are_cut_in_the_middle() -> None:
    """The first id and the latest ones stay, and long ids stay whole."""
    ids = [f"{number}{'y' * 200}@x.example" for number in range(60)]
    to = customer(references=" ".join(f"<{one}>" for one in ids))
    named = read(reply(to, root=ids[0]))["References"].split()
    assert (named[0], named[-1]) == (f"<{ids[0]}>", "<1@x.example>")
    assert len(named) == 21
    assert f"<{ids[49]}>" in named


def test_a_note_joins_no_conversation_by_answering_it() -> None:
    """A note shows beside the thread; its answers go to the account without a sealed address."""
    mail = WRITER.note("m", "Packet", root="1@x.example", about=customer(), to="", at=NOW)
    found = read(mail)
    assert (found["To"], mail.to) == ("help@acme.example", "")
    assert found["Reply-To"] is None
    assert found["Subject"] == "[Firstline] Hi"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["In-Reply-To"] == "<1@x.example>"


def test_a_mail_without_an_id_is_answered_without_one() -> None:
    """What has no Message-ID cannot be referred to, and the reply says nothing of its place."""
    mail = reply(customer(message_id=""), root="uid:1:1:INBOX")
    found = read(mail)
    assert found["In-Reply-To"] is None
    assert found["References"] is None
    assert b"uid:" not in mail.content


def test_one_line_is_bounded() -> None:
    """Long texts are cut, invisible signs go."""
    assert one_line("a\u200bb\x00c  d" + "x" * 500, 10) == "abc dxxxxx"
