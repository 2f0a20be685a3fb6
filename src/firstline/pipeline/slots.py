"""Slots: each running process holds one, locked. A free lock proves that its holder is gone.

Two live processes with one executor id would each "recover" the other's tickets. So a process
takes the first slot nobody holds: a file lock beside SQLite, an advisory lock in Postgres. Both
fall free when the process dies, however it dies.
"""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

import sqlalchemy as sa

from firstline.errors import Place, SetupError

SLOTS = 64
_KEY = 0x46_4C_57_00
"""First of the advisory lock keys in Postgres, one a slot."""


class Slots(Protocol):
    """The slots of one database."""

    def try_lock(self, number: int) -> bool:
        """Take a slot's lock if nobody holds it."""
        ...

    def unlock(self, number: int) -> None:
        """Let a slot go."""
        ...

    def close(self) -> None:
        """Let every slot go."""
        ...


class FileSlots:
    """Slots as locked files beside an SQLite database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[int, IO[bytes]] = {}

    def try_lock(self, number: int) -> bool:
        """Take a slot's lock if nobody holds it."""
        if number in self._held:
            return False
        try:
            file = (self._folder / f"worker-{number}.lock").open("ab")
        except OSError as error:
            raise SetupError(
                f"the data folder cannot be written ({error.strerror})",
                place=Place(file=str(self._folder)),
                fix="Make it writable for this user",
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._held[number] = file
        return True

    def unlock(self, number: int) -> None:
        """Let a slot go."""
        file = self._held.pop(number, None)
        if file is not None:
            file.close()

    def close(self) -> None:
        """Let every slot go."""
        for number in tuple(self._held):
            self.unlock(number)


class PostgresSlots:
    """Slots as advisory locks of one Postgres session that is kept open."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def try_lock(self, number: int) -> bool:
        """Take a slot's lock if nobody holds it; a session may take its own again."""
        taken = self._connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_KEY + number)))
        return bool(taken)

    def unlock(self, number: int) -> None:
        """Let a slot go."""
        self._connection.execute(sa.select(sa.func.pg_advisory_unlock(_KEY + number)))

    def close(self) -> None:
        """Let every slot go by ending the session."""
        with suppress(sa.exc.SQLAlchemyError):
            self._connection.invalidate()
            self._connection.close()


def take_slot(slots: Slots) -> int:
    """Take the first free slot and return its number."""
    for number in range(SLOTS):
        if slots.try_lock(number):
            return number
    raise SetupError(
        f"all {SLOTS} worker slots of this database are taken",
        fix="Stop a worker or give this one a database of its own",
    )


def executor_name(number: int) -> str:
    """Return the executor id of a slot."""
    return f"worker-{number}"
