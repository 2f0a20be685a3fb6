"""The tables of trust: reviews, labels, certificates, autonomy, and what answers rest on."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import metadata

use = sa.Table(
    "use",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("sentence", sa.Integer, primary_key=True),
    sa.Column("evidence", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Index("use_source", "source"),
    sa.Index("use_version", "kind", "source", "version"),
)
"""What each sentence of a reply rests on: a document's passage, a fixed answer, or a field of a
record, in the version it was read in."""

use_read = sa.Table(
    "use_read",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
)
"""The tickets whose uses are in `use`, those without any included."""

recall_settled = sa.Table(
    "recall_settled",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("standing", sa.Text, primary_key=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""Recalls that a person has dealt with. `standing` is the hash of what stood there then: when it
changes again, the answer is listed again."""
