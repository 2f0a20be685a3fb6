"""From Zendesk's JSON to a conversation: who wrote what, and whether they are who they say.

A message is Firstline's own when our agent posted it through the API, or an agent did with our
marker; what our agent wrote in the web interface is a person using the same login. A requester
counts as verified only when Zendesk says so of the person and doubts none of the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firstline.channels.helpdesk import Author, Conversation, Status, Turn
from firstline.records import Attachment

MARKER = "firstline"
"""The key of the attempt marker in the metadata of an update."""
YOUNG = "?"
"""Ends a version whose second was not over when it was read: more may have happened in it."""
_YOUNG_SECONDS = 2
_UNTRUSTED = frozenset({0, 2, 3, 14, 20, 21, 22})
"""Zendesk's comment flags that doubt who wrote: not trusted, not part of the conversation, not
signed in, perhaps not sent by the user, From and Reply-To differ, address not confirmed."""
_AUTOMATIC = 4
"""Zendesk's comment flag for what a machine wrote."""
_AUTOMATIC_HEADERS = (("auto-submitted", "auto-generated"),)
"""The same in a mail's words, which the loop guard reads."""
_STAFF = frozenset({"agent", "admin"})
_STATUSES: dict[str, Status] = {
    "new": "open",
    "open": "open",
    "pending": "pending",
    "hold": "pending",
    "solved": "solved",
    "closed": "closed",
}


class _Read(BaseModel):
    """Only what is used; a new field of Zendesk's is no error."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class User(_Read):
    """A person, as they come beside tickets and comments."""

    id: int | None = None
    name: str | None = None
    email: str | None = None
    role: str | None = None
    verified: bool | None = None
    suspended: bool | None = None


class _Via(_Read):
    channel: str | int | None = None


class _File(_Read):
    file_name: str | None = None
    content_type: str | None = None
    size: int | None = None


class _Metadata(_Read):
    custom: Any = None
    flags: list[int] | None = None

    @property
    def marker(self) -> str:
        value = self.custom.get(MARKER) if isinstance(self.custom, dict) else None
        return value if isinstance(value, str) else ""


class Comment(_Read):
    """One message or internal note."""

    id: int
    author_id: int | None = None
    body: str | None = None
    public: bool = True
    created_at: datetime
    via: _Via = Field(default_factory=_Via)
    metadata: _Metadata | None = None
    attachments: list[_File] = Field(default_factory=list)

    @property
    def flags(self) -> frozenset[int]:
        """What Zendesk says against it."""
        return frozenset((self.metadata.flags if self.metadata else None) or ())


class Ticket(_Read):
    """The ticket without its comments."""

    id: int
    subject: str | None = None
    status: str
    requester_id: int
    assignee_id: int | None = None
    group_id: int | None = None
    updated_at: datetime
    tags: list[str] = Field(default_factory=list)
    email_cc_ids: list[int] = Field(default_factory=list)
    collaborator_ids: list[int] = Field(default_factory=list)


class ShownTicket(_Read):
    """The answer to one ticket."""

    ticket: Ticket
    users: list[User] = Field(default_factory=list)


class UpdatedTicket(_Read):
    """The raw stamp of a ticket, as Zendesk wrote it, for conditional writes."""

    updated_at: str


class Stamped(_Read):
    """The same answer, read for its stamp."""

    ticket: UpdatedTicket


class Page(_Read):
    """What tells where a list goes on."""

    has_more: bool = False
    after_cursor: str | None = None


class Listed(_Read):
    """A page of any list."""

    meta: Page = Field(default_factory=Page)


class CommentPage(Listed):
    """A page of comments."""

    comments: list[Comment]
    users: list[User] = Field(default_factory=list)


class _Event(_Read):
    id: int | None = None
    type: str | None = None


class Audit(_Read):
    """One update of a ticket, with what it did."""

    id: int | None = None
    author_id: int | None = None
    via: _Via = Field(default_factory=_Via)
    metadata: _Metadata | None = None
    events: list[_Event] = Field(default_factory=list)

    @property
    def marker(self) -> str:
        """The attempt marker it carries; empty if none."""
        return self.metadata.marker if self.metadata else ""

    @property
    def comment(self) -> str:
        """The id of the comment it added; empty if none."""
        kinds = ("Comment", "VoiceComment")
        found = next((item.id for item in self.events if item.type in kinds), None)
        return "" if found is None else str(found)

    @property
    def by_api(self) -> bool:
        """Whether it came through the API."""
        return self.via.channel in ("api", None)


class AuditPage(Listed):
    """A page of audits."""

    audits: list[Audit]


class Written(_Read):
    """The answer to an update."""

    audit: Audit | None = None


class Exported(_Read):
    """One ticket of the incremental export."""

    id: int
    status: str | None = None


class Export(_Read):
    """A page of the incremental export."""

    tickets: list[Exported]
    after_cursor: str | None = None
    end_of_stream: bool = True


class Changed(Exported):
    """One ticket of the plain list."""

    updated_at: datetime


class ChangedPage(Listed):
    """A page of the plain list."""

    tickets: list[Changed]


class Me(_Read):
    """Who the token acts for; without an id when it acts for nobody."""

    user: User


class Group(_Read):
    """A group of agents."""

    id: int
    name: str


class GroupPage(Listed):
    """A page of groups."""

    groups: list[Group]


def conversation(
    shown: ShownTicket,
    comments: Iterable[Comment],
    people: Mapping[int, User],
    *,
    me: int,
    stamp: str,
    date: str,
) -> Conversation:
    """Put a ticket together.

    Args:
        shown: The ticket, read before its comments, so that a write naming its stamp fails when
            a comment came later.
        comments: Oldest first.
        people: By id: everybody who came beside the ticket and its comments.
        me: Our own agent's id.
        stamp: `updated_at` as Zendesk wrote it.
        date: The answer's own `Date`, to tell whether the stamp's second is over.
    """
    ticket = shown.ticket
    listed = list(comments)
    turns = tuple(_turn(item, ticket, people, me) for item in listed)
    requester = people.get(ticket.requester_id, User())
    return Conversation(
        id=str(ticket.id),
        subject=ticket.subject or "",
        requester=(requester.email or str(ticket.requester_id)).lower(),
        verified=_is_verified(ticket, listed, turns, people),
        status=_STATUSES.get(ticket.status, "open"),
        version=stamp + (YOUNG if _is_young(ticket.updated_at, date) else ""),
        turns=turns,
        tags=tuple(ticket.tags),
        assignee="" if ticket.assignee_id is None else str(ticket.assignee_id),
        group="" if ticket.group_id is None else str(ticket.group_id),
        headers=turns[0].headers if turns else (),
    )


def _turn(item: Comment, ticket: Ticket, people: Mapping[int, User], me: int) -> Turn:
    person = people.get(item.author_id or 0, User())
    author = _author(item, ticket, person, me)
    is_other = author == "customer" and item.author_id != ticket.requester_id
    return Turn(
        id=str(item.id),
        author=author,
        text=item.body or "",
        is_html=False,
        is_public=item.public,
        at=item.created_at,
        name=(person.name or "")[:200],
        attachments=tuple(
            Attachment(
                name=file.file_name or "",
                media_type=file.content_type or "application/octet-stream",
                size=max(file.size or 0, 0),
            )
            for file in item.attachments
        ),
        sender=(person.email or str(item.author_id)).lower() if is_other else "",
        headers=_AUTOMATIC_HEADERS if _AUTOMATIC in item.flags else (),
    )


def _author(item: Comment, ticket: Ticket, person: User, me: int) -> Author:
    marked = bool(item.metadata and item.metadata.marker)
    if item.author_id == me:
        return "own" if marked or item.via.channel in ("api", None) else "staff"
    if person.role in _STAFF and marked:
        return "own"
    if item.author_id == ticket.requester_id or person.role == "end-user":
        return "customer"
    return "staff"


def _is_verified(
    ticket: Ticket, comments: list[Comment], turns: tuple[Turn, ...], people: Mapping[int, User]
) -> bool:
    """Whether what is answered goes to the requester alone, and they are who they say."""
    requester = people.get(ticket.requester_id)
    if requester is None or not requester.verified or requester.suspended:
        return False
    copied = set(ticket.email_cc_ids) | set(ticket.collaborator_ids)
    if any(people.get(person, User()).role not in _STAFF for person in copied):
        return False
    said = [item for item, turn in zip(comments, turns, strict=True) if turn.author == "customer"]
    return not any(
        item.author_id != ticket.requester_id or item.flags & _UNTRUSTED for item in said
    )


def _is_young(updated: datetime, date: str) -> bool:
    try:
        read_at = parsedate_to_datetime(date)
        return (read_at - updated).total_seconds() < _YOUNG_SECONDS
    except (ValueError, TypeError, IndexError):
        return True
