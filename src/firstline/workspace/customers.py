"""Customer records at run time: one record for a ticket, the fields its intent needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, Self

from firstline.errors import InputError, Place, SetupError
from firstline.records import CustomerId
from firstline.workspace.customer_index import (
    CustomerIndex,
    Identifiers,
    build_identifiers,
    build_index,
    emails_of,
    row_digest,
)
from firstline.workspace.models import Access, Workspace
from firstline.workspace.record_fields import covers, display, flatten
from firstline.workspace.record_rows import Layout, layout_of

CACHED_SECONDS = 300.0
"""How long access `cached` trusts what it read."""
_NAME_KEYS = ("name", "full_name", "fullname", "customer_name", "display_name")
_FIRST_KEYS = ("first_name", "firstname", "given_name", "first")
_LAST_KEYS = ("last_name", "lastname", "family_name", "surname", "last")
_FIX = "Mend or replace the file; until then, tickets that need it go to a person."


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord:
    """What the company holds about one customer, as it stood when it was fetched."""

    id: CustomerId
    email: str
    """Empty when the record has none."""
    name: str
    """Empty when the record has none."""
    fields: tuple[tuple[str, str], ...]
    """Flattened paths (`billing.invoices[0].amount`) and display values."""
    version: str
    """Hash of `fields`."""
    fetched_at: datetime
    source: str
    """The customers file, as named in the workspace."""

    def only(self, needs: tuple[str, ...]) -> CustomerRecord:
        """Return the record with the fields that one of the needs covers, and no others."""
        fields = tuple(
            (path, value)
            for path, value in self.fields
            if any(covers(need, path) for need in needs)
        )
        return replace(self, fields=fields, version=version_of(fields))

    def value(self, path: str) -> str | None:
        """Return the display value of one field, or None."""
        return next((value for known, value in self.fields if known == path), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What asking for a customer gave."""

    record: CustomerRecord | None
    reason: str
    """Why there is no record; empty when there is one. Never contains the reference."""
    missing: tuple[str, ...] = ()
    """Sources that could not be asked, each with the reason: the record is without their fields."""


class CustomerBook(Protocol):
    """Who the customers are and what is known about them: a file, or several sources.

    `needs` are the field paths somebody wants to know; None stands for all. What is asked of
    another system is asked only for fields that are needed.
    """

    def find(self, reference: str, needs: tuple[str, ...] | None = None) -> CustomerRecord | None:
        """Return the customer with this key or e-mail address, whatever its case.

        Raises:
            SetupError: Something that is needed cannot be read at the moment.
        """
        ...

    def look_up(self, reference: str, needs: tuple[str, ...] | None = None) -> Lookup:
        """As `find`, with the reason when there is no record, and with what is missing of it.

        Raises:
            SetupError: Who the customer is cannot be found out at the moment.
        """
        ...

    def owners_of(self, token: str) -> frozenset[CustomerId]:
        """Return the customers an e-mail address, phone number or id belongs to.

        Raises:
            SetupError: That cannot be found out at the moment.
        """
        ...

    def close(self) -> None:
        """Let connections go."""
        ...


class Customers:
    """The customers of a workspace. Safe to use from several threads.

    Nothing is read before the first question, so a broken file stops no other work; each
    question on a broken file raises SetupError with the reason.
    """

    def __init__(
        self,
        path: Path,
        *,
        source: str,
        key: str = "id",
        access: Access = "live",
        cached_seconds: float = CACHED_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._source = source
        self._key = key
        self._access = access
        self._cached_seconds = cached_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._checked_at = 0.0
        self._failure: tuple[_Signature, InputError] | None = None

    @classmethod
    def open(cls, workspace: Workspace) -> Self | None:
        """Return the customers of a workspace, or None when it names no file."""
        settings = workspace.settings
        if settings.customers is None:
            return None
        return cls(
            workspace.folder / settings.customers,
            source=settings.customers.as_posix(),
            key=settings.customer_key,
            access=settings.customer_access,
        )

    def find(self, reference: str, needs: tuple[str, ...] | None = None) -> CustomerRecord | None:
        """Return the customer with this key or e-mail address, whatever its case.

        The whole record, whatever the needs: it stands in one file.

        Raises:
            SetupError: the file is missing or cannot be used at the moment.
        """
        return self.look_up(reference, needs).record

    def look_up(self, reference: str, needs: tuple[str, ...] | None = None) -> Lookup:
        """As `find`, with the reason when there is no record.

        Raises:
            SetupError: the file is missing or cannot be used at the moment.
        """
        del needs
        for _ in range(2):
            snapshot = self._current()
            ordinal, reason = _position(snapshot.index, reference.strip())
            if ordinal is None:
                return Lookup(record=None, reason=reason)
            row = snapshot.read(ordinal)
            if row is not None:
                return Lookup(record=self._record(snapshot.index.keys[ordinal], row), reason="")
            # The file was written over since it was indexed: index it again, once.
            self._forget(snapshot)
        raise self._unusable("The file keeps changing while it is being read")

    def identifiers(self) -> Identifiers:
        """Return whose every e-mail address, phone number and id is.

        Raises:
            SetupError: the file is missing or cannot be used at the moment.
        """
        for tries_left in (1, 0):
            snapshot = self._current()
            with self._lock:
                if snapshot.identifiers is not None:
                    return snapshot.identifiers
                try:
                    snapshot.identifiers = build_identifiers(self._path, snapshot.index)
                except InputError as error:
                    if not tries_left:
                        raise _as_setup_error(error) from error
                    # The file was written over since it was indexed: index it again, once.
                    self._snapshot = None
                else:
                    return snapshot.identifiers
        raise AssertionError("the last try returns or raises")

    def owners_of(self, token: str) -> frozenset[CustomerId]:
        """Return the customers an e-mail address, phone number or id belongs to.

        Raises:
            SetupError: the file is missing or cannot be used at the moment.
        """
        return self.identifiers().owners_of(token)

    def duplicates(self) -> tuple[tuple[int, int], ...]:
        """Return the lines of records that share a key: (earlier, later).

        Raises:
            SetupError: the file is missing or cannot be used at the moment.
        """
        return self._current().index.duplicates

    def close(self) -> None:
        """Do nothing: the file is open only while it is read."""

    def __len__(self) -> int:
        """How many records there are; raises SetupError as `find` does."""
        return len(self._current().index.keys)

    def _current(self) -> _Snapshot:
        with self._lock:
            now = self._clock()
            fresh = self._access == "cached" and now - self._checked_at < self._cached_seconds
            if self._snapshot is not None and fresh:
                return self._snapshot
            signature = self._signature()
            if self._snapshot is None or self._snapshot.signature != signature:
                self._snapshot = None
                self._snapshot = self._read(signature)
            self._checked_at = now
            return self._snapshot

    def _read(self, signature: _Signature) -> _Snapshot:
        if self._failure is not None and self._failure[0] == signature:
            raise _as_setup_error(self._failure[1])
        try:
            with self._path.open("rb") as stream:
                layout = layout_of(self._path, stream)
            index = build_index(self._path, self._key)
        except InputError as error:
            # Remembered, so that a broken file is not read again for every ticket.
            self._failure = (signature, error)
            raise _as_setup_error(error) from error
        except OSError as error:
            raise self._unusable(f"It cannot be read: {error.strerror}") from error
        return _Snapshot(path=self._path, signature=signature, layout=layout, index=index)

    def _signature(self) -> _Signature:
        try:
            status = self._path.stat()
        except OSError as error:
            raise self._unusable(f"It cannot be read: {error.strerror}") from error
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _forget(self, snapshot: _Snapshot) -> None:
        with self._lock:
            if self._snapshot is snapshot:
                self._snapshot = None

    def _record(self, key: CustomerId, row: Mapping[str, Any]) -> CustomerRecord:
        try:
            fields = flatten(row)
        except ValueError as error:
            raise self._unusable(f"A record cannot be used: {error}") from error
        emails = emails_of(row)
        return CustomerRecord(
            id=key,
            email=emails[0] if emails else "",
            name=name_of(row),
            fields=fields,
            version=version_of(fields),
            fetched_at=datetime.now(UTC),
            source=self._source,
        )

    def _unusable(self, problem: str) -> SetupError:
        return SetupError(problem, place=Place(file=str(self._path)), fix=_FIX)


_Signature = tuple[int, int, int]
"""Modification time in nanoseconds, size in bytes, inode."""


@dataclass(slots=True, kw_only=True)
class _Snapshot:
    """The file as it was indexed."""

    path: Path
    signature: _Signature
    layout: Layout
    index: CustomerIndex
    identifiers: Identifiers | None = None

    def read(self, ordinal: int) -> Mapping[str, Any] | None:
        """Return a record, or None when the file is no longer the one that was indexed."""
        try:
            with self.path.open("rb") as stream:
                stream.seek(self.index.offsets[ordinal])
                data = stream.read(self.index.lengths[ordinal])
        except OSError:
            return None
        if row_digest(data) != self.index.digests[ordinal]:
            return None
        return self.layout.decode(data)


def name_of(record: Mapping[str, Any]) -> str:
    """Return a customer's name as one text, from one field or from first and last name."""
    folded = {str(key).casefold().replace(" ", "_"): value for key, value in record.items()}
    for key in _NAME_KEYS:
        value = folded.get(key)
        if isinstance(value, dict):
            return name_of(value)
        if display(value):
            return display(value)
    parts = (
        next((display(folded[key]) for key in keys if display(folded.get(key))), "")
        for keys in (_FIRST_KEYS, _LAST_KEYS)
    )
    return " ".join(part for part in parts if part)


def _position(index: CustomerIndex, reference: str) -> tuple[int | None, str]:
    if not reference:
        return None, "no customer was named"
    if reference in index.duplicated:
        return None, "more than one record has this id"
    if reference in index.by_key:
        return index.by_key[reference], ""
    folded = reference.casefold()
    for kind, found in (("id", index.by_folded_key), ("e-mail address", index.by_email)):
        ordinals = found.get(folded, ())
        if len(ordinals) > 1:
            return None, f"more than one record has this {kind}"
        if ordinals:
            return ordinals[0], ""
    return None, "no record has this id or e-mail address"


def version_of(fields: tuple[tuple[str, str], ...]) -> str:
    """Return the hash by which a change of a record is recognised."""
    digest = sha256()
    for path, value in fields:
        digest.update(f"{len(path)}:{path}{len(value)}:{value}".encode())
    return digest.hexdigest()[:16]


def _as_setup_error(error: InputError) -> SetupError:
    return SetupError(error.problem, place=error.place, fix=error.fix or _FIX)
