"""From rows of the tables of access to records."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from firstline.store.people_records import (
    ROLES,
    SCOPES,
    ApiKey,
    EntryCode,
    Person,
    Role,
    Scope,
    StoredPerson,
    StoredSession,
)

Row: TypeAlias = Any
"""A row of the database: columns by name, whatever was selected."""


def time_of(text: str) -> datetime | None:
    """Return a time, or None for an empty one."""
    return datetime.fromisoformat(text) if text else None


def role_of(text: str) -> Role:
    """Return a role; raises ValueError for anything else, so that nobody gets rights by mistake."""
    for role in ROLES:
        if role == text:
            return role
    raise ValueError(f"the database has an unknown role: {text[:40]!r}")


def person_of(row: Row) -> Person:
    """Return a person."""
    return Person(id=row.id, name=row.name, email=row.email, role=role_of(row.role))


def stored_person(row: Row) -> StoredPerson:
    """Return a person with what those who manage people see."""
    return StoredPerson(
        id=row.id,
        name=row.name,
        email=row.email,
        role=role_of(row.role),
        made_by=row.made_by,
        made_at=datetime.fromisoformat(row.made_at),
        has_password=bool(row.password),
        signs_in_elsewhere=row.subject is not None,
        seen_at=time_of(row.seen_at),
        disabled_at=time_of(row.disabled_at),
    )


def stored_session(row: Row) -> StoredSession:
    """Return a session, of a row that is joined with its person."""
    return StoredSession(
        hash=row.hash,
        person=person_of(row),
        made_at=datetime.fromisoformat(row.session_made_at),
        seen_at=datetime.fromisoformat(row.session_seen_at),
        expires_at=datetime.fromisoformat(row.expires_at),
        address=row.address,
        browser=row.browser,
    )


def key_of(row: Row) -> ApiKey:
    """Return a key; scopes that are not known any more give no rights."""
    said = row.scopes.split()
    scopes: tuple[Scope, ...] = tuple(scope for scope in SCOPES if scope in said)
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=scopes,
        made_by=row.made_by,
        made_at=datetime.fromisoformat(row.made_at),
        expires_at=time_of(row.expires_at),
        used_at=time_of(row.used_at),
        revoked_at=time_of(row.revoked_at),
        revoked_by=row.revoked_by,
    )


def code_of(row: Row) -> EntryCode:
    """Return what works once instead of a password."""
    return EntryCode(
        hash=row.hash,
        kind=row.kind,
        person=row.person,
        email=row.email,
        name=row.name,
        role=role_of(row.role or "agent"),
        made_by=row.made_by,
        made_at=datetime.fromisoformat(row.made_at),
        expires_at=datetime.fromisoformat(row.expires_at),
    )
