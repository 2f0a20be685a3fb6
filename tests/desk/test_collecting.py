"""Collecting goes on, whatever one connection does, and however it began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.builders import NOON
from tests.desk.small_company import make_company

from firstline.channels.base import Channel
from firstline.channels.helpdesk import Changes, Conversation, DeskRefused, Helpdesk
from firstline.desk import open_desk
from firstline.desk.collecting import Collector
from firstline.desk.connections import Connection, Connections
from firstline.errors import SetupError
from firstline.store import Inbox, TicketStore
from firstline.workspace.channel_settings import ChannelSetting, read_channels
from firstline.workspace.problems import Problems

MODES = {"slow": "live", "quick": "shadow"}


@dataclass
class Desk:
    """A helpdesk that tells of one conversation, which is gone when it is fetched."""

    hangs: bool = False
    fetched: list[str] = field(default_factory=list)

    async def changed(self, _cursor: str) -> Changes:
        """Tell of it, or never answer."""
        if self.hangs:
            await asyncio.sleep(60)
        return Changes(tickets=("c1",), cursor="1", more=False)

    async def fetch(self, ticket: str) -> Conversation:
        """Say that it is gone."""
        self.fetched.append(ticket)
        raise DeskRefused("missing", "gone")


@dataclass
class Opened:
    """Two connections, as `Connections` gives them."""

    settings: tuple[ChannelSetting, ...]
    desks: dict[str, Desk]

    def named(self, name: str) -> Connection:
        """Return one."""
        setting = next(item for item in self.settings if item.name == name)
        desk = cast("Helpdesk", self.desks[name])
        return Connection(setting=setting, channel=cast("Channel", None), helpdesk=desk)


def written(folder: Path) -> tuple[ChannelSetting, ...]:
    """Return the settings of two channels."""
    parts = [
        f'[[channel]]\nname = "{name}"\nkind = "freshdesk"\nmode = "{mode}"\ndomain = "acme"\n'
        for name, mode in MODES.items()
    ]
    (folder / "channels.toml").write_text("\n".join(parts), "utf-8")
    problems = Problems()
    settings = read_channels(folder, problems)
    problems.raise_if_any()
    return settings


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Return a connection that hangs and one that does not."""
    return Opened(written(tmp_path), {"slow": Desk(hangs=True), "quick": Desk()})


def a_collector(opened: Opened, store: TicketStore) -> Collector:
    """Return what collects for both."""

    async def submit(_ids: Any) -> None:
        """Queue nothing."""

    return Collector(
        connections=cast("Connections", opened),
        store=store,
        settings=cast("Any", None),
        submit=submit,
        now=lambda: NOON,
    )


async def collected(collector: Collector, done: Callable[[], object]) -> bool:
    """Collect for some seconds, or until something is done; return whether it is."""
    stop = asyncio.Event()
    working = asyncio.create_task(collector.keep_collecting(stop))
    try:
        for _ in range(100):
            if done():
                return True
            await asyncio.sleep(0.05)
        return False
    finally:
        stop.set()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_helpdesk_that_hangs_holds_up_no_other(engine: sa.Engine, opened: Opened) -> None:
    """The other one is polled and read meanwhile."""
    quick = opened.desks["quick"]
    assert await collected(a_collector(opened, TicketStore(engine)), lambda: quick.fetched)


async def test_a_database_that_is_busy_at_the_start_ends_nothing(
    engine: sa.Engine, opened: Opened
) -> None:
    """Nobody would miss a loop that ended; so it tries again."""
    refused: set[str] = set()

    class Busy(TicketStore):
        """A store whose first write fails for each connection."""

        def keep_inbox(self, record: Inbox, now: Any) -> Inbox:
            """Fail, or keep."""
            if record.id not in refused:
                refused.add(record.id)
                raise SetupError("the database cannot be used: database is locked")
            return super().keep_inbox(record, now)

    quick = opened.desks["quick"]
    assert await collected(a_collector(opened, Busy(engine)), lambda: quick.fetched)


async def test_a_process_goes_by_the_modes_it_was_started_with(tmp_path: Path) -> None:
    """Also for tickets that it takes up before anything stored the new mode."""
    folder = make_company(tmp_path / "small")
    written(folder)
    with open_desk(folder, with_models=False) as desk:
        before = {"slow": "shadow", "quick": None}
        for name, level in before.items():
            inbox = Inbox(id=f"freshdesk:{name}", kind="freshdesk", target=name, autonomy=level)
            TicketStore(desk.engine).keep_inbox(inbox, NOON)
        line = desk.line()
        now = [(await line.inbox(f"freshdesk:{name}")).autonomy for name in MODES]
        assert now == [None, "shadow"]
