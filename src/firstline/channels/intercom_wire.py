"""Reading what Intercom sends: conversations, pages of a search, webhooks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import re2

from firstline.channels.helpdesk import Author, Conversation, DeskRefused, Hint, Status, Turn
from firstline.channels.hooks import hook_json, is_number
from firstline.channels.markup import readable
from firstline.channels.read_back import last_reference
from firstline.channels.watermark import Found
from firstline.errors import InputError
from firstline.records import Attachment

_CUSTOMERS = ("user", "lead", "contact")
_STATUSES: Mapping[str, Status] = {"open": "open", "snoozed": "pending", "closed": "solved"}
_PUBLIC = (
    "comment",
    "open",
    "close",
    "assignment",
    "assign_and_reopen",
    "assign_and_unsnooze",
    "snoozed",
    "unsnoozed",
    "quick_reply",
)
"""Kinds of parts whose text, if they have any, the customer reads. Any other kind is internal."""


def is_conversation_id(value: object) -> bool:
    """Whether something is an id as Intercom gives conversations, and safe in a path."""
    return isinstance(value, str) and is_number(value)


def conversation(
    said: Any, *, admin: str, identities_verified: bool, is_html: bool = True
) -> Conversation:
    """Return a conversation from its JSON.

    Args:
        said: What `GET /conversations/{id}` answered.
        admin: The id of Firstline's own teammate.
        identities_verified: Whether the workspace enforces identity verification.
        is_html: False: it was asked for as plain text.

    Raises:
        DeskRefused: `unreadable`.
    """
    try:
        found = _conversation(said, admin, identities_verified=identities_verified)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise DeskRefused("unreadable", "Intercom sent a conversation of unknown form") from None
    if is_html:
        return found
    return replace(found, turns=tuple(replace(turn, is_html=False) for turn in found.turns))


def _conversation(said: Any, admin: str, *, identities_verified: bool) -> Conversation:
    source = said.get("source") or {}
    parts = (said.get("conversation_parts") or {}).get("conversation_parts") or []
    turns = [*_first_turn(said, source, admin), *_turns(parts, admin)]
    turns.sort(key=lambda turn: turn.at)
    return Conversation(
        id=str(said["id"]),
        subject=_subject(said, source),
        requester=_requester(said, source, parts),
        verified=identities_verified and _is_one_user(said, source, parts),
        status=_STATUSES.get(str(said.get("state")), "open"),
        version=str(said.get("updated_at") or ""),
        turns=tuple(turns),
        tags=tuple(str(tag["name"]) for tag in (said.get("tags") or {}).get("tags") or []),
        assignee=_id_or_empty(said.get("admin_assignee_id")),
        group=_id_or_empty(said.get("team_assignee_id")),
        headers=_headers(source),
    )


def _is_one_user(said: Any, source: Any, parts: list[Any]) -> bool:
    """Whether all that customers said comes from one known user of the Messenger.

    Mail can be sent in anybody's name, and whoever else takes part reads the answers.
    """
    author = source.get("author") or {}
    began = author.get("type") == "user" and source.get("type") == "conversation"
    contacts = (said.get("contacts") or {}).get("contacts") or []
    theirs = [part for part in parts if (part.get("author") or {}).get("type") in _CUSTOMERS]
    same = all(
        part["author"].get("type") == "user"
        and part["author"].get("id") == author.get("id")
        and not part.get("email_message_metadata")
        for part in theirs
    )
    return began and same and len(contacts) <= 1


def _subject(said: Any, source: Any) -> str:
    return _plain(str(source.get("subject") or said.get("title") or ""))


def _requester(said: Any, source: Any, parts: list[Any]) -> str:
    """Return the e-mail address of the first customer who speaks, else the contact's id."""
    authors = [source.get("author") or {}, *((part.get("author") or {}) for part in parts)]
    for author in authors:
        if author.get("type") in _CUSTOMERS and author.get("email"):
            return str(author["email"])
    contacts = (said.get("contacts") or {}).get("contacts") or []
    return str(contacts[0]["id"]) if contacts else ""


def _headers(source: Any) -> tuple[tuple[str, str], ...]:
    """Return what Intercom tells of the mail a conversation began with."""
    mail = source.get("email_message_metadata") or {}
    found = [("message-id", mail["message_id"])] if mail.get("message_id") else []
    for item in mail.get("email_address_headers") or []:
        address = f"{item.get('name') or ''} <{item.get('email_address') or ''}>".strip()
        found.append((str(item.get("type") or "").lower(), address))
    return tuple((name, _one_line(str(value))) for name, value in found if name)


def _first_turn(said: Any, source: Any, admin: str) -> Iterator[Turn]:
    """Yield the message that began the conversation, if it has any."""
    if not source.get("body") and not source.get("attachments"):
        return
    author = _author(source, admin)
    if author is not None:
        yield Turn(
            id=f"source-{source.get('id') or said['id']}",
            author=author,
            text=str(source.get("body") or ""),
            is_html=True,
            is_public=True,
            at=_moment(said["created_at"]),
            name=str((source.get("author") or {}).get("name") or ""),
            attachments=_attachments(source),
        )


def _turns(parts: list[Any], admin: str) -> Iterator[Turn]:
    for part in parts:
        if not part.get("body") and not part.get("attachments"):
            continue  # a change of state or of who has it: nobody said anything
        author = _author(part, admin)
        if author is None:
            continue
        yield Turn(
            id=str(part["id"]),
            author=author,
            text=str(part.get("body") or ""),
            is_html=True,
            is_public=author == "customer" or part.get("part_type") in _PUBLIC,
            at=_moment(part["created_at"]),
            name=str((part.get("author") or {}).get("name") or ""),
            attachments=_attachments(part),
        )


def _author(message: Any, admin: str) -> Author | None:
    """Return who wrote something; None for workflows, whose "we will be with you" answers nobody.

    Firstline's are the messages of its own teammate that carry a reference; without one a person
    used that seat. What Intercom's AI agent answered counts as the team's answer.
    """
    author = message.get("author") or {}
    kind = author.get("type")
    if kind in _CUSTOMERS:
        return "customer"
    if kind == "bot" and not (author.get("from_ai_agent") or author.get("is_ai_answer")):
        return None
    own = kind == "admin" and str(author.get("id")) == admin
    return "own" if own and last_reference(str(message.get("body") or "")) else "staff"


def _attachments(message: Any) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=str(item.get("name") or ""),
            media_type=str(item.get("content_type") or ""),
            size=int(item.get("filesize") or 0),
        )
        for item in message.get("attachments") or []
    )


def own_part(said: Any, reference: str) -> str:
    """Return the id of the part that carries a reference, from the answer to a reply."""
    parts = ((said or {}).get("conversation_parts") or {}).get("conversation_parts") or []
    for part in reversed(parts):
        if last_reference(str(part.get("body") or "")) == reference:
            return str(part.get("id") or "")
    return ""


def found(said: Any) -> tuple[tuple[Found, ...], str]:
    """Return a page of a search as tickets with their stamps, and where the next one begins."""
    try:
        items = tuple(
            (str(item["id"]), int(item["updated_at"]))
            for item in said["conversations"]
            if is_conversation_id(str(item["id"]))
        )
        following = (said.get("pages") or {}).get("next") or {}
        return items, str(following.get("starting_after") or "")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DeskRefused("unreadable", "Intercom sent a search of unknown form") from None


def teams(said: Any) -> dict[str, str]:
    """Return the ids of teams by their names."""
    try:
        return {str(team["name"]): str(team["id"]) for team in said["teams"]}
    except (KeyError, TypeError):
        raise DeskRefused("unreadable", "Intercom sent teams of unknown form") from None


def hints(body: bytes) -> tuple[Hint, ...]:
    """Read a webhook; one that concerns no conversation names no ticket.

    Raises:
        InputError: It is none of Intercom's.
    """
    said = hook_json(body, "Intercom")
    if said.get("type") != "notification_event" or not isinstance(said.get("topic"), str):
        raise InputError("the webhook is no notification of Intercom's")
    data = said.get("data")
    item = data.get("item") if isinstance(data, dict) else None
    ticket = ""
    if isinstance(item, dict) and item.get("type") == "conversation":
        ticket = str(item.get("id") or "")
        if not is_conversation_id(ticket):
            raise InputError("the webhook names a conversation by something that is no id")
    event = said.get("id")
    if not isinstance(event, str) or not event:
        event = sha256(body).hexdigest()[:32]
    return (Hint(id=event[:100], ticket=ticket, topic=said["topic"][:100]),)


def text_of(said: Any, key: str) -> str:
    """Return a text of an object; empty if there is none."""
    value = said.get(key) if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _id_or_empty(value: Any) -> str:
    """Return an assignee's id; Intercom says null, 0 or nothing for none."""
    return "" if value in (None, 0, "0", "") else str(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    """Return a subject without the paragraph that Intercom puts around it."""
    return _one_line(_TAGS.sub(" ", readable(text)))


_TAGS = re2.compile(r"</?[a-zA-Z][^<>]{0,500}>")
