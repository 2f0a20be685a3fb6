"""What Firstline asks of a helpdesk. Adding one is one file that does this, and its contract tests.

A webhook is a hint and nothing more: it names a ticket, and the ticket is fetched afresh. So what
comes late, twice, in the wrong order or not at all makes no difference to what is answered, and a
payload that somebody forged can at worst make us look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from firstline.channels.base import Parcel, ParcelKind, Presence
from firstline.records import Attachment, IntakeFlag

Author = Literal["customer", "staff", "own"]
"""Who wrote a message: the customer, a person of the team, or Firstline itself."""
Status = Literal["open", "pending", "solved", "closed"]
"""How a conversation stands, in the words all helpdesks share."""
Verdict = Literal["good", "unsigned", "wrong", "stale"]
"""What a signature says: `stale` is right but older than the replay window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A webhook says that something happened to a ticket."""

    id: str
    """The event's own id, the same each time it is delivered; made of its content otherwise."""
    ticket: str
    """The helpdesk's id of the ticket or conversation; empty: a handshake, nothing to look at."""
    topic: str
    """What happened, in the helpdesk's words; for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation, as the helpdesk has it."""

    id: str
    author: Author
    text: str
    is_html: bool
    is_public: bool
    """False: an internal note."""
    at: datetime
    name: str = ""
    attachments: tuple[Attachment, ...] = ()
    sender: str = ""
    """The author's own address, where each message has one (mail); else the requester's holds."""
    verified: bool | None = None
    """Whether `sender` is vouched for; None: what the conversation says holds."""
    headers: tuple[tuple[str, str], ...] = ()
    """Of this message, names lower-cased, where it is a mail."""
    flags: tuple[IntakeFlag, ...] = ()
    """What was found wrong while it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A ticket with everything that was said, fetched afresh."""

    id: str
    subject: str
    requester: str
    """The requester's e-mail address, or the helpdesk's id where it has none."""
    verified: bool
    """Whether the helpdesk vouches for the requester."""
    status: Status
    version: str
    """Changes with every change; a conditional write names it. Empty where there is none."""
    turns: tuple[Turn, ...]
    """Oldest first."""
    tags: tuple[str, ...] = ()
    assignee: str = ""
    group: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Of the mail it began with, names lower-cased, where the helpdesk tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A delivery that did not arrive, or not yet."""

    reference: str
    """What sending it returned."""
    action: Literal["failed", "delayed", "delivered"]
    """`failed` for good, `delayed` and still tried, or `delivered` after all."""
    status: str = ""
    """The enhanced status code, such as `5.1.1`; empty when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed since a cursor."""

    tickets: tuple[str, ...]
    cursor: str
    """Where to go on; opaque, kept by the caller."""
    more: bool
    """Whether to ask again at once."""
    bounces: tuple[Bounce, ...] = ()
    """Reports about our own deliveries; they are no tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Where a ticket goes that a person is to answer."""

    note: str
    """The packet, as an internal note."""
    group: str = ""
    assignee: str = ""
    tags: tuple[str, ...] = ()


class Helpdesk(Protocol):
    """One helpdesk account. Network failures raise OSError; refusals raise `DeskRefused`."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Say whether a webhook is genuine, over its raw body, in constant time."""
        ...

    def hints(self, body: bytes) -> tuple[Hint, ...]:
        """Read a genuine webhook; raises InputError when it is none of this helpdesk."""
        ...

    async def fetch(self, ticket: str) -> Conversation:
        """Return a ticket afresh."""
        ...

    async def reply(self, parcel: Parcel, seen: Conversation, *, status: Status) -> str:
        """Post a public reply and set the status in the same write, if nothing changed since.

        Returns the message's own id. Raises `DeskRefused("changed")` when somebody was faster.
        """
        ...

    async def note(self, parcel: Parcel, seen: Conversation) -> str:
        """Post an internal note; the customer never sees it."""
        ...

    async def hand_over(self, parcel: Parcel, seen: Conversation, to: HandOver) -> str:
        """Assign a ticket to people and leave the packet as a note."""
        ...

    async def find(self, marker: str, ticket: str, *, kind: ParcelKind = "reply") -> Presence:
        """Say whether a delivery of this kind and marker is in the ticket."""
        ...

    async def changed(self, cursor: str) -> Changes:
        """Return the tickets that changed since a cursor; an empty one begins a minute ago."""
        ...

    async def check(self) -> str:
        """Try the credentials; return who we are there, for people. Raises `DeskRefused`."""
        ...


@runtime_checkable
class Watchable(Protocol):
    """A helpdesk whose server can tell by itself that something came."""

    async def wait(self, cursor: str, seconds: float) -> bool:
        """Wait until there is something that a cursor does not know, at most for some seconds.

        An empty cursor means: from now on. Returns whether to ask `changed` now; False at once
        where the server cannot tell. Raises OSError.
        """
        ...


@runtime_checkable
class Naming(Protocol):
    """A helpdesk whose references follow from the attempt marker."""

    def references(self, marker: str) -> tuple[str, ...]:
        """Return what sending a delivery of this marker may have returned."""
        ...


class DeskRefused(OSError):
    """A helpdesk would not do it.

    Attributes:
        why: A stable code to act on.
        retry_after: Seconds after which it may be tried again, when the helpdesk said.
    """

    def __init__(
        self,
        why: Literal[
            "changed", "missing", "forbidden", "invalid", "too_many", "unavailable", "unreadable"
        ],
        problem: str,
        *,
        retry_after: float | None = None,
    ) -> None:
        self.why = why
        self.retry_after = retry_after
        super().__init__(problem)
