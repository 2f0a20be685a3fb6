"""Short lists about reviews: the teams that have tickets, the checks that were overruled."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from firstline.store.review_records import Decision
from firstline.store.review_rows import decision_of
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review

MOST_TEAMS: Final = 30
MOST_OVERRIDES: Final = 100


def teams(connection: sa.Connection) -> tuple[str, ...]:
    """Return the teams that tickets are with now, to choose from."""
    query = sa.select(review.c.team).where(review.c.state == "handed", review.c.team != "")
    return tuple(connection.scalars(query.distinct().order_by(review.c.team).limit(MOST_TEAMS)))


def overrides(connection: sa.Connection, since: datetime) -> tuple[Decision, ...]:
    """Return the decisions that overruled a check since a time, the latest first."""
    query = (
        sa.select(decision)
        .where(decision.c.at >= instant(since), decision.c.overridden != "")
        .order_by(decision.c.at.desc(), decision.c.ticket)
        .limit(MOST_OVERRIDES)
    )
    return tuple(decision_of(row) for row in connection.execute(query))
