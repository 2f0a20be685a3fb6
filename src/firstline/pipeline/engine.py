"""The durable engine: stage queues that survive a killed process. DBOS Transact, embedded.

| question                     | answer                                                            |
|------------------------------|-------------------------------------------------------------------|
| what travels                 | a ticket's id; never a word a customer wrote                      |
| what is stored when          | the stages' records with the verdict, then the claim, then the    |
|                              | receipt; redoing any of it changes nothing                        |
| who runs what                | each process holds a locked slot; its name is its executor id     |
| a process dies               | its slot's lock falls free; whoever takes the slot, or any other  |
|                              | process that looks (`adopt`), puts its work back into the queues  |
| a workflow fails for good    | `give_up` hands its ticket to a person                            |
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from firstline.channels import Channel
from firstline.observe import log
from firstline.pipeline.deliver import deliver_stage
from firstline.pipeline.flow import consider, delivery_of, outcome_of, still_wanted
from firstline.pipeline.parts import Parts
from firstline.pipeline.record import answer_from, stage_bodies
from firstline.pipeline.slots import FileSlots, PostgresSlots, Slots, executor_name, take_slot
from firstline.records import Answer, StageTime, Ticket, TicketId, encode
from firstline.store import Caps, Inbox, Outbox, TicketStore
from firstline.store.database import driver_url, engine_url, sqlite_engine, unusable
from firstline.workspace import parse_autonomy

APPLICATION_VERSION = "1"
"""Raised only when stored workflows could no longer be continued by this code."""
QUEUES = {"intake": 32, "deliver": 16}
"""Stage queues and how many tickets of each a process takes at once: looking for work costs more
than having some in hand."""
POLL_SECONDS = 0.1
THREADS = 8
"""Threads for the databases. More of them only wait for each other (and for the interpreter)."""
MAX_RECOVERIES = 50
"""A ticket that was being worked on in this many crashes is handed to a person."""


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
    inboxes: dict[str, Inbox] = field(default_factory=dict)
    """Inboxes already read; they never change."""

    async def inbox(self, inbox_id: str) -> Inbox:
        """Return an inbox."""
        if inbox_id not in self.inboxes:
            self.inboxes[inbox_id] = await asyncio.to_thread(self.store.inbox, inbox_id)
        return self.inboxes[inbox_id]

    @property
    def caps(self) -> Caps:
        """The company's caps on automatic replies."""
        settings = self.parts.workspace.settings
        return Caps(
            per_requester=settings.replies_per_requester_per_day,
            per_conversation=settings.bot_turns_per_conversation,
        )


class _Running:
    """The line the workflows see; DBOS allows one engine a process."""

    line: Line | None = None


def _line() -> Line:
    if _Running.line is None:
        raise RuntimeError("the engine has not been started")
    return _Running.line


@DBOS.workflow(name="answer_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def answer_ticket(ticket_id: str) -> str:
    """Take a ticket to its verdict and, when something is to be delivered, queue the delivery."""
    line = _line()
    stored = await asyncio.to_thread(line.store.load, TicketId(ticket_id))
    if stored is None or (stored.outcome is not None and not stored.decided):
        return "ended"
    answer = await (_stored_answer if stored.decided else _decide)(stored.ticket, line)
    log.info(
        "ticket_decided",
        ticket=ticket_id,
        action=answer.verdict.action,
        reason=answer.verdict.reasons[0].code,
    )
    if delivery_of(answer, line.parts.workspace.voice.handoff) is not None:
        await _enqueue("deliver", ticket_id)
    return answer.verdict.action


async def _decide(ticket: Ticket, line: Line) -> Answer:
    inbox = await line.inbox(ticket.inbox)
    override = parse_autonomy(inbox.autonomy) if inbox.autonomy else None
    answer = await consider(ticket, line.parts, autonomy=override)
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
    return answer


async def _stored_answer(ticket: Ticket, line: Line) -> Answer:
    return answer_from(ticket, await asyncio.to_thread(line.store.stages, ticket.id))


@DBOS.workflow(name="deliver_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def deliver_ticket(ticket_id: str) -> str:
    """Deliver what a stored verdict delivers, and end the ticket."""
    line = _line()
    stored = await asyncio.to_thread(line.store.load, TicketId(ticket_id))
    if stored is None:
        return "ended"
    answer = await _stored_answer(stored.ticket, line)
    delivery = delivery_of(answer, line.parts.workspace.voice.handoff)
    if delivery is None or not still_wanted(delivery, stored.outcome):
        return "ended"
    inbox = await line.inbox(stored.ticket.inbox)
    begun = time.perf_counter()
    receipt = await deliver_stage(
        stored.ticket,
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
        stored.ticket.id,
        (("deliver", encode(receipt)),),
        (StageTime(stage="deliver", wall_ms=wall_ms, cpu_ms=0.0),),
        outcome=outcome,
        reason=reason,
        now=line.now(),
    )
    return receipt.state


WORKFLOWS = {"intake": answer_ticket, "deliver": deliver_ticket}


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
        try:
            await asyncio.to_thread(self._lock, url)
            DBOS(config=_config(url, executor_name(self._slot)))
            DBOS.listen_queues(self._listen)
            _quiet()
            DBOS.launch()
            for name, concurrency in QUEUES.items():
                await DBOS.register_queue_async(
                    name, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS
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

    async def tend(self) -> None:
        """Keep every accepted ticket on its way, whoever accepted it and died since."""
        await self.adopt()
        await self.give_up()
        if await self._active():
            return
        # Nothing is queued or running, yet tickets are open: somebody died between accepting
        # and queueing them. If queueing finds their work long done, a person gets them.
        left = await asyncio.to_thread(self._line.store.open_ids)
        await self.submit(left)
        if left and not await self._active():
            await self._hand_over(left)

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
        _Running.line = None
        if self._slots is not None:
            self._slots.close()
            self._slots = None


def _config(url: str, executor: str) -> DBOSConfig:
    config: DBOSConfig = {
        "name": "firstline",
        "system_database_url": url,
        "executor_id": executor,
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "max_executor_threads": THREADS,
        "log_level": "WARNING",
    }
    if url.startswith("sqlite"):
        config["system_database_engine"] = sqlite_engine(url)
    else:
        config["sys_db_pool_size"] = 8
    return config


class _WithoutArguments(logging.Filter):
    """Lets the engine's warnings through without the data it would print beside them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the event, drop its arguments and traceback."""
        record.args = ()
        record.exc_info = None
        return True


def _quiet() -> None:
    log = logging.getLogger("dbos")
    if not any(isinstance(item, _WithoutArguments) for item in log.filters):
        log.addFilter(_WithoutArguments())
