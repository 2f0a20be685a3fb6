"""People: who works here, in which role, and how they prove who they are.

What changes somebody's rights or password ends their sessions and is written into the audit, all
in one transaction. There is always somebody left who is an admin.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from firstline.errors import InputError
from firstline.store.access_log import add_event
from firstline.store.database import reading
from firstline.store.people_records import NewEvent, NewPerson, Person, Role, StoredPerson
from firstline.store.people_rows import person_of, stored_person
from firstline.store.people_tables import device, person, session
from firstline.store.tickets import instant

RESERVED_NAMES = ("firstline", "system", "nobody")
"""What Firstline itself signs with, or could be taken for it."""


class Credentials(NamedTuple):
    """What signing in is checked against."""

    person: Person
    hashed: str
    """The argon2id hash; empty when this person signs in elsewhere or was never let in."""
    is_disabled: bool


class PeopleStore:
    """The people of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)

    def list(self) -> tuple[StoredPerson, ...]:
        """Return everybody, by name."""
        query = sa.select(person).order_by(person.c.name_folded)
        with self._reader.connect() as connection:
            return tuple(stored_person(row) for row in connection.execute(query))

    def get(self, person_id: str) -> StoredPerson | None:
        """Return a person, or None."""
        return self._one(person.c.id == person_id)

    def by_email(self, email: str) -> StoredPerson | None:
        """Return who has an address, or None."""
        return self._one(person.c.email == email.lower())

    def _one(self, condition: sa.ColumnElement[bool]) -> StoredPerson | None:
        with self._reader.connect() as connection:
            row = connection.execute(sa.select(person).where(condition)).one_or_none()
        return None if row is None else stored_person(row)

    def credentials(self, email: str) -> Credentials | None:
        """Return what a password is checked against, or None for an unknown address."""
        return self._credentials(person.c.email == email.lower())

    def credentials_of(self, person_id: str) -> Credentials | None:
        """Return what a person's password is checked against."""
        return self._credentials(person.c.id == person_id)

    def by_subject(self, subject: str) -> Credentials | None:
        """Return who an identity provider knows by this name, or None."""
        return self._credentials(person.c.subject == subject)

    def _credentials(self, condition: sa.ColumnElement[bool]) -> Credentials | None:
        with self._reader.connect() as connection:
            row = connection.execute(sa.select(person).where(condition)).one_or_none()
        if row is None:
            return None
        return Credentials(person_of(row), row.password, bool(row.disabled_at))

    def add(self, new: NewPerson, by: Person | None, now: datetime) -> Person:
        """Add a person; `by` is None for the command line.

        Raises:
            InputError: The address or the name is somebody's already, or reserved.
        """
        event = NewEvent(action="person added", **actor(by))
        with taken_is_said(), self._engine.begin() as connection:
            return add_person(connection, new, event, now)

    def set_password(self, person_id: str, hashed: str, by: Person | None, now: datetime) -> None:
        """Give a person another password; ends all their sessions and forgets their browsers."""
        with self._engine.begin() as connection:
            change_password(connection, person_id, hashed, by, now)

    def renew_hash(self, person_id: str, old: str, new: str) -> None:
        """Store the same password under newer parameters, unless it was changed meanwhile."""
        changed = (
            person.update()
            .where(person.c.id == person_id, person.c.password == old)
            .values(password=new)
        )
        with self._engine.begin() as connection:
            connection.execute(changed)

    def link(self, person_id: str, subject: str) -> bool:
        """Note who a person is at the identity provider; False when they are somebody already."""
        linked = (
            person.update()
            .where(person.c.id == person_id, person.c.subject.is_(None))
            .values(subject=subject)
        )
        try:
            with self._engine.begin() as connection:
                return bool(connection.execute(linked).rowcount)
        except IntegrityError:
            return False

    def set_role(self, person_id: str, role: Role, by: Person | None, now: datetime) -> None:
        """Change what somebody may do; ends their sessions.

        Raises:
            InputError: There is no such person, or nobody would be left who is an admin.
        """

        def change(connection: sa.Connection, row: sa.Row[Any]) -> NewEvent | None:
            if row.role == role:
                return None
            if role != "admin":
                _keep_an_admin(connection, person_id)
            connection.execute(person.update().where(person.c.id == person_id).values(role=role))
            return NewEvent(
                action="role changed",
                kind="person",
                subject=row.email,
                detail=f"{row.role} to {role}",
                **actor(by),
            )

        self._change(person_id, change, now)

    def disable(self, person_id: str, by: Person | None, now: datetime) -> None:
        """Lock somebody out: their sessions end and they cannot sign in.

        Raises:
            InputError: There is no such person, or nobody would be left who is an admin.
        """

        def change(connection: sa.Connection, row: sa.Row[Any]) -> NewEvent | None:
            if row.disabled_at:
                return None
            _keep_an_admin(connection, person_id)
            disabled = person.update().where(person.c.id == person_id)
            connection.execute(disabled.values(disabled_at=instant(now)))
            return NewEvent(action="person disabled", kind="person", subject=row.email, **actor(by))

        self._change(person_id, change, now)

    def enable(self, person_id: str, by: Person | None, now: datetime) -> None:
        """Let somebody in again. Raises InputError when there is no such person."""

        def change(connection: sa.Connection, row: sa.Row[Any]) -> NewEvent | None:
            if not row.disabled_at:
                return None
            connection.execute(
                person.update().where(person.c.id == person_id).values(disabled_at="")
            )
            return NewEvent(action="person enabled", kind="person", subject=row.email, **actor(by))

        self._change(person_id, change, now)

    def _change(
        self,
        person_id: str,
        change: Callable[[sa.Connection, sa.Row[Any]], NewEvent | None],
        now: datetime,
    ) -> None:
        with self._engine.begin() as connection:
            # The first write takes SQLite's lock; on Postgres the admins' rows are locked, so that
            # two who demote each other at once do not both succeed.
            connection.execute(person.update().where(person.c.id == "").values(id=""))
            admins = sa.select(person.c.id).where(person.c.role == "admin").order_by(person.c.id)
            connection.execute(admins.with_for_update()).all()
            row = connection.execute(
                sa.select(person).where(person.c.id == person_id).with_for_update()
            ).one_or_none()
            if row is None:
                raise InputError("there is no such person")
            event = change(connection, row)
            if event is not None:
                end_sessions(connection, person_id)
                add_event(connection, event, now)


def add_person(connection: sa.Connection, new: NewPerson, event: NewEvent, now: datetime) -> Person:
    """Add a person in the caller's transaction; raises InputError for a reserved name.

    Args:
        connection: In a transaction.
        new: The person.
        event: What is written down; without an actor it was the person.
        now: The time.
    """
    if new.name.casefold() in RESERVED_NAMES:
        raise InputError(f"nobody can be called {new.name}", fix="Firstline signs with it")
    made = Person(id=secrets.token_hex(8), name=new.name, email=new.email.lower(), role=new.role)
    connection.execute(
        person.insert().values(
            id=made.id,
            email=made.email,
            name=made.name,
            name_folded=made.name.casefold(),
            role=made.role,
            password=new.hashed,
            subject=new.subject,
            made_by=new.made_by,
            made_at=instant(now),
            password_at=instant(now) if new.hashed else "",
        )
    )
    told = replace(
        event,
        actor=event.actor if event.name else made.id,
        name=event.name or made.name,
        kind="person",
        subject=made.email,
        detail=f"{made.name}, {made.role}",
    )
    add_event(connection, told, now)
    return made


def change_password(
    connection: sa.Connection, person_id: str, hashed: str, by: Person | None, now: datetime
) -> Person:
    """Change a password in the caller's transaction. Raises InputError for an unknown person."""
    changed = (
        person.update()
        .where(person.c.id == person_id)
        .values(password=hashed, password_at=instant(now))
        .returning(person)
    )
    row = connection.execute(changed).one_or_none()
    if row is None:
        raise InputError("there is no such person")
    end_sessions(connection, person_id)
    connection.execute(device.delete().where(device.c.person == person_id))
    whose = person_of(row)
    event = NewEvent(
        action="password changed", kind="person", subject=whose.email, **actor(by or whose)
    )
    add_event(connection, event, now)
    return whose


def end_sessions(connection: sa.Connection, person_id: str) -> None:
    """End all sessions of a person in the caller's transaction."""
    connection.execute(session.delete().where(session.c.person == person_id))


def actor(by: Person | None) -> dict[str, Any]:
    """Return who did something, for an event; None is whoever has the command line."""
    if by is None:
        return {"name": "command line"}
    return {"actor": by.id, "name": by.name}


@contextmanager
def taken_is_said() -> Iterator[None]:
    """Turn the database's refusal of a second name or address into InputError."""
    try:
        yield
    except IntegrityError as error:
        raise InputError(
            "somebody has this e-mail address or this name already",
            fix="Names are told apart, because decisions are signed with them",
        ) from error


def _keep_an_admin(connection: sa.Connection, besides: str) -> None:
    """Raise InputError when nobody else is an admin who can sign in."""
    others = sa.select(sa.func.count()).where(
        person.c.role == "admin", person.c.disabled_at == "", person.c.id != besides
    )
    me = sa.select(person.c.role).where(person.c.id == besides)
    if connection.scalar(me) == "admin" and not connection.scalar(others):
        raise InputError(
            "nobody would be left who is an admin", fix="Make somebody else an admin first"
        )
