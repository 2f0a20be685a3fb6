"""A company's desk: the typed Python API, with the same power as the commands.

desk = firstline.open("acme")
answer = await desk.answer("How do I export a board?", customer="cus_1001")
summary = await desk.run("tickets.jsonl", out="results")
"""

from __future__ import annotations

import asyncio
import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from firstline.desk.build import (
    Opened,
    Progress,
    make_data_folder,
    open_company,
    silent,
    utc_now,
)
from firstline.desk.models import open_models
from firstline.desk.releasing import with_release
from firstline.errors import InputError, Place, SetupError
from firstline.knowledge import SearchResult
from firstline.pipeline.flow import consider
from firstline.pipeline.intake import intake, masker_of
from firstline.records import Answer, Evidence, EvidenceId, Inbound, Ticket
from firstline.store import (
    CommitmentLedger,
    Outbox,
    StoredTicket,
    TicketStore,
    app_url,
    open_database,
)
from firstline.store.near import near
from firstline.workspace import Autonomy, Workspace, load, parse_autonomy
from firstline.workspace.channel_settings import ChannelSetting, read_channels
from firstline.workspace.problems import Problems
from firstline.workspace.secret_folder import with_kept

if TYPE_CHECKING:
    from firstline.desk.collecting import Collector, Submit
    from firstline.desk.connections import Connections
    from firstline.desk.results import Summary
    from firstline.pipeline.workflows import Line

__all__ = ["Desk", "Opened", "Progress", "open_desk"]


class EarlierTickets:
    """A customer's earlier tickets as evidence, from the store."""

    def __init__(self, store: TicketStore) -> None:
        self._store = store

    def recent(self, ticket: Ticket) -> tuple[Evidence, ...]:
        """Return up to three, newest first."""
        return tuple(_as_evidence(item) for item in self._store.history(ticket))

    async def superseded(self, ticket: Ticket) -> bool:
        """Whether the conversation has a newer message."""
        return await near(self._store.engine, self._store.superseded, ticket)


def _as_evidence(item: StoredTicket) -> Evidence:
    ticket = item.ticket
    return Evidence(
        id=EvidenceId(f"ticket:{ticket.id}"),
        kind="ticket",
        source=ticket.external_id,
        version=ticket.id,
        text=ticket.text[:400],
        title=ticket.subject,
        fields=(("outcome", item.outcome or "open"), ("reason", item.reason or "")),
        fetched_at=ticket.received_at,
    )


class Desk:
    """An open company: answers single tickets and runs files of them. Close it after use."""

    def __init__(
        self,
        opened: Opened,
        store: TicketStore,
        outbox: Outbox,
        channels: tuple[ChannelSetting, ...] = (),
    ) -> None:
        self._opened = opened
        self._channels = channels
        self._connections: Connections | None = None
        self._store = store
        self._outbox = outbox

    @property
    def workspace(self) -> Workspace:
        """The company's settings, intents and policies."""
        return self._opened.workspace

    @property
    def opened(self) -> Opened:
        """Everything that was opened, with what was wrong on the way."""
        return self._opened

    async def answer(
        self,
        ticket: str | Inbound,
        *,
        customer: str | None = None,
        verified: bool = True,
        subject: str = "",
        autonomy: str | None = None,
    ) -> Answer:
        """Take one ticket to its verdict. Nothing is stored and nothing leaves.

        Args:
            ticket: The customer's words, or a whole message as a channel delivers it.
            customer: The customer's id or e-mail address, when `ticket` is text.
            verified: Whether that customer is known to be the sender.
            subject: The subject, when `ticket` is text.
            autonomy: A level that overrides the intent's, for example `percent:100`.

        Raises:
            InputError: The autonomy level does not exist.
        """
        inbound = (
            ticket
            if isinstance(ticket, Inbound)
            else Inbound(
                external_id=uuid.uuid4().hex,
                text=ticket,
                subject=subject,
                customer=customer,
                verified=verified and customer is not None,
                channel="api",
            )
        )
        taken = intake(
            inbound,
            inbox="ask",
            now=self._opened.parts.now(),
            own_addresses=self.workspace.settings.own_addresses,
            masker=masker_of(self.workspace.settings),
        )
        return await consider(taken, self._opened.parts, autonomy=autonomy_level(autonomy))

    def search(self, query: str, *, k: int = 5) -> SearchResult:
        """Search the public knowledge base."""
        parts = self._opened.parts
        return parts.knowledge.search(query, k=k, vector=parts.vector(query))

    async def run(
        self,
        tickets: Path | str,
        out: Path | str,
        *,
        autonomy: str | None = None,
        progress: Progress = silent,
        stop: asyncio.Event | None = None,
    ) -> Summary:
        """Process a file of tickets durably and write the results to a folder.

        Running again with the same folder goes on where the last run stopped.

        Raises:
            InputError: The file or the level cannot be used.
            SetupError: The folder or the database cannot be used.
        """
        from firstline.desk.runs import run_file  # noqa: PLC0415 - the engine takes long to import

        level = autonomy_level(autonomy)
        return await run_file(
            self.line(),
            Path(tickets),
            Path(out),
            autonomy=None if level is None else str(level),
            progress=progress,
            stop=stop,
        )

    @property
    def engine(self) -> sa.Engine:
        """The database, for the ledgers in it."""
        return self._store.engine

    @property
    def commitments(self) -> CommitmentLedger:
        """What was promised to customers."""
        return CommitmentLedger(self._store.engine)

    @property
    def connections(self) -> Connections:
        """The helpdesks and mailboxes of channels.toml."""
        from firstline.desk.connections import Connections  # noqa: PLC0415 - only some have any

        if self._connections is None:
            environment = with_kept(os.environ, self.workspace.folder)
            self._connections = Connections(self._channels, environment)
        return self._connections

    def collector(self, submit: Submit) -> Collector:
        """Return what brings their tickets.

        Args:
            submit: Queues accepted tickets.
        """
        from firstline.desk.collecting import Collector  # noqa: PLC0415 - only some need it

        return Collector(
            connections=self.connections,
            store=self._store,
            settings=self.workspace.settings,
            submit=submit,
            now=self._opened.parts.now,
        )

    def line(self) -> Line:
        """Return what a durable engine works with."""
        from firstline.desk.runs import open_line  # noqa: PLC0415 - the engine takes long to import

        return open_line(self._opened, self._store, self._outbox, self.connections)

    async def disconnect(self) -> None:
        """Let connections go that belong to the event loop which used them."""
        if self._connections is not None:
            await self._connections.close()
        models = self._opened.parts.models
        if models is not None:
            await models.asker.close()
            if models.batches is not None:
                await models.batches.close()

    async def __aenter__(self) -> Self:
        """Return itself. Use a desk that asks models from one event loop, and like this."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close it."""
        await self.disconnect()
        self.close()

    def close(self) -> None:
        """Let the files go."""
        self._opened.parts.knowledge.close()
        if self._opened.parts.customers is not None:
            self._opened.parts.customers.close()
        self._store.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def open_desk(
    folder: Path | str,
    *,
    progress: Progress = silent,
    with_models: bool = True,
    record: bool = False,
) -> Desk:
    """Open a company's folder.

    Args:
        folder: The workspace.
        progress: Called while knowledge and examples are read.
        with_models: False: ask no model, whatever the workspace says.
        record: Write every model's answer into the workspace's recordings, for replay.

    Raises:
        WorkspaceErrors: Something in the folder is wrong; all of it is named.
        SetupError: The database, the folder or the models cannot be used.
    """
    workspace = load(Path(folder))
    problems = Problems()
    channels = read_channels(workspace.folder, problems)
    problems.raise_if_any()
    make_data_folder(workspace)
    engine = open_database(app_url(workspace.data))
    store = TicketStore(engine)
    owner = store.claim_for(workspace.settings.company)
    if owner != workspace.settings.company:
        raise SetupError(
            f"the database holds the tickets of {owner}",
            place=Place(file=str(folder)),
            fix="Give every company a database of its own",
        )
    models = open_models(workspace, engine, utc_now, record=record) if with_models else None
    opened = open_company(
        workspace, history=EarlierTickets(store), models=models, progress=progress
    )
    return Desk(with_release(opened, engine), store, Outbox(engine), channels)


def autonomy_level(written: str | None) -> Autonomy | None:
    """Return a level as an operator wrote it; raises InputError when there is none like it."""
    if written is None:
        return None
    level = parse_autonomy(written)
    if level is None:
        raise InputError(
            f"there is no autonomy level {written!r}",
            fix="Use off, shadow, review, certified, or percent:N with N from 1 to 100",
        )
    return level
