"""One short row a ticket for lists and searches, kept up to date by the database itself.

`ticket` holds whole messages and `stage` whole records: too wide to look through 100,000 of them
while somebody waits. `listed` holds what lists sort and filter by, in the order they show it.

| written when               | columns                                   |
|----------------------------|-------------------------------------------|
| a ticket is accepted       | all; what is not known yet is empty       |
| it ends, or ends otherwise | outcome, reason                           |
| its route is stored        | intent                                    |
| its review changes state   | state                                     |

Triggers write it, because tickets end in several places (the line, a person's decision, a
delivery), and a list that lacks one of them would be wrong in silence. They read JSON that
`records.encode` wrote; what they cannot read stays empty, and no ticket is ever refused for it.
"""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import metadata

listed = sa.Table(
    "listed",
    metadata,
    sa.Column("received_at", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.Column("intent", sa.Text, nullable=False, server_default=""),
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=""),
    sa.Column("words", sa.Text, nullable=False, server_default=""),
    sa.Index("listed_ticket", "ticket", unique=True),
    sa.Index("listed_outcome", "outcome", "received_at", "ticket"),
    sa.Index("listed_reason", "reason", "received_at", "ticket"),
    sa.Index("listed_intent", "intent", "received_at", "ticket"),
    sa.Index("listed_channel", "channel", "received_at", "ticket"),
    sqlite_with_rowid=False,
)
"""`intent`, `outcome`, `reason` and `state` (of its review) are empty while there is none. `words`
are subject, sender's id, customer and our id in lower case: what is searched."""

_SQLITE_CHANNEL = "CASE WHEN json_valid({0}.body) THEN json_extract({0}.body, '$.channel') END"
_SQLITE_SUBJECT = "CASE WHEN json_valid({0}.body) THEN json_extract({0}.body, '$.subject') END"
_SQLITE_INTENT = (
    "CASE WHEN json_valid({0}.body) THEN json_extract({0}.body, '$.intents[0].intent') END"
)
# Postgres' JSON functions refuse a whole document for one escape in it that text cannot hold. In
# encoded JSON a quote inside a string has a backslash before it: these only match real keys.
_POSTGRES_CHANNEL = """substring({0}.body from '"channel":"([a-z]+)"')"""
_POSTGRES_SUBJECT = (
    """replace(substring({0}.body from '"subject":"((?:[^"\\\\]|\\\\.)*)"'), '\\"', '"')"""
)
_POSTGRES_INTENT = """substring({0}.body from '^\\{{"intents":\\[\\{{"intent":"([^"\\\\]*)"')"""

_LINE = """
INSERT INTO listed (received_at, ticket, channel, outcome, reason, words)
VALUES (NEW.received_at, NEW.id, coalesce({channel}, ''), coalesce(NEW.outcome, ''),
        coalesce(NEW.reason, ''),
        lower(coalesce({subject}, '') || ' ' || NEW.external_id || ' '
              || coalesce(NEW.customer, '') || ' ' || NEW.id));
"""
_END = """
UPDATE listed SET outcome = coalesce(NEW.outcome, ''), reason = coalesce(NEW.reason, '')
WHERE ticket = NEW.id;
"""
_ROUTE = "UPDATE listed SET intent = coalesce({intent}, '') WHERE ticket = NEW.ticket;"
_STATE = "UPDATE listed SET state = NEW.state WHERE ticket = NEW.ticket;"
_TRIGGERS = (
    ("listed_accepted", "AFTER INSERT ON ticket", "", _LINE),
    ("listed_ended", "AFTER UPDATE OF outcome, reason ON ticket", "", _END),
    ("listed_routed", "AFTER INSERT ON stage", "NEW.stage = 'route'", _ROUTE),
    ("listed_queued", "AFTER INSERT ON review", "", _STATE),
    ("listed_reviewed", "AFTER UPDATE OF state ON review", "", _STATE),
)
_BACKFILL = """
INSERT INTO listed (received_at, ticket, channel, intent, outcome, reason, state, words)
SELECT t.received_at, t.id, coalesce({channel}, ''), coalesce({intent}, ''),
       coalesce(t.outcome, ''), coalesce(t.reason, ''), coalesce(r.state, ''),
       lower(coalesce({subject}, '') || ' ' || t.external_id || ' '
             || coalesce(t.customer, '') || ' ' || t.id)
FROM ticket t
LEFT JOIN stage s ON s.ticket = t.id AND s.stage = 'route'
LEFT JOIN review r ON r.ticket = t.id
"""


def create_listed(connection: sa.Connection) -> None:
    """Create the table, fill it from what is stored, and have the database keep it."""
    metadata.create_all(connection, tables=[listed])
    lite = connection.dialect.name == "sqlite"
    channel, subject, intent = (
        (_SQLITE_CHANNEL, _SQLITE_SUBJECT, _SQLITE_INTENT)
        if lite
        else (_POSTGRES_CHANNEL, _POSTGRES_SUBJECT, _POSTGRES_INTENT)
    )
    connection.exec_driver_sql(
        _BACKFILL.format(
            channel=channel.format("t"), subject=subject.format("t"), intent=intent.format("s")
        )
    )
    for name, moment, when, body in _TRIGGERS:
        written = body.format(
            channel=channel.format("NEW"),
            subject=subject.format("NEW"),
            intent=intent.format("NEW"),
        )
        for statement in (
            _sqlite(name, moment, when, written) if lite else _postgres(name, moment, when, written)
        ):
            connection.exec_driver_sql(statement)


def _sqlite(name: str, moment: str, when: str, body: str) -> tuple[str, ...]:
    condition = f"WHEN {when}" if when else ""
    return (f"CREATE TRIGGER {name} {moment} {condition} BEGIN {body} END",)


def _postgres(name: str, moment: str, when: str, body: str) -> tuple[str, ...]:
    condition = f"WHEN ({when})" if when else ""
    return (
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$body$ BEGIN {body} RETURN NULL; END $body$"
        ),
        (f"CREATE TRIGGER {name} {moment} FOR EACH ROW {condition} EXECUTE FUNCTION {name}()"),
    )
