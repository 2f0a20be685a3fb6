"""The tables of what helpdesks and mailboxes told, until it has become tickets."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import metadata

event = sa.Table(
    "arrival_event",
    metadata,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("arrival_event_at", "at"),
)
"""Deliveries of webhooks that were seen: the same one twice changes nothing."""

arrival = sa.Table(
    "arrival",
    metadata,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("marks", sa.Integer, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Index("arrival_at", "at"),
)
"""Conversations that are to be fetched afresh. `marks` counts how often one was named, so that what
is said while it is being fetched is not lost; `at` is when it may be fetched next."""

cursor = sa.Table(
    "arrival_cursor",
    metadata,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("cursor", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("held_until", sa.Text, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
)
"""How far each connection was polled. One process at a time holds it."""

hook_count = sa.Table(
    "hook_count",
    metadata,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("verdict", sa.Text, primary_key=True),
    sa.Column("deliveries", sa.Integer, nullable=False),
)
"""How many webhooks came a UTC day, by what their signatures said."""

hand_over = sa.Table(
    "hand_over",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("hand_over_state", "state", "at"),
)
"""The ledger of what is left for people in their helpdesk: a note with the draft, or the whole
packet. Apart from the deliveries, because no customer ever sees it and no cap counts it. `tries`
counts how often a helpdesk that was away put it off; `at` of what is due is when it may be left."""

TABLES = (event, arrival, cursor, hook_count, hand_over)
NOTED = ("zendesk", "intercom", "freshdesk", "email", "webhook", "chatwoot")
"""Kinds of inboxes whose people work elsewhere and are told there."""
KEPT = "hand_over"
"""Ends the key of a ticket's hand-over."""
_FIRST = ("zendesk", "intercom", "freshdesk", "email", "webhook")
"""Those that there were when the tables came."""
_NAME = "hand_over_due"
_DUE = """
INSERT INTO hand_over (key, ticket, kind, state, detail, tries, at)
SELECT NEW.id || ':hand_over', NEW.id, '', 'due', '', 0, coalesce(NEW.ended_at, '')
FROM inbox
WHERE inbox.id = NEW.inbox
  AND inbox.kind IN ({kinds})
ON CONFLICT DO NOTHING;
"""
_WHEN = "NEW.outcome IN ('review', 'escalate')"


def create_arrivals(connection: sa.Connection) -> None:
    """Create the tables, and have the database list whatever ends with a person elsewhere.

    A trigger, so that it is listed in the transaction that ends a ticket, whoever ends it and why.
    """
    metadata.create_all(connection, tables=list(TABLES))
    _list_what_is_due(connection, _FIRST)


def list_chatwoot(connection: sa.Connection) -> None:
    """Have the database list what ends with a person in Chatwoot too."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER {_NAME}")
    else:
        connection.exec_driver_sql(f"DROP TRIGGER {_NAME} ON ticket")
    _list_what_is_due(connection, NOTED)


def _list_what_is_due(connection: sa.Connection, kinds: tuple[str, ...]) -> None:
    due = _DUE.format(kinds=", ".join(f"'{kind}'" for kind in kinds))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"CREATE TRIGGER {_NAME} AFTER UPDATE OF outcome ON ticket WHEN {_WHEN} BEGIN {due} END"
        )
        return
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$body$ BEGIN {due} RETURN NULL; END $body$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER {_NAME} AFTER UPDATE OF outcome ON ticket "
        f"FOR EACH ROW WHEN ({_WHEN}) EXECUTE FUNCTION {_NAME}()"
    )
