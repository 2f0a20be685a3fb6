"""Putting tickets into the queue of the local stages: many in one transaction.

A hundred customers who write in the same moment, and a file of tickets, would otherwise pay for a
transaction and for the way to a thread and back, once a ticket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions

from firstline.pipeline.engine_config import APPLICATION, APPLICATION_VERSION
from firstline.pipeline.workflows import enqueue
from firstline.records import TicketId
from firstline.store.database import sqlite_engine

QUEUE, WORKFLOW = "intake", "answer_ticket"
AT_ONCE = 200
"""Tickets of one transaction: it holds the lock of a SQLite file for as long."""


class Submission:
    """The way into the first queue. Queueing a ticket again changes nothing."""

    def __init__(self, url: str) -> None:
        if url.startswith("sqlite"):
            self._engine = sqlite_engine(url, pool=1)
        else:
            self._engine = sa.create_engine(url, pool_size=1, max_overflow=1, pool_pre_ping=True)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
        )
        self._collected: list[TicketId] = []
        self._under_way: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def add(self, ids: Iterable[TicketId]) -> None:
        """Queue tickets, together with those that others ask for meanwhile."""
        self._collected.extend(ids)
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._next())
        await asyncio.shield(self._under_way)

    async def close(self) -> None:
        """Finish what is under way, and let go of the database."""
        if self._under_way is not None:
            await asyncio.gather(self._under_way, return_exceptions=True)
        async with self._turn:  # What left before may still be on its thread.
            self._client.destroy()
        self._engine.dispose()

    async def _next(self) -> None:
        async with self._turn:
            # Whoever comes from now on is not part of it and waits for the next.
            ids, self._collected, self._under_way = self._collected, [], None
            for at in range(0, len(ids), AT_ONCE):
                await self._queue_all(ids[at : at + AT_ONCE])

    async def _queue_all(self, ids: list[TicketId]) -> None:
        try:
            await asyncio.to_thread(self._queue, ids)
        except sa.exc.DBAPIError:
            # The engine's own way waits for a database that is away for a moment.
            for ticket_id in ids:
                await enqueue(QUEUE, ticket_id)

    def _queue(self, ids: list[TicketId]) -> None:
        with self._engine.begin() as connection:
            for ticket_id in ids:
                options: EnqueueOptions = {
                    "workflow_name": WORKFLOW,
                    "queue_name": QUEUE,
                    "workflow_id": f"{ticket_id}:{QUEUE}",
                    "app_version": APPLICATION_VERSION,
                }
                self._client.enqueue_in_transaction(connection, options, ticket_id)
