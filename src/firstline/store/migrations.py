"""Numbered migrations: plain functions in a list, each applied once, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa

from firstline.store import schema, trust_tables

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
