"""Search in a company's knowledge: words and meaning, in one file, from any thread or process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from firstline.knowledge.documents import Document
from firstline.knowledge.encode import Encoder
from firstline.knowledge.index import (
    PASSAGE_COLUMNS,
    IndexedDocument,
    PassageVersion,
    Progress,
    SyncReport,
    indexed_documents,
    passage_from,
    passage_versions,
    sync,
)
from firstline.knowledge.lexicon import Matches, Postings, Scores, Stemmer
from firstline.knowledge.passages import Passage
from firstline.knowledge.schema import connect, explained, reading
from firstline.knowledge.scoring import answerable, ranking
from firstline.knowledge.text import normalise
from firstline.records import Audience, EvidenceId

MAX_QUERY: Final = 8_000
"""Characters of a query that are read."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that was found, and how well it matches."""

    passage: Passage
    score: float
    """What hits are ordered by; comparable within one search only."""
    cosine: float
    """Likeness of meaning, -1 to 1; 0 without an encoder."""
    lexical: float
    """Share of the query's words found in the passage, weighted by rarity, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The best passages for a query, and whether they are likely to answer it."""

    hits: tuple[Hit, ...]
    answerable: float
    """0 to 1: how likely the searched documents answer the query at all."""


_STILL_VISIBLE: Final[dict[Audience | None, str]] = {
    "public": "audience = 'public' AND NOT superseded",
    "internal": "audience = 'internal'",
    None: "TRUE",
}

NOTHING: Final = SearchResult(hits=(), answerable=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """The live passages of one generation of the index, in memory; arrays by position."""

    generation: int
    rows: NDArray[np.int64]
    internal: Mask
    superseded: Mask
    vectors: Scores | None
    """Shape (passages, dim); None when there is no vector of this encoder."""
    postings: Postings

    def visible(self, audience: Audience | None) -> Mask:
        if audience is None:
            return np.ones(len(self.rows), np.bool_)
        if audience == "internal":
            return self.internal
        return ~(self.internal | self.superseded)


class Knowledge:
    """The index of one workspace.

    Every search first asks whether another connection, in this process or another, has changed
    the index, so that a deleted document is never found again.
    """

    def __init__(self, path: Path, encoder: Encoder | None, db: sqlite3.Connection) -> None:
        self._path = path
        self._encoder = encoder
        self._db = db
        self._lock = Lock()
        self._stemmer = Stemmer()
        self._data_version = -1
        self._snapshot: _Snapshot | None = None

    @classmethod
    def open(cls, path: Path, encoder: Encoder | None) -> Self:
        """Open the index at `path`, creating the file when it is missing.

        Args:
            path: `<workspace>/.firstline/knowledge.db`.
            encoder: From `find_encoder`; None searches by words only.

        Raises:
            SetupError: The file cannot be opened or is not a database.
        """
        return cls(path, encoder, connect(path))

    @property
    def encoder(self) -> Encoder | None:
        """The encoder queries are encoded with."""
        return self._encoder

    def sync(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Make the index say what `documents` say; what is not among them is removed.

        Args:
            documents: All documents of the workspace.
            progress: Called with (passages encoded, passages to encode).

        Raises:
            SetupError: The index cannot be written.
        """
        return sync(
            self._path,
            documents,
            encoder=self._encoder,
            stemmer=self._stemmer,
            progress=progress,
        )

    def search(
        self,
        query: str,
        *,
        k: int = 5,
        audience: Audience | None = "public",
        vector: NDArray[np.float32] | None = None,
    ) -> SearchResult:
        """Return the k best passages, best first.

        Args:
            query: What the customer asks; any text is safe.
            k: How many passages at most.
            audience: "public" leaves out internal and superseded documents, "internal" searches
                the internal ones only, None all. The filter comes before the ranking.
            vector: The query's vector, shape (dim,), when it was encoded already.

        Raises:
            SetupError: The index cannot be read.
        """
        snapshot = self._current()
        visible = snapshot.visible(audience)
        if k < 1 or not visible.any():
            return NOTHING
        text = normalise(query[:MAX_QUERY])
        matches = snapshot.postings.match(self._stemmer.content_words(text))
        cosine = self._cosine(snapshot, text, vector)
        scores = np.where(visible, ranking(matches, cosine), -np.inf)
        best = _top(scores, min(k, int(visible.sum())))
        if cosine is None:
            best = best[matches.coverage[best] > 0]
        if not len(best):
            return NOTHING
        nearest = None if cosine is None else float(cosine[visible].max())
        first = int(best[0])
        return SearchResult(
            hits=self._hits(snapshot, best, scores, cosine, matches, audience),
            answerable=answerable(
                cosine=nearest,
                coverage=float(matches.coverage[first]),
                bm25=float(matches.bm25[first]),
                matches=matches,
            ),
        )

    def passage(self, id: EvidenceId, version: str | None = None) -> Passage | None:  # noqa: A002 - the record's own name for it
        """Return a passage as it is now, or as it was in `version`, even if it ended since."""
        which = "ended_at IS NULL" if version is None else "version = ?"
        values = (id,) if version is None else (id, version)
        with self._lock, explained(self._path):
            row = self._db.execute(
                f"SELECT {PASSAGE_COLUMNS} FROM passages WHERE id = ? AND {which}",  # noqa: S608 - constants
                values,
            ).fetchone()
        return passage_from(row) if row else None

    def documents(self) -> tuple[IndexedDocument, ...]:
        """Return the documents of the index, by id."""
        with self._lock, explained(self._path):
            return indexed_documents(self._db)

    def versions(self, document: str) -> tuple[PassageVersion, ...]:
        """Return every passage a document has or had; those that stand first, in order."""
        with self._lock, explained(self._path):
            return passage_versions(self._db, document)

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        with self._lock:
            self._db.close()
            self._stemmer.close()

    def _cosine(
        self, snapshot: _Snapshot, query: str, vector: NDArray[np.float32] | None
    ) -> Scores | None:
        if snapshot.vectors is None:
            return None
        if vector is None:
            if self._encoder is None:
                return None
            vector = self._encoder.encode([query])[0]
        # Not `@`: a BLAS with several threads spends ten times the CPU on a product this small.
        cosine: Scores = np.einsum("ij,j->i", snapshot.vectors, vector)
        return cosine

    def _hits(
        self,
        snapshot: _Snapshot,
        best: NDArray[np.int64],
        scores: Scores,
        cosine: Scores | None,
        matches: Matches,
        audience: Audience | None,
    ) -> tuple[Hit, ...]:
        found = self._read([int(snapshot.rows[at]) for at in best], audience)
        return tuple(
            Hit(
                passage=found[row],
                score=float(scores[at]),
                cosine=0.0 if cosine is None else float(cosine[at]),
                lexical=float(matches.coverage[at]),
            )
            for at in best
            if (row := int(snapshot.rows[at])) in found
        )

    def _read(self, rows: list[int], audience: Audience | None) -> dict[int, Passage]:
        """Return row -> passage, without those that ended or were hidden a moment ago."""
        marks = ", ".join("?" * len(rows))
        with self._lock, explained(self._path):
            found = self._db.execute(
                f"SELECT {PASSAGE_COLUMNS}, row FROM passages WHERE row IN ({marks}) "  # noqa: S608 - constants and marks
                f"AND ended_at IS NULL AND {_STILL_VISIBLE[audience]}",
                rows,
            ).fetchall()
        return {int(row[9]): passage_from(row) for row in found}

    def _current(self) -> _Snapshot:
        """Return the passages as last committed by anyone; two microseconds when nothing was."""
        with self._lock, explained(self._path):
            version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
            if self._snapshot is None or version != self._data_version:
                with reading(self._db):
                    self._snapshot = self._load(self._snapshot)
                self._data_version = version
            return self._snapshot

    def _load(self, known: _Snapshot | None) -> _Snapshot:
        generation = int(self._db.execute("SELECT generation FROM state").fetchone()[0])
        if known is not None and known.generation == generation:
            return known
        name = "" if self._encoder is None else self._encoder.name
        rows = self._db.execute(
            "SELECT row, audience = 'internal', superseded, stems, vector FROM passages "
            "LEFT JOIN vectors ON key = vector_key AND encoder = ? "
            "WHERE ended_at IS NULL ORDER BY row",
            (name,),
        ).fetchall()
        numbers = {
            stem: int(number) for number, stem in self._db.execute("SELECT number, stem FROM stems")
        }
        return _Snapshot(
            generation=generation,
            rows=np.array([row[0] for row in rows], np.int64),
            internal=np.array([row[1] for row in rows], np.bool_),
            superseded=np.array([row[2] for row in rows], np.bool_),
            vectors=_matrix([row[4] for row in rows]),
            postings=Postings(numbers, [row[3] for row in rows]),
        )


def _matrix(blobs: list[bytes | None]) -> Scores | None:
    """Return the vectors as rows; a passage without one matches nothing by meaning."""
    width = max((len(blob) for blob in blobs if blob is not None), default=0)
    if not width:
        return None
    empty = bytes(width)
    joined = b"".join(blob if blob is not None else empty for blob in blobs)
    return np.frombuffer(joined, np.float32).reshape(len(blobs), -1)


def _top(scores: Scores, k: int) -> NDArray[np.int64]:
    """Return the positions of the k highest scores, highest first; ties by position."""
    if k >= len(scores):
        return np.argsort(-scores, kind="stable")
    chosen = np.sort(np.argpartition(-scores, k - 1)[:k])
    return chosen[np.argsort(-scores[chosen], kind="stable")]
