"""Processes that open one new database in the same moment all get it, and one company owns it."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

from firstline.store import TicketStore, open_database

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

PROCESSES = 4


def open_and_claim(url: str, company: str, together: Barrier, found: Queue[str]) -> None:
    """Open a database as soon as the others are there, and say whose it is, or what went wrong."""
    together.wait()
    try:
        engine = open_database(url)
        found.put(TicketStore(engine).claim_for(company))
        engine.dispose()
    except Exception as error:  # noqa: BLE001 - whatever it is, the test is to show it
        found.put(f"{type(error).__name__}: {error}")


def test_a_new_database_is_opened_by_many_at_once(empty_database_url: str) -> None:
    """A service that starts several processes on a fresh machine loses none of them."""
    spawn = multiprocessing.get_context("spawn")
    together, found = spawn.Barrier(PROCESSES), spawn.Queue()
    children = [
        spawn.Process(
            target=open_and_claim, args=(empty_database_url, f"company {number}", together, found)
        )
        for number in range(PROCESSES)
    ]
    for child in children:
        child.start()
    owners = {found.get(timeout=60) for _ in children}
    for child in children:
        child.join()
    assert len(owners) == 1
    assert owners < {f"company {number}" for number in range(PROCESSES)}
