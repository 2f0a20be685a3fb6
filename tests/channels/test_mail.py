"""Mail to Inbound: the right text, an honest sender, and no traceback from any bytes."""

from __future__ import annotations

import base64
import io
import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.channels.mail import MAX_MAIL, read_mail, split_mbox
from firstline.channels.sender import address_in, vouched_for
from firstline.errors import Place, TicketError
from firstline.records import Attachment, Inbound

HEAD = (
    b"From: Ann Example <Ann@X.example>\r\nMessage-ID: <1@x.example>\r\n"
    b"Subject: Hi\r\nDate: Fri, 1 May 2026 10:00:00 +0200\r\n"
)


def mail(raw: bytes, authservs: tuple[str, ...] | None = None) -> Inbound:
    """Read a mail."""
    return read_mail(raw, place=Place(file="m.eml"), authservs=authservs)


def test_a_plain_mail_is_read() -> None:
    """Sender, subject, date, id and text arrive; the claim to be the sender is not believed."""
    ticket = mail(HEAD + b"In-Reply-To: <0@x.example>\r\n\r\nHello\r\n")
    assert (ticket.external_id, ticket.subject) == ("1@x.example", "Hi")
    assert (ticket.customer, ticket.verified) == ("ann@x.example", False)
    assert ticket.received_at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert ticket.text.strip() == "Hello"
    assert ("in-reply-to", "<0@x.example>") in ticket.headers
    assert (ticket.channel, ticket.source, ticket.flags) == ("email", "m.eml", ())


def test_plain_text_is_preferred_and_attachments_are_listed() -> None:
    """Of two forms the plain one is read; files are named and measured, not opened."""
    message = EmailMessage()
    message["From"] = "ann@x.example"
    message["Subject"] = "Größe"
    message.set_content("The plain form.")
    message.add_alternative("<p>The other form.</p>", subtype="html")
    message.add_attachment(b"x" * 3000, maintype="application", subtype="pdf", filename="ä.pdf")
    message.add_attachment("kept shut", filename="note.txt")
    ticket = mail(message.as_bytes())
    assert (ticket.text.strip(), ticket.is_html) == ("The plain form.", False)
    assert ticket.subject == "Größe"
    pdf, note = ticket.attachments
    assert (pdf.name, pdf.media_type) == ("ä.pdf", "application/pdf")
    assert abs(pdf.size - 3000) < 150
    assert note.name == "note.txt"


def test_html_alone_is_read_as_html() -> None:
    """A mail without a plain form gives its markup."""
    message = EmailMessage()
    message["From"] = "ann@x.example"
    message.set_content("<p>Only this.</p>", subtype="html")
    ticket = mail(message.as_bytes())
    assert ticket.is_html
    assert "<p>Only this.</p>" in ticket.text


def test_an_empty_plain_form_gives_way_to_html() -> None:
    """White space is no message."""
    message = EmailMessage()
    message["From"] = "ann@x.example"
    message.set_content(" \n")
    message.add_alternative("<p>This.</p>", subtype="html")
    assert mail(message.as_bytes()).is_html


def test_text_around_pictures_is_joined() -> None:
    """Some programs cut a message into several text parts; all are read."""
    parts = (
        b"--b\r\n\r\nBefore\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n\r\nAfter\r\n--b--"
    )
    ticket = mail(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts)
    assert ticket.text.split() == ["Before", "After"]
    assert [item.media_type for item in ticket.attachments] == ["image/png"]


def test_attached_messages_are_not_read_as_text() -> None:
    """A forwarded mail inside a mail is an attachment."""
    inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: z@z.example\r\n\r\nINNER\r\n--b--"
    body = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nOuter\r\n" + inner
    ticket = mail(HEAD + body)
    assert "INNER" not in ticket.text
    assert [item.media_type for item in ticket.attachments] == ["message/rfc822"]


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("iso-8859-1", "Größe".encode("latin-1"), "Größe"),
        ("utf-8", "Größe".encode("latin-1"), "Größe"),
        ("us-ascii", "Größe".encode(), "Größe"),
        ("no-such-charset", "Größe".encode(), "Größe"),
        ("unicode-escape", b"\\u0041", "\\u0041"),
        ("idna", b"xn--a", "xn--a"),
        ("shift_jis", "こんにちは".encode("shift_jis"), "こんにちは"),
        ("rot13", b"abc", "abc"),
    ],
)
def test_wrong_charsets_are_read_as_well_as_can_be(charset: str, content: bytes, text: str) -> None:
    """What the charset cannot read is tried as UTF-8 and then as Windows text."""
    ticket = mail(HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + content)
    assert ticket.text == text
    assert ticket.flags == ()


def test_text_in_no_charset_is_flagged() -> None:
    """Bytes that no charset explains go to a person."""
    assert mail(HEAD + b"\r\n\x81\x8d\xff\xfe").flags == ("undecodable",)


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"Subject: =?utf-8?b?R3LDtsOfZQ==?=", "Größe"),
        (b"Subject: =?utf-8?q?a?= =?utf-8?q?b?= c", "ab c"),
        (b"Subject: =?utf-8?b?!!!?= x", " x"),
        (b"Subject: =?nope?q?a?=", "a"),
        (b"Subject: folded\r\n  line", "folded line"),
        (b"Subject: \xc3\xb6", "ö"),
        (b"Subject:", ""),
    ],
)
def test_subjects_are_decoded(header: bytes, subject: str) -> None:
    """Encoded words, folded lines and raw bytes are read as far as they can be."""
    assert mail(b"From: a@b.example\r\n" + header + b"\r\n\r\nx").subject == subject


@pytest.mark.parametrize(
    "date", [b"yesterday", b"", b"Fri, 99 May 2026 10:00:00 +9999", b"1 " * 3000, b"1 1 1 1 1 1"]
)
def test_a_bad_date_is_no_date(date: bytes) -> None:
    """The intake's own clock stands in for dates that cannot be."""
    assert mail(b"From: a@b.example\r\nDate: " + date + b"\r\n\r\nx").received_at is None


def test_a_mail_without_an_id_gets_one_of_its_content() -> None:
    """The same bytes have the same id, others another."""
    first = mail(b"From: a@b.example\r\n\r\nx")
    assert first.external_id == mail(b"From: a@b.example\r\n\r\nx").external_id
    assert first.external_id != mail(b"From: a@b.example\r\n\r\ny").external_id


RESULTS = "mx.acme.example; spf=pass smtp.mailfrom=x.example; dmarc=pass header.from=x.example"


@pytest.mark.parametrize(
    ("results", "verified"),
    [
        ([RESULTS], True),
        (["mx.acme.example 1; dmarc=pass (p=none) header.from=X.example"], True),
        (['mx.acme.example; dmarc=pass header.from="x.example"'], True),
        ([], False),
        (["mx.acme.example; spf=pass; dkim=pass header.d=x.example"], False),
        (["mx.acme.example; dmarc=fail header.from=x.example"], False),
        (["mx.acme.example; dmarc=pass header.from=evil.example"], False),
        (["mx.acme.example; dmarc=pass"], False),
        (["mx.acme.example; dmarc=passable header.from=x.example"], False),
        (["mx.acme.example; spf=fail (dmarc=pass header.from=x.example)"], False),
        (["mx.acme.example; spf=fail (a (b) ; dmarc=pass header.from=x.example)"], False),
        (['mx.acme.example; spf=fail smtp.mailfrom="; dmarc=pass header.from=x.example"'], False),
        (["mx.acme.example; none", RESULTS], False),
        (["mx.acme.example; dmarc=fail header.from=x.example; " + RESULTS[17:]], False),
        (["other.example" + RESULTS[15:]], False),
        ([""], False),
    ],
)
def test_only_the_receiving_server_vouches(results: list[str], verified: bool) -> None:
    """The topmost result counts, for the domain of From, outside comments and quotes."""
    headers = tuple(("authentication-results", value) for value in results)
    sender = address_in(["Ann <ann@x.example>"])
    assert vouched_for(sender, headers, ("mx.acme.example",)) is verified


def test_without_a_named_server_the_topmost_result_counts() -> None:
    """Mail exported from a server that always checks needs no name."""
    raw = b"Authentication-Results: " + RESULTS.encode() + b"\r\n" + HEAD + b"\r\nx"
    assert mail(raw).verified
    assert not mail(raw, ("mail.other.example",)).verified


@pytest.mark.parametrize(
    ("values", "address", "certain"),
    [
        (["ann@x.example"], "ann@x.example", True),
        (['"victim@bank.example" <evil@x.example>'], "evil@x.example", True),
        (["victim@bank.example <evil@x.example>"], "evil@x.example", True),
        (["(victim@bank.example) evil@x.example"], "evil@x.example", True),
        (["a@x.example, b@x.example"], "a@x.example", False),
        (["<a@x.example> <b@x.example>"], "a@x.example", False),
        (["a@x.example", "b@x.example"], "a@x.example", False),
        (["nobody"], None, False),
        (["(" * 5000 + "a@x.example"], None, False),
        ([], None, False),
    ],
)
def test_the_address_in_from(values: list[str], address: str | None, certain: bool) -> None:
    """Names and comments that look like addresses are not the sender."""
    assert address_in(values) == (address, certain)


def test_two_senders_are_never_verified() -> None:
    """A mail with two From headers is from nobody in particular."""
    raw = b"Authentication-Results: " + RESULTS.encode() + b"\r\n" + HEAD
    assert not mail(raw + b"From: evil@x.example\r\n\r\nx").verified


@pytest.mark.parametrize(
    "raw",
    [
        HEAD
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
            for depth in range(2000)
        ),
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5000,
        HEAD + b"X: y\r\n" * 100_000 + b"\r\nx",
        HEAD + b"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--",
    ],
    ids=["nested", "many parts", "many headers", "encrypted"],
)
def test_mail_beyond_reason_goes_to_a_person(raw: bytes) -> None:
    """What cannot be cut into parts keeps its headers and is flagged."""
    ticket = mail(raw)
    assert "undecodable" in ticket.flags
    assert ticket.external_id == "1@x.example"


def test_a_mail_above_the_cap_is_flagged() -> None:
    """Only the beginning of an oversized mail is read."""
    ticket = mail(HEAD + b"\r\nHello\r\n" + b"x\r\n" * (MAX_MAIL // 3))
    assert "too_large" in ticket.flags
    assert ticket.text.startswith("Hello")


def test_a_large_attachment_is_listed() -> None:
    """Ten megabytes are measured, not decoded."""
    content = base64.encodebytes(b"x" * 10_000_000)
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n"
        b"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    ticket = mail(raw + content + b"\r\n--b--\r\n")
    (item,) = ticket.attachments
    assert item == Attachment(name="a.zip", media_type="application/zip", size=item.size)
    assert 9_900_000 < item.size < 10_300_000
    assert ticket.flags == ()


@pytest.mark.parametrize("raw", [b"", b"no headers at all", b"\0" * 1000, b"\r\n\r\nbody"])
def test_what_is_no_mail_is_an_error(raw: bytes) -> None:
    """Bytes without headers are named as such."""
    with pytest.raises(TicketError, match="no mail headers"):
        mail(raw)


PIECES = st.sampled_from(
    [
        b"From: a@b.example",
        b"From: =?utf-8?b?\xff?= <a@b>",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: text/html; charset=\xff; charset*0*=utf-8''%FF",
        b"Content-Type: text/plain; name*" + b"9" * 5000 + b"=x",
        b"Content-Disposition: attachment; filename*=bad''%",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Authentication-Results: a; dmarc=pass (",
        b"Subject: =?utf-8?q?=ZZ?=",
        b"Date: Fri, 32 Dec 99999 99:99:99 +999999",
        b"Message-ID: <>",
        b" folded",
        b"",
        b"--b",
        b"--b--",
        b"begin 644 x",
        b"=\xe9=",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=20), max_size=20).map(b"\r\n".join))
@settings(max_examples=150, deadline=None)
def test_no_bytes_are_a_traceback(raw: bytes) -> None:
    """Any bytes give a ticket or an error of ours."""
    try:
        ticket = mail(raw)
    except TicketError:
        return
    assert ticket.external_id
    assert all(name == name.lower() for name, _ in ticket.headers)


def test_an_mbox_is_cut_at_from_lines_only() -> None:
    """A line that starts with From in the middle of a paragraph is text."""
    box = b"From a\nSubject: 1\n\nFrom me\nword\nFrom you\n\nFrom b\nSubject: 2\n\nx\n"
    assert [start for start, _ in split_mbox(io.BytesIO(box))] == [1, 4, 8]
    box = b"From a\nSubject: 1\n\nword\nFrom you\n\nFrom b\nSubject: 2\n\nx\n"
    assert [start for start, _ in split_mbox(io.BytesIO(box))] == [1, 7]


@pytest.mark.parametrize("header", ["Content-Disposition: attachment; filename", "Content-Type: a"])
def test_headers_that_part_slowly_cost_bounded_time(header: str) -> None:
    """A thousand parts whose parameters hold thousands of semicolons kept a core for a minute."""
    part = f'--b\r\n{header}="{";" * 7_900}"\r\n\r\nx\r\n'.encode()
    begun = time.process_time()
    ticket = mail(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 1_240)
    assert time.process_time() - begun < 10
    assert len(ticket.attachments) <= 100


def test_a_long_name_of_an_attachment_is_kept() -> None:
    """As long as file systems let it be, in letters that take nine signs each."""
    name = "\u6587" * 81 + ".pdf"
    message = EmailMessage()
    message.set_content("See the file.")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename=name)
    (attachment,) = mail(HEAD + message.as_bytes()).attachments
    assert attachment.name == name
