"""How all connections stand, by what they left in the database; for monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from firstline.store.arrival_tables import arrival, cursor, hook_count
from firstline.store.arrivals import Arrivals, Standing
from firstline.store.database import reading


def standings(engine: sa.Engine, now: datetime) -> tuple[Standing, ...]:
    """Return every connection that was ever asked or heard, by its inbox."""
    known = sa.union(*(sa.select(table.c.inbox) for table in (arrival, cursor, hook_count)))
    with reading(engine).connect() as connection:
        inboxes = sorted(connection.scalars(known))
    arrivals = Arrivals(engine)
    return tuple(arrivals.standing(inbox, now) for inbox in inboxes)


def hook_totals(engine: sa.Engine) -> Mapping[tuple[str, str], int]:
    """Return how many webhooks came since the beginning, by inbox and verdict."""
    summed = (
        sa.select(hook_count.c.inbox, hook_count.c.verdict, sa.func.sum(hook_count.c.deliveries))
        .group_by(hook_count.c.inbox, hook_count.c.verdict)
        .order_by(hook_count.c.inbox, hook_count.c.verdict)
    )
    with reading(engine).connect() as connection:
        return {(inbox, verdict): int(n) for inbox, verdict, n in connection.execute(summed)}
