"""Taking a message in: normalised, masked, committed; only then anybody is told that it is."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import datetime

from firstline.channels.stored import position_at
from firstline.observe import log
from firstline.pipeline.intake import intake, masker_of
from firstline.records import Attachment, ConversationId, Inbound, Message, Ticket, TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.tickets import content_hash
from firstline.store.turns import turns_of
from firstline.web.api import told
from firstline.web.api.asked import CustomerMessage, NewTicket
from firstline.web.api.problems import ApiError
from firstline.web.api.views import links_of
from firstline.web.site import Site

API = Inbox(id="api", kind="api", target="api")
"""Where everything goes that came by the API."""


def new_id(caller: str, key: str | None) -> str:
    """Return an id for a message that came without one; of the same retry always the same."""
    if key is None:
        return uuid.uuid4().hex
    return hashlib.sha256(f"{caller}\0{key}".encode()).hexdigest()[:32]


def accept_ticket(site: Site, asked: NewTicket, external_id: str) -> told.AcceptedTicket:
    """Store a new message; return it as accepted.

    Raises:
        ApiError: Another message has this id.
    """
    now = site.now()
    inbound = Inbound(
        external_id=external_id,
        text=asked.text,
        subject=asked.subject,
        is_html=asked.format == "html",
        customer=asked.customer,
        verified=asked.verified and asked.customer is not None,
        channel=asked.channel,
        received_at=min(asked.received_at or now, now),
        messages=tuple(
            Message(author=turn.author, text=turn.text, sent_at=turn.sent_at)
            for turn in asked.messages
        ),
        attachments=tuple(
            Attachment(name=item.name, media_type=item.media_type, size=item.size)
            for item in asked.attachments
        ),
        source="api",
    )
    ticket = _taken(site, inbound, now)
    if asked.conversation is not None:
        conversation = ConversationId(asked.conversation)
        ticket = replace(ticket, conversation=conversation)
        if not asked.messages:
            ticket = replace(ticket, history=turns_of(site.desk.engine, ticket))
    return _stored(site, ticket, now)


def accept_message(
    site: Site, before: Ticket, asked: CustomerMessage, external_id: str
) -> told.AcceptedTicket:
    """Store a further message of a ticket's conversation; return it as accepted.

    Raises:
        ApiError: The conversation is held elsewhere, or another message has this id.
    """
    if before.inbox != API.id:
        detail = "Further messages of this ticket come where the first one came."
        raise ApiError("other_inbox", detail)
    now = site.now()
    inbound = Inbound(
        external_id=external_id,
        text=asked.text,
        subject=before.subject,
        is_html=asked.format == "html",
        customer=before.customer,
        verified=before.verified,
        channel=before.channel,
        received_at=min(asked.received_at or now, now),
        source="api",
    )
    ticket = replace(_taken(site, inbound, now), conversation=before.conversation)
    return _stored(site, replace(ticket, history=turns_of(site.desk.engine, ticket)), now)


async def hand_on(site: Site, ticket_id: TicketId) -> None:
    """Queue an accepted ticket. It is stored: if queueing fails, the next look finds it."""
    try:
        await site.work.enqueue(ticket_id)
    except Exception as error:  # noqa: BLE001 - what is committed is accepted, whatever fails now
        log.error("not_queued", ticket=ticket_id, kind=type(error).__name__)
    site.feed.changed("tickets")


def _taken(site: Site, inbound: Inbound, now: datetime) -> Ticket:
    settings = site.desk.workspace.settings
    return intake(
        inbound,
        inbox=API.id,
        now=now,
        own_addresses=settings.own_addresses,
        masker=masker_of(settings),
    )


def _stored(site: Site, ticket: Ticket, now: datetime) -> told.AcceptedTicket:
    store = TicketStore(site.desk.engine)
    store.open_inbox(API, now)
    verdict = store.accept([(position_at(now), ticket)])[0]
    kept = store.load(ticket.id) if verdict != "conflict" else None
    # Of two that come at the same moment both are new; the one that was stored decides.
    if kept is None or content_hash(kept.ticket) != content_hash(ticket):
        detail = "Another message was accepted under this id. Give this one an id of its own."
        raise ApiError("id_conflict", detail)
    return told.AcceptedTicket(
        id=ticket.id,
        external_id=ticket.external_id,
        conversation=kept.ticket.conversation,
        state="working",
        links=links_of(ticket.id),
    )
