"""The table of knowledge gaps that somebody has dealt with."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import metadata

gap_mark = sa.Table(
    "gap_mark",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""Tickets whose question no article answered and that a person has dealt with: the title their
group had then (masked), what was done, who says so and when. The first mark stays."""
