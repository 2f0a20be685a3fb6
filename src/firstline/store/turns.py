"""What was said in a conversation so far, by its customer and to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from firstline.records import Message, Ticket, TicketId, decode
from firstline.store.database import reading
from firstline.store.replies import ReplyStore
from firstline.store.schema import ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision

TURNS = 10
"""The latest that are read (R1.6)."""
_LONGEST = 4_000
"""Characters of one of them."""


def turns_of(engine: sa.Engine, record: Ticket) -> tuple[Message, ...]:
    """Return the messages of a ticket's conversation before it, the oldest first.

    Only those of its own customer: an id of a conversation that two customers came to share by
    mistake shows neither what the other one wrote.
    """
    earlier = (
        sa.select(ticket.c.body)
        .where(
            ticket.c.inbox == record.inbox,
            ticket.c.conversation == record.conversation,
            ticket.c.customer.is_not_distinct_from(record.customer),
            ticket.c.received_at <= instant(record.received_at),
            ticket.c.id != record.id,
        )
        .order_by(ticket.c.received_at.desc())
        .limit(TURNS)
    )
    with reading(engine).connect() as connection:
        asked = [decode(Ticket, body) for body in connection.scalars(earlier)][::-1]
    if not asked:
        return ()
    known = {item.id for item in asked}
    replies = [
        item
        for item in ReplyStore(engine).of_conversation(record.inbox, record.conversation)
        if item.ticket in known and item.at <= record.received_at
    ]
    by_people = _released(engine, [item.ticket for item in replies])
    turns = [
        *asked[0].history,
        *(Message(author="customer", text=one.text, sent_at=one.received_at) for one in asked),
        *(
            Message(
                author="staff" if one.ticket in by_people else "bot", text=one.text, sent_at=one.at
            )
            for one in replies
        ),
    ]
    oldest = asked[0].received_at
    turns.sort(key=lambda turn: turn.sent_at or oldest)
    return tuple(replace(turn, text=turn.text[:_LONGEST]) for turn in turns[-TURNS:])


def _released(engine: sa.Engine, tickets: Sequence[TicketId]) -> set[str]:
    """Return those of the tickets whose reply a person released."""
    query = sa.select(decision.c.ticket).where(
        decision.c.ticket.in_(tickets), decision.c.delivers.in_(("reply", "question"))
    )
    with reading(engine).connect() as connection:
        return set(connection.scalars(query))
