"""Records from a file beside the customers file: JSON, JSONL or CSV, any number of rows each."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from firstline.errors import InputError
from firstline.records import CustomerId
from firstline.sources.asked import MOST_ROWS, Row, Who
from firstline.sources.failure import SourceFailure
from firstline.workspace.customer_index import row_digest
from firstline.workspace.customers import Customers
from firstline.workspace.models import SourceMatch
from firstline.workspace.record_fields import display
from firstline.workspace.record_rows import Layout, layout_of, rows

_Place = tuple[int, int, int]
"""Offset and length in bytes, digest of the row."""
_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    signature: _Signature
    layout: Layout
    places: Mapping[str, tuple[_Place, ...]]
    """By the key, in lower case."""


class FileReader:
    """Asks a file; it is indexed again when it has changed. Safe to use from several threads.

    Args:
        path: The file.
        key: The field that names a customer.
        match: What of the customer stands there.
    """

    def __init__(self, path: Path, *, key: str, match: SourceMatch) -> None:
        self._path = path
        self._key = key
        self._match = match
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._people = Customers(path, source=path.name, key=key)

    def read(self, who: Who) -> tuple[Row, ...]:
        """Return the rows about a customer."""
        wanted = who.values()[self._match].casefold()
        for _ in range(2):
            snapshot = self._current()
            found = self._rows(snapshot, snapshot.places.get(wanted, ()))
            if found is not None:
                return found
            with self._lock:
                self._snapshot = None
        raise SourceFailure("the file keeps changing while it is being read", unwell=False)

    def owners_of(self, token: str) -> frozenset[CustomerId]:
        """Return whose an identifier is by this file; raises SetupError when it is broken."""
        return self._people.owners_of(token) if self._match == "id" else frozenset()

    def close(self) -> None:
        """Do nothing: the file is open only while it is read."""

    def _current(self) -> _Snapshot:
        with self._lock:
            try:
                status = self._path.stat()
                signature = (status.st_mtime_ns, status.st_size, status.st_ino)
                if self._snapshot is None or self._snapshot.signature != signature:
                    self._snapshot = self._indexed(signature)
            except OSError as error:
                problem = f"the file cannot be read ({error.strerror})"
                raise SourceFailure(problem, unwell=False) from None
            except InputError as error:
                where = f"line {error.place.line}: " if error.place.line else ""
                raise SourceFailure(f"{where}{error.problem}", unwell=False) from None
            return self._snapshot

    def _indexed(self, signature: _Signature) -> _Snapshot:
        with self._path.open("rb") as stream:
            layout = layout_of(self._path, stream)
        places: dict[str, list[_Place]] = {}
        for row in rows(self._path):
            key = display(row.value.get(self._key)).casefold()
            # Rows about nobody stay unread.
            if key and len(places.setdefault(key, [])) <= MOST_ROWS:
                places[key].append((row.offset, len(row.data), row_digest(row.data)))
        return _Snapshot(
            signature=signature,
            layout=layout,
            places={key: tuple(found) for key, found in places.items()},
        )

    def _rows(self, snapshot: _Snapshot, places: tuple[_Place, ...]) -> tuple[Row, ...] | None:
        """Return the rows at some places, or None when the file is another one by now."""
        found: list[Row] = []
        try:
            with self._path.open("rb") as stream:
                for offset, length, digest in places:
                    stream.seek(offset)
                    data = stream.read(length)
                    if row_digest(data) != digest:
                        return None
                    found.append(snapshot.layout.decode(data))
        except OSError:
            return None
        return tuple(found)
