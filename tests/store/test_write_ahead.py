"""A file others are using is waited for, but not for ever."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import pytest

from firstline.knowledge.schema import connect as open_knowledge
from firstline.store.write_ahead import write_ahead


def impatient(path: Path) -> sqlite3.Connection:
    """Return a connection that SQLite itself does not make wait."""
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def test_a_file_in_use_is_waited_for(tmp_path: Path) -> None:
    """A lock that goes away in time is no error, though SQLite would not have waited."""
    holder, other = impatient(tmp_path / "x.db"), impatient(tmp_path / "x.db")
    holder.execute("BEGIN EXCLUSIVE")
    timer = Timer(0.2, lambda: holder.execute("ROLLBACK"))
    timer.start()
    write_ahead(other, patience=20)
    timer.join()
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    holder.close()
    other.close()


def test_a_file_that_stays_locked_is_reported(tmp_path: Path) -> None:
    """Patience ends, and what SQLite said is passed on."""
    holder, other = impatient(tmp_path / "x.db"), impatient(tmp_path / "x.db")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(other, patience=0.05)
    holder.close()
    other.close()


def test_many_may_create_the_knowledge_file_at_once(tmp_path: Path) -> None:
    """A race that was lost once in 300 openings before: 20 rounds of 16."""
    with ThreadPoolExecutor(8) as threads:
        for number in range(20):
            paths = [tmp_path / f"{number}.db"] * 16
            for database in threads.map(open_knowledge, paths):
                database.close()
