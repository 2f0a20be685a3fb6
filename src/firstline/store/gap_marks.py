"""Knowledge gaps that somebody has dealt with: which tickets' questions, by whom, and how.

A mark is on tickets, not on a group: groups are made anew each time, and a question that comes
later is new whatever group it falls into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import TicketId
from firstline.store.database import reading
from firstline.store.gap_tables import gap_mark
from firstline.store.tickets import instant

LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMark:
    """What was said of a gap."""

    title: str
    note: str
    by: str
    at: datetime


class GapMarks:
    """The marks of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert(gap_mark).on_conflict_do_nothing()

    def mark(self, tickets: Sequence[TicketId], mark: GapMark) -> None:
        """Mark these tickets' questions as dealt with; those marked before stay as they are."""
        values = {
            "title": mark.title,
            "note": mark.note[:LONGEST_NOTE],
            "by": mark.by,
            "at": instant(mark.at),
        }
        with self._engine.begin() as connection:
            connection.execute(self._insert, [{"ticket": name, **values} for name in tickets])

    def unmark(self, tickets: Sequence[TicketId]) -> None:
        """Take the marks of these tickets away: the gap is open again."""
        with self._engine.begin() as connection:
            connection.execute(gap_mark.delete().where(gap_mark.c.ticket.in_(list(tickets))))

    def of(self, tickets: Sequence[TicketId]) -> Mapping[TicketId, GapMark]:
        """Return the marks of these tickets; those without one are left out."""
        query = sa.select(gap_mark).where(gap_mark.c.ticket.in_(list(tickets)))
        with self._reader.connect() as connection:
            rows = connection.execute(query).all() if tickets else []
        return {
            TicketId(row.ticket): GapMark(
                title=row.title, note=row.note, by=row.by, at=datetime.fromisoformat(row.at)
            )
            for row in rows
        }
