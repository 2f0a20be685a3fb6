"""Transactions here and now, where the database is a file of this machine.

| database            | where a transaction runs                                              |
|---------------------|-----------------------------------------------------------------------|
| Postgres            | on a thread: every statement waits for the network                    |
| SQLite, lock free   | on the caller's thread, the event loop: a few statements take less    |
|                     | than the way to a thread, and a thread would hold the file's lock     |
|                     | while it waits for the interpreter, once a statement                  |
| SQLite, lock taken  | after a moment's wait, on a thread with its full patience             |
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import sqlalchemy as sa

from firstline.store.database import LockedError, briefly

Given = ParamSpec("Given")
Found = TypeVar("Found")


async def near(
    engine: sa.Engine,
    transaction: Callable[Given, Found],
    *args: Given.args,
    **kwargs: Given.kwargs,
) -> Found:
    """Run a transaction without holding up the event loop for longer than it takes.

    Args:
        engine: The database it uses.
        transaction: One transaction, or several that may be begun anew after the first: when the
            file's lock is taken it is run once more, from the start.
        *args: What it takes.
        **kwargs: What it takes.
    """
    if engine.dialect.name == "sqlite":
        try:
            with briefly():
                return transaction(*args, **kwargs)
        except LockedError:
            pass  # Nothing was written: the lock comes before the first write.
    return await asyncio.to_thread(transaction, *args, **kwargs)
