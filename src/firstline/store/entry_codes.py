"""What works once instead of a password: the first set-up, invitations, new passwords.

Using one is a single `UPDATE … WHERE used_at = ''` in the transaction that does what it allows, so
of several who use it at once exactly one succeeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.errors import InputError
from firstline.store.access_log import add_event
from firstline.store.database import reading
from firstline.store.people import actor, add_person, change_password, taken_is_said
from firstline.store.people_records import CodeKind, EntryCode, NewEvent, NewPerson, Person
from firstline.store.people_rows import code_of, person_of
from firstline.store.people_tables import entry_code, first_admin, person
from firstline.store.tickets import instant

_FIRST = "first"


class EntryCodeStore:
    """The codes of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    def is_set_up(self) -> bool:
        """Whether anybody works here yet."""
        query = sa.select(sa.exists().select_from(person))
        with self._reader.connect() as connection:
            return bool(connection.scalar(query))

    def add(self, code: EntryCode, by: Person | None) -> None:
        """Keep a code that was just made; it replaces what the same person was sent before.

        Raises:
            InputError: Somebody has the address or name of an invitation already.
        """
        same = entry_code.delete().where(
            entry_code.c.kind == code.kind,
            entry_code.c.email == code.email,
            entry_code.c.used_at == "",
        )
        row = {
            "hash": code.hash,
            "kind": code.kind,
            "person": code.person,
            "email": code.email,
            "name": code.name,
            "role": code.role,
            "made_by": code.made_by,
            "made_at": instant(code.made_at),
            "expires_at": instant(code.expires_at),
        }
        with self._engine.begin() as connection:
            if code.kind != "setup":  # Each process prints a code of its own for the set-up.
                connection.execute(same)
            connection.execute(entry_code.insert().values(row))
            if code.kind == "invite":
                _refuse_taken(connection, code)
            if code.kind != "setup":
                event = NewEvent(
                    action="invited" if code.kind == "invite" else "reset link made",
                    kind="person",
                    subject=code.email,
                    detail=f"{code.name}, {code.role}",
                    **actor(by),
                )
                add_event(connection, event, code.made_at)

    def find(self, code_hash: str, kinds: Sequence[CodeKind], now: datetime) -> EntryCode | None:
        """Return a code that can still be used, or None."""
        query = sa.select(entry_code).where(
            entry_code.c.hash == code_hash,
            entry_code.c.kind.in_(kinds),
            entry_code.c.used_at == "",
            entry_code.c.expires_at > instant(now),
        )
        with self._reader.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else code_of(row)

    def open_invitations(self, now: datetime) -> tuple[EntryCode, ...]:
        """Return the invitations that nobody has used yet, the newest first."""
        query = (
            sa.select(entry_code)
            .where(
                entry_code.c.kind == "invite",
                entry_code.c.used_at == "",
                entry_code.c.expires_at > instant(now),
            )
            .order_by(entry_code.c.made_at.desc())
        )
        with self._reader.connect() as connection:
            return tuple(code_of(row) for row in connection.execute(query))

    def withdraw(self, code_hash: str) -> bool:
        """Take an invitation back; False when it was used or is gone."""
        gone = entry_code.delete().where(
            entry_code.c.hash == code_hash,
            entry_code.c.kind == "invite",
            entry_code.c.used_at == "",
        )
        with self._engine.begin() as connection:
            return bool(connection.execute(gone).rowcount)

    def set_up(self, code_hash: str, new: NewPerson, address: str, now: datetime) -> Person | None:
        """Make the first admin; None when the code is no good or somebody was quicker."""
        with taken_is_said(), self._engine.begin() as connection:
            if _use(connection, code_hash, ("setup",), now) is None:
                return None
            first = self._insert(first_admin).values(name=_FIRST, at=instant(now))
            one = connection.execute(
                first.on_conflict_do_nothing().returning(first_admin.c.name)
            ).one_or_none()
            if one is None or connection.scalar(sa.select(sa.exists().select_from(person))):
                connection.rollback()
                return None
            event = NewEvent(action="first admin set up", address=address)
            return add_person(connection, new, event, now)

    def accept(self, code_hash: str, hashed: str, address: str, now: datetime) -> Person | None:
        """Add the person of an invitation, or set the password of a reset; None: no good.

        Raises:
            InputError: Somebody took the address or name meanwhile.
        """
        with taken_is_said(), self._engine.begin() as connection:
            used = _use(connection, code_hash, ("invite", "reset"), now)
            if used is None:
                return None
            if used.kind == "reset":
                return _reset(connection, used.person, hashed, now)
            new = NewPerson(
                email=used.email,
                name=used.name,
                role=used.role,
                hashed=hashed,
                made_by=used.made_by,
            )
            event = NewEvent(action="invitation used", address=address)
            return add_person(connection, new, event, now)


def _use(
    connection: sa.Connection, code_hash: str, kinds: Sequence[CodeKind], now: datetime
) -> EntryCode | None:
    used = (
        entry_code.update()
        .where(
            entry_code.c.hash == code_hash,
            entry_code.c.kind.in_(kinds),
            entry_code.c.used_at == "",
            entry_code.c.expires_at > instant(now),
        )
        .values(used_at=instant(now))
        .returning(entry_code)
    )
    row = connection.execute(used).one_or_none()
    return None if row is None else code_of(row)


def _reset(connection: sa.Connection, person_id: str, hashed: str, now: datetime) -> Person | None:
    enabled = sa.select(person).where(person.c.id == person_id, person.c.disabled_at == "")
    row = connection.execute(enabled).one_or_none()
    if row is None:
        return None
    return change_password(connection, person_id, hashed, person_of(row), now)


def _refuse_taken(connection: sa.Connection, code: EntryCode) -> None:
    taken = sa.select(sa.exists().select_from(person)).where(
        sa.or_(person.c.email == code.email, person.c.name_folded == code.name.casefold())
    )
    if connection.scalar(taken):
        raise InputError(
            "somebody has this e-mail address or this name already",
            fix="Names are told apart, because decisions are signed with them",
        )
