"""The tables. Times are ISO 8601 text in UTC, which both databases sort alike."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

owner = sa.Table("owner", metadata, sa.Column("company", sa.Text, primary_key=True))
"""The one company whose tickets are here: two companies never share a database."""

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("autonomy", sa.Text, nullable=True),
    sa.Column("created_at", sa.Text, nullable=False),
)
"""Where tickets come from and where their replies go: a run of a file, later a mailbox."""

ticket = sa.Table(
    "ticket",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("inbox", sa.Text, sa.ForeignKey("inbox.id"), nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("customer", sa.Text, nullable=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("received_at", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=True),
    sa.Column("reason", sa.Text, nullable=True),
    sa.Column("ended_at", sa.Text, nullable=True),
    sa.UniqueConstraint("inbox", "external_id"),
    sa.Index("ticket_open", "inbox", "outcome"),
    sa.Index("ticket_customer", "inbox", "customer", "received_at"),
    sa.Index("ticket_conversation", "inbox", "conversation"),
)
"""One row a ticket. `content` is the hash that tells a repeat from a conflicting id."""

stage = sa.Table(
    "stage",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("wall_ms", sa.Float, nullable=False),
    sa.Column("cpu_ms", sa.Float, nullable=False),
)
"""What each stage said: the records that runs, reviews, evals and audits read."""

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("message_at", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("delivery_requester", "inbox", "requester", "message_at"),
    sa.Index("delivery_conversation", "inbox", "conversation"),
)
"""The delivery ledger: `sending` is committed before anything leaves."""

model_call = sa.Table(
    "model_call",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("prompt_hash", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("failure", sa.Text, nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("batch", sa.Boolean, nullable=False),
    sa.Column("input", sa.Integer, nullable=False, server_default="0"),
    sa.Column("output", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cache_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cache_write", sa.Integer, nullable=False, server_default="0"),
    sa.Column("system_tokens", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cost_pico", sa.BigInteger, nullable=False),
    sa.Column("wall_ms", sa.Float, nullable=False, server_default="0"),
    sa.Column("reply", sa.Text, nullable=True),
    sa.Column("asked_at", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Index("model_call_ticket", "ticket"),
    sa.Index("model_call_day", "day"),
    sa.Index("model_call_asked", "asked_at"),
    sa.Index("model_call_requester", "requester", "asked_at"),
)
"""One row a question to a model. While `asked`, `cost_pico` is what it may cost at most."""

spend = sa.Table(
    "spend",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("pico", sa.BigInteger, nullable=False),
)
"""Money spent or reserved a UTC day, in picodollars: one row to read before every question."""

batch_item = sa.Table(
    "batch_item",
    metadata,
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("batch", sa.Text, nullable=False, server_default=""),
    sa.Column("added_at", sa.Text, nullable=False),
    sa.Column("moved_at", sa.Text, nullable=False),
    sa.Index("batch_item_state", "state", "added_at"),
    sa.Index("batch_item_batch", "batch"),
)
"""Tickets of the batch lane. `batch` is our own name while it is submitted, then the API's."""

commitment = sa.Table(
    "commitment",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), nullable=False),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("customer", sa.Text, nullable=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("deadline", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("promised_at", sa.Text, nullable=False),
    sa.Column("due_at", sa.Text, nullable=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False),
    sa.UniqueConstraint("ticket", "fingerprint"),
    sa.Index("commitment_due", "state", "due_at"),
)
"""What was promised to a customer, who owes it, and what became of it."""

commitment_change = sa.Table(
    "commitment_change",
    metadata,
    sa.Column("commitment", sa.Text, sa.ForeignKey("commitment.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""Every state a commitment was in, oldest first: who changed it, when and why."""

commitment_reminder = sa.Table(
    "commitment_reminder",
    metadata,
    sa.Column("commitment", sa.Text, sa.ForeignKey("commitment.id"), primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)
"""Who was reminded of what: each stage of a commitment once, whichever worker comes first."""
