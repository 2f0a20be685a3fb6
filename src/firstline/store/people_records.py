"""The records of access: a person, a session, a key, an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Role = Literal["agent", "lead", "admin"]
"""What somebody may do; each may do what the one before may.

agent: review tickets and see what happens. lead: change knowledge, autonomy, and see the audit of
views. admin: people and keys.
"""
ROLES: tuple[Role, ...] = get_args(Role)
Scope = Literal[
    "tickets:write", "tickets:read", "feedback:write", "decisions:write", "metrics:read"
]
"""What a key may do."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
CodeKind = Literal["setup", "invite", "reset"]
Action = Literal[
    "viewed",
    "exported",
    "signed in",
    "sign-in failed",
    "signed out",
    "session ended",
    "first admin set up",
    "invited",
    "invitation used",
    "reset link made",
    "password changed",
    "role changed",
    "person added",
    "person disabled",
    "person enabled",
    "key made",
    "key revoked",
]
"""What is written down."""
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here."""

    id: str
    name: str
    """No two people have the same, whatever its case: decisions and claims are signed with it."""
    email: str
    """In lower case."""
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this person may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person to add."""

    email: str
    name: str
    role: Role
    hashed: str
    """The password's hash; empty when they sign in elsewhere."""
    made_by: str = ""
    """The name of who adds them; empty: the command line, or they themselves."""
    subject: str | None = None
    """Who they are at the identity provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPerson(Person):
    """A person as those who manage people see them."""

    made_by: str
    made_at: datetime
    has_password: bool
    signs_in_elsewhere: bool
    """Through the company's identity provider."""
    seen_at: datetime | None
    """When they last used the console, to the minute."""
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """Where somebody is signed in."""

    hash: str
    """Names the session; nobody can sign in with it."""
    person: Person
    made_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key with which a program asks."""

    id: str
    name: str
    prefix: str
    """How the key begins: shown to tell keys apart."""
    scopes: tuple[Scope, ...]
    made_by: str
    made_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    """When it was last used, to the minute."""
    revoked_at: datetime | None = None
    revoked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCode:
    """What works once instead of a password."""

    hash: str
    kind: CodeKind
    person: str = ""
    """Whose password it sets, of a reset."""
    email: str = ""
    name: str = ""
    role: Role = "agent"
    made_by: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something to write down."""

    action: Action
    actor: str = ""
    """The id of a person or key; empty: nobody who is known."""
    name: str = ""
    """What the actor is called."""
    kind: str = ""
    """What it was done to: `ticket`, `customer`, `person`, `key` …"""
    subject: str = ""
    """Which one: its id."""
    detail: str = ""
    address: str = ""
    """From where, as far as it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(NewEvent):
    """Something that was seen or done."""

    number: int
    at: datetime
