"""The table of what was delivered to customers who read their replies here."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import metadata, ticket

reply = sa.Table(
    "reply",
    metadata,
    sa.Column("marker", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""One row a delivery to an API or chat customer, under the attempt marker of the delivery ledger.
Whose it is stands in the ledger's row of the same key."""

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("begun", sa.Text, nullable=False),
    sa.Index("idempotency_begun", "begun"),
)
"""Answers kept for callers who ask again with the same key. `request` is the hash of what they
asked; `status` is 0 while the first of them is being answered."""

ticket_changed = sa.Index("ticket_changed", ticket.c.ended_at, ticket.c.id)
"""Finds what happened to tickets since somebody last asked, in the order it happened."""
