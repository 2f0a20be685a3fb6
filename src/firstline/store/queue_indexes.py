"""Indexes that keep the queue quick among 100,000 tickets, 10,000 of them before a person."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex

from firstline.store.listing_tables import listed
from firstline.store.schema import ticket
from firstline.store.trust_tables import review

_one, _zero = (sa.literal_column(digit, sa.Integer) for digit in "10")
_is_unlisted = sa.and_(
    listed.c.state == sa.literal_column("''"),
    listed.c.outcome.in_([sa.literal_column("'review'"), sa.literal_column("'escalate'")]),
)
_mark = sa.func.coalesce(sa.case((_is_unlisted, _one)), _zero)
UNLISTED = sa.and_(_is_unlisted, _mark == _one)
"""A ticket that ended with a person and has no review yet.

Written out, not bound: a database uses an index on part of a table only where it can see that the
condition is the same. And said twice: Postgres, which takes state and outcome for independent,
expects thousands of such tickets and would rather go through the whole table; of an expression it
expects few, and learns how few.
"""

_queue = sa.Index(
    "review_queue",
    review.c.state,
    review.c.wakes_at,
    review.c.received,
    review.c.sla_seconds,
    review.c.loss,
    review.c.delay,
    review.c.ticket,
    review.c.intent,
    review.c.held_for,
    review.c.channel,
    review.c.entered_at,
)
"""All that the order of the queue and its counts are made from: whole reviews are read a page at
most."""
_unlisted = sa.Index(
    "listed_unlisted",
    _mark,
    listed.c.ticket,
    sqlite_where=_is_unlisted,
    postgresql_where=_is_unlisted,
)
"""Empty but for the moments between a ticket's end and the next look at the queue."""
_claimed = sa.Index("review_claimed", review.c.claimed_at)
"""Finds the newest claim at once; whoever watches for changes asks every second."""
_external = sa.Index("ticket_external", ticket.c.external_id)
"""Finds a ticket by its sender's id, whatever inbox it came to."""
_PREFIX = "CREATE INDEX IF NOT EXISTS ticket_prefix ON ticket (id text_pattern_ops)"
"""Postgres keeps text in its language's order, in which no beginning can be looked up."""


def create_queue_indexes(connection: sa.Connection) -> None:
    """Create what is missing, and drop what one of them takes the place of."""
    for index in (_queue, _unlisted, _claimed, _external):
        connection.execute(CreateIndex(index, if_not_exists=True))
    connection.exec_driver_sql("DROP INDEX IF EXISTS review_state")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_PREFIX)
