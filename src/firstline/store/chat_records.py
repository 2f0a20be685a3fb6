"""What is kept of a chat: the conversation, and what its visitor sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from firstline.records import TicketId
from firstline.store.feedback import FeedbackAnswer
from firstline.store.tickets import Inbox

CHAT: Final = Inbox(id="chat", kind="chat", target="chat")
"""The inbox of all chats."""
SESSION_LASTS: Final = timedelta(hours=24)
"""How long a session may be used after the chat was last opened with it."""
REMEMBERED: Final = timedelta(days=30)
"""How long ago a customer's conversation may have been, to be gone on with."""
MOST_MESSAGES: Final = 400
"""Messages of a conversation; after that a new one is begun."""
PERSON: Final = ("human_request", "self_harm", "danger", "threat", "legal", "asked_for_person")
"""Reasons after which nothing of the conversation is answered automatically any more."""
MessageAuthor = Literal["customer", "bot", "staff", "system"]
MessageKind = Literal["message", "reply", "question", "notice"]
Activity = Literal["asked", "ended"]
"""What other processes do for a conversation: they ask a model, or something was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A visitor's conversation."""

    id: str
    customer: str | None
    """Who the company's own site says it is; None: anybody."""
    name: str
    with_person: bool
    """Whether people have it, and nothing is answered automatically any more."""
    last_number: int = 0
    """Of its messages, as far as they had been brought up to date then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An article an answer rests on."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One entry of a conversation as its visitor sees it."""

    number: int
    author: MessageAuthor
    kind: MessageKind
    marker: str
    """The visitor's own id of a message, or the key of a delivery."""
    ticket: TicketId | None
    text: str
    sources: tuple[Source, ...]
    at: datetime
    feedback: FeedbackAnswer | None = None
    """What the visitor said about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A conversation as it stands, with the messages after a number."""

    conversation: Conversation
    messages: tuple[ChatMessage, ...]
    waiting: bool
    """Whether a message of the visitor's is being answered automatically."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a message."""

    state: Literal["new", "repeat", "conflict", "too_many", "full", "changed"]
    """`conflict`: the id was used for another text; `too_many`: in a minute; `full`: the
    conversation is as long as one may be; `changed`: a person took it in this very moment."""
    number: int = 0
    ticket: TicketId | None = None


def stripped(text: str, most: int) -> str:
    """Return one line of text that every database can hold."""
    kept = "".join(sign for sign in text if sign.isprintable())
    return " ".join(kept.encode("utf-8", "ignore").decode().split())[:most]
