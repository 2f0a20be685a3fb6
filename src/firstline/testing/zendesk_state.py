"""The tickets a Zendesk double holds, and how they look on the wire."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

OWN_AGENT, HUMAN_AGENT = 9001, 9002
_FIRST_CUSTOMER = 1001
_STEP = 3
"""Seconds between two changes, so that each has a stamp of its own."""
_BEHIND = 600
"""Seconds that stamps lag behind the clock, so that many changes fit in before they meet it."""


@dataclass(slots=True, kw_only=True)
class Person:
    """A user of the account."""

    id: int | None
    name: str
    email: str
    role: str
    verified: bool = True
    suspended: bool = False

    def wire(self) -> dict[str, Any]:
        """As Zendesk shows it."""
        return {
            "id": self.id,
            "url": f"https://acme.zendesk.com/api/v2/users/{self.id}.json",
            "name": self.name,
            "email": self.email,
            "role": self.role,
            "verified": self.verified,
            "active": True,
            "suspended": self.suspended,
        }


@dataclass(slots=True, kw_only=True)
class Change:
    """One update of a ticket: an audit, with its comment if it added one."""

    id: int
    author: int
    at: int
    via: str
    custom: dict[str, Any]
    comment: int = 0
    html: str = ""
    text: str = ""
    is_public: bool = False
    flags: tuple[int, ...] = ()
    files: tuple[dict[str, Any], ...] = ()

    def metadata(self) -> dict[str, Any]:
        """The metadata of the audit and of its comment."""
        found: dict[str, Any] = {"system": {"client": "double"}, "custom": self.custom}
        return found | ({"flags": list(self.flags)} if self.flags else {})

    def comment_wire(self) -> dict[str, Any]:
        """The comment as Zendesk lists it."""
        return {
            "id": self.comment,
            "type": "Comment",
            "author_id": self.author,
            "body": self.text,
            "html_body": self.html or self.text,
            "plain_body": self.text,
            "public": self.is_public,
            "attachments": list(self.files),
            "audit_id": self.id,
            "via": {"channel": self.via, "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": iso(self.at),
            "metadata": self.metadata(),
        }

    def audit_wire(self, ticket: int) -> dict[str, Any]:
        """The audit as Zendesk lists it."""
        change = {"id": self.id * 10 + 1, "type": "Change", "field_name": "status", "value": "open"}
        comment = {
            "id": self.comment,
            "type": "Comment",
            "author_id": self.author,
            "body": self.text,
            "public": self.is_public,
        }
        return {
            "id": self.id,
            "ticket_id": ticket,
            "created_at": iso(self.at),
            "author_id": self.author,
            "metadata": self.metadata(),
            "events": [comment if self.comment else change],
            "via": {"channel": self.via, "source": {"from": {}, "to": {}, "rel": None}},
        }


@dataclass(slots=True, kw_only=True)
class Kept:
    """A ticket."""

    id: int
    subject: str
    requester: int
    at: int
    status: str = "new"
    assignee: int | None = None
    group: int | None = None
    tags: list[str] = field(default_factory=list)
    copied: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    generated: float = 0.0

    @property
    def comments(self) -> list[Change]:
        """Everything that was said, oldest first."""
        return [change for change in self.changes if change.comment]

    def wire(self) -> dict[str, Any]:
        """As Zendesk shows it."""
        return {
            "id": self.id,
            "url": f"https://acme.zendesk.com/api/v2/tickets/{self.id}.json",
            "subject": self.subject,
            "raw_subject": self.subject,
            "description": self.comments[0].text if self.comments else "",
            "status": self.status,
            "priority": "normal",
            "requester_id": self.requester,
            "submitter_id": self.requester,
            "assignee_id": self.assignee,
            "group_id": self.group,
            "tags": list(self.tags),
            "collaborator_ids": list(self.copied),
            "email_cc_ids": list(self.copied),
            "follower_ids": [],
            "is_public": True,
            "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": iso(self.changes[0].at if self.changes else self.at),
            "updated_at": iso(self.at),
            "generated_timestamp": int(self.generated),
        }


class Account:
    """All tickets and people of the double."""

    def __init__(self, *, admin: bool, email: str, clock: Callable[[], float] = time.time) -> None:
        self.people = {
            OWN_AGENT: Person(
                id=OWN_AGENT, name="Firstline", email=email, role="admin" if admin else "agent"
            ),
            HUMAN_AGENT: Person(
                id=HUMAN_AGENT, name="Robin", email="robin@acme.example", role="agent"
            ),
        }
        self.groups = {501: "Support", 502: "Billing"}
        self.tickets: dict[int, Kept] = {}
        self.clock = clock
        self.behind = _BEHIND
        self._time = 0
        self._last = 0

    def customer(self, email: str, *, verified: bool = True) -> int:
        """Return the id of a customer, who is made when there is none."""
        for known, person in self.people.items():
            if person.email == email:
                person.verified = verified
                return known
        made = _FIRST_CUSTOMER + len(self.people)
        name = email.partition("@")[0].title()
        self.people[made] = Person(
            id=made, name=name, email=email, role="end-user", verified=verified
        )
        return made

    def open(self, subject: str, requester: int) -> Kept:
        """Make a ticket without comments."""
        ticket = Kept(
            id=35001 + len(self.tickets), subject=subject, requester=requester, at=self.tick()
        )
        self.tickets[ticket.id] = ticket
        return ticket

    def tick(self) -> int:
        """Return a second that nothing else happened in, some minutes ago."""
        self._time = max(self._time + _STEP, int(self.clock()) - self.behind)
        return self._time

    def change(  # noqa: PLR0913 - each is one column of an update
        self,
        ticket: Kept,
        author: int,
        *,
        text: str = "",
        html: str = "",
        is_public: bool = False,
        via: str = "web",
        custom: dict[str, Any] | None = None,
        flags: Iterable[int] = (),
        files: Iterable[dict[str, Any]] = (),
        same_second: bool = False,
    ) -> Change:
        """Add an update, with a comment when there is a text."""
        self._last += 1
        if not same_second:
            ticket.at = self.tick()
        ticket.generated = self.clock()
        done = Change(
            id=70000 + self._last,
            author=author,
            at=ticket.at,
            via=via,
            custom=custom or {},
            comment=800000 + self._last if text or html else 0,
            html=html,
            text=text or text_of(html),
            is_public=is_public,
            flags=tuple(flags),
            files=tuple(files),
        )
        ticket.changes.append(done)
        return done


class _Text(HTMLParser):
    """What a person reads of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.parts.append("\n\n")


def text_of(html: str) -> str:
    """Return the text of a comment's HTML."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts).strip()


def iso(seconds: int) -> str:
    """Return a moment as Zendesk writes it, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
