"""Hashing passwords with argon2id, a few at a time, so that logins cannot exhaust the machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from firstline.web.access.password_rules import LONGEST, normal

T = TypeVar("T")
AT_ONCE: Final = 2
"""Passwords hashed at once by a process; each takes 64 MiB."""
WAITING: Final = 30
"""Passwords that may wait for that; the next is told to come back."""


class BusyError(Exception):
    """Too many passwords wait to be checked."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a password was right, and its new hash when the parameters changed since."""

    right: bool
    renewed: str = ""


class Passwords:
    """Makes and checks hashes: argon2id with the second set of RFC 9106 (64 MiB, three passes)."""

    def __init__(
        self, hasher: PasswordHasher | None = None, *, places: int = AT_ONCE + WAITING
    ) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._places = threading.BoundedSemaphore(places)

    @cached_property
    def _nobody(self) -> str:
        """What is compared with when there is no hash, so that it takes as long."""
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return the hash of a password."""
        return self._hasher.hash(_bytes(password))

    def check(self, password: str, hashed: str) -> Checked:
        """Return whether a password has a hash. An empty hash takes as long and is never right."""
        tried = _bytes(password[:LONGEST])
        nobody = self._nobody  # Made by whoever comes first, so that it tells nothing.
        try:
            self._hasher.verify(hashed or nobody, tried)
        except (VerificationError, InvalidHashError):
            return Checked(right=False)
        if not hashed or len(password) > LONGEST:
            return Checked(right=False)
        stale = self._hasher.check_needs_rehash(hashed)
        return Checked(right=True, renewed=self._hasher.hash(tried) if stale else "")

    async def hash_apart(self, password: str) -> str:
        """Return the hash of a password, made beside the event loop; raises BusyError."""
        return await self._apart(lambda: self.hash(password))

    async def check_apart(self, password: str, hashed: str) -> Checked:
        """Check a password beside the event loop; raises BusyError."""
        return await self._apart(lambda: self.check(password, hashed))

    async def _apart(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise BusyError
        # The place is given back when the work ends, even if whoever asked has gone by then.
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)


def _bytes(password: str) -> bytes:
    """Return what is hashed. Takes anything; what cannot be typed is refused before."""
    return normal(password).encode("utf-8", "surrogatepass")
