"""Keeping what many requests bring at the same moment in one transaction.

A commit costs about as much for fifty rows as for one, and SQLite lets one be made at a time. So
whatever comes while a transaction is being written waits for the next one, and all of it is in
that. Nobody is answered before what they brought is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa

T = TypeVar("T")
Write = Callable[[sa.Connection], Any]
MOST: Final = 200
"""Writes of one transaction."""


@dataclass(slots=True)
class _Waiting:
    write: Write
    done: asyncio.Future[Any]


class Keeper:
    """Commits in groups; for one event loop."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, write: Callable[[sa.Connection], T]) -> T:
        """Run a write in a transaction with whatever else waits; return its result, committed.

        Args:
            write: May be run twice, when a write beside it fails: nothing of the first run stays.
        """
        mine = _Waiting(write, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return cast("T", await mine.done)

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                try:
                    results = await asyncio.to_thread(self._commit, group)
                except Exception:  # noqa: BLE001 - one of them failed: each is told its own
                    await self._one_by_one(group)
                else:
                    for item, result in zip(group, results, strict=True):
                        if not item.done.done():
                            item.done.set_result(result)
        finally:
            self._writing = None

    async def _one_by_one(self, group: Sequence[_Waiting]) -> None:
        for item in group:
            try:
                (result,) = await asyncio.to_thread(self._commit, [item])
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
                if not item.done.done():
                    item.done.set_exception(error)
            else:
                if not item.done.done():
                    item.done.set_result(result)

    def _commit(self, group: Sequence[_Waiting]) -> list[Any]:
        with self._engine.begin() as connection:
            return [item.write(connection) for item in group]
