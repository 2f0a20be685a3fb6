"""The durable engine: stage queues that survive a killed process. DBOS Transact, embedded.

| question                     | answer                                                            |
|------------------------------|-------------------------------------------------------------------|
| what travels                 | a ticket's id; never a word a customer wrote                      |
| what is stored when          | what the local stages said, when a model is wanted; each reply of |
|                              | a model; the stages' records with the verdict; the claim; the     |
|                              | receipt. Redoing any of it changes nothing and is not paid again  |
| who runs what                | each process holds a locked slot; its name is its executor id     |
| a process dies               | its slot's lock falls free; whoever takes the slot, or any other  |
|                              | process that looks (`adopt`), puts its work back into the queues  |
| a workflow fails for good    | `give_up` hands its ticket to a person                            |
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from dbos import DBOS, SetWorkflowID

from firstline.channels import Channel
from firstline.observe import log
from firstline.pipeline.batch_lane import BatchLane
from firstline.pipeline.deliver import deliver_stage
from firstline.pipeline.endings import delivery_of, outcome_of, still_wanted
from firstline.pipeline.engine_config import THREADS, engine_config, silence_engine
from firstline.pipeline.flow import complete, prepare
from firstline.pipeline.limiter import SAMPLE, StartLimit, differs, learned_limit
from firstline.pipeline.parts import Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.record import PREPARED, answer_from, stage_bodies
from firstline.pipeline.slots import FileSlots, PostgresSlots, Slots, executor_name, take_slot
from firstline.records import Answer, StageTime, Ticket, TicketId, decode, encode
from firstline.store import BatchList, CallLedger, Caps, Inbox, Outbox, TicketStore
from firstline.store.database import driver_url, engine_url, unusable
from firstline.workspace import Autonomy, parse_autonomy

QUEUES = {"intake": 32, "generate": 64, "deliver": 16}
"""Stage queues and how many tickets of each a process takes at once: looking for work costs more
than having some in hand."""
AT_ONCE = 40
"""Tickets of a process that ask a model at once; a slow model leaves the other places free."""
ROOMY = 50.0
"""Tickets a second that the models' limits must allow for that."""
POLL_SECONDS = {"intake": 0.1, "generate": 0.2, "deliver": 0.2}
"""How often a process looks for work in a queue. Every look costs about as much as a ticket's
query, and the latter two are only for tickets that have to wait anyway."""
MAX_RECOVERIES = 50
"""A ticket that was being worked on in this many crashes is handed to a person."""


Argument = TypeVar("Argument")
Found = TypeVar("Found")
Outlets = Callable[[str, str], Channel]
"""Finds the channel an inbox delivers to, from its kind and target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the workflows of this process work with."""

    parts: Parts
    store: TicketStore
    outbox: Outbox
    outlets: Outlets
    now: Callable[[], datetime]
    calls: CallLedger
    batch_list: BatchList
    inboxes: dict[str, Inbox] = field(default_factory=dict)
    """Inboxes already read; they never change."""

    async def read(self, function: Callable[[Argument], Found], argument: Argument) -> Found:
        """Read from the store. A file of this machine answers sooner than a thread begins."""
        if self.store.is_local:
            return function(argument)
        return await asyncio.to_thread(function, argument)

    async def inbox(self, inbox_id: str) -> Inbox:
        """Return an inbox."""
        if inbox_id not in self.inboxes:
            self.inboxes[inbox_id] = await self.read(self.store.inbox, inbox_id)
        return self.inboxes[inbox_id]

    async def autonomy(self, ticket: Ticket) -> Autonomy | None:
        """Return the level a ticket's inbox puts in the place of its intent's, if it does."""
        inbox = await self.inbox(ticket.inbox)
        return parse_autonomy(inbox.autonomy) if inbox.autonomy else None

    @property
    def caps(self) -> Caps:
        """The company's caps on automatic replies."""
        settings = self.parts.workspace.settings
        return Caps(
            per_requester=settings.replies_per_requester_per_day,
            per_conversation=settings.bot_turns_per_conversation,
        )


class _Running:
    """What the workflows see; DBOS allows one engine a process."""

    line: Line | None = None
    lane: BatchLane | None = None
    limit: StartLimit | None = None
    """What the models' limits allow, as far as this process knows."""
    at_once: int = 0
    """Tickets that ask a model without having waited in its queue."""


def _may_ask_at_once() -> bool:
    """Whether a ticket may ask its model here and now.

    Waiting in a queue is for limits and for slow models. Where neither holds anybody up, the way
    through one more queue costs more than everything else about the call.
    """
    limit = _Running.limit
    roomy = limit is None or limit.per_second >= ROOMY
    return roomy and _Running.at_once < AT_ONCE


def _line() -> Line:
    if _Running.line is None:
        raise RuntimeError("the engine has not been started")
    return _Running.line


@DBOS.workflow(name="answer_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def answer_ticket(ticket_id: str) -> str:
    """Do the local stages; decide, or queue the ticket for a model."""
    line = _line()
    stored = await line.read(line.store.load, TicketId(ticket_id))
    if stored is None or (stored.outcome is not None and not stored.decided):
        return "ended"
    if stored.decided:
        return await _pass_on(await _stored_answer(stored.ticket, line), line)
    autonomy = await line.autonomy(stored.ticket)
    prepared = await prepare(stored.ticket, line.parts, autonomy=autonomy)
    if isinstance(prepared, Prepared) and prepared.wanted:
        body = ((PREPARED, encode(prepared)),)
        lane = _Running.lane
        if lane is not None and lane.takes(stored.ticket, prepared):
            await asyncio.to_thread(line.store.note, stored.ticket.id, body)
            await lane.add(stored.ticket, prepared)
            return "waits for a batch"
        if not _may_ask_at_once():
            await asyncio.to_thread(line.store.note, stored.ticket.id, body)
            await _enqueue("generate", ticket_id)
            return "waits for a model"
        _Running.at_once += 1
        try:
            return await _decide(stored.ticket, prepared, line)
        finally:
            _Running.at_once -= 1
    return await _decide(stored.ticket, prepared, line)


@DBOS.workflow(name="generate_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def generate_ticket(ticket_id: str) -> str:
    """Ask the models that a prepared ticket wants, and decide."""
    line = _line()
    stored = await line.read(line.store.load, TicketId(ticket_id))
    if stored is None or (stored.outcome is not None and not stored.decided):
        return "ended"
    if stored.decided:
        return await _pass_on(await _stored_answer(stored.ticket, line), line)
    stages = await line.read(line.store.stages, stored.ticket.id)
    prepared = decode(Prepared, stages[PREPARED].body)
    return await _decide(stored.ticket, prepared, line)


async def _decide(ticket: Ticket, prepared: Prepared | Answer, line: Line) -> str:
    if isinstance(prepared, Prepared):
        autonomy = await line.autonomy(ticket)
        answer = await complete(ticket, prepared, line.parts, autonomy=autonomy)
    else:
        answer = prepared
    ended = answer.verdict.action in ("review", "escalate")
    outcome, reason = outcome_of(answer, None) if ended else (None, None)
    await asyncio.to_thread(
        line.store.record,
        ticket.id,
        stage_bodies(answer),
        answer.times,
        outcome=outcome,
        reason=reason,
        now=line.now(),
    )
    return await _pass_on(answer, line)


async def _pass_on(answer: Answer, line: Line) -> str:
    """Deliver what a verdict delivers, at once where nobody is waited for, else in its queue."""
    log.info(
        "ticket_decided",
        ticket=answer.ticket.id,
        action=answer.verdict.action,
        reason=answer.verdict.reasons[0].code,
    )
    if delivery_of(answer, line.parts.workspace.voice.handoff) is None:
        return answer.verdict.action
    inbox = await line.inbox(answer.ticket.inbox)
    if line.outlets(inbox.kind, inbox.target).is_local:
        await _deliver(answer, line)
    else:
        await _enqueue("deliver", answer.ticket.id)
    return answer.verdict.action


async def _stored_answer(ticket: Ticket, line: Line) -> Answer:
    return answer_from(ticket, await line.read(line.store.stages, ticket.id))


@DBOS.workflow(name="deliver_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def deliver_ticket(ticket_id: str) -> str:
    """Deliver what a stored verdict delivers, and end the ticket."""
    line = _line()
    stored = await line.read(line.store.load, TicketId(ticket_id))
    if stored is None:
        return "ended"
    return await _deliver(await _stored_answer(stored.ticket, line), line)


async def _deliver(answer: Answer, line: Line) -> str:
    ticket = answer.ticket
    stored = await line.read(line.store.load, ticket.id)
    delivery = delivery_of(answer, line.parts.workspace.voice.handoff)
    if stored is None or delivery is None or not still_wanted(delivery, stored.outcome):
        return "ended"
    inbox = await line.inbox(ticket.inbox)
    begun = time.perf_counter()
    receipt = await deliver_stage(
        ticket,
        delivery.kind,
        delivery.text,
        channel=line.outlets(inbox.kind, inbox.target),
        outbox=line.outbox,
        caps=line.caps,
        now=line.now,
    )
    # Other tickets are worked on while this one waits for the disk: no processor time to name.
    wall_ms = round((time.perf_counter() - begun) * 1e3, 3)
    outcome, reason = outcome_of(answer, receipt)
    await asyncio.to_thread(
        line.store.record,
        ticket.id,
        (("deliver", encode(receipt)),),
        (StageTime(stage="deliver", wall_ms=wall_ms, cpu_ms=0.0),),
        outcome=outcome,
        reason=reason,
        now=line.now(),
    )
    return receipt.state


WORKFLOWS = {"intake": answer_ticket, "generate": generate_ticket, "deliver": deliver_ticket}


async def _enqueue(queue: str, ticket_id: str) -> None:
    with SetWorkflowID(f"{ticket_id}:{queue}"):
        await DBOS.enqueue_workflow_async(queue, WORKFLOWS[queue], ticket_id)


class Engine:
    """The durable engine of this process. At most one exists at a time."""

    def __init__(self, line: Line, data: Path, *, listen: Iterable[str] = tuple(QUEUES)) -> None:
        self._line = line
        self._data = data
        self._listen = list(listen)
        self._slots: Slots | None = None
        self._slot = -1

    async def start(self) -> None:
        """Take a slot, open the queues, and pick up what a dead holder of the slot left."""
        url = driver_url(engine_url(self._data))
        _Running.line = self._line
        _Running.lane = self._open_lane()
        try:
            await asyncio.to_thread(self._lock, url)
            DBOS(config=engine_config(url, executor_name(self._slot)))
            DBOS.listen_queues(self._listen)
            silence_engine()
            DBOS.launch()
            for name, concurrency in QUEUES.items():
                await DBOS.register_queue_async(
                    name, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS[name]
                )
        except sa.exc.SQLAlchemyError as error:
            await self.stop()
            raise unusable(url, error) from error

    def _lock(self, url: str) -> None:
        if url.startswith("sqlite"):
            self._slots = FileSlots(self._data)
        else:
            self._slots = PostgresSlots(sa.create_engine(url, pool_size=1, pool_pre_ping=True))
        self._slot = take_slot(self._slots)

    async def submit(self, ids: Iterable[TicketId]) -> None:
        """Queue tickets. Queueing one again changes nothing."""
        for ticket_id in ids:
            await _enqueue("intake", ticket_id)

    async def adopt(self) -> int:
        """Put the work of dead processes back into the queues; return how many workflows."""
        pending = await DBOS.list_workflows_async(
            status="PENDING", load_input=False, load_output=False
        )
        owners = {status.executor_id for status in pending} - {executor_name(self._slot)}
        adopted = 0
        for owner in sorted(owner for owner in owners if owner is not None):
            number = int(owner.rpartition("-")[2])
            if self._slots is None or not await asyncio.to_thread(self._slots.try_lock, number):
                continue
            try:
                mine = [item for item in pending if item.executor_id == owner]
                for queue in QUEUES:
                    ids = [item.workflow_id for item in mine if item.queue_name == queue]
                    if ids:
                        await DBOS.resume_workflows_async(ids, queue_name=queue)
                        adopted += len(ids)
            finally:
                await asyncio.to_thread(self._slots.unlock, number)
        return adopted

    def _open_lane(self) -> BatchLane | None:
        line = self._line
        api = line.parts.models.batches if line.parts.models else None
        if api is None:
            return None
        return BatchLane(
            parts=line.parts,
            store=line.store,
            listed=line.batch_list,
            api=api,
            enqueue=partial(_enqueue, "generate"),
            now=line.now,
        )

    async def keep_pace(self) -> None:
        """Let tickets start no faster than the models' limits allow, for all workers together."""
        models = self._line.parts.models
        if models is None:
            return
        rows = await asyncio.to_thread(self._line.calls.latest, SAMPLE * 4)
        limit = learned_limit(models, rows)
        if not differs(limit, _Running.limit):
            return
        _Running.limit = limit
        queue = await DBOS.retrieve_queue_async("generate")
        if queue is None:
            return
        # A limiter makes every look for work dearer; one that is never met is left out.
        binding = limit is not None and limit.per_second < ROOMY
        await queue.set_limiter_async(
            {"limit": limit.limit, "period": limit.period} if limit and binding else None
        )

    async def tend(self, *, hurry: bool = False) -> None:
        """Keep every accepted ticket on its way, whoever accepted it and died since.

        Args:
            hurry: Do not collect tickets for a batch any longer: nothing else is left to do.
        """
        await self.adopt()
        await self.give_up()
        await self.keep_pace()
        await self.tend_batches(hurry=hurry)
        if await self._active():
            return
        # Nothing is queued or running, yet tickets are open: somebody died between accepting
        # and queueing them. If queueing finds their work long done, a person gets them.
        left = await asyncio.to_thread(self._unlisted)
        await self.submit(left)
        if left and not await self._active():
            await self._hand_over(left)

    async def tend_batches(self, *, hurry: bool = False) -> None:
        """Submit, poll and hand on batches, where the company has a batch lane."""
        if _Running.lane is not None:
            await _Running.lane.tend(hurry=hurry and not await self._active())

    def _unlisted(self) -> list[TicketId]:
        """Return the open tickets that do not wait for a batch."""
        listed = self._line.batch_list.unfinished()
        return [item for item in self._line.store.open_ids() if item not in listed]

    async def _active(self) -> bool:
        active = await DBOS.list_workflows_async(
            status=["ENQUEUED", "PENDING", "DELAYED"], limit=1, load_input=False, load_output=False
        )
        return bool(active)

    async def _hand_over(self, ids: Iterable[TicketId]) -> None:
        for ticket_id in ids:
            await asyncio.to_thread(
                self._line.store.end, ticket_id, "escalate", "engine_failed", self._line.now()
            )

    async def give_up(self) -> int:
        """Hand the tickets of workflows that failed for good to a person; return how many."""
        failed = await DBOS.list_workflows_async(
            status=["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"],
            load_input=False,
            load_output=False,
        )
        ids = {TicketId(item.workflow_id.rpartition(":")[0]) for item in failed}
        still_open = ids & set(await asyncio.to_thread(self._line.store.open_ids))
        await self._hand_over(sorted(still_open))
        return len(still_open)

    async def stop(self, *, grace_seconds: int = 3) -> None:
        """Let running tickets finish for a moment, then stop; the next start does the rest."""
        # A thread of its own: the shared ones may all be busy with the very work to be stopped.
        destroy = partial(DBOS.destroy, workflow_completion_timeout_sec=grace_seconds)
        with ThreadPoolExecutor(1) as alone:
            await asyncio.get_running_loop().run_in_executor(alone, destroy)
        # DBOS made its own threads the loop's default ones and has just ended them.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        _Running.line = _Running.lane = _Running.limit = None
        _Running.at_once = 0
        if self._slots is not None:
            self._slots.close()
            self._slots = None
