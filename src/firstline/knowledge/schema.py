"""The tables of knowledge.db, and how a connection to it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firstline.errors import Place, SetupError
from firstline.store.write_ahead import write_ahead

VERSION: Final = 1
"""Raise it when the tables, the cutting into passages or the stems change. The file only holds
what the documents say, so one of another version is rebuilt, not migrated."""

BUSY_SECONDS: Final = 30

_TABLES: Final = """
CREATE TABLE state (generation INTEGER NOT NULL);
INSERT INTO state VALUES (random() / 2);
CREATE TABLE documents (
    id TEXT PRIMARY KEY, version TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL,
    audience TEXT NOT NULL, updated TEXT, superseded_by TEXT, source TEXT NOT NULL,
    passages INTEGER NOT NULL
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, title TEXT NOT NULL,
    heading TEXT NOT NULL, text TEXT NOT NULL, version TEXT NOT NULL, audience TEXT NOT NULL,
    url TEXT NOT NULL, updated TEXT, superseded INTEGER NOT NULL, vector_key TEXT NOT NULL,
    stems BLOB NOT NULL, ended_at TEXT, UNIQUE (id, version)
);
CREATE INDEX live_passages ON passages (document) WHERE ended_at IS NULL;
CREATE INDEX passage_vectors ON passages (vector_key);
CREATE TABLE vectors (
    key TEXT NOT NULL, encoder TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (key, encoder)
);
CREATE TABLE stems (number INTEGER PRIMARY KEY, stem TEXT NOT NULL UNIQUE);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to the knowledge database, creating or rebuilding the file if needed.

    Raises:
        SetupError: The file cannot be opened, or is not a database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error
    with explained(path):
        db = sqlite3.connect(
            path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
        )
        try:
            _prepare(db)
        except BaseException:
            db.close()
            raise
        return db


def _prepare(db: sqlite3.Connection) -> None:
    write_ahead(db, patience=BUSY_SECONDS)
    db.execute("PRAGMA synchronous = NORMAL")
    if _version(db) == VERSION:
        return
    with writing(db):
        # Another process may have made the tables since.
        if _version(db) == VERSION:
            return
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            db.execute(f'DROP TABLE "{name}"')
        for statement in _TABLES.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Run the body in one write transaction: all of it, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


@contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """Run the body on one consistent state of the database, and leave nothing behind."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says about the file at `path` into a SetupError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> SetupError:
    return SetupError(
        f"the knowledge index cannot be used ({error})",
        place=Place(file=str(path)),
        fix="Check the folder's rights and space; the file may be removed, it is rebuilt from "
        "the documents",
    )
