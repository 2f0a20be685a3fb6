"""The audit of access: who saw and did what. Only ever added to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from firstline.store.database import reading
from firstline.store.people_records import ACTIONS, Event, NewEvent
from firstline.store.people_tables import access_event
from firstline.store.tickets import instant

SAME_LOOK = timedelta(minutes=1)
"""A page that renews itself is one look: the same person, thing and action within this time."""
LONGEST_DETAIL = 500
LISTED = 50
"""Events a page."""
_AT_ONCE = 1_000
"""Rows fetched at once while all are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted; None: all of them."""

    who: str | None = None
    """The name or id of a person or key."""
    action: str | None = None
    kind: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Some events, the newest first."""

    events: tuple[Event, ...]
    before: int | None
    """Ask for those before this number next; None: there are no more."""


def add_event(connection: sa.Connection, event: NewEvent, now: datetime) -> None:
    """Write an event down in the caller's transaction."""
    connection.execute(access_event.insert().values(_row(event, now)))


class AccessLog:
    """The audit of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)

    def add(self, event: NewEvent, now: datetime) -> None:
        """Write an event down."""
        with self._engine.begin() as connection:
            add_event(connection, event, now)

    def saw(self, event: NewEvent, now: datetime) -> None:
        """Write a look down, unless it goes on from one within the last minute."""
        lately = sa.exists().where(
            access_event.c.actor == event.actor,
            access_event.c.action == event.action,
            access_event.c.kind == event.kind,
            access_event.c.subject == event.subject,
            access_event.c.at > instant(now - SAME_LOOK),
        )
        row = {name: sa.literal(value) for name, value in _row(event, now).items()}
        new = access_event.insert().from_select(list(row), sa.select(*row.values()).where(~lately))
        with self._engine.begin() as connection:
            connection.execute(new)

    def page(
        self, wanted: EventFilter, *, before: int | None = None, limit: int = LISTED
    ) -> EventPage:
        """Return events, the newest first."""
        query = _query(wanted).limit(limit + 1)
        if before is not None:
            query = query.where(access_event.c.number < before)
        with self._reader.connect() as connection:
            found = [_event(row) for row in connection.execute(query)]
        more = len(found) > limit
        shown = found[:limit]
        return EventPage(events=tuple(shown), before=shown[-1].number if more else None)

    def every(self, wanted: EventFilter, *, limit: int) -> Iterator[Event]:
        """Yield events, the newest first, without holding the database in between."""
        before, left = None, limit
        while left > 0:
            page = self.page(wanted, before=before, limit=min(left, _AT_ONCE))
            yield from page.events
            left -= len(page.events)
            before = page.before
            if before is None:
                return


def _query(wanted: EventFilter) -> sa.Select[Any]:
    columns = access_event.c
    query = sa.select(access_event).order_by(columns.number.desc())
    if wanted.who is not None:
        query = query.where(sa.or_(columns.name == wanted.who, columns.actor == wanted.who))
    for column, value in (
        (columns.action, wanted.action),
        (columns.kind, wanted.kind),
        (columns.subject, wanted.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(columns.at >= instant(wanted.since))
    if wanted.until is not None:
        query = query.where(columns.at < instant(wanted.until))
    return query


def _row(event: NewEvent, now: datetime) -> dict[str, str]:
    return {
        "at": instant(now),
        "actor": event.actor,
        "name": event.name,
        "action": event.action,
        "kind": event.kind,
        "subject": _storable(event.subject),
        "detail": _storable(event.detail),
        "address": event.address,
    }


def _storable(text: str) -> str:
    """Return text that is bounded and that both databases take."""
    return text[:LONGEST_DETAIL].replace("\x00", "").encode("utf-8", "replace").decode()


def _event(row: sa.Row[Any]) -> Event:
    if row.action not in ACTIONS:
        raise ValueError(f"event {row.number} is of an unknown kind")
    return Event(
        number=row.number,
        at=datetime.fromisoformat(row.at),
        actor=row.actor,
        name=row.name,
        action=row.action,
        kind=row.kind,
        subject=row.subject,
        detail=row.detail,
        address=row.address,
    )
