"""Reading what Freshdesk sends: tickets, their conversations, lists, webhooks. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from firstline.channels.helpdesk import Author, Conversation, DeskRefused, Hint, Status, Turn
from firstline.channels.hooks import hook_json, is_number
from firstline.channels.read_back import last_reference
from firstline.channels.watermark import Found
from firstline.errors import InputError
from firstline.records import Attachment

STATUSES: Mapping[Status, int] = {"open": 2, "pending": 3, "solved": 4, "closed": 5}
_READ: Mapping[int, Status] = {
    **{number: status for status, number in STATUSES.items()},
    6: "pending",  # waiting on customer
    7: "pending",  # waiting on third party
}
_PORTAL, _OUTBOUND, _FORWARD = 2, 10, 8
"""Where a ticket came from, or what kind a message is: portal, outbound mail, a forwarded mail."""


def is_id(value: object) -> bool:
    """Whether something is an id as Freshdesk gives them, and safe in a path."""
    return isinstance(value, str) and is_number(value)


def conversation(
    ticket: Any, entries: list[Any], *, agent: str, portal_needs_login: bool
) -> Conversation:
    """Return a ticket with its conversations from their JSON.

    Args:
        ticket: What `GET /tickets/{id}?include=requester` answered.
        entries: All its conversations, oldest first.
        agent: The id of Firstline's own agent.
        portal_needs_login: Whether nobody can open a ticket in the portal without signing in.

    Raises:
        DeskRefused: `unreadable`.
    """
    try:
        requester = ticket.get("requester") or {}
        turns = [*_first_turn(ticket, agent), *_turns(ticket, entries, agent)]
        return Conversation(
            id=str(ticket["id"]),
            subject=" ".join(str(ticket.get("subject") or "").split()),
            requester=str(requester.get("email") or ticket.get("requester_id") or ""),
            verified=portal_needs_login and _is_one_login(ticket, turns),
            status=_status(ticket),
            version=str(ticket.get("updated_at") or ""),
            turns=tuple(sorted(turns, key=lambda turn: turn.at)),
            tags=tuple(str(tag) for tag in ticket.get("tags") or []),
            assignee=str(ticket.get("responder_id") or ""),
            group=str(ticket.get("group_id") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise DeskRefused("unreadable", "Freshdesk sent a ticket of unknown form") from None


def length(entries: list[Any]) -> int:
    """Return how many characters messages have."""
    bodies = (entry.get("body") for entry in entries if isinstance(entry, dict))
    return sum(len(body) for body in bodies if isinstance(body, str))


def _is_one_login(ticket: Any, turns: list[Turn]) -> bool:
    """Whether all that customers said was written in the portal, and nobody else reads along.

    Of later messages Freshdesk does not say whether they came from the portal or as mail, which can
    be sent in anybody's name.
    """
    later = [turn for turn in turns[1:] if turn.author == "customer"]
    return ticket.get("source") == _PORTAL and not later and not ticket.get("cc_emails")


def _status(ticket: Any) -> Status:
    """Return how a ticket stands; one that is spam, or in the trash, takes no answers."""
    if ticket.get("spam") or ticket.get("deleted"):
        return "closed"
    return _READ.get(ticket.get("status"), "open")


def _first_turn(ticket: Any, agent: str) -> Iterator[Turn]:
    """Yield the description: the customer's, unless the team began with an outbound mail."""
    text = str(ticket.get("description") or "")
    attachments = _attachments(ticket)
    if not text and not attachments:
        return
    outbound = ticket.get("source") == _OUTBOUND
    own = outbound and str(ticket.get("responder_id")) == agent and last_reference(text)
    yield Turn(
        id=f"description-{ticket['id']}",
        author="own" if own else "staff" if outbound else "customer",
        text=text,
        is_html=True,
        is_public=True,
        at=moment(ticket["created_at"]),
        name=str((ticket.get("requester") or {}).get("name") or ""),
        attachments=attachments,
    )


def _turns(ticket: Any, entries: list[Any], agent: str) -> Iterator[Turn]:
    for entry in entries:
        forwarded = entry.get("source") == _FORWARD
        yield Turn(
            id=str(entry["id"]),
            author=_author(ticket, entry, agent),
            text=str(entry.get("body") or ""),
            is_html=True,
            is_public=entry["private"] is False and not forwarded,
            at=moment(entry["created_at"]),
            attachments=_attachments(entry),
        )


def _author(ticket: Any, entry: Any, agent: str) -> Author:
    """Return who wrote something.

    Firstline's are the messages of its own agent that carry a reference; without one a person used
    that agent's seat.
    """
    user = str(entry.get("user_id"))
    if user == agent and last_reference(str(entry.get("body") or "")):
        return "own"
    theirs = entry.get("incoming") or user == str(ticket.get("requester_id"))
    return "customer" if theirs else "staff"


def _attachments(message: Any) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=str(item.get("name") or ""),
            media_type=str(item.get("content_type") or ""),
            size=int(item.get("size") or 0),
        )
        for item in message.get("attachments") or []
    )


def found(said: Any) -> tuple[Found, ...]:
    """Return a page of a list as tickets with their stamps."""
    try:
        return tuple(
            (str(item["id"]), int(moment(item["updated_at"]).timestamp()))
            for item in said
            if is_id(str(item["id"]))
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise DeskRefused("unreadable", "Freshdesk sent a list of unknown form") from None


def groups(said: Any) -> dict[str, str]:
    """Return the numbers of groups by their names."""
    try:
        return {str(group["name"]): str(group["id"]) for group in said}
    except (KeyError, TypeError):
        raise DeskRefused("unreadable", "Freshdesk sent groups of unknown form") from None


def hints(body: bytes) -> tuple[Hint, ...]:
    """Read a webhook: JSON with `ticket_id`, alone or within `freshdesk_webhook`.

    Freshdesk gives its webhooks no id and has no placeholder that changes with each event. So each
    one counts as new unless the rule's body brings an `event_id`: looking twice does no harm,
    taking a second message for the first one would.

    Raises:
        InputError: It is none of Freshdesk's.
    """
    said = hook_json(body, "Freshdesk")
    inner = said.get("freshdesk_webhook", said)
    if not isinstance(inner, dict):
        raise InputError("the webhook's freshdesk_webhook is no object")
    number = inner.get("ticket_id")
    ticket = str(number) if isinstance(number, int | str) else ""
    if not is_id(ticket):
        raise InputError(
            "the webhook names no ticket", fix='Let its body have "ticket_id": "{{ticket.id}}"'
        )
    given = inner.get("event_id")
    unique = given if isinstance(given, str) and given else secrets.token_hex(8)
    event = sha256(f"{ticket}\0{unique}".encode()).hexdigest()[:32]
    topic = inner.get("event") or inner.get("triggered_event")
    return (Hint(id=event, ticket=ticket, topic=str(topic or "rule")[:100]),)


def moment(text: Any) -> datetime:
    """Return a moment as Freshdesk writes it (ISO 8601); one without a zone is UTC."""
    parsed = datetime.fromisoformat(str(text))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
