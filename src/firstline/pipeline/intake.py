"""Intake: an Inbound as its channel delivered it, to a Ticket the other stages can trust (R1).

What it does, in order: HTML to text, cut to a readable length, normalise, part what is new from
what is quoted, mask, tell the language, flag what nobody should answer automatically. Pure, and
linear in the length of the message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import re2

from firstline.proof.automatic_mail import automatic
from firstline.proof.html_text import MAX_TAGS
from firstline.proof.language import UNKNOWN, detect
from firstline.proof.masking import Masked, mask
from firstline.proof.normal import html_to_text, normalise, split_reply
from firstline.proof.personal_data import region_of
from firstline.proof.reply import Reply
from firstline.records import (
    Attachment,
    ConversationId,
    Inbound,
    IntakeFlag,
    Language,
    Message,
    Ticket,
    TicketId,
)
from firstline.workspace import Settings

MAX_TEXT = 20_000
"""Characters of a message that are read; above it a person does."""
HISTORY = 10
"""Earlier messages that go along (R1.6)."""
_MAX_RAW = 300_000
_MAX_SUBJECT = 500
_MAX_EARLIER = 4_000
_MAX_ADDRESS = 320
_MAX_NAME = 200
_MAX_ATTACHMENTS = 100
_MAX_ID = 250
_MARGIN = 128
_CHAT = frozenset({"chat", "api"})
"""Channels without quoted history: a line that starts with `>` there is what it says."""
_MESSAGE_ID = re2.compile(r"<\s*([^<>\s]{1,250})\s*>")


Masker = Callable[[str], Masked]


def masker_of(settings: Settings) -> Masker:
    """Return what masks messages of this company."""
    return partial(mask, kinds=settings.mask_kinds, region=region_of(settings.locale))


def intake(
    inbound: Inbound,
    *,
    inbox: str,
    now: datetime,
    own_addresses: tuple[str, ...] = (),
    masker: Masker = mask,
) -> Ticket:
    """Return the ticket, normalised and masked.

    Args:
        inbound: As the channel delivered it; nothing in it is trusted.
        inbox: What keeps one source of tickets apart from another.
        now: The time the ticket gets when its channel gave none.
        own_addresses: The company's own mail addresses: mail from them is a loop.
        masker: Masks what may not be stored in plain sight.
    """
    whole, reply = _read(inbound)
    subject = _masked(" ".join(normalise(inbound.subject[:_MAX_RAW]).split()), _MAX_SUBJECT, masker)
    text = _masked(reply.text, MAX_TEXT, masker)
    customer = _customer(inbound)
    return Ticket(
        id=_ticket_id(inbox, inbound.external_id),
        inbox=inbox,
        external_id=inbound.external_id,
        conversation=_conversation(inbound),
        text=text.text,
        subject=subject.text,
        quoted=_masked(reply.quoted, MAX_TEXT, masker).text,
        customer=customer,
        verified=inbound.verified and customer is not None,
        channel=inbound.channel,
        received_at=_utc(inbound.received_at) or now,
        language=_language(text.text, subject.text),
        history=_history(inbound.messages, masker),
        attachments=_attachments(inbound.attachments, masker),
        masked=tuple(sorted({*text.kinds, *subject.kinds})),
        flags=_flags(inbound, whole, reply, customer or "", own_addresses),
        source=inbound.source,
    )


def _read(inbound: Inbound) -> tuple[str, Reply]:
    """Return the whole message as plain text, and what of it is new."""
    raw = inbound.text[:_MAX_RAW]
    whole = normalise(html_to_text(raw) if inbound.is_html else raw)
    reply = Reply(whole, "") if inbound.channel in _CHAT else split_reply(whole)
    return whole, reply


def _masked(text: str, limit: int, masker: Masker) -> Masked:
    """Mask and cut, in this order: half a card number would not be recognised."""
    masked = masker(text[: limit + _MARGIN])
    return replace(masked, text=masked.text[:limit].rstrip())


def _ticket_id(inbox: str, external_id: str) -> TicketId:
    named = f"{inbox}\0{external_id}".encode("utf-8", "surrogatepass")
    return TicketId(hashlib.sha256(named).hexdigest()[:20])


def _conversation(inbound: Inbound) -> ConversationId:
    """Return the id its thread began with; for anything but mail, its own."""
    for name in ("references", "in-reply-to"):
        value = next((value for known, value in inbound.headers if known == name), "")
        found = _MESSAGE_ID.search(_encodable(value))
        if found:
            return ConversationId(found.group(1))
    return ConversationId(inbound.external_id[:_MAX_ID])


def _encodable(text: str) -> str:
    """Return text that RE2 can read: without lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _customer(inbound: Inbound) -> str | None:
    """Return the customer as claimed, an address in lower case."""
    claimed = normalise((inbound.customer or "")[:_MAX_ADDRESS]).replace("\n", " ")
    return (claimed.lower() if "@" in claimed else claimed) or None


def _utc(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _language(text: str, subject: str) -> Language:
    """Tell the language of the message, with the help of the subject where it needs it."""
    language = detect(text)
    return detect(f"{subject}\n{text}") if language.code == UNKNOWN and subject else language


def _history(messages: tuple[Message, ...], masker: Masker) -> tuple[Message, ...]:
    return tuple(
        Message(
            author=message.author,
            text=_masked(normalise(message.text[:MAX_TEXT]), _MAX_EARLIER, masker).text,
            sent_at=_utc(message.sent_at),
        )
        for message in messages[-HISTORY:]
    )


def _attachments(attachments: tuple[Attachment, ...], masker: Masker) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=masker(normalise(item.name[:_MAX_NAME]).replace("\n", " ")).text,
            media_type=normalise(item.media_type[:_MAX_NAME]),
            size=item.size,
        )
        for item in attachments[:_MAX_ATTACHMENTS]
    )


def _flags(
    inbound: Inbound, whole: str, reply: Reply, customer: str, own_addresses: tuple[str, ...]
) -> tuple[IntakeFlag, ...]:
    """Return the channel's flags and those found here, each once."""
    flags: list[IntakeFlag] = list(inbound.flags)
    subject = normalise(inbound.subject[:_MAX_SUBJECT])
    headers = tuple((name, _encodable(value)) for name, value in inbound.headers)
    if headers and automatic(headers, sender=customer, subject=subject):
        flags.append("automatic_mail")
    if _is_own(customer, own_addresses):
        flags.append("own_mail")
    tags = inbound.text.count("<") if inbound.is_html else 0
    if len(inbound.text) > _MAX_RAW or len(reply.text) > MAX_TEXT or tags > MAX_TAGS:
        flags.append("too_large")
    if not whole:
        flags.append("empty")
    return tuple(dict.fromkeys(flags))


def _is_own(address: str, own_addresses: Iterable[str]) -> bool:
    return "@" in address and _plain(address) in {_plain(own) for own in own_addresses}


def _plain(address: str) -> str:
    """Return an address in lower case, without what stands behind a plus."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
