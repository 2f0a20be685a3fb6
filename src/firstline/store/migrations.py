"""Numbered migrations: plain functions in a list, each applied once, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa

from firstline.store import (
    arrival_tables,
    chat_tables,
    gap_tables,
    listing_tables,
    metric_tables,
    people_tables,
    queue_indexes,
    reply_tables,
    schema,
    trust_tables,
    use_indexes,
)

Migration = Callable[[sa.Connection], None]
MIGRATIONS: list[Migration] = []

_applied = sa.Table(
    "migration",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("applied_at", sa.Text, nullable=False),
)
_LOCK = 0x46_4C
"""Key of the Postgres advisory lock that lets one process migrate at a time."""


def migration(function: Migration) -> Migration:
    """Append a migration to the list. Never change one that has been released: add another."""
    MIGRATIONS.append(function)
    return function


def migrate(engine: sa.Engine) -> tuple[str, ...]:
    """Apply what is missing in one transaction and return the names applied."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        else:
            # Python begins a transaction only when it writes: too late for what was read before.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        _applied.create(connection, checkfirst=True)
        known = set(connection.scalars(sa.select(_applied.c.name)))
        missing = [function for function in MIGRATIONS if function.__name__ not in known]
        for function in missing:
            function(connection)
            connection.execute(
                _applied.insert().values(
                    name=function.__name__, applied_at=datetime.now(UTC).isoformat()
                )
            )
    return tuple(function.__name__ for function in missing)


@migration
def m001_tickets(connection: sa.Connection) -> None:
    """Create inboxes, tickets, stage records and the delivery ledger."""
    tables = [schema.owner, schema.inbox, schema.ticket, schema.stage, schema.delivery]
    schema.metadata.create_all(connection, tables=tables)


@migration
def m002_model_calls(connection: sa.Connection) -> None:
    """Create the ledger of questions to models, the day's spending, and the batch lane."""
    tables = [schema.model_call, schema.spend, schema.batch_item]
    schema.metadata.create_all(connection, tables=tables)


@migration
def m003_commitments(connection: sa.Connection) -> None:
    """Create the ledger of promises, its history and its reminders."""
    tables = [schema.commitment, schema.commitment_change, schema.commitment_reminder]
    schema.metadata.create_all(connection, tables=tables)


@migration
def m004_trust(connection: sa.Connection) -> None:
    """Create what reviews, labels, certificates, autonomy and recalls are kept in."""
    tables = [
        trust_tables.use,
        trust_tables.use_read,
        trust_tables.recall_settled,
        trust_tables.review,
        trust_tables.decision,
        trust_tables.staff_reply,
        trust_tables.feedback,
        trust_tables.reopening,
        trust_tables.label,
        trust_tables.sample,
        trust_tables.plant,
        trust_tables.lot_secret,
        trust_tables.score,
        trust_tables.look,
        trust_tables.certificate,
        trust_tables.autonomy_change,
        trust_tables.watch,
        trust_tables.watch_point,
        trust_tables.audit,
    ]
    schema.metadata.create_all(connection, tables=tables)
    trust_tables.ticket_ended.create(connection, checkfirst=True)


@migration
def m005_people(connection: sa.Connection) -> None:
    """Create people, sessions, keys, and the audit of access, which is only ever added to."""
    schema.metadata.create_all(connection, tables=list(people_tables.TABLES))
    people_tables.forbid_changes(connection)


@migration
def m006_replies(connection: sa.Connection) -> None:
    """Create what was delivered to API and chat customers, and the answers kept for retries."""
    tables = [reply_tables.reply, reply_tables.idempotency]
    schema.metadata.create_all(connection, tables=tables)
    reply_tables.ticket_changed.create(connection, checkfirst=True)


@migration
def m007_chat(connection: sa.Connection) -> None:
    """Create the chat's conversations, sessions and messages."""
    chat_tables.create_chat(connection)


@migration
def m008_ticket_search(connection: sa.Connection) -> None:
    """Create the short rows that lists and searches of tickets read, and fill them."""
    listing_tables.create_listed(connection)


@migration
def m009_metrics(connection: sa.Connection) -> None:
    """Create the counts that figures are made of; the first look fills them."""
    schema.metadata.create_all(connection, tables=list(metric_tables.TABLES))
    for index in metric_tables.INDEXES:
        index.create(connection, checkfirst=True)


@migration
def m010_queue_speed(connection: sa.Connection) -> None:
    """Create the indexes that the queue, its counts and looking tickets up live on."""
    queue_indexes.create_queue_indexes(connection)


@migration
def m011_use_counts(connection: sa.Connection) -> None:
    """Create the index by which the answers that rest on an article are counted."""
    use_indexes.delivery_ticket.create(connection, checkfirst=True)


@migration
def m012_gap_marks(connection: sa.Connection) -> None:
    """Create what was dealt with of the gaps in the knowledge base."""
    schema.metadata.create_all(connection, tables=[gap_tables.gap_mark])


@migration
def m013_arrivals(connection: sa.Connection) -> None:
    """Create what helpdesks told, how far they were polled, and the ledger of notes for people."""
    arrival_tables.create_arrivals(connection)


@migration
def m014_chatwoot(connection: sa.Connection) -> None:
    """List what is left for people in Chatwoot as in the other helpdesks."""
    arrival_tables.list_chatwoot(connection)
