"""The batch lane: tickets that can wait are asked about together, at half the price.

A batch only fills the ledger of questions. Once an answer is there, the ticket goes the same way
as any other: its writer asks, finds the stored reply, and the same checks, gate and delivery
follow. What has no answer in time is asked live. So nothing here decides anything about a ticket.

| the process dies                    | the next look                                            |
|-------------------------------------|----------------------------------------------------------|
| before a claimed batch was sent     | finds no batch of the API that is not known: releases it |
| after it was sent, its id not kept  | finds it among the API's recent batches, and adopts it   |
| while it is being read              | reads it again; what is in the ledger stays              |
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.claude.batches import BatchApi
from firstline.claude.calls import Question
from firstline.errors import ModelError
from firstline.observe import log
from firstline.pipeline.asking import first_writer
from firstline.pipeline.judging import JUDGE
from firstline.pipeline.parts import Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.record import PREPARED
from firstline.pipeline.writer import assignment_of
from firstline.records import Ticket, TicketId, decode
from firstline.store import Batch, BatchList, TicketStore

MOST = 2_000
"""Tickets of one batch. The API takes 100,000, but its results are read as one answer."""
UNSURE_FOR = timedelta(minutes=5)
"""How long a claimed batch is left alone: its process may still be sending it."""
CANCEL_FOR = timedelta(hours=1)
"""How long a batch past its deadline may take to stop before its tickets are asked live."""

Enqueue = Callable[[TicketId], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLane:
    """Collects, submits, polls, and hands tickets on."""

    parts: Parts
    store: TicketStore
    listed: BatchList
    api: BatchApi
    enqueue: Enqueue
    """Queues a ticket for its writer."""
    now: Callable[[], datetime]

    def takes(self, ticket: Ticket, prepared: Prepared) -> bool:
        """Whether a ticket may wait: its intent says so, and its route is settled."""
        spec = self.parts.workspace.intent(prepared.route.intent)
        patient = spec is not None and spec.lane == "batch"
        urgent = prepared.route.urgency == "high" or ticket.history
        return patient and not urgent and prepared.wanted not in ("", "route_unsure", JUDGE)

    async def add(self, ticket: Ticket, prepared: Prepared) -> None:
        """Put a ticket on the list."""
        key = self._question(ticket, prepared).key
        await asyncio.to_thread(self.listed.add, ticket.id, key, self.now())

    async def tend(self, *, hurry: bool = False) -> None:
        """Submit what is due, read what has ended, ask live what has waited too long.

        Args:
            hurry: Submit at once: nothing else is left to wait for.
        """
        await self._recover()
        for batch in await asyncio.to_thread(self.listed.batches, "submitted"):
            await self._poll(batch)
        await self._submit(hurry=hurry)

    async def _submit(self, *, hurry: bool) -> None:
        count, since = await asyncio.to_thread(self.listed.waiting)
        if since is None:
            return
        wait = timedelta(minutes=self.parts.workspace.settings.models.batch_wait_minutes)
        if not hurry and count < MOST and self.now() - since < wait:
            return
        name = f"claim-{uuid.uuid4().hex}"
        claimed = await asyncio.to_thread(self.listed.claim, name, self.now(), most=MOST)
        if claimed is None:
            return
        questions = await self._questions(claimed)
        if not questions:
            return
        try:
            batch = await self.api.submit(questions)
        except ModelError as error:
            log.warning("batch_not_submitted", failure=error.failure, tickets=len(questions))
            await self._not_submitted(claimed, error)
            return
        await asyncio.to_thread(self.listed.submitted, name, batch, self.now())
        log.info("batch_submitted", batch=batch, tickets=len(questions))

    async def _not_submitted(self, claimed: Batch, error: ModelError) -> None:
        match error.failure:
            case "unreachable" | "deadline" | "malformed":
                return  # The API may have it: `_recover` finds out.
            case "rate_limited" | "overloaded":
                await asyncio.to_thread(self.listed.release, claimed.name, self.now())
            case _:
                await self._live(claimed)

    async def _questions(self, claimed: Batch) -> list[Question]:
        """Return what to ask; a ticket that ended or asks something else now goes on alone."""
        questions, others = [], []
        for key, ticket_id in claimed.items.items():
            question = await self._stored_question(ticket_id)
            if question is None or question.key != key:
                others.append(ticket_id)
            else:
                questions.append(question)
        allowed = await self.api.reserve(questions)
        refused = [claimed.items[item.key] for item in questions if item.key not in allowed]
        await self._hand_on([*others, *refused])
        return [question for question in questions if question.key in allowed]

    async def _stored_question(self, ticket_id: TicketId) -> Question | None:
        stored = await asyncio.to_thread(self.store.load, ticket_id)
        if stored is None or stored.outcome is not None or stored.decided:
            return None
        stages = await asyncio.to_thread(self.store.stages, ticket_id)
        return self._question(stored.ticket, decode(Prepared, stages[PREPARED].body))

    def _question(self, ticket: Ticket, prepared: Prepared) -> Question:
        writer = first_writer(ticket, prepared, self.parts)
        given = assignment_of(ticket, prepared.route, prepared.context, self.parts.workspace)
        return writer.question(given, writer.rendered(given))

    async def _poll(self, batch: Batch) -> None:
        deadline = self.parts.workspace.settings.models.batch_deadline_hours
        late = self.now() - batch.oldest - timedelta(hours=deadline)
        try:
            if await self.api.ended(batch.name):
                await self.api.collect(batch.name)
                await self._hand_on(list(batch.items.values()))
            elif late > CANCEL_FOR:
                log.warning("batch_abandoned", batch=batch.name, tickets=len(batch.items))
                await self._live(batch)
            elif late > timedelta(0):
                await self.api.cancel(batch.name)
        except ModelError as error:
            log.warning("batch_not_read", batch=batch.name, failure=error.failure)
            if late > CANCEL_FOR or error.failure in ("key_rejected", "bad_request"):
                await self._live(batch)

    async def _recover(self) -> None:
        """Find out what became of batches that were claimed by a process that died."""
        claimed = await asyncio.to_thread(self.listed.batches, "submitting")
        left = [batch for batch in claimed if self.now() - batch.moved > UNSURE_FOR]
        if not left:
            return
        since = min(batch.moved for batch in left) - UNSURE_FOR
        try:
            recent = await self.api.recent(since)
        except ModelError as error:
            log.warning("batches_not_listed", failure=error.failure)
            return
        known = await asyncio.to_thread(self.listed.known, [item.name for item in recent])
        unknown = [item for item in recent if item.name not in known]
        for batch in left:
            found = next((item for item in unknown if item.requests == len(batch.items)), None)
            if found is None:
                await asyncio.to_thread(self.listed.release, batch.name, self.now())
            else:
                unknown.remove(found)
                await asyncio.to_thread(self.listed.submitted, batch.name, found.name, self.now())

    async def _live(self, batch: Batch) -> None:
        await self.api.release(list(batch.items))
        await self._hand_on(list(batch.items.values()))

    async def _hand_on(self, tickets: list[TicketId]) -> None:
        """Queue tickets for their writers, then take them off the list."""
        for ticket_id in tickets:
            await self.enqueue(ticket_id)
        if tickets:
            await asyncio.to_thread(self.listed.done, tickets, self.now())
