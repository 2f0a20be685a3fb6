"""Setting a SQLite file to write-ahead logging when several processes may do so at once."""

from __future__ import annotations

import sqlite3
import time

PAUSE_SECONDS = 0.01


def write_ahead(connection: sqlite3.Connection, *, patience: float) -> None:
    """Make `connection`'s database log ahead, waiting for others who use the file.

    SQLite's own busy timeout does not cover this one statement: a connection that must turn its
    read lock into the exclusive lock the change needs is refused at once, because waiting could
    be a deadlock. Starting the statement anew is safe, so that is done here.

    Args:
        connection: An open connection outside any transaction.
        patience: Seconds to go on trying.

    Raises:
        sqlite3.OperationalError: The file is still locked after `patience`, or cannot be used.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return
