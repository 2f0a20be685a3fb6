"""The tables of access: people, their sessions, keys for programs, and who saw and did what.

Nothing here lets anybody in by itself: of passwords, sessions, keys, links and codes only hashes
are kept.
"""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import metadata

_APPEND_ONLY = "the audit of access is only ever added to"

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text, nullable=True, unique=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("password_at", sa.Text, nullable=False, server_default=""),
    sa.Column("seen_at", sa.Text, nullable=False, server_default=""),
    sa.Column("disabled_at", sa.Text, nullable=False, server_default=""),
)
"""Who works here. `email` is in lower case; names are told apart, because decisions are signed with
them. `password` is an argon2id hash, empty for those who sign in elsewhere; `subject` is who they
are there: issuer and subject."""

first_admin = sa.Table(
    "first_admin",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)
"""One row once the first admin was set up, so that of several who try at once one succeeds."""

entry_code = sa.Table(
    "entry_code",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False, server_default=""),
    sa.Column("email", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("role", sa.Text, nullable=False, server_default=""),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("used_at", sa.Text, nullable=False, server_default=""),
    sa.Index("entry_code_email", "email"),
)
"""What works once instead of a password: of kind `setup` (the first admin), `invite` (a new person)
or `reset` (a new password for `person`)."""

session = sa.Table(
    "session",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("seen_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("browser", sa.Text, nullable=False),
    sa.Index("session_person", "person"),
)
"""Who is signed in where. A row that is removed ends the session."""

device = sa.Table(
    "device",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Index("device_person", "person"),
)
"""Browsers in which a person signed in before: strangers who guess do not make them wait."""

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
    sa.Index("attempt_at", "at"),
)
"""How often signing in failed lately, by account and by address, and until when to wait."""

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False, server_default=""),
    sa.Column("used_at", sa.Text, nullable=False, server_default=""),
    sa.Column("revoked_at", sa.Text, nullable=False, server_default=""),
    sa.Column("revoked_by", sa.Text, nullable=False, server_default=""),
)
"""Keys of programs. `scopes` are separated by spaces; `prefix` is shown to tell keys apart."""

access_event = sa.Table(
    "access_event",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Index("access_event_actor", "actor", "number"),
    sa.Index("access_event_subject", "subject", "number"),
    sa.Index("access_event_action", "action", "number"),
)
"""Who saw and did what, when and from where; only ever added to, which the database enforces.
`actor` is the id of a person or key, empty for nobody; `name` what it was called then."""

TABLES = (
    person,
    first_admin,
    entry_code,
    session,
    device,
    attempt,
    api_key,
    access_event,
)


def forbid_changes(connection: sa.Connection) -> None:
    """Make the database itself refuse to alter or remove events."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_APPEND_ONLY}'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER access_event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON access_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER access_event_kept_{verb.lower()} BEFORE {verb} ON access_event "
            f"BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END"
        )
