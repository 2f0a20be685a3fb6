"""Finds customers by key or e-mail, and tells whose an identifier is, without their records.

Only offsets, digests and hashes are kept: about a hundred bytes for each kilobyte of file.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import re2

from firstline.errors import InputError, Place
from firstline.records import CustomerId
from firstline.workspace.identifier_forms import forms_of_fields, forms_of_token, id_forms
from firstline.workspace.record_fields import display, leaves
from firstline.workspace.record_rows import Row, rows

_EMAIL_KEYS = frozenset({"email", "emails", "emailaddress", "mail", "primaryemail", "contactemail"})
_OWN_TABLES = frozenset({"contact", "profile", "account", "personal", "details", "customer"})
_MOST_OWNERS = 5
"""An id that more customers share names a thing (a product, a flight), not a person."""
_EMAIL = re2.compile(r"^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$")
_ORDINAL_BITS = 24
_HASH_MASK = (1 << 40) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerIndex:
    """Where each customer's record is in the file."""

    keys: tuple[CustomerId, ...]
    """By position in the file."""
    offsets: array[int]
    lengths: array[int]
    digests: array[int]
    """64 bits of each row's bytes, to notice a file that changed under the index."""
    by_key: Mapping[str, int]
    by_folded_key: Mapping[str, tuple[int, ...]]
    by_email: Mapping[str, tuple[int, ...]]
    duplicates: tuple[tuple[int, int], ...]
    """Lines of records with a key that an earlier line has: (earlier, later)."""
    duplicated: frozenset[str]
    """Keys that more than one record has."""


class Identifiers:
    """E-mail addresses, phones, ids, names and addresses of all customers, and whose each is.

    Ids that more than five customers share name nobody. Everything is kept as 40-bit hashes of
    its forms; a collision can only make a check stricter.
    """

    def __init__(self, keys: tuple[CustomerId, ...], packed: array[int]) -> None:
        self._keys = keys
        self._packed = packed

    def __len__(self) -> int:
        """How many (token, customer) pairs are known."""
        return len(self._packed)

    def __contains__(self, token: str) -> bool:
        """Whether a token is an identifier of any customer."""
        return bool(self.owners_of(token))

    def owners_of(self, token: str) -> frozenset[CustomerId]:
        """Return the customers an e-mail address, phone number, id, name or address belongs to."""
        return frozenset(
            owner for wanted, most in _looked_up(token) for owner in self._owners(wanted, most)
        )

    def _owners(self, wanted: int, most: int) -> list[CustomerId]:
        at = bisect_left(self._packed, wanted << _ORDINAL_BITS)
        owners: list[CustomerId] = []
        while at < len(self._packed) and self._packed[at] >> _ORDINAL_BITS == wanted:
            owners.append(self._keys[self._packed[at] & ((1 << _ORDINAL_BITS) - 1)])
            if len(owners) > most:
                return []
            at += 1
        return owners


@lru_cache(maxsize=8_192)
def _looked_up(token: str) -> tuple[tuple[int, int], ...]:
    """Return what is looked up for a token: hashes of its forms, and how many may own each.

    Replies quote the same articles again and again, so nearly every token was met before.
    """
    return tuple((_hash(form), _limit(form)) for form in forms_of_token(token))


def build_index(
    path: Path, key: str, *, each: Callable[[Mapping[str, Any]], None] | None = None
) -> CustomerIndex:
    """Read a file of customers once and index it.

    Args:
        path: A .json list, .jsonl or .csv file.
        key: The field that names a customer.
        each: Called with every record on the way.

    Raises:
        InputError: the file or one of its rows cannot be used; names file and line.
    """
    building = _Building(path, key)
    for row in rows(path):
        building.add(row)
        if each is not None:
            each(row.value)
    return building.finish()


def build_identifiers(path: Path, index: CustomerIndex) -> Identifiers:
    """Read a file of customers once and collect every identifier in it.

    Raises:
        InputError: the file cannot be used, or is not the one that was indexed.
    """
    pairs = array("Q")
    count = 0
    for ordinal, row in enumerate(rows(path)):
        count += 1
        if ordinal >= len(index.keys) or row.offset != index.offsets[ordinal]:
            raise _changed(path)
        forms = {*forms_of_fields(leaves(row.value)), *id_forms(index.keys[ordinal])}
        pairs.extend({(_hash(form) << _ORDINAL_BITS) | ordinal for form in forms})
    if count != len(index.keys):
        raise _changed(path)
    return Identifiers(index.keys, array("Q", sorted(pairs)))


def row_digest(data: bytes) -> int:
    """Return 64 bits that change with a row's bytes."""
    return int.from_bytes(blake2b(data, digest_size=8).digest())


def emails_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a customer's own e-mail addresses: not those of people they mention."""
    found: list[str] = []
    for name, value in record.items():
        folded = _folded(name)
        if folded in _EMAIL_KEYS:
            found.extend(_addresses(value))
        elif folded in _OWN_TABLES and isinstance(value, dict):
            for inner, entry in value.items():
                if _folded(inner) in _EMAIL_KEYS:
                    found.extend(_addresses(entry))
    return tuple(dict.fromkeys(found))


class _Building:
    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self._keys: list[CustomerId] = []
        self._lines = array("Q")
        self._offsets, self._lengths, self._digests = array("Q"), array("Q"), array("Q")
        self._by_key: dict[str, int] = {}
        self._folded: dict[str, tuple[int, ...]] = {}
        self._emails: dict[str, tuple[int, ...]] = {}
        self._duplicates: list[tuple[int, int]] = []
        self._duplicated: set[str] = set()

    def add(self, row: Row) -> None:
        key = display(row.value.get(self._key))
        if not key:
            raise InputError(
                f"The record has no `{self._key}`",
                place=Place(file=str(self._path), line=row.line),
                fix="Add it, or name another field as `key` below [customers] in firstline.toml.",
            )
        ordinal = len(self._keys)
        if ordinal >> _ORDINAL_BITS:
            raise InputError("There are too many records", place=Place(file=str(self._path)))
        self._keys.append(CustomerId(key))
        self._lines.append(row.line)
        self._offsets.append(row.offset)
        self._lengths.append(len(row.data))
        self._digests.append(row_digest(row.data))
        first = self._by_key.setdefault(key, ordinal)
        if first != ordinal:
            self._duplicates.append((self._lines[first], row.line))
            self._duplicated.add(key)
        _remember(self._folded, key.casefold(), ordinal)
        for email in emails_of(row.value):
            _remember(self._emails, email, ordinal)

    def finish(self) -> CustomerIndex:
        return CustomerIndex(
            keys=tuple(self._keys),
            offsets=self._offsets,
            lengths=self._lengths,
            digests=self._digests,
            by_key=self._by_key,
            by_folded_key=self._folded,
            by_email=self._emails,
            duplicates=tuple(self._duplicates),
            duplicated=frozenset(self._duplicated),
        )


def _remember(index: dict[str, tuple[int, ...]], word: str, ordinal: int) -> None:
    known = index.get(word, ())
    # Two are enough to know that a word is ambiguous, however many share it.
    if len(known) < 2:  # noqa: PLR2004 - as the comment says
        index[word] = (*known, ordinal)


def _addresses(value: Any) -> Iterator[str]:
    for entry in value if isinstance(value, list) else (value,):
        text = display(entry).casefold()
        if _EMAIL.match(text):
            yield text


def _limit(form: str) -> int:
    return _MOST_OWNERS if form.startswith("id:") else 1 << _ORDINAL_BITS


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _hash(form: str) -> int:
    return hash(form) & _HASH_MASK


def _changed(path: Path) -> InputError:
    return InputError(
        "The file changed while it was being read",
        place=Place(file=str(path)),
        fix="Write it to another name first, then rename it.",
    )
