"""Chats: conversations, who may read them, and messages that become tickets in one transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from firstline.records import Ticket, TicketId
from firstline.store.chat_log import (
    activity_since,
    append,
    catch_up,
    conversation_of,
    give_to_person,
    lock,
    new_message,
    read_log,
)
from firstline.store.chat_records import (
    CHAT,
    MOST_MESSAGES,
    REMEMBERED,
    SESSION_LASTS,
    Activity,
    Conversation,
    Log,
    Sent,
    stripped,
)
from firstline.store.chat_tables import conversation, message, session
from firstline.store.database import reading
from firstline.store.tickets import TicketStore, instant

MINUTE = timedelta(minutes=1)
_LONGEST_NAME = 80
_STEP = timedelta(microseconds=1)
_OF_TOKEN = (
    sa.select(conversation)
    .join(session, session.c.conversation == conversation.c.id)
    .where(
        session.c.token_hash == sa.bindparam("token_hash"),
        session.c.expires_at > sa.bindparam("now"),
    )
)
_BY_MARKER = sa.select(message.c.number, message.c.text, message.c.ticket).where(
    message.c.conversation == sa.bindparam("id"), message.c.marker == sa.bindparam("marker")
)
_OF_CUSTOMER = sa.and_(message.c.conversation == sa.bindparam("id"), message.c.author == "customer")
_EARLIER = sa.select(
    sa.func.max(message.c.at).label("latest"),
    sa.func.count().filter(message.c.at > sa.bindparam("since")).label("lately"),
).where(_OF_CUSTOMER)


def token_hash(token: str) -> str:
    """Return what is kept of a session's token."""
    return hashlib.sha256(f"firstline chat session\0{token}".encode()).hexdigest()


def marker_of(client_id: str) -> str:
    """Return the marker of a visitor's message; it cannot be that of a delivery."""
    return f"c:{client_id}"


class ChatStore:
    """The chats of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine, *, notice: str) -> None:
        """Open the chats; `notice` is what a visitor is told when a person gets their message."""
        self._engine = engine
        self._reader = reading(engine)
        self._tickets = TicketStore(engine)
        self._notice = notice

    @property
    def is_local(self) -> bool:
        """Whether the database is a file of this machine."""
        return self._tickets.is_local

    def open_inbox(self, now: datetime) -> None:
        """Make sure that there is an inbox for chats."""
        self._tickets.open_inbox(CHAT, now)

    def begin(self, now: datetime, *, customer: str | None = None, name: str = "") -> Conversation:
        """Begin a conversation."""
        made = Conversation(
            id=secrets.token_hex(16),
            customer=customer,
            name=stripped(name, _LONGEST_NAME),
            with_person=False,
        )
        at = instant(now)
        with self._engine.begin() as connection:
            connection.execute(
                conversation.insert().values(
                    id=made.id,
                    customer=customer,
                    name=made.name,
                    created_at=at,
                    last_at=at,
                    last_number=0,
                )
            )
        return made

    def latest_of(self, customer: str, now: datetime) -> Conversation | None:
        """Return a customer's latest conversation, unless it is too old or too long to go on."""
        query = (
            sa.select(conversation)
            .where(
                conversation.c.customer == customer,
                conversation.c.last_at > instant(now - REMEMBERED),
                conversation.c.last_number < MOST_MESSAGES,
            )
            .order_by(conversation.c.last_at.desc())
            .limit(1)
        )
        with self._reader.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else conversation_of(row)

    def open_session(self, conversation_id: str, now: datetime) -> str:
        """Return a new token that may read and write a conversation; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            connection.execute(session.delete().where(session.c.expires_at <= instant(now)))
            connection.execute(
                session.insert().values(
                    token_hash=token_hash(token),
                    conversation=conversation_id,
                    created_at=instant(now),
                    expires_at=instant(now + SESSION_LASTS),
                )
            )
        return token

    def renew_session(self, token: str, now: datetime) -> None:
        """Let a session last as long as a new one."""
        with self._engine.begin() as connection:
            connection.execute(
                session.update()
                .where(session.c.token_hash == token_hash(token))
                .values(expires_at=instant(now + SESSION_LASTS))
            )

    def end_session(self, token: str) -> None:
        """Make a token worthless."""
        with self._engine.begin() as connection:
            connection.execute(session.delete().where(session.c.token_hash == token_hash(token)))

    def of_session(self, token: str, now: datetime) -> Conversation | None:
        """Return the conversation that a token opens, or None."""
        with self._reader.connect() as connection:
            row = connection.execute(
                _OF_TOKEN, {"token_hash": token_hash(token), "now": instant(now)}
            ).one_or_none()
        return None if row is None else conversation_of(row)

    def log(self, conversation_id: str, now: datetime, *, after: int = 0) -> Log | None:
        """Return a conversation with everything after a number, brought up to date first."""
        held = self.peek(conversation_id, after=after)
        if held != "behind":
            return held
        with self._engine.begin() as connection:
            catch_up(connection, conversation_id, notice=self._notice, now=now)
            held = read_log(connection, conversation_id, after)
        return self.log(conversation_id, now, after=after) if held == "behind" else held

    def peek(self, conversation_id: str, *, after: int = 0) -> Log | Literal["behind"] | None:
        """Return what `log` does when nothing has to be written for it, else `behind`."""
        with self._reader.connect() as connection:
            return read_log(connection, conversation_id, after)

    def ticket_of(self, conversation_id: str, number: int) -> TicketId | None:
        """Return the ticket that a reply in this conversation belongs to; None: no such reply."""
        query = sa.select(message.c.ticket).where(
            message.c.conversation == conversation_id,
            message.c.number == number,
            message.c.kind == "reply",
        )
        with self._reader.connect() as connection:
            found = connection.scalar(query)
        return None if found is None else TicketId(found)

    def send(
        self,
        held: Conversation,
        client_id: str,
        record: Ticket,
        position: int,
        now: datetime,
        *,
        per_minute: int,
        hand_over: bool = False,
    ) -> Sent:
        """Accept a visitor's message as a ticket, and show it in the conversation.

        Doing so again with the same id changes nothing.

        Args:
            held: The conversation as it was when the ticket was made.
            client_id: The visitor's own id of the message.
            record: The ticket.
            position: Its place among all tickets.
            now: The time.
            per_minute: Messages a visitor may send in a minute.
            hand_over: Whether it asks for a person: what follows is for people then.
        """
        marker = marker_of(client_id)
        with self._engine.begin() as connection:
            row = lock(connection, held.id)
            if row is None:
                return Sent(state="changed")
            place = {"id": held.id, "marker": marker, "since": instant(now - MINUTE)}
            before = connection.execute(_BY_MARKER, place).one_or_none()
            if before is not None:
                return Sent(
                    state="repeat" if before.text == record.text else "conflict",
                    number=before.number,
                    ticket=TicketId(before.ticket),
                )
            if bool(row.person_at) != held.with_person:
                return Sent(state="changed")
            if row.last_number >= MOST_MESSAGES:
                return Sent(state="full")
            earlier = connection.execute(_EARLIER, place).one()
            if earlier.lately >= per_minute:
                return Sent(state="too_many")
            record = _later(record, earlier.latest)
            self._tickets.accept_on(connection, [(position, record)])
            items = [_own(marker, record)]
            if hand_over:
                give_to_person(connection, held.id, now)
                items.append(_notice(f"{record.id}:notice", record.id, self._notice, now))
            number = append(connection, row, items, now)
        return Sent(state="new", number=number - len(items) + 1, ticket=record.id)

    def hand_over(self, conversation_id: str, ticket_id: TicketId, now: datetime) -> bool:
        """Give a conversation to people because of a reply that did not help; say whether it was.

        The ticket of that reply waits for a person already: there is no new one.
        """
        marker = f"{ticket_id}:more_help"
        with self._engine.begin() as connection:
            row = lock(connection, conversation_id)
            place = {"id": conversation_id, "marker": marker}
            if row is None or connection.execute(_BY_MARKER, place).first() is not None:
                return False
            give_to_person(connection, conversation_id, now)
            append(connection, row, [_notice(marker, ticket_id, self._notice, now)], now)
        return True

    def activity(self, since: datetime) -> Sequence[tuple[str, str, Activity]]:
        """Return what any process did for chats since a time: a key, the conversation, and what."""
        with self._reader.connect() as connection:
            return activity_since(connection, instant(since))


def _later(record: Ticket, latest: str | None) -> Ticket:
    """Return a ticket that is newer than the conversation's last, whatever the clocks say."""
    if latest is None or instant(record.received_at) > latest:
        return record
    return replace(record, received_at=datetime.fromisoformat(latest) + _STEP)


def _own(marker: str, record: Ticket) -> dict[str, Any]:
    return new_message(
        author="customer",
        kind="message",
        marker=marker,
        ticket_id=record.id,
        text=record.text,
        at=instant(record.received_at),
    )


def _notice(marker: str, ticket_id: TicketId, text: str, now: datetime) -> dict[str, Any]:
    return new_message(
        author="system",
        kind="notice",
        marker=marker,
        ticket_id=ticket_id,
        text=text,
        at=instant(now),
    )
