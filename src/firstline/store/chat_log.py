"""What a chat's visitor sees, brought up to date when it is read.

Workers know nothing of chats: they deliver replies and end tickets. Whoever reads a conversation
first copies what is new into its numbered log, under the conversation's lock, each thing once by
its marker. So a reader who names the last number they have gets everything after it, in order,
nothing twice, whichever process delivered it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store.chat_records import (
    CHAT,
    PERSON,
    Activity,
    ChatMessage,
    Conversation,
    Log,
    MessageAuthor,
    MessageKind,
    Source,
)
from firstline.store.chat_tables import conversation, message
from firstline.store.reply_tables import reply
from firstline.store.schema import delivery, model_call, stage, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, feedback

Row = Any
"""A row of a query, whose columns the queries above name."""
_ID: sa.BindParameter[str] = sa.bindparam("which", type_=sa.Text)
_MESSAGES = (
    sa.select(message, feedback.c.answer)
    .outerjoin(
        feedback,
        sa.and_(feedback.c.ticket == message.c.ticket, message.c.kind == "reply"),
    )
    .where(message.c.conversation == _ID, message.c.number > sa.bindparam("after"))
    .order_by(message.c.number)
)
_KNOWN = message.alias("known")


def _unlisted(marker: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(_KNOWN.c.conversation == _ID, _KNOWN.c.marker == marker)


_DELIVERED = (
    sa.select(delivery.c.ticket, reply.c.marker, reply.c.kind, reply.c.text, reply.c.at)
    .join(reply, reply.c.marker == delivery.c.key)
    .where(
        delivery.c.inbox == CHAT.id,
        delivery.c.conversation == _ID,
        _unlisted(delivery.c.key),
    )
    .order_by(reply.c.at, reply.c.marker)
)
_HELD = (
    sa.select(ticket.c.id, ticket.c.outcome, ticket.c.reason, ticket.c.ended_at)
    .where(
        ticket.c.inbox == CHAT.id,
        ticket.c.conversation == _ID,
        ticket.c.outcome.in_(("review", "escalate")),
        sa.func.coalesce(ticket.c.reason, "").not_in(("newer_message", "asked_for_person")),
        _unlisted(ticket.c.id + ":notice"),
        ~sa.exists().where(
            delivery.c.ticket == ticket.c.id,
            delivery.c.kind.in_(("reply", "question")),
            delivery.c.state == "sent",
        ),
    )
    .order_by(ticket.c.ended_at, ticket.c.id)
)
_STANDS = sa.select(
    conversation,
    sa.exists()
    .where(ticket.c.inbox == CHAT.id, ticket.c.conversation == _ID, ticket.c.outcome.is_(None))
    .label("waiting"),
    sa.or_(_DELIVERED.order_by(None).exists(), _HELD.order_by(None).exists()).label("behind"),
).where(conversation.c.id == _ID)
"""A conversation, whether a message of it is open, and whether its log lacks something."""
_LOCK = (
    conversation.update()
    .where(conversation.c.id == _ID)
    .values(last_number=conversation.c.last_number)
    .returning(conversation)
)
_APPEND = message.insert().values(
    {column.name: sa.bindparam(f"new_{column.name}") for column in message.c}
)
_COUNT_ON = (
    conversation.update()
    .where(conversation.c.id == _ID)
    .values(last_number=sa.bindparam("counted"), last_at=sa.bindparam("now"))
)
_DECIDED = (
    sa.select(decision.c.draft, decision.c.evidence)
    .where(decision.c.ticket == _ID, decision.c.delivers.in_(("reply", "question")))
    .order_by(decision.c.number.desc())
    .limit(1)
)
_STAGES = sa.select(stage.c.stage, stage.c.body).where(
    stage.c.ticket == _ID, stage.c.stage.in_(("generate", "context"))
)


def lock(connection: sa.Connection, conversation_id: str) -> Row | None:
    """Let nobody else write to a conversation until the transaction ends; return its row.

    The first statement of the transaction: on SQLite only a write takes the lock.
    """
    return connection.execute(_LOCK, {"which": conversation_id}).one_or_none()


def append(
    connection: sa.Connection, row: Row, items: Sequence[dict[str, Any]], now: datetime
) -> int:
    """Add messages to a conversation whose lock is held; return the last number."""
    number = int(row.last_number)
    rows = []
    for item in items:
        number += 1
        rows.append({"new_conversation": row.id, "new_number": number} | item)
    connection.execute(_APPEND, rows)
    connection.execute(_COUNT_ON, {"which": row.id, "counted": number, "now": instant(now)})
    return number


def new_message(
    *,
    author: MessageAuthor,
    kind: MessageKind,
    marker: str,
    ticket_id: str,
    text: str,
    at: str,
    sources: str = "[]",
) -> dict[str, Any]:
    """Return what `append` adds."""
    return {
        "new_author": author,
        "new_kind": kind,
        "new_marker": marker,
        "new_ticket": ticket_id,
        "new_text": text,
        "new_sources": sources,
        "new_at": at,
    }


def read_log(
    connection: sa.Connection, conversation_id: str, after: int
) -> Log | Literal["behind"] | None:
    """Return a conversation with what its log has after a number; `behind`: it lacks something."""
    row = connection.execute(_STANDS, {"which": conversation_id}).one_or_none()
    if row is None:
        return None
    if row.behind:
        return "behind"
    new = row.last_number > after
    place = {"which": conversation_id, "after": after}
    return Log(
        conversation=conversation_of(row),
        messages=tuple(map(_message, connection.execute(_MESSAGES, place))) if new else (),
        waiting=bool(row.waiting) and not row.person_at,
    )


def catch_up(
    connection: sa.Connection, conversation_id: str, *, notice: str, now: datetime
) -> bool:
    """Copy what is new into the log, in a transaction; return whether anything was.

    Args:
        connection: A transaction that has done nothing yet.
        conversation_id: Which conversation.
        notice: What a visitor is told when a person gets their message.
        now: The time.
    """
    row = lock(connection, conversation_id)
    if row is None:
        return False
    place = {"which": conversation_id}
    items = [_delivered(connection, item, notice) for item in connection.execute(_DELIVERED, place)]
    known = {item["new_marker"] for item in items}
    held = connection.execute(_HELD, place).all()
    items.extend(
        new_message(
            author="system",
            kind="notice",
            marker=f"{item.id}:notice",
            ticket_id=item.id,
            text=notice,
            at=item.ended_at or instant(now),
        )
        for item in held
        if f"{item.id}:notice" not in known
    )
    if not items:
        return False
    append(connection, row, items, now)
    if not row.person_at and any(item.reason in PERSON for item in held):
        give_to_person(connection, conversation_id, now)
    return True


def give_to_person(connection: sa.Connection, conversation_id: str, now: datetime) -> None:
    """End the automatic part of a conversation whose lock is held."""
    connection.execute(
        conversation.update()
        .where(conversation.c.id == conversation_id, conversation.c.person_at == "")
        .values(person_at=instant(now))
    )


def conversation_of(row: Row) -> Conversation:
    """Return a row as a conversation."""
    return Conversation(
        id=row.id,
        customer=row.customer,
        name=row.name,
        with_person=bool(row.person_at),
        last_number=row.last_number,
    )


def _delivered(connection: sa.Connection, row: Row, notice: str) -> dict[str, Any]:
    if row.kind == "notice":
        return new_message(
            author="system",
            kind="notice",
            marker=row.marker,
            ticket_id=row.ticket,
            text=notice,
            at=row.at,
        )
    decided = connection.execute(_DECIDED, {"which": row.ticket}).one_or_none()
    bodies = {item.stage: item.body for item in connection.execute(_STAGES, {"which": row.ticket})}
    draft = decided.draft if decided and decided.draft else bodies.get("generate", "")
    context = decided.evidence if decided and decided.evidence else bodies.get("context", "")
    return new_message(
        author="staff" if decided else "bot",
        kind="question" if row.kind == "question" else "reply",
        marker=row.marker,
        ticket_id=row.ticket,
        text=row.text,
        at=row.at,
        sources=json.dumps(_sources(draft, context)),
    )


def _sources(draft: str, context: str) -> list[list[str]]:
    """Return title and address of the articles that sentences of a reply rest on."""
    if not draft or not context:
        return []
    used = {key for line in json.loads(draft)["sentences"] for key in line.get("evidence", ())}
    found: dict[tuple[str, str], None] = {}
    for item in json.loads(context)["evidence"]:
        if item["id"] in used and item["kind"] == "passage" and item.get("title"):
            found[str(item["title"]), str(item.get("url", ""))] = None
    return [[title, url] for title, url in found]


def _message(row: Row) -> ChatMessage:
    return ChatMessage(
        number=row.number,
        author=row.author,
        kind=row.kind,
        marker=row.marker,
        ticket=None if row.ticket is None else TicketId(row.ticket),
        text=row.text,
        sources=tuple(Source(title=title, url=url) for title, url in json.loads(row.sources)),
        at=datetime.fromisoformat(row.at),
        feedback=row.answer if row.author in ("bot", "staff") else None,
    )


def activity_since(connection: sa.Connection, since: str) -> tuple[tuple[str, str, Activity], ...]:
    """Return what any process did for chats since a time: a key, the conversation, and what."""
    asked = (
        sa.select(model_call.c.key, ticket.c.conversation)
        .join(ticket, ticket.c.id == model_call.c.ticket)
        .where(
            model_call.c.asked_at >= since, model_call.c.state == "asked", ticket.c.inbox == CHAT.id
        )
    )
    told = (
        sa.select(reply.c.marker, delivery.c.conversation)
        .join(delivery, delivery.c.key == reply.c.marker)
        .where(reply.c.target == CHAT.target, reply.c.at >= since)
    )
    held = sa.select(ticket.c.id, ticket.c.conversation).where(
        ticket.c.outcome.in_(("review", "escalate")),
        ticket.c.ended_at >= since,
        ticket.c.inbox == CHAT.id,
    )
    found: list[tuple[str, str, Activity]] = []
    found.extend((row[0], row[1], "asked") for row in connection.execute(asked))
    for query in (told, held):
        found.extend((row[0], row[1], "ended") for row in connection.execute(query))
    return tuple(found)
