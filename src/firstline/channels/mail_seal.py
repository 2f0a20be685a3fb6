"""What Firstline writes into its mail so as to know it again: sealed, so that nobody can make one.

A Message-ID is derived from the attempt marker, so the same delivery has the same one however
often it is tried. A reply address carries the conversation. A bounce address carries the
delivery. Each ends in an HMAC of its own kind: none can be turned into another. All of it is
lower-case base32, since mail programs change the case of addresses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator

import re2

_LENGTH = 16
"""Base32 characters: 80 bits."""
_MAX_LOCAL = 64
"""Characters of an address before the @ (RFC 5321)."""
_ID = re2.compile(r"^fl\.([a-z2-7]{16})\.([a-z2-7]{16})@")
_ANY_ID = re2.compile(rb"fl\.([a-z2-7]{16})\.([a-z2-7]{16})@")
_TAGGED = re2.compile(r"\+([tb])([a-z2-7]{16})([a-z2-7]{16})@")
_MAX_FOUND = 20


class Seal:
    """Makes and recognises our ids and addresses.

    Args:
        address: The account's own address.
        key: The secret that signs.
        previous: Secrets whose signatures still count.
        plus: Whether the account takes mail for `local+anything@domain`.
    """

    def __init__(
        self, address: str, key: bytes, previous: tuple[bytes, ...] = (), *, plus: bool = True
    ) -> None:
        self._local, _, self._domain = address.rpartition("@")
        self._keys = (key, *previous)
        self._plus = plus and len(self._local) + 2 + 2 * _LENGTH <= _MAX_LOCAL

    def message_id(self, marker: str) -> str:
        """Return the Message-ID of a delivery, without brackets."""
        return self._id(_digest(marker), self._keys[0])

    def message_ids(self, marker: str) -> tuple[str, ...]:
        """Return the Message-IDs a delivery may have been sent under, newest key first."""
        return tuple(self._id(_digest(marker), key) for key in self._keys)

    def is_own_id(self, message_id: str) -> bool:
        """Whether a Message-ID is one that this account made."""
        found = _ID.match(message_id[:300].lower())
        return found is not None and bool(self._key_of("m", found.group(1), found.group(2)))

    def own_ids(self, raw: bytes) -> tuple[str, ...]:
        """Return the genuine Message-IDs of ours that stand in some bytes, at most twenty.

        As they were made: what stands behind one, or breaks its domain, is none of it.
        """
        found: dict[str, None] = {}
        for hit in _ANY_ID.finditer(raw):
            digest, mac = hit.group(1).decode(), hit.group(2).decode()
            key = self._key_of("m", digest, mac)
            if key:
                found[self._id(digest, key)] = None
            if len(found) >= _MAX_FOUND:
                break
        return tuple(found)

    def reply_address(self, root: str) -> str:
        """Return where answers of a conversation are to go; the plain address without plus."""
        return self._tagged("t", self.thread(root))

    def bounce_address(self, marker: str) -> str:
        """Return where a delivery that fails is to come back to."""
        return self._tagged("b", _digest(marker))

    @staticmethod
    def thread(root: str) -> str:
        """Return the short name of the conversation that began with a Message-ID."""
        return _digest(root)

    def thread_in(self, addresses: Iterable[str]) -> str:
        """Return the conversation that one of these addresses names, empty if none does."""
        return next((digest for digest, _ in self._tags("t", addresses)), "")

    def bounced_id(self, addresses: Iterable[str]) -> str:
        """Return the Message-ID of the delivery whose bounce address is among these, or empty."""
        return next((self._id(digest, key) for digest, key in self._tags("b", addresses)), "")

    def _tags(self, kind: str, addresses: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for address in addresses:
            found = _TAGGED.search(address[:400].lower())
            if found and found.group(1) == kind and self._ours(address):
                key = self._key_of(kind, found.group(2), found.group(3))
                if key is not None:
                    yield found.group(2), key

    def _ours(self, address: str) -> bool:
        local, _, domain = address.lower().rpartition("@")
        return domain == self._domain.lower() and local.startswith(f"{self._local.lower()}+")

    def _tagged(self, kind: str, digest: str) -> str:
        if not self._plus:
            return f"{self._local}@{self._domain}"
        return f"{self._local}+{kind}{digest}{_mac(kind, digest, self._keys[0])}@{self._domain}"

    def _id(self, digest: str, key: bytes) -> str:
        return f"fl.{digest}.{_mac('m', digest, key)}@{self._domain.lower()}"

    def _key_of(self, kind: str, digest: str, mac: str) -> bytes | None:
        """Return the key that signed, comparing with all of them in constant time."""
        signed = [key for key in self._keys if hmac.compare_digest(_mac(kind, digest, key), mac)]
        return signed[0] if signed else None


def _digest(text: str) -> str:
    return _short(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def _mac(kind: str, digest: str, key: bytes) -> str:
    return _short(hmac.digest(key, f"firstline-mail:{kind}:{digest}".encode(), hashlib.sha256))


def _short(digest: bytes) -> str:
    return base64.b32encode(digest[:10]).decode().lower()
