"""The tables of figures: what has been counted, and the counts a day.

They hold nothing that could not be counted again from tickets, stages and calls: emptying them all
makes the next look count everything anew.
"""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import delivery, metadata, ticket
from firstline.store.trust_tables import decision, review

ANY = "*"
"""Stands for every channel, or every intent."""

metric_ticket = sa.Table(
    "metric_ticket",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Every ticket that is in the counts, once, with what it was counted as. `day` is the UTC day of
its first decision; `path` is `trial` where it was of a trial run and is in no count."""

metric_day = sa.Table(
    "metric_day",
    metadata,
    sa.Column("cut", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("intent", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("tickets", sa.Integer, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("cost_pico", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Tickets a day by what became of them, cut by channel, intent or reason (`name`), for each channel
and intent and with `*` for all of them; how many asked a model, and the money."""

metric_call = sa.Table(
    "metric_call",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("intent", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("failure", sa.Text, primary_key=True),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("input", sa.BigInteger, nullable=False),
    sa.Column("output", sa.BigInteger, nullable=False),
    sa.Column("cache_read", sa.BigInteger, nullable=False),
    sa.Column("cache_write", sa.BigInteger, nullable=False),
    sa.Column("cost_pico", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Questions to models for the tickets of a day, for each channel and intent and with `*` for all of
them; `failure` is empty where an answer came."""

metric_spread = sa.Table(
    "metric_spread",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("intent", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("measure", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
"""How times and costs of a day are spread (`spread.py`), likewise. So any choice of channel and
intent reads the same few rows a day."""

ticket_ended_at = sa.Index("ticket_ended_at", ticket.c.ended_at, ticket.c.id)
"""Finds what ended since the last look, without reading a ticket."""

delivery_figures = sa.Index(
    "delivery_figures",
    delivery.c.state,
    delivery.c.kind,
    delivery.c.at,
    delivery.c.inbox,
    delivery.c.conversation,
    delivery.c.ticket,
)
"""Finds deliveries of which nobody knows whether they arrived, and what was answered twice."""

review_entered = sa.Index("review_entered", review.c.entered_at)
"""Finds what came before people lately."""

decision_figures = sa.Index(
    "decision_figures",
    decision.c.at,
    decision.c.by,
    decision.c.kind,
    decision.c.channel,
    decision.c.intent,
    decision.c.distance,
    decision.c.held_seconds,
    decision.c.ticket,
)
"""Holds all that reviewers' figures are made of, so that no draft is read for them."""

TABLES = (metric_ticket, metric_day, metric_call, metric_spread)
INDEXES = (ticket_ended_at, delivery_figures, review_entered, decision_figures)
