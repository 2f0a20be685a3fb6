"""Records from a database: one SELECT of the workspace, in a transaction that can only read.

| database  | only reads because of                        | stops a long statement by         |
|-----------|----------------------------------------------|-----------------------------------|
| SQLite    | a file opened read-only, `query_only`        | its progress handler              |
| Postgres  | `SET TRANSACTION READ ONLY`                  | `statement_timeout`               |
| MySQL     | `SET TRANSACTION READ ONLY`                  | `max_execution_time`              |
| MariaDB   | the same                                     | `max_statement_time`              |
| Oracle    | `SET TRANSACTION READ ONLY`                  | nothing but the caller's patience |
| others    | an account that may only read (yours to see to) and a rollback | the same        |

Whatever the database, the statement is one SELECT, values are bound and never written into it, and
the transaction is rolled back.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, ProgrammingError, SQLAlchemyError

from firstline.sources.asked import MOST_ROWS, Row, Who
from firstline.sources.failure import SourceFailure

STEPS = 2_000
"""SQLite instructions between two looks at the clock."""
POOL = 4
RECYCLE = 300
"""Seconds after which an idle connection is replaced: firewalls cut those that are older."""
_TOO_SLOW = ("SQLITE_INTERRUPT", "57014", "55P03")
"""How SQLite and Postgres say that a statement was stopped, or waited too long for a lock."""
_POSTGRES = ("postgres://", "postgresql://")
_CONNECT_TIMEOUT: Mapping[str, str] = {
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "pymysql": "connect_timeout",
    "mysqldb": "connect_timeout",
    "mysqlconnector": "connection_timeout",
    "mariadbconnector": "connect_timeout",
    "pymssql": "login_timeout",
    "oracledb": "tcp_connect_timeout",
}
"""How drivers call the seconds they try to connect."""


class SqlReader:
    """Asks a database. Connections are made when they are first needed.

    Args:
        url: A SQLAlchemy URL; a relative SQLite file is meant from `folder`.
        query: One SELECT with `:id`, `:email` or `:reference`.
        seconds: For one statement.
        folder: The workspace.
    """

    def __init__(self, url: str, query: str, *, seconds: float, folder: Path) -> None:
        self._seconds = seconds
        self._query = sa.text(query)
        try:
            self._engine = _engine(url, seconds=seconds, folder=folder)
        except (SQLAlchemyError, ImportError, ValueError) as error:
            # Its text may hold the URL and so a password.
            problem = f"its URL cannot be used ({_called(error)})"
            raise SourceFailure(problem, unwell=False) from None

    def read(self, who: Who) -> tuple[Row, ...]:
        """Return the rows about a customer."""
        return self.select(self._query, who.values())

    def select(self, statement: sa.TextClause, values: Mapping[str, str]) -> tuple[Row, ...]:
        """Return the rows of a statement, MOST_ROWS and one more at most.

        Raises:
            SourceFailure: The database could not be asked. Names no value.
        """
        given = {name: values.get(name, "") for name in statement.compile().params}
        try:
            with self._engine.connect() as connection:
                try:
                    _only_read(connection, self._seconds)
                    found = connection.execute(statement, given)
                    return tuple(_row(row) for row in found.mappings().fetchmany(MOST_ROWS + 1))
                finally:
                    connection.rollback()
        except SQLAlchemyError as error:
            raise _refused(error, self._seconds) from None
        except (OSError, sqlite3.Error) as error:
            raise SourceFailure(f"no connection ({type(error).__name__})") from None

    def close(self) -> None:
        """Let connections go."""
        self._engine.dispose()


def _engine(url: str, *, seconds: float, folder: Path) -> sa.Engine:
    for prefix in _POSTGRES:
        if url.startswith(prefix):
            url = f"postgresql+psycopg://{url.removeprefix(prefix)}"
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, seconds=seconds, folder=folder)
    option = _CONNECT_TIMEOUT.get(parsed.get_driver_name())
    return sa.create_engine(
        parsed,
        pool_size=POOL,
        max_overflow=POOL,
        pool_timeout=seconds,
        pool_pre_ping=True,
        pool_recycle=RECYCLE,
        hide_parameters=True,
        connect_args={option: max(1, round(seconds))} if option else {},
    )


def _sqlite(url: sa.URL, *, seconds: float, folder: Path) -> sa.Engine:
    """Return an engine whose connections cannot write and stop a statement in time."""
    if not url.database or url.database.startswith(("file:", ":memory:")):
        raise ValueError("it names no file")
    address = f"file:{quote(str((folder / url.database).absolute()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address, uri=True, timeout=seconds, check_same_thread=False, cached_statements=8
        )
        connection.execute("PRAGMA query_only = ON")
        return connection

    # A file is opened in less time than it takes to find out whether it is still the same one.
    return sa.create_engine(
        "sqlite://", creator=connect, poolclass=sa.NullPool, hide_parameters=True
    )


def _only_read(connection: sa.Connection, seconds: float) -> None:
    """Begin a transaction that can only read and takes no longer than so many seconds."""
    milliseconds = max(1, round(seconds * 1_000))
    dialect = connection.dialect
    match dialect.name:
        case "sqlite":
            raw = connection.connection.driver_connection
            end = time.monotonic() + seconds
            if isinstance(raw, sqlite3.Connection):
                raw.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        case "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
        case "mysql" | "mariadb":
            if getattr(dialect, "is_mariadb", False):
                connection.exec_driver_sql(f"SET SESSION max_statement_time = {seconds:.3f}")
            else:
                connection.exec_driver_sql(f"SET SESSION max_execution_time = {milliseconds}")
            connection.rollback()
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        case "oracle":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        case _:
            return


def _row(found: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): plain(value) for name, value in found.items()}


def plain(value: Any) -> Any:
    """Return a value of a database as a customer's record holds it; None for what has no text."""
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            return format(value, "f")
        case datetime() | clock_time():
            return value.isoformat(*([" "] if isinstance(value, datetime) else []))
        case date():
            return value.isoformat()
        case int() | float() | UUID():
            return str(value)
        case dict():
            return {str(name): plain(entry) for name, entry in value.items()}
        case list() | tuple():
            return [plain(entry) for entry in value]
        case _:
            return None


def _refused(error: SQLAlchemyError, seconds: float) -> SourceFailure:
    called = _called(error)
    if called.rpartition(" ")[2] in _TOO_SLOW:
        return SourceFailure(f"no answer within {seconds:g} s")
    # What is wrong with the statement is not mended by leaving the database alone.
    unwell = not isinstance(error, ProgrammingError | DataError)
    return SourceFailure(f"the database refused it ({called})", unwell=unwell)


def _called(error: Exception) -> str:
    """Return the kind of an error and its SQL state; its text may hold what was asked for."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return f"{type(cause).__name__} {state}" if state else type(cause).__name__
