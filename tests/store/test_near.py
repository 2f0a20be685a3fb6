"""Transactions run here and now where that holds nobody up, and lose nothing where it would."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from firstline.errors import SetupError
from firstline.records import TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.database import LockedError, briefly, open_database
from firstline.store.near import near

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(slots=True)
class Noted:
    """Opens an inbox, and notes on which threads it tried to."""

    store: TicketStore
    threads: list[threading.Thread] = field(default_factory=list)

    def open(self, name: str) -> Inbox:
        """Open an inbox."""
        self.threads.append(threading.current_thread())
        return self.store.open_inbox(Inbox(id=name, kind="api", target="here"), NOW)


async def test_a_file_is_written_here_and_a_server_asked_on_a_thread(engine: sa.Engine) -> None:
    """Only where statements wait for the network, a thread waits for them."""
    noted = Noted(TicketStore(engine))
    opened = await near(engine, noted.open, "one")
    assert opened == noted.store.inbox("one")
    here = noted.threads == [threading.current_thread()]
    assert here is (engine.dialect.name == "sqlite")


async def test_whoever_meets_a_taken_lock_waits_on_a_thread(tmp_path: Path) -> None:
    """The event loop goes on meanwhile, and the transaction is done once, when the lock is free."""
    engine = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    noted = Noted(TicketStore(engine))
    holder = engine.connect()
    holder.exec_driver_sql("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(near(engine, noted.open, "one"))
    while len(noted.threads) < 2:  # noqa: ASYNC110 - what is waited for happens on another thread
        await asyncio.sleep(0.01)
    assert not waiting.done()
    holder.rollback()
    holder.close()
    assert (await waiting).id == "one"
    assert noted.threads[0] is threading.current_thread()
    assert noted.threads[1] is not threading.current_thread()
    engine.dispose()


def test_a_connection_is_patient_again_when_nobody_is_brief(tmp_path: Path) -> None:
    """How long a connection waits is decided each time it is taken."""
    engine = open_database(f"sqlite:///{tmp_path / 'app.db'}")

    def patience() -> int:
        with engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())

    with briefly():
        brief = patience()
    assert (brief, patience()) == (20, 15_000)
    engine.dispose()


def test_a_taken_lock_is_told_from_other_failures(tmp_path: Path) -> None:
    """Only a lock is worth another try; and only whoever was brief is told of it."""
    engine = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    store = TicketStore(engine)
    with engine.connect() as holder, briefly():
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(LockedError, match="locked"):
            Noted(store).open("one")
        holder.rollback()
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE stage")
    with briefly(), pytest.raises(SetupError) as raised:
        store.stages(TicketId("none"))
    assert not isinstance(raised.value, LockedError)
    engine.dispose()
