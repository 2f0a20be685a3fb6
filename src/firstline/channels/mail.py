"""Mail as it arrived, to Inbound: read defensively, since its sender chose every byte (R1.1).

The standard library cuts the message into parts; headers are read here, because its structured
header parser recurses and fails on malformed ones. Attachments are listed, never opened.
"""

from __future__ import annotations

import codecs
import email
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Part
from email.policy import Compat32
from email.utils import parsedate_tz
from functools import partial
from typing import BinaryIO, NamedTuple, TypeVar

import re2

from firstline.channels.sender import Headers, address_in, vouched_for
from firstline.errors import Place, TicketError
from firstline.records import Attachment, Inbound, IntakeFlag

T = TypeVar("T")

MAX_MAIL = 40_000_000
"""Bytes of one mail; of a longer one only the beginning is read, and a person gets it."""
MAX_BODY = 300_000
"""Characters of a mail's text."""
_BEGINNING = 1_000_000
_MAX_HEADER = 8_000
_MAX_PARAMETERS = 1_000
"""Characters of a header with parameters: the library takes quadratic time to part them."""
_MAX_HEADERS = 300
_MAX_NESTED = 20
_MAX_PARTS = 2_000
_MAX_WORK = 4_000_000
"""Lines times nesting, which is what cutting a message into parts costs."""
_MAX_HEADER_BLOCK = 256_000
_MAX_ATTACHMENTS = 100
_MAX_ID = 250
_MAX_LINE = 1_000_000
_UNDECODABLE = "X-Firstline-Undecodable"

_NEST = re2.compile(rb"(?i)multipart/|message/")
_HEADER_LINE = re2.compile(rb"^[!-9;-~]{1,80}:")
_HEADER_END = re2.compile(rb"\r?\n\r?\n")
_MESSAGE_ID = re2.compile(r"<\s*([^<>\s]{1,250})\s*>")
_ENCODED_SPACE = re2.compile(r"(\?=)[ \t]+(=\?)")
_ESCAPED_FROM = re2.compile(rb"^>+From ")
_NOT_FOR_MAIL = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined"}
)
"""Encodings that are slow or never a mail's: `unicode-escape` writes what no sender typed."""
_LAX = ("utf-8", "ascii", "iso8859-1")
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")


class _Policy(Compat32):
    """The library's oldest policy, which keeps headers as they are, cut to a sane length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return a header's name and value."""
        name, value = super().header_source_parse(sourcelines)
        is_parted = name.lower() in ("content-type", "content-disposition")
        return name, value[: _MAX_PARAMETERS if is_parted else _MAX_HEADER]


class _Body(NamedTuple):
    text: str
    is_html: bool
    attachments: tuple[Attachment, ...]
    flags: tuple[IntakeFlag, ...]


def read_mail(raw: bytes, *, place: Place, authservs: tuple[str, ...] | None = None) -> Inbound:
    """Return the ticket a mail is.

    Its id is its Message-ID, or a hash of it all when there is none. Its customer is the
    address in From, vouched for as `vouched_for` says.

    Args:
        raw: The whole message.
        place: Where it was read.
        authservs: Names under which the receiving server signs Authentication-Results. None
            trusts the topmost such header whoever wrote it, which is right for mail exported
            from a server that always writes one.

    Raises:
        TicketError: It has no headers, so it is no mail.
    """
    flags: tuple[IntakeFlag, ...] = ()
    if len(raw) > MAX_MAIL:
        raw, flags = raw[:_BEGINNING], ("too_large",)
    message = _parse(raw)
    headers = _headers(message)
    if not headers:
        fix = "Export the message with its headers, as .eml"
        raise TicketError("there are no mail headers", place=place, fix=fix)
    body = _body(message)
    sender = address_in([value for name, value in headers if name == "from"])
    values = dict(reversed(headers))
    return Inbound(
        external_id=_message_id(values.get("message-id", "")) or _hash(raw),
        text=body.text,
        subject=decoded(values.get("subject", "")),
        is_html=body.is_html,
        customer=sender.address,
        verified=vouched_for(sender, headers, authservs),
        channel="email",
        received_at=_date(values.get("date", "")),
        attachments=body.attachments,
        headers=headers,
        flags=tuple(dict.fromkeys((*flags, *body.flags))),
        source=str(place),
    )


def read_headers(raw: bytes) -> Headers:
    """Return the headers a mail begins with, in order, unfolded, names in lower case.

    Of more than 300, or of a block longer than 256 kB, only the beginning is returned.
    """
    headers = _headers(_only_headers(raw, _Policy()))
    return tuple(header for header in headers if header[0] != _UNDECODABLE.lower())


def split_mbox(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Cut an mbox into messages, each with the line it starts at, one at a time in memory.

    A message starts at a `From ` line at the beginning or after an empty line. Of one that is
    longer than `MAX_MAIL` a little more than that is kept, for `read_mail` to notice.
    """
    number = 0
    start = 0
    kept: list[bytes] = []
    size = 0
    after_blank = True
    while line := file.readline(_MAX_LINE):
        number += 1
        if after_blank and line.startswith(b"From "):
            if kept:
                yield start, b"".join(kept)
            kept, size, start = [], 0, number
        elif start and size <= MAX_MAIL:
            unescaped = line[1:] if _ESCAPED_FROM.match(line[:80]) else line
            kept.append(unescaped)
            size += len(unescaped)
        after_blank = not line.strip()
    if kept:
        yield start, b"".join(kept)


def _parse(raw: bytes) -> Part:
    """Parse a message; one nested beyond reason only as far as its headers."""
    policy = _Policy()
    if _beyond_reason(raw):
        return _only_headers(raw, policy)
    try:
        return email.message_from_bytes(raw, policy=policy)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return _only_headers(raw, policy)


def _beyond_reason(raw: bytes) -> bool:
    nested = sum(1 for _ in _NEST.finditer(raw))
    end = _HEADER_END.search(raw[:_MAX_HEADER_BLOCK])
    return (
        nested > _MAX_NESTED
        or (1 + nested) * raw.count(b"\n") > _MAX_WORK
        or raw.count(b"\n--") > _MAX_PARTS
        or (end is None and len(raw) > _MAX_HEADER_BLOCK)
    )


def _only_headers(raw: bytes, policy: _Policy) -> Part:
    beginning = raw[:_MAX_HEADER_BLOCK].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    message = email.message_from_bytes(b"", policy=policy)
    for line in beginning.replace(b"\n ", b" ").replace(b"\n\t", b" ").split(b"\n"):
        if _HEADER_LINE.match(line[:100]):
            name, _, value = line.decode("ascii", "surrogateescape").partition(":")
            message[name] = value.strip()[:_MAX_HEADER]
    message[_UNDECODABLE] = "yes"
    return message


def _headers(message: Part) -> Headers:
    """Return the headers in order, unfolded, names in lower case."""
    found = []
    for name, value in list(message.raw_items())[:_MAX_HEADERS]:
        written = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        found.append((str(name).lower(), " ".join(written.split())))
    return tuple(found)


def _body(message: Part) -> _Body:
    """Return the text a reader would see, and what is attached."""
    flags: list[IntakeFlag] = []
    unread = len(message.keys()) > _MAX_HEADERS  # A machine may say below that it is one.
    if unread or message[_UNDECODABLE] or message.get_content_type() in _ENCRYPTED:
        flags.append("undecodable")
    plain: list[str] = []
    markup: list[str] = []
    attachments: list[Attachment] = []
    for part in _leaves(message):
        kind = part.get_content_type()
        if _is_attachment(part):
            if len(attachments) < _MAX_ATTACHMENTS:
                attachments.append(_attachment(part))
            continue
        text, certain = _text(part)
        if not certain and "undecodable" not in flags:
            flags.append("undecodable")
        (markup if kind == "text/html" else plain).append(text)
    is_html = not any(text.strip() for text in plain) and bool(markup)
    text = "\n".join(markup if is_html else plain)
    if len(text) > MAX_BODY:
        flags.append("too_large")
    return _Body(text[:MAX_BODY], is_html, tuple(attachments), tuple(flags))


def _leaves(message: Part) -> Iterator[Part]:
    """Return the parts in order, without going into attached messages."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inside: object = part.get_payload() if part.is_multipart() else None
        if isinstance(inside, list) and part.get_content_maintype() == "multipart":
            waiting.extend(inside[::-1])
        else:
            yield part


def _is_attachment(part: Part) -> bool:
    if part.get_content_maintype() not in {"text", "multipart"}:
        return True
    if part.get_content_type() not in {"text/plain", "text/html"} and part.get("content-type"):
        return part.get_content_maintype() != "multipart"
    return _safely(part.get_content_disposition, None) == "attachment"


def _attachment(part: Part) -> Attachment:
    """List an attachment; its size is reckoned from its encoded length, not by decoding it."""
    name = _safely(part.get_filename, None) or part.get_content_type().replace("/", ".")
    inside: object = _safely(lambda: part.get_payload(decode=False), None)
    length = len(inside) if isinstance(inside, str) else 0
    base64 = str(part.get("content-transfer-encoding", "")).strip().lower() == "base64"
    return Attachment(
        name=decoded(str(name))[:_MAX_ID],
        media_type=part.get_content_type()[:100],
        size=length * 3 // 4 if base64 else length,
    )


def _text(part: Part) -> tuple[str, bool]:
    """Return a part's text, and whether it could be read without guessing letters."""
    content = _safely(lambda: part.get_payload(decode=True), None)
    if not isinstance(content, bytes):
        return "", False
    named = _usable(_safely(lambda: part.get_content_charset() or "utf-8", "utf-8"))
    for name in dict.fromkeys((named, "utf-8", "cp1252")):
        try:
            # Old programs say utf-8 or nothing where they mean cp1252; other charsets are lies.
            return content.decode(name), name != "cp1252" or named in (*_LAX, name)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace"), False


def _usable(charset: str) -> str:
    """Return a charset that is safe to decode with, `utf-8` instead of any other."""
    try:
        known = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if known in _NOT_FOR_MAIL else known


def _safely(read: Callable[[], T], otherwise: T) -> T:
    """Return what the library reads from a malformed header, or `otherwise` if it gives up."""
    try:
        return read()
    except (ValueError, LookupError, TypeError, AttributeError):
        return otherwise


def decoded(value: str) -> str:
    """Return a header with its encoded words (RFC 2047) decoded, as far as they can be."""
    if "=?" not in value:
        return value
    try:
        chunks = decode_header(_ENCODED_SPACE.sub(r"\1\2", value))
    except (HeaderParseError, ValueError):
        return value
    pieces = []
    for chunk, charset in chunks:
        if isinstance(chunk, str):
            pieces.append(chunk)
        else:
            name = _usable(charset or "utf-8")
            pieces.append(_safely(partial(chunk.decode, name, "replace"), ""))
    return "".join(pieces)


def _message_id(value: str) -> str:
    found = _MESSAGE_ID.search(value)
    return str(found.group(1)) if found else value.strip("<> ")[:_MAX_ID]


def _hash(raw: bytes) -> str:
    return "sha256-" + hashlib.sha256(raw).hexdigest()[:32]


def _date(value: str) -> datetime | None:
    parts = _safely(lambda: parsedate_tz(value), None)
    if parts is None:
        return None
    try:
        zone = timezone(timedelta(seconds=parts[9] or 0))
        return datetime(*parts[:6], tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
