"""A small company with a helpdesk, and the doubles of all helpdesks under one roof."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from tests.desk.small_company import make_company

from firstline.desk import Desk, open_desk
from firstline.desk.working import keep_working
from firstline.pipeline.engine import Engine
from firstline.store.arrivals import Arrivals
from firstline.store.schema import ticket as table
from firstline.testing.chatwoot_double import ChatwootDouble
from firstline.testing.freshdesk_double import FreshdeskDouble
from firstline.testing.intercom_double import IntercomDouble
from firstline.testing.zendesk_double import ZendeskDouble

CUSTOMER = "mia@b.example"
REFUND = "Is the first payment refunded?"
UNKNOWN = "My parrot ate the cable of the coffee machine."
PATIENCE = 40.0


T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """A kind of helpdesk: its double, and what channels.toml says of it."""

    name: str
    double: Callable[[], Any]
    says: Callable[[Any], Mapping[str, str]]
    secrets: Callable[[Any], Mapping[str, str]]


def _zendesk_secrets(double: Any) -> Mapping[str, str]:
    return {"TOKEN": double.secrets.token, "WEBHOOK_SECRET": ",".join(double.secrets.webhook)}


def _intercom_secrets(double: Any) -> Mapping[str, str]:
    secrets = double.secrets
    return {"TOKEN": secrets.token, "WEBHOOK_SECRET": ",".join(secrets.client_secrets)}


def _freshdesk_secrets(double: Any) -> Mapping[str, str]:
    secrets = double.secrets
    return {"TOKEN": secrets.api_key, "WEBHOOK_SECRET": ",".join(secrets.hook_secrets)}


def _chatwoot_secrets(double: Any) -> Mapping[str, str]:
    secrets = double.secrets
    return {"TOKEN": secrets.token, "WEBHOOK_SECRET": ",".join(secrets.hook_secrets)}


KINDS = {
    "zendesk": Kind(
        "zendesk",
        ZendeskDouble,
        lambda double: {"subdomain": "acme", "email": double.settings.email},
        _zendesk_secrets,
    ),
    "intercom": Kind(
        "intercom",
        IntercomDouble,
        lambda double: {"admin_id": double.settings.admin_id},
        _intercom_secrets,
    ),
    "freshdesk": Kind(
        "freshdesk",
        FreshdeskDouble,
        lambda double: {"domain": double.settings.domain},
        _freshdesk_secrets,
    ),
    "chatwoot": Kind(
        "chatwoot",
        ChatwootDouble,
        lambda double: {"account_id": double.settings.account_id, "network": "loopback"},
        _chatwoot_secrets,
    ),
}


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def secrets_of(kind: Kind, double: Any, name: str = "support") -> dict[str, str]:
    """Return the environment variables of a channel."""
    start = f"FIRSTLINE_{name.upper()}_"
    return {start + what: value for what, value in kind.secrets(double).items()}


def write_channels(folder: Path, channels: Sequence[tuple[str, Kind, Any, str]]) -> None:
    """Write channels.toml: names, kinds, doubles and modes."""
    parts = []
    for name, kind, double, mode in channels:
        said = {"name": name, "kind": kind.name, "mode": mode, "url": double.url}
        said |= kind.says(double)
        lines = [f'{key} = "{value}"' for key, value in said.items()]
        parts += ["[[channel]]", *lines, "poll_seconds = 7", ""]
    (folder / "channels.toml").write_text("\n".join(parts), "utf-8")


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[Desk]:
    """Work on a company's tickets until the block ends."""
    desk = open_desk(folder, with_models=False)
    engine = Engine(line := desk.line(), desk.workspace.data)
    stop = asyncio.Event()
    await engine.start()
    collector = desk.collector(engine.submit)
    working = asyncio.create_task(keep_working(engine, line, stop, collector=collector))
    try:
        yield desk
    finally:
        stop.set()
        await asyncio.gather(working, return_exceptions=True)
        await engine.stop(grace_seconds=0)
        await desk.disconnect()
        desk.close()


@dataclass
class Company:
    """A company at work in a thread of its own, with a live channel and one in shadow mode."""

    kind: Kind
    live: Any
    """The double of the live channel's helpdesk."""
    shadow: Any
    desk: Desk | None = None
    loop: asyncio.AbstractEventLoop | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    stop: asyncio.Event | None = None

    def run(self, folder: Path) -> None:
        """Work until told to stop; the thread's function."""
        asyncio.run(self._run(folder))

    async def _run(self, folder: Path) -> None:
        self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
        async with at_work(folder) as self.desk:
            self.ready.set()
            await self.stop.wait()

    def end(self) -> None:
        """Stop working."""
        if self.loop is not None and self.stop is not None:
            self.loop.call_soon_threadsafe(self.stop.set)

    def ended(self, ticket: str, double: Any = None) -> list[tuple[str, str, str]]:
        """Return the ended tickets of a conversation: external id, outcome and reason, in order."""
        assert self.desk is not None
        name = "trial" if double is self.shadow else "support"
        query = (
            sa.select(table.c.external_id, table.c.outcome, table.c.reason)
            .where(table.c.conversation == ticket, table.c.outcome.is_not(None))
            .where(table.c.inbox == f"{self.kind.name}:{name}")
            .order_by(table.c.received_at, table.c.position)
        )
        with self.desk.engine.connect() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def ask(self, text: str, *, shadow: bool = False) -> str:
        """Write a new ticket as a customer, and have its helpdesk tell of it."""
        double = self.shadow if shadow else self.live
        ticket = str(double.new_ticket(text, requester=CUSTOMER))
        self.tell(ticket, shadow=shadow)
        return ticket

    def tell(self, ticket: str, *, shadow: bool = False) -> None:
        """Say that something happened in a conversation, as a webhook does."""
        assert self.desk is not None
        inbox = f"{self.kind.name}:{'trial' if shadow else 'support'}"
        Arrivals(self.desk.engine).mark(inbox, [ticket], datetime.now(UTC))

    def failing(self) -> int:
        """Return how many of the live channel's reads fail just now: conversations, or the poll."""
        assert self.desk is not None
        arrivals = Arrivals(self.desk.engine)
        standing = arrivals.standing(f"{self.kind.name}:support", datetime.now(UTC))
        return standing.failing + bool(standing.problem)

    def outcome(self, ticket: str) -> tuple[str, str]:
        """Wait until the conversation's first ticket ended; return its outcome and reason."""
        return until(lambda: self.ended(ticket))[0][1:]


def until(what: Callable[[], T]) -> T:
    """Wait until something holds, and return it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about")


@contextmanager
def company_of(kind: Kind, folder: Path) -> Iterator[Company]:
    """Open a company with two channels of a kind, at work."""
    make_company(folder)
    with kind.double() as live, kind.double() as shadow:
        write_channels(folder, [("support", kind, live, "live"), ("trial", kind, shadow, "shadow")])
        secrets = secrets_of(kind, live) | secrets_of(kind, shadow, "trial")
        secrets["FIRSTLINE_PUBLIC_URL"] = "https://desk.acme.example/"
        with environment(secrets):
            company = Company(kind=kind, live=live, shadow=shadow)
            thread = threading.Thread(target=company.run, args=(folder,), daemon=True)
            thread.start()
            assert company.ready.wait(PATIENCE)
            try:
                yield company
            finally:
                company.end()
                thread.join(PATIENCE)
