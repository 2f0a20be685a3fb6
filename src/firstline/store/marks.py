"""Marks of how things stand: when one differs from before, something changed."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.database import reading
from firstline.store.schema import ticket
from firstline.store.trust_tables import decision, review


class Marks:
    """Reads the marks of one database; cheap enough to be asked every second."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def __call__(self) -> dict[str, str]:
        """Return a mark for each topic that a page may show."""
        queries = {
            "tickets": sa.select(sa.func.max(ticket.c.ended_at)),
            "decisions": sa.select(sa.func.max(decision.c.at)),
            "claims": sa.select(sa.func.max(review.c.claimed_at)),
        }
        with self._reader.connect() as connection:
            found = {name: str(connection.scalar(query)) for name, query in queries.items()}
        return {
            "reviews": "|".join(found.values()),
            "metrics": found["tickets"],
            "tickets": found["tickets"],
        }
