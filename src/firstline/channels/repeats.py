"""Remembering which ids a file has had, for files of any length.

The memory is a temporary SQLite database that goes to disk when it grows, so a file of millions
of tickets takes no more memory than one of a hundred.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Literal

Verdict = Literal["new", "same", "different"]


class Repeats:
    """The ids seen so far, each with a hash of what came under it."""

    def __init__(self) -> None:
        # Not one thread only: a command may read a file from a worker thread.
        self._seen = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._seen.execute("PRAGMA journal_mode = OFF")
        self._seen.execute("CREATE TABLE seen (id BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def judge(self, external_id: str, content: str) -> Verdict:
        """Return whether an id is new, or was there with the same or different content."""
        key = _hash(external_id)
        value = _hash(content)
        added = self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, value))
        if added.rowcount:
            return "new"
        (known,) = self._seen.execute("SELECT content FROM seen WHERE id = ?", (key,)).fetchone()
        return "same" if known == value else "different"

    def close(self) -> None:
        """Forget everything."""
        self._seen.close()


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
