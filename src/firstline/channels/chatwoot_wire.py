"""Reading what Chatwoot sends, conversations and lists, and writing text as it shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

import re2

from firstline.channels.helpdesk import Author, Conversation, DeskRefused, Status, Turn
from firstline.channels.hooks import is_number
from firstline.channels.markup import readable, without_placeholders
from firstline.channels.read_back import last_reference, reference_of
from firstline.channels.watermark import Found
from firstline.records import Attachment

STATUSES: Mapping[Status, str] = {
    "open": "open",
    "pending": "pending",
    "solved": "resolved",
    "closed": "resolved",
}
_READ: Mapping[str, Status] = {
    "open": "open",
    "pending": "pending",
    "snoozed": "pending",
    "resolved": "solved",
}
_INCOMING: Final = (0, "incoming")
_OUTGOING: Final = (1, "outgoing")
"""Kinds of messages. Of the others, 2 says what happened and 3 comes from a template, such as a
greeting or a survey: nobody said anything."""
_CONTROLS = re2.compile(r"[\x{00}-\x{08}\x{0b}-\x{1f}\x{7f}-\x{9f}]")
_LINKING = re2.compile(r"\]([(\[:])")
_TAG = re2.compile(r"<([A-Za-z/!?])")


def is_id(value: object) -> bool:
    """Whether something is a number as Chatwoot gives conversations, and safe in a path."""
    return isinstance(value, str) and is_number(value)


def outgoing(text: str, marker: str) -> str:
    """Return a message with its reference at the end.

    Chatwoot reads messages as Markdown and fills placeholders in them. So what would make a link
    of other words than its address, HTML or a placeholder, is parted by a space.
    """
    plain = _CONTROLS.sub("", readable(text).replace("\r\n", "\n").replace("\r", "\n")).strip()
    parted = _TAG.sub(r"< \1", _LINKING.sub(r"] \1", without_placeholders(plain)))
    return f"{parted}\n\nRef: {reference_of(marker)}"


def conversation(said: Any, entries: list[Any], *, own: str) -> Conversation:
    """Return a conversation with its messages from their JSON.

    Args:
        said: What `GET /conversations/{id}` answered.
        entries: All its messages, in any order.
        own: The id of Firstline's own agent.

    Raises:
        DeskRefused: `unreadable`.
    """
    try:
        meta = said.get("meta") or {}
        contact = meta.get("sender") or {}
        verified = meta.get("hmac_verified") is True and _is_one_login(contact, entries)
        turns = [turn for entry in entries if (turn := _turn(entry, own)) is not None]
        return Conversation(
            id=str(said["id"]),
            subject=_one_line((said.get("additional_attributes") or {}).get("mail_subject")),
            requester=_requester(contact, verified=verified),
            verified=verified,
            status=_READ.get(str(said.get("status")), "open"),
            version=str(said.get("updated_at") or said.get("last_activity_at") or ""),
            turns=tuple(sorted(turns, key=lambda turn: (turn.at, int(turn.id)))),
            tags=tuple(str(label) for label in said.get("labels") or []),
            assignee="" if has_it(said) == own else has_it(said),
            group=_id_of(meta.get("team")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise DeskRefused("unreadable", "Chatwoot sent a conversation of unknown form") from None


def has_it(said: Any) -> str:
    """Return the id of the agent who has a conversation; empty for nobody, or a bot."""
    meta = said.get("meta") or {}
    # Bots and agents are numbered apart, so a bot's id may be an agent's too.
    return "" if meta.get("assignee_type") == "AgentBot" else _id_of(meta.get("assignee"))


def takes_replies(said: Any) -> bool:
    """Whether its channel delivers a reply now: some do so only a while after a message."""
    return said.get("can_reply") is not False


def newest(said: Any) -> int:
    """Return the id of the latest message that a conversation shows; 0 when it shows none."""
    return max((int(item["id"]) for item in said.get("messages") or []), default=0)


def messages(said: Any) -> dict[int, Any]:
    """Return a page of messages by their ids; raises DeskRefused (`unreadable`)."""
    try:
        return {int(entry["id"]): entry for entry in said["payload"]}
    except (KeyError, TypeError, ValueError):
        raise DeskRefused("unreadable", "Chatwoot sent messages of unknown form") from None


def found(said: Any) -> tuple[Found, ...]:
    """Return a page of the list as conversations with their last activity."""
    try:
        return tuple(
            (str(item["id"]), int(item["last_activity_at"]))
            for item in said["data"]["payload"]
            if is_id(str(item["id"]))
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DeskRefused("unreadable", "Chatwoot sent a list of unknown form") from None


def labels(said: Any) -> tuple[str, ...]:
    """Return the labels of a conversation; raises DeskRefused (`unreadable`)."""
    try:
        return tuple(str(label) for label in said["payload"])
    except (KeyError, TypeError):
        raise DeskRefused("unreadable", "Chatwoot sent labels of unknown form") from None


def teams(said: Any) -> dict[str, str]:
    """Return the numbers of teams by their names, which Chatwoot writes in small letters."""
    try:
        return {str(team["name"]).casefold(): str(team["id"]) for team in said}
    except (KeyError, TypeError):
        raise DeskRefused("unreadable", "Chatwoot sent teams of unknown form") from None


def _is_one_login(contact: Any, entries: list[Any]) -> bool:
    """Whether all that customers said was written by the one whose identity was signed.

    A conversation of the chat goes on by mail when its customer is away, and a mail can be sent in
    anybody's name.
    """
    theirs = [entry for entry in entries if entry.get("message_type") in _INCOMING]
    same = all(
        (entry.get("sender") or {}).get("id", contact.get("id")) == contact.get("id")
        and not _mail(entry)
        and entry.get("content_type") != "incoming_email"
        for entry in theirs
    )
    return bool(contact.get("identifier")) and same


def _requester(contact: Any, *, verified: bool) -> str:
    """Return who asks: what was signed, else an address that anybody may have typed."""
    keys = ("email", "phone_number", "identifier", "id")
    if verified:
        return str(contact["identifier"])
    return str(next((contact[key] for key in keys if contact.get(key)), ""))


def _turn(entry: Any, own: str) -> Turn | None:
    """Return what a message says; None when nobody said anything."""
    text = str(entry.get("content") or "")
    author = _author(entry, text, own)
    attachments = _attachments(entry)
    if author is None or (not text.strip() and not attachments):
        return None
    return Turn(
        id=str(int(entry["id"])),
        author=author,
        text=text,
        is_html=False,
        is_public=entry["private"] is False,
        at=datetime.fromtimestamp(int(entry["created_at"]), UTC),
        name=str((entry.get("sender") or {}).get("name") or ""),
        attachments=attachments,
        headers=_headers(entry) if author == "customer" else (),
    )


def _author(entry: Any, text: str, own: str) -> Author | None:
    """Return who wrote a message; None for rules and templates, whose words answer nobody.

    Firstline's are the messages of its own agent that carry a reference; without one a person used
    that seat. What another bot answered counts as the team's answer, as does what has no sender:
    it was written in the channel's own app.
    """
    more = entry.get("content_attributes") or {}
    if entry["message_type"] in _INCOMING:
        return None if more.get("deleted") else "customer"
    if entry["message_type"] not in _OUTGOING or more.get("automation_rule_id"):
        return None
    sender = entry.get("sender") or {}
    kind = str(sender.get("type") or entry.get("sender_type") or "").lower()
    ours = kind == "user" and str(sender.get("id") or entry.get("sender_id")) == own
    return "own" if ours and last_reference(text) else "staff"


def _mail(entry: Any) -> Mapping[str, Any]:
    """Return what Chatwoot tells of the mail that a message was; empty when it was none."""
    mail = (entry.get("content_attributes") or {}).get("email")
    return mail if isinstance(mail, dict) else {}


def _headers(entry: Any) -> tuple[tuple[str, str], ...]:
    mail = _mail(entry)
    senders = mail.get("from") or []
    pairs = (
        ("from", ", ".join(map(str, senders)) if isinstance(senders, list) else senders),
        ("message-id", mail.get("message_id")),
        ("subject", mail.get("subject")),
        ("auto-submitted", "auto-replied" if mail.get("auto_reply") is True else ""),
    )
    return tuple((name, _one_line(value)) for name, value in pairs if value)


def _attachments(entry: Any) -> tuple[Attachment, ...]:
    """Return a message's files; Chatwoot tells their names only as the end of their address."""
    files = []
    for item in entry.get("attachments") or []:
        if not isinstance(item, dict):
            continue  # Chatwoot says null for a file of a kind that it does not know.
        address = str(item.get("data_url") or "").partition("?")[0]
        ending = unquote(PurePosixPath(address).name)
        name = str(item.get("fallback_title") or ending or item.get("file_type") or "")
        kind = str(item.get("content_type") or guess_type(name)[0] or "")
        size = int(item.get("file_size") or 0)
        files.append(Attachment(name=name, media_type=kind, size=size))
    return tuple(files)


def _id_of(item: Any) -> str:
    return str(item["id"]) if isinstance(item, dict) and item.get("id") else ""


def _one_line(text: Any) -> str:
    return " ".join(str(text or "").split())
