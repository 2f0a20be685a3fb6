"""Keys of programs: shown once when they are made, kept as hashes."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from firstline.store.access_log import add_event
from firstline.store.database import reading
from firstline.store.people import actor
from firstline.store.people_records import ApiKey, NewEvent, Person
from firstline.store.people_rows import key_of
from firstline.store.people_tables import api_key
from firstline.store.tickets import instant

TOUCH = timedelta(minutes=1)
"""How exactly the last use is known: a write a minute, not a write a request."""
_FIND = sa.select(api_key).where(
    api_key.c.hash == sa.bindparam("token_hash"),
    api_key.c.revoked_at == "",
    sa.or_(api_key.c.expires_at == "", api_key.c.expires_at > sa.bindparam("now")),
)


class ApiKeyStore:
    """The keys of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)

    def add(self, key: ApiKey, token_hash: str, by: Person | None) -> None:
        """Keep a key that was just made."""
        row = {
            "id": key.id,
            "hash": token_hash,
            "prefix": key.prefix,
            "name": key.name,
            "scopes": " ".join(key.scopes),
            "made_by": key.made_by,
            "made_at": instant(key.made_at),
            "expires_at": instant(key.expires_at) if key.expires_at else "",
        }
        detail = f"{key.name}: {', '.join(key.scopes)}"
        event = NewEvent(
            action="key made", kind="key", subject=key.prefix, detail=detail, **actor(by)
        )
        with self._engine.begin() as connection:
            connection.execute(api_key.insert().values(row))
            add_event(connection, event, key.made_at)

    def find(self, token_hash: str, now: datetime) -> ApiKey | None:
        """Return the key with this hash, if it is good now, and note that it is used."""
        wanted = {"token_hash": token_hash, "now": instant(now)}
        with self._reader.connect() as connection:
            row = connection.execute(_FIND, wanted).one_or_none()
        if row is None:
            return None
        if row.used_at < instant(now - TOUCH):
            used = api_key.update().where(api_key.c.id == row.id).values(used_at=instant(now))
            with self._engine.begin() as connection:
                connection.execute(used)
        return key_of(row)

    def list(self) -> tuple[ApiKey, ...]:
        """Return all keys, the newest first; revoked ones are kept."""
        query = sa.select(api_key).order_by(api_key.c.made_at.desc(), api_key.c.id)
        with self._reader.connect() as connection:
            return tuple(key_of(row) for row in connection.execute(query))

    def revoke(self, key_id: str, by: Person | None, now: datetime) -> bool:
        """End a key for good; False when there is no such key, or it is revoked."""
        who = actor(by)
        ended = (
            api_key.update()
            .where(api_key.c.id == key_id, api_key.c.revoked_at == "")
            .values(revoked_at=instant(now), revoked_by=who["name"])
            .returning(api_key.c.prefix, api_key.c.name)
        )
        with self._engine.begin() as connection:
            row = connection.execute(ended).one_or_none()
            if row is None:
                return False
            event = NewEvent(
                action="key revoked", kind="key", subject=row.prefix, detail=row.name, **who
            )
            add_event(connection, event, now)
        return True
