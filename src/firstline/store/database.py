"""Opening the database: SQLite by default, Postgres by address; the same tables on both."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from firstline.errors import Place, SetupError
from firstline.store.migrations import migrate
from firstline.store.write_ahead import write_ahead

URL_VARIABLE = "FIRSTLINE_DATABASE_URL"
BUSY_SECONDS = 15
BRIEF_SECONDS = 0.02
"""How long a transaction of the event loop waits for a SQLite file that somebody else writes to."""
POOL = 16
"""Connections to a SQLite file that a process keeps: readers do not hinder each other, and with
fewer connections they would only wait for one another."""
IDLE_SECONDS = 20.0
"""After this a pooled connection is tried before it is used again."""

_BRIEF: ContextVar[bool] = ContextVar("brief", default=False)


class LockedError(SetupError):
    """Another holds the database, and whoever asked would not wait any longer."""


@contextmanager
def briefly() -> Iterator[None]:
    """Within it, wait for a SQLite file no longer than a moment; LockedError says it was taken."""
    token = _BRIEF.set(True)
    try:
        yield
    finally:
        _BRIEF.reset(token)


def app_url(data: Path) -> str:
    """Return the address of the application database for a workspace's data folder."""
    return os.environ.get(URL_VARIABLE) or f"sqlite:///{data / 'app.db'}"


def engine_url(data: Path) -> str:
    """Return the address of the durable engine's database: its own file, or schema `dbos`."""
    return os.environ.get(URL_VARIABLE) or f"sqlite:///{data / 'engine.db'}"


def driver_url(url: str) -> str:
    """Name the installed Postgres driver in an address that leaves it open."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def sqlite_engine(url: str, *, pool: int = POOL) -> sa.Engine:
    """Return an engine whose connections write ahead and wait for each other.

    `synchronous=NORMAL` survives a killed process; after a power cut the last milliseconds of
    commits may be missing and are then done again.
    """
    engine = sa.create_engine(url, pool_size=pool, max_overflow=0)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        write_ahead(connection, patience=BUSY_SECONDS)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkout")
    def taken(
        connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        brief = _BRIEF.get()
        if record.info.get("brief", False) is not brief:
            seconds = BRIEF_SECONDS if brief else BUSY_SECONDS
            connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")
            record.info["brief"] = brief

    return engine


def open_database(url: str) -> sa.Engine:
    """Return a migrated database, or raise SetupError saying why it cannot be used."""
    url = driver_url(url)
    try:
        if url.startswith("sqlite"):
            engine = sqlite_engine(url)
        else:
            engine = sa.create_engine(url, pool_size=8, max_overflow=4)
            _try_idle_connections(engine)
        _speak_plainly(engine, url)
        migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        raise unusable(url, error) from error
    return engine


def _try_idle_connections(engine: sa.Engine) -> None:
    """Try a connection before it is used again, if it was idle long enough to have been cut.

    SQLAlchemy's own `pool_pre_ping` does so each time, which costs as much as a small query.
    """

    @event.listens_for(engine, "checkin")
    def put_back(_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(
        connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        if time.monotonic() - record.info.get("idle_since", math.inf) < IDLE_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise sa.exc.DisconnectionError("the connection was cut while it was idle")


def reading(engine: sa.Engine) -> sa.Engine:
    """Return the same database for single queries: each its own transaction, in one round trip."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine


def single(engine: sa.Engine) -> sa.Engine:
    """Return the same database for transactions of one statement, written in one round trip.

    Postgres makes a statement outside any transaction one of its own; on SQLite `begin` and its end
    cost nothing, and are needed.
    """
    return reading(engine)


def _speak_plainly(engine: sa.Engine, url: str) -> None:
    """Make every failure of the database itself (locked, full, gone) a SetupError."""

    @event.listens_for(engine, "handle_error")
    def explain(context: sa.ExceptionContext) -> None:
        if isinstance(context.sqlalchemy_exception, sa.exc.OperationalError):
            raise unusable(url, context.sqlalchemy_exception) from context.original_exception


def unusable(url: str, error: Exception) -> SetupError:
    """Return the error an operator can act on when a database cannot be used."""
    shown = sa.make_url(url).render_as_string(hide_password=True)
    cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    first = cause.strip().splitlines()[0] if cause.strip() else type(error).__name__
    if "locked" in first:
        fix = "Another program holds it; stop that program or wait, then run again"
    elif url.startswith("sqlite"):
        fix = "Check that the folder exists and is writable and that the disk is not full"
    else:
        fix = f"Check that Postgres runs and that {URL_VARIABLE} is right"
    kind = LockedError if "locked" in first and _BRIEF.get() else SetupError
    return kind(f"the database cannot be used: {first[:300]}", place=Place(file=shown), fix=fix)
