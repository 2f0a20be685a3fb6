"""The tables of the chat: conversations, the sessions that may read them, and their messages."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.reply_tables import reply
from firstline.store.schema import metadata

conversation = sa.Table(
    "chat_conversation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("customer", sa.Text, nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("last_at", sa.Text, nullable=False),
    sa.Column("last_number", sa.Integer, nullable=False),
    sa.Column("person_at", sa.Text, nullable=False, server_default=""),
    sa.Index("chat_conversation_customer", "customer", "last_at"),
)
"""One row a conversation. `customer` is who the site's own signature names; empty: anybody.
`person_at` says since when people have it and nothing is answered automatically."""

session = sa.Table(
    "chat_session",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, sa.ForeignKey("chat_conversation.id"), nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Index("chat_session_expires", "expires_at"),
)
"""Who may read and write a conversation: whoever shows the token of which this is the hash."""

message = sa.Table(
    "chat_message",
    metadata,
    sa.Column("conversation", sa.Text, sa.ForeignKey("chat_conversation.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("marker", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("sources", sa.Text, nullable=False, server_default="[]"),
    sa.Column("at", sa.Text, nullable=False),
    sa.UniqueConstraint("conversation", "marker"),
    sa.Index("chat_message_ticket", "ticket"),
)
"""What a visitor sees, numbered without gaps in the order it came to be there. `marker` is the
visitor's own id of a message or the delivery's key of a reply: neither is ever there twice."""

reply_at = sa.Index("reply_at", reply.c.target, reply.c.at)
"""Finds what was delivered lately, by whichever process."""

TABLES = (conversation, session, message)


def create_chat(connection: sa.Connection) -> None:
    """Create the tables, and the index that finds new replies."""
    metadata.create_all(connection, tables=list(TABLES))
    reply_at.create(connection, checkfirst=True)
