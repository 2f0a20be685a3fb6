"""Words: how texts are cut into stems, and which passages hold which.

The stems are SQLite FTS5's (`porter unicode61`), so that any Python has them. The postings
live in numpy arrays, not in an FTS5 table: at 10,000 passages a query takes 0.2 ms instead of
2.6, and the share of a query's words that a passage covers comes out of the same pass.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firstline.errors import SetupError
from firstline.knowledge.schema import reading

K1: Final = 1.2
B: Final = 0.75
"""BM25's usual constants (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework")."""
MAX_QUERY_WORDS: Final = 200

_STOP_WORDS: Final = (
    "a about also am an and any are as at be been being but by can could d did do does dont for "
    "from had has have he hello her hey hi him his how i id if im in into is it its ive just ll m "
    "me my no not of on or our please re s she should so some such t than thank thanks that the "
    "their them then there these they this to us ve was we were what when where which while who "
    "why will with would you your"
)

Scores = NDArray[np.float32]
Counts = NDArray[np.int32]


class Stemmer:
    """Cuts texts into FTS5's stems. Safe to use from several threads.

    Raises:
        SetupError: This Python's SQLite was built without FTS5.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._db.execute(
                "CREATE VIRTUAL TABLE texts USING fts5"
                "(text, tokenize='porter unicode61 remove_diacritics 2')"
            )
        except sqlite3.OperationalError as error:
            raise SetupError(
                "this Python's SQLite has no full-text search (FTS5)",
                fix="Use a Python whose sqlite3 module is built with FTS5, as the usual ones are",
            ) from error
        self._db.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(texts, 'instance')")
        self._stop = frozenset(self.stems([_STOP_WORDS])[0])

    def stems(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the stems of each text, repeated as often as they occur, in no set order."""
        found: list[list[str]] = [[] for _ in texts]
        with self._lock, reading(self._db):
            self._db.executemany("INSERT INTO texts(rowid, text) VALUES (?, ?)", enumerate(texts))
            for stem, row in self._db.execute("SELECT term, doc FROM stems"):
                found[row].append(stem)
        return found

    def content_words(self, query: str) -> list[str]:
        """Return the distinct stems of a query that carry meaning, at most MAX_QUERY_WORDS."""
        distinct = dict.fromkeys(self.stems([query])[0])
        return [stem for stem in distinct if stem not in self._stop][:MAX_QUERY_WORDS]

    def close(self) -> None:
        """Free the memory it uses."""
        self._db.close()


def counted(stems: Sequence[str], numbers: Mapping[str, int]) -> bytes:
    """Return (stem number, count) pairs as int32 bytes, the form the index stores."""
    counts = Counter(numbers[stem] for stem in stems)
    return np.array(sorted(counts.items()), np.int32).reshape(-1, 2).tobytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """How the words of one query match each passage; arrays of shape (passages,)."""

    coverage: Scores
    """Share of the query's words that the passage holds, weighted by rarity, 0 to 1."""
    bm25: Scores
    words: int
    """Distinct content words of the query."""
    weight: float
    """Sum of their rarities (inverse document frequencies)."""


class Postings:
    """Which passages hold which stem; immutable.

    Args:
        numbers: Stem -> number.
        tokens: For each passage, (stem number, count) pairs as written by `counted`.
    """

    def __init__(self, numbers: Mapping[str, int], tokens: Sequence[bytes]) -> None:
        self._numbers = numbers
        self._size = len(tokens)
        pairs = np.frombuffer(b"".join(tokens), np.int32).reshape(-1, 2)
        entries = np.array([len(blob) // 8 for blob in tokens], np.int64)
        rows = np.repeat(np.arange(self._size, dtype=np.int32), entries)
        lengths = np.bincount(rows, pairs[:, 1].astype(np.float64), minlength=self._size)
        order = np.argsort(pairs[:, 0], kind="stable")
        frequencies = np.bincount(pairs[:, 0], minlength=max(numbers.values(), default=0) + 1)
        self._ends = np.cumsum(frequencies)
        self._rows = rows[order]
        self._rarity = np.log1p((self._size - frequencies + 0.5) / (frequencies + 0.5))
        self._unseen = float(np.log1p((self._size + 0.5) / 0.5))
        self._gains = self._bm25_gains(pairs[order], lengths)

    def _bm25_gains(self, pairs: Counts, lengths: NDArray[Any]) -> Scores:
        """Return what each (passage, stem) entry adds to a BM25 score, shape (entries,)."""
        average = max(float(lengths.mean()), 1.0) if self._size else 1.0
        norm = K1 * (1 - B + B * lengths[self._rows] / average)
        gain = self._rarity[pairs[:, 0]] * pairs[:, 1] * (K1 + 1) / (pairs[:, 1] + norm)
        return np.asarray(gain, np.float32)

    def match(self, words: Sequence[str]) -> Matches:
        """Return how `words`, distinct stems, match each passage."""
        coverage = np.zeros(self._size, np.float32)
        bm25 = np.zeros(self._size, np.float32)
        total = 0.0
        for word in words:
            number = self._numbers.get(word)
            end = 0 if number is None else int(self._ends[number])
            start = 0 if not number else int(self._ends[number - 1])
            if number is None or start == end:
                total += self._unseen
                continue
            rarity = float(self._rarity[number])
            rows = self._rows[start:end]
            coverage[rows] += rarity
            bm25[rows] += self._gains[start:end]
            total += rarity
        if total > 0:
            coverage /= total
        return Matches(coverage=coverage, bm25=bm25, words=len(words), weight=total)
