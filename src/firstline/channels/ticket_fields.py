"""One ticket of a file or an API call, as fields: checked, and turned into an Inbound."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import re2

from firstline.errors import Place, TicketError
from firstline.records import Attachment, Author, Channel, Inbound, IntakeFlag, Message

FIELDS = (
    "id",
    "text",
    "subject",
    "customer",
    "channel",
    "received_at",
    "messages",
    "verified",
    "attachments",
)
MAX_TEXT = 20_000
_MAX_ID = 200
_MAX_MESSAGES = 50
_MAX_ATTACHMENTS = 100
_NEAR_MISS = 0.8
_AUTHORS: Mapping[str, Author] = {
    "customer": "customer",
    "user": "customer",
    "end-user": "customer",
    "end_user": "customer",
    "requester": "customer",
    "staff": "staff",
    "agent": "staff",
    "admin": "staff",
    "bot": "bot",
    "assistant": "bot",
    "system": "bot",
}
_LOOKS_LIKE_HTML = re2.compile(
    r"(?is)^\s*<(?:!doctype html|html|head|body|div|p|span|table|br|h[1-6]|ul|ol|blockquote)\b"
    r".*>\s*$"
)


def inbound_from(fields: Mapping[str, Any], place: Place) -> Inbound:
    """Return the ticket these fields describe; unknown fields are left out.

    Args:
        fields: Names and values as JSON knows them.
        place: Where they were read.

    Raises:
        TicketError: A field is missing, misspelt, or of the wrong kind.
    """
    external_id = _id(fields, place)
    place = Place(file=place.file, line=place.line, ticket=external_id[:60])
    check_names(fields, place)
    text = _text(fields, "text", place)
    if text is None:
        fix = 'Add "text": what the customer wrote'
        raise TicketError('the ticket has no "text"', place=place, fix=fix)
    customer = _customer(fields, place)
    flags: list[IntakeFlag] = ["too_large"] if len(text) > MAX_TEXT else []
    return Inbound(
        external_id=external_id,
        text=text,
        subject=_text(fields, "subject", place) or "",
        is_html=_LOOKS_LIKE_HTML.match(_whole(text)) is not None,
        customer=customer,
        verified=customer is not None and _verified(fields, place),
        channel=_channel(fields, place),
        received_at=_time(fields.get("received_at"), "received_at", place),
        messages=_messages(fields.get("messages"), place),
        attachments=_attachments(fields.get("attachments"), place),
        flags=(*flags, "empty") if not text.strip() else tuple(flags),
        source=str(Place(file=place.file, line=place.line)),
    )


def unknown_names(fields: Mapping[str, Any]) -> list[str]:
    """Return the names that mean nothing here."""
    return [name for name in fields if name not in FIELDS]


def check_names(fields: Mapping[str, Any], place: Place) -> None:
    """Raise a TicketError for a name that is a known one misspelt.

    A name counts as misspelt only where the field it resembles is missing; `customer_name`
    beside `customer` is a field of its own.
    """
    absent = [name for name in FIELDS if name not in fields]
    for name in unknown_names(fields):
        lowered = name.strip().lower()
        if lowered in absent:
            meant = lowered
        elif any(lowered.startswith(f"{known}_") for known in FIELDS):
            continue
        else:
            close = difflib.get_close_matches(lowered[:40], absent, n=1, cutoff=_NEAR_MISS)
            meant = close[0] if close else ""
        if meant:
            raise TicketError(
                f'the field "{shown(name)}" is not known',
                place=place,
                fix=f'Did you mean "{meant}"?',
            )


def shown(name: str) -> str:
    """Return a field's name, fit for a message."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:40])


def _whole(text: str) -> str:
    """Return text that RE2 can read."""
    return text.encode("utf-8", "replace").decode()


def _wrong(name: str, expected: str, place: Place) -> TicketError:
    return TicketError(f'"{name}" is not {expected}', place=place, fix=f"Write {expected}")


def _id(fields: Mapping[str, Any], place: Place) -> str:
    value = fields.get("id")
    if value is None:
        check_names(fields, place)
        raise TicketError('the ticket has no "id"', place=place, fix='Add an "id" of its own')
    written = _plain(value)
    if written is None or not written.strip():
        raise _wrong("id", "a text or a number", place)
    written = written.strip()
    if len(written) > _MAX_ID or not written.isprintable():
        raise _wrong("id", f"at most {_MAX_ID} printable characters", place)
    return written


def _plain(value: object) -> str | None:
    """Return a text or number as text, None for anything else."""
    match value:
        case str():
            return value
        case bool():
            return None
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return str(int(value)) if value.is_integer() else str(value)
        case _:
            return None


def _text(fields: Mapping[str, Any], name: str, place: Place) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(name, "a text", place)
    return value


def _customer(fields: Mapping[str, Any], place: Place) -> str | None:
    value = fields.get("customer")
    if value is None:
        return None
    written = _plain(value)
    if written is None or len(written) > _MAX_ID * 2:
        raise _wrong("customer", "the customer's id or e-mail address", place)
    return written.strip() or None


def _verified(fields: Mapping[str, Any], place: Place) -> bool:
    """Whoever exports a customer with a ticket vouches for it, unless the line says otherwise."""
    value = fields.get("verified")
    if value is None:
        return True
    if not isinstance(value, bool):
        raise _wrong("verified", "true or false", place)
    return value


def _channel(fields: Mapping[str, Any], place: Place) -> Channel:
    value = fields.get("channel")
    if value is None:
        return "file"
    channels: tuple[Channel, ...] = get_args(Channel)
    for channel in channels:
        if value == channel:
            return channel
    raise _wrong("channel", f"one of {', '.join(channels)}", place)


def _time(value: object, name: str, place: Place) -> datetime | None:
    """Read ISO 8601; without a zone it is UTC."""
    if value is None:
        return None
    expected = "a time like 2026-05-01T09:30:00Z"
    if not isinstance(value, str):
        raise _wrong(name, expected, place)
    try:
        time = datetime.fromisoformat(value.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(name, expected, place) from error


def _messages(value: object, place: Place) -> tuple[Message, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong("messages", 'a list of {"author", "text"}', place)
    return tuple(_message(item, place) for item in value[-_MAX_MESSAGES:])


def _message(item: object, place: Place) -> Message:
    if not isinstance(item, dict):
        raise _wrong("messages", 'a list of {"author", "text"}', place)
    written = item.get("author")
    author = _AUTHORS.get(written.strip().lower()) if isinstance(written, str) else None
    if author is None:
        raise _wrong("author", "customer, staff or bot", place)
    text = item.get("text")
    if not isinstance(text, str):
        raise _wrong("text", "a text in every message", place)
    return Message(author=author, text=text, sent_at=_time(item.get("sent_at"), "sent_at", place))


def _attachments(value: object, place: Place) -> tuple[Attachment, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong("attachments", 'a list of {"name", "media_type", "size"}', place)
    return tuple(_attachment(item, place) for item in value[:_MAX_ATTACHMENTS])


def _attachment(item: object, place: Place) -> Attachment:
    if isinstance(item, str):
        return Attachment(name=item, media_type="application/octet-stream", size=0)
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise _wrong("attachments", 'a list of {"name", "media_type", "size"}', place)
    kind = item.get("media_type")
    size = item.get("size")
    return Attachment(
        name=item["name"],
        media_type=kind if isinstance(kind, str) else "application/octet-stream",
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else 0,
    )
