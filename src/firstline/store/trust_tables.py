"""The tables of trust: reviews, labels, certificates, autonomy, and what answers rest on."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import metadata, ticket

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
    sa.Column("decision", sa.Integer, nullable=False),
)
"""The tickets whose uses are in `use`, those without any included: of the reply that a person
released with this decision, or of the draft (-1)."""

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

review = sa.Table(
    "review",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("held_for", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("loss", sa.Float, nullable=False),
    sa.Column("delay", sa.Float, nullable=False),
    sa.Column("received", sa.Float, nullable=False),
    sa.Column("sla_seconds", sa.Float, nullable=False),
    sa.Column("entered_at", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
    sa.Column("held_until", sa.Text, nullable=False, server_default=""),
    sa.Column("claimed_at", sa.Text, nullable=False, server_default=""),
    sa.Column("assignee", sa.Text, nullable=False, server_default=""),
    sa.Column("team", sa.Text, nullable=False, server_default=""),
    sa.Column("wakes_at", sa.Text, nullable=False, server_default=""),
    sa.Column("pending", sa.Text, nullable=False, server_default=""),
    sa.Index("review_pending", "pending"),
)
"""One row a ticket that a person is to look at: what orders the queue, who holds it and until
when, and the version that every change must name."""

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("held_for", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("before_hash", sa.Text, nullable=False),
    sa.Column("after_hash", sa.Text, nullable=False),
    sa.Column("distance", sa.Float, nullable=True),
    sa.Column("overridden", sa.Text, nullable=False),
    sa.Column("waited_seconds", sa.Float, nullable=False),
    sa.Column("held_seconds", sa.Float, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("delivers", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("draft", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Index("decision_at", "at"),
)
"""What was decided about a ticket, once a version, never changed: who, when, why, the hashes of
the draft and of what became of it, the text that is to be delivered, its sentences, and the
evidence as it was then where that is not what the draft was written from."""

staff_reply = sa.Table(
    "staff_reply",
    metadata,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
)
"""Replies that people wrote past Firstline, as their channels tell."""

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("changes", sa.Integer, nullable=False),
    sa.Column("first_at", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("feedback_at", "at"),
)
"""What a customer says about a reply: one row a reply, the last answer."""

reopening = sa.Table(
    "reopening",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("by_ticket", sa.Text, nullable=False),
    sa.Column("after_seconds", sa.Float, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("reopening_at", "at"),
)
"""Answered tickets whose customer wrote again: the first message after the answer."""

label = sa.Table(
    "label",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("wrong", sa.Boolean, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("inclusion", sa.Float, nullable=True),
    sa.Column("blind", sa.Boolean, nullable=False),
    sa.Column("settles", sa.Boolean, nullable=False),
    sa.Column("distance", sa.Float, nullable=True),
    sa.Column("draft", sa.Text, nullable=False),
    sa.Index("label_at", "at"),
)
"""What people found a draft to be worth, never changed: who thinks again adds a row with the next
number. `wrong` is null where they could not tell."""

sample = sa.Table(
    "sample",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("item", sa.Text, nullable=False, unique=True),
    sa.Column("inclusion", sa.Float, nullable=False),
    sa.Column("population", sa.Integer, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""Drafts drawn to be labelled, with the probability they were drawn with. `item` is the name under
which a reviewer sees one."""

plant = sa.Table(
    "plant",
    metadata,
    sa.Column("item", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), nullable=False, unique=True),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("draft", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""Drafts spoilt on purpose, to see whether reviewers look. Nothing delivers from here."""

lot_secret = sa.Table(
    "lot_secret",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""What makes the draw of samples unforeseeable."""

score = sa.Table(
    "score",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("card", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""Scores in the order they came into use; the last one is in use. `card` says how far to believe
it."""

look = sa.Table(
    "look",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("basis", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("grid", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.UniqueConstraint("scope", "basis", "labels"),
)
"""Each time the labels of a scope were tested: looking again costs certainty, so looks are
counted. `labels` is the hash of what was looked at, `grid` what was fixed before."""

certificate = sa.Table(
    "certificate",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("voided_at", sa.Text, nullable=True),
    sa.Column("void_reason", sa.Text, nullable=False, server_default=""),
    sa.Index("certificate_scope", "kind", "scope"),
)
"""Certificates, kept for ever. Of kind `reply` or `route`; void from `voided_at`, and why."""

ticket_ended = sa.Index("ticket_ended", ticket.c.outcome, ticket.c.ended_at)
"""Finds what ended lately, and how."""

autonomy_change = sa.Table(
    "autonomy_change",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("covers", sa.Text, nullable=False, server_default=""),
    sa.Index("autonomy_change_latest", "topic", "scope", "number"),
)
"""Every change of what may go out without a person, oldest first; only ever added to. The latest
of each topic and scope is what holds. `covers` says which tickets a tripped scope holds."""

watch = sa.Table(
    "watch",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""What is watched in service, one row a scope: its baselines and its sequential tests, as JSON."""

watch_point = sa.Table(
    "watch_point",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seen", sa.Integer, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""The path of each test, every tenth step and each alarm: what the drift chart is drawn from."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("certificate", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("covers", sa.Text, nullable=False),
    sa.Column("alpha", sa.Float, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("drawn_at", sa.Text, nullable=False),
    sa.Column("wrong", sa.Boolean, nullable=True),
    sa.Column("labelled_at", sa.Text, nullable=True),
    sa.Index("audit_open", "labelled_at", "drawn_at"),
)
"""Replies sent automatically that were drawn for a person to look at, with the probability of the
draw, the promise they went out under, and what was found."""
