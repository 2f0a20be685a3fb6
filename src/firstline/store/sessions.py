"""Sessions: who is signed in where. Only the hash of a session's token is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from firstline.store.access_log import add_event
from firstline.store.database import reading
from firstline.store.people_records import NewEvent, Person, StoredSession
from firstline.store.people_rows import person_of, stored_session
from firstline.store.people_tables import device, person, session
from firstline.store.tickets import instant

IDLE = timedelta(hours=12)
"""A session that is not used for so long ends."""
LASTING = timedelta(days=7)
"""A session ends after this, however much it is used."""
DEVICE_LASTING = timedelta(days=180)
"""How long a browser is remembered as one that somebody signed in with."""
TOUCH = timedelta(minutes=1)
"""How exactly the last use is known: a write a minute, not a write a page."""
LONGEST_BROWSER = 200

_JOINED = (
    sa.select(
        session.c.hash,
        session.c.made_at.label("session_made_at"),
        session.c.seen_at.label("session_seen_at"),
        session.c.expires_at,
        session.c.address,
        session.c.browser,
        person.c.id,
        person.c.name,
        person.c.email,
        person.c.role,
    )
    .join(person, person.c.id == session.c.person)
    .where(
        person.c.disabled_at == "",
        session.c.seen_at > sa.bindparam("idle_since"),
        session.c.expires_at > sa.bindparam("now"),
    )
)
_FIND = _JOINED.where(session.c.hash == sa.bindparam("token_hash"))
_ALL_OF = _JOINED.where(person.c.id == sa.bindparam("whose")).order_by(session.c.seen_at.desc())


class SessionStore:
    """The sessions of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)

    def open(
        self,
        who: Person,
        token_hash: str,
        *,
        hashed: str | None,
        device_hash: str,
        address: str,
        browser: str,
        now: datetime,
    ) -> datetime | None:
        """Sign somebody in and return until when; None when they may not any more.

        Args:
            who: The person.
            token_hash: Of the session's token.
            hashed: The password's hash that was checked: when the password or the role is changed
                meanwhile, nobody is signed in. None: they were checked elsewhere.
            device_hash: Of the browser's token.
            address: Where they are.
            browser: What the browser says it is.
            now: The time.
        """
        expires_at = now + LASTING
        known = sa.select(person).where(
            person.c.id == who.id, person.c.disabled_at == "", person.c.role == who.role
        )
        if hashed is not None:
            known = known.where(person.c.password == hashed)
        with self._engine.begin() as connection:
            # A write first: on SQLite that is what locks.
            gone = instant(now - LASTING)
            connection.execute(session.delete().where(session.c.made_at < gone))
            connection.execute(device.delete().where(device.c.expires_at < instant(now)))
            if connection.execute(known.with_for_update()).one_or_none() is None:
                return None
            connection.execute(
                session.insert().values(
                    hash=token_hash,
                    person=who.id,
                    made_at=instant(now),
                    seen_at=instant(now),
                    expires_at=instant(expires_at),
                    address=address,
                    browser=browser[:LONGEST_BROWSER],
                )
            )
            connection.execute(device.delete().where(device.c.hash == device_hash))
            connection.execute(
                device.insert().values(
                    hash=device_hash, person=who.id, expires_at=instant(now + DEVICE_LASTING)
                )
            )
            connection.execute(
                person.update().where(person.c.id == who.id).values(seen_at=instant(now))
            )
            event = NewEvent(
                action="signed in",
                actor=who.id,
                name=who.name,
                kind="person",
                subject=who.email,
                address=address,
            )
            add_event(connection, event, now)
        return expires_at

    def find(self, token_hash: str, now: datetime) -> Person | None:
        """Return whose session this is, and note that it is used."""
        wanted = {
            "token_hash": token_hash,
            "now": instant(now),
            "idle_since": instant(now - IDLE),
        }
        with self._reader.connect() as connection:
            row = connection.execute(_FIND, wanted).one_or_none()
        if row is None:
            return None
        found = person_of(row)
        if row.session_seen_at < instant(now - TOUCH):
            self._touch(token_hash, found, now)
        return found

    def _touch(self, token_hash: str, who: Person, now: datetime) -> None:
        at = instant(now)
        with self._engine.begin() as connection:
            connection.execute(
                session.update().where(session.c.hash == token_hash).values(seen_at=at)
            )
            connection.execute(person.update().where(person.c.id == who.id).values(seen_at=at))

    def of(self, person_id: str, now: datetime) -> tuple[StoredSession, ...]:
        """Return where a person is signed in, the latest used first."""
        wanted = {"whose": person_id, "now": instant(now), "idle_since": instant(now - IDLE)}
        with self._reader.connect() as connection:
            return tuple(stored_session(row) for row in connection.execute(_ALL_OF, wanted))

    def end(self, token_hash: str, who: Person, now: datetime, *, out: bool = False) -> bool:
        """End one of a person's own sessions; False when it is not theirs, or over.

        Args:
            token_hash: Names it.
            who: Whose it must be.
            now: The time.
            out: Whether they sign out of this very session.
        """
        ended = session.delete().where(session.c.hash == token_hash, session.c.person == who.id)
        event = NewEvent(
            action="signed out" if out else "session ended",
            actor=who.id,
            name=who.name,
            kind="person",
            subject=who.email,
        )
        with self._engine.begin() as connection:
            if not connection.execute(ended).rowcount:
                return False
            add_event(connection, event, now)
        return True

    def knows_device(self, device_hash: str, email: str, now: datetime) -> bool:
        """Whether the owner of an address signed in with this browser before."""
        query = (
            sa.select(sa.func.count())
            .select_from(device.join(person, person.c.id == device.c.person))
            .where(
                device.c.hash == device_hash,
                device.c.expires_at > instant(now),
                person.c.email == email.lower(),
            )
        )
        with self._reader.connect() as connection:
            return bool(connection.scalar(query))
