"""Keeping knowledge.db in step with the documents: incremental, atomic, resumable."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np

from firstline.knowledge.documents import Document
from firstline.knowledge.encode import Encoder
from firstline.knowledge.lexicon import Stemmer, counted
from firstline.knowledge.passages import Passage, split
from firstline.knowledge.schema import connect, explained, writing
from firstline.records import Audience, DocumentId, EvidenceId

BATCH: Final = 64
"""Vectors written per transaction, so that an interrupted first sync goes on where it was."""

PASSAGE_COLUMNS: Final = "id, document, title, heading, text, version, audience, url, updated"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a sync did, in documents; and how many passages are live after it."""

    added: int
    changed: int
    removed: int
    unchanged: int
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedDocument:
    """A document as the index knows it."""

    id: DocumentId
    title: str
    version: str
    audience: Audience
    url: str
    updated: date | None
    superseded_by: DocumentId | None
    source: str
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageVersion:
    """A passage as it stands or stood, and until when."""

    passage: Passage
    ended_at: datetime | None
    """None while it is part of the document."""


@dataclass(frozen=True, slots=True)
class _Plan:
    added: list[Document]
    changed: list[Document]
    removed: list[str]
    unchanged: int


def sync(
    path: Path,
    documents: Iterable[Document],
    *,
    encoder: Encoder | None,
    stemmer: Stemmer,
    progress: Progress | None = None,
) -> SyncReport:
    """Make the index at `path` say what `documents` say.

    Deletions, and changes of audience or succession, are committed before anything is encoded.
    Vectors are then computed outside any transaction, and the new texts replace the old in one.

    Raises:
        SetupError: The index cannot be written.
    """
    wanted = {document.id: document for document in documents}
    with explained(path):
        db = connect(path)
        try:
            return _Sync(db, wanted, encoder, stemmer, progress).run()
        finally:
            db.close()


class _Sync:
    def __init__(
        self,
        db: sqlite3.Connection,
        wanted: dict[DocumentId, Document],
        encoder: Encoder | None,
        stemmer: Stemmer,
        progress: Progress | None,
    ) -> None:
        self._db = db
        self._wanted = wanted
        self._encoder = encoder
        self._stemmer = stemmer
        self._progress = progress
        self._now = datetime.now(UTC).isoformat(timespec="seconds")
        self._split: dict[str, tuple[Passage, ...]] = {}
        self._encoded = 0

    def run(self) -> SyncReport:
        with writing(self._db):
            first = self._plan()
            self._withdraw(first)
        while True:
            plan = self._plan()
            self._encode(self._missing(plan))
            with writing(self._db):
                # Another process may have written meanwhile.
                plan = self._plan()
                if self._encoder is None or not self._missing(plan):
                    return self._apply(plan, first)

    def _plan(self) -> _Plan:
        rows = self._db.execute("SELECT id, version FROM documents")
        versions: dict[str, str] = dict(rows.fetchall())
        added = [doc for doc in self._wanted.values() if doc.id not in versions]
        changed = [
            doc for doc in self._wanted.values() if versions.get(doc.id, doc.version) != doc.version
        ]
        removed = [name for name in versions if name not in self._wanted]
        unchanged = len(self._wanted) - len(added) - len(changed)
        return _Plan(added, changed, removed, unchanged)

    def _withdraw(self, plan: _Plan) -> None:
        """End what was deleted and hide what is no longer for customers, at once."""
        self._end("document", plan.removed)
        self._db.executemany("DELETE FROM documents WHERE id = ?", [(n,) for n in plan.removed])
        self._db.executemany(
            "UPDATE passages SET audience = ?, superseded = ? "
            "WHERE document = ? AND ended_at IS NULL",
            [(doc.audience, doc.superseded_by is not None, doc.id) for doc in plan.changed],
        )
        if plan.removed or plan.changed:
            self._bump()

    def _end(self, column: str, values: Iterable[str | int]) -> None:
        self._db.executemany(
            f"UPDATE passages SET ended_at = ? WHERE {column} = ? AND ended_at IS NULL",  # noqa: S608 - two constants
            [(self._now, value) for value in values],
        )

    def _bump(self) -> None:
        self._db.execute("UPDATE state SET generation = generation + 1")

    def _passages(self, plan: _Plan) -> Iterator[tuple[Document, tuple[Passage, ...]]]:
        for document in (*plan.added, *plan.changed):
            if document.id not in self._split:
                self._split[document.id] = split(document)
            yield document, self._split[document.id]

    def _missing(self, plan: _Plan) -> dict[str, str]:
        """Return key -> text of the passages that have no vector of this encoder yet."""
        if self._encoder is None:
            return {}
        name = self._encoder.name
        have = {
            key for (key,) in self._db.execute("SELECT key FROM vectors WHERE encoder = ?", (name,))
        }
        needed = {
            _key(passage.searchable): passage.searchable
            for _, passages in self._passages(plan)
            for passage in passages
        }
        live = self._db.execute(
            f"SELECT {PASSAGE_COLUMNS} FROM passages WHERE ended_at IS NULL "  # noqa: S608 - constants
            "AND vector_key NOT IN (SELECT key FROM vectors WHERE encoder = ?)",
            (name,),
        )
        for row in live:
            passage = passage_from(row)
            needed[_key(passage.searchable)] = passage.searchable
        return {key: text for key, text in needed.items() if key not in have}

    def _encode(self, missing: dict[str, str]) -> None:
        if self._encoder is None:
            return
        entries = list(missing.items())
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            vectors = self._encoder.encode([text for _, text in batch]).astype(np.float32)
            with writing(self._db):
                self._db.executemany(
                    "INSERT OR IGNORE INTO vectors (key, encoder, vector) VALUES (?, ?, ?)",
                    [
                        (key, self._encoder.name, vector.tobytes())
                        for (key, _), vector in zip(batch, vectors, strict=True)
                    ],
                )
            self._encoded += len(batch)
            if self._progress is not None:
                self._progress(min(start + BATCH, len(entries)), len(entries))

    def _apply(self, plan: _Plan, first: _Plan) -> SyncReport:
        self._withdraw(plan)
        for document, passages in self._passages(plan):
            self._replace(document, passages)
        if plan.added or plan.changed or first.removed or self._encoded:
            self._prune()
            self._bump()
        live = self._db.execute("SELECT count(*) FROM passages WHERE ended_at IS NULL").fetchone()
        return SyncReport(
            added=len(first.added),
            changed=len(first.changed),
            removed=len(first.removed),
            unchanged=first.unchanged,
            passages=int(live[0]),
        )

    def _replace(self, document: Document, passages: Sequence[Passage]) -> None:
        self._end("document", [document.id])
        stems = self._stemmer.stems([passage.searchable for passage in passages])
        numbers = self._numbers({stem for found in stems for stem in found})
        superseded = document.superseded_by is not None
        # A passage that reads as one did before is that one again.
        self._db.executemany(
            f"INSERT INTO passages ({PASSAGE_COLUMNS}, superseded, vector_key, stems) "  # noqa: S608 - constants
            f"VALUES ({', '.join('?' * 12)}) ON CONFLICT (id, version) DO UPDATE SET "
            "ended_at = NULL, audience = excluded.audience, url = excluded.url, "
            "updated = excluded.updated, superseded = excluded.superseded",
            [
                (*_row(passage), superseded, _key(passage.searchable), counted(found, numbers))
                for passage, found in zip(passages, stems, strict=True)
            ],
        )
        updated = document.updated.isoformat() if document.updated else None
        self._db.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document.id,
                document.version,
                document.title,
                document.url,
                document.audience,
                updated,
                document.superseded_by,
                document.source,
                len(passages),
            ),
        )

    def _numbers(self, stems: set[str]) -> dict[str, int]:
        self._db.executemany(
            "INSERT OR IGNORE INTO stems (stem) VALUES (?)", [(stem,) for stem in stems]
        )
        query = "SELECT number FROM stems WHERE stem = ?"
        return {stem: int(self._db.execute(query, (stem,)).fetchone()[0]) for stem in stems}

    def _prune(self) -> None:
        """Drop the vectors of passages that ended in this sync and that no live one shares."""
        self._db.execute(
            "DELETE FROM vectors WHERE key IN ("
            "SELECT vector_key FROM passages WHERE ended_at IS NOT NULL EXCEPT "
            "SELECT vector_key FROM passages WHERE ended_at IS NULL)"
        )


def passage_from(row: Sequence[str]) -> Passage:
    """Return the passage of a row with PASSAGE_COLUMNS."""
    name, document, title, heading, text, version, audience, url, updated = row[:9]
    return Passage(
        id=EvidenceId(name),
        document=DocumentId(document),
        title=title,
        heading=heading,
        text=text,
        version=version,
        audience="public" if audience == "public" else "internal",
        url=url,
        updated=date.fromisoformat(updated) if updated else None,
    )


def passage_versions(db: sqlite3.Connection, document: str) -> tuple[PassageVersion, ...]:
    """Return every passage a document has or had: those that stand first, in their order."""
    rows = db.execute(
        f"SELECT {PASSAGE_COLUMNS}, ended_at FROM passages WHERE document = ? "  # noqa: S608 - constants
        "ORDER BY ended_at IS NOT NULL, ended_at DESC, row",
        (document,),
    )
    return tuple(
        PassageVersion(
            passage=passage_from(row),
            ended_at=datetime.fromisoformat(row[9]) if row[9] else None,
        )
        for row in rows
    )


def indexed_documents(db: sqlite3.Connection) -> tuple[IndexedDocument, ...]:
    """Return the documents of the index, by id."""
    rows = db.execute(
        "SELECT id, title, version, audience, url, updated, superseded_by, source, passages "
        "FROM documents ORDER BY id"
    )
    return tuple(
        IndexedDocument(
            id=DocumentId(name),
            title=title,
            version=version,
            audience="public" if audience == "public" else "internal",
            url=url,
            updated=date.fromisoformat(updated) if updated else None,
            superseded_by=DocumentId(successor) if successor else None,
            source=source,
            passages=passages,
        )
        for name, title, version, audience, url, updated, successor, source, passages in rows
    )


def _row(passage: Passage) -> tuple[str | None, ...]:
    return (
        passage.id,
        passage.document,
        passage.title,
        passage.heading,
        passage.text,
        passage.version,
        passage.audience,
        passage.url,
        passage.updated.isoformat() if passage.updated else None,
    )


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
