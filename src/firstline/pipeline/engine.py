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
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from dbos import DBOS

from firstline.observe import silence
from firstline.pipeline.approved import tend_approved
from firstline.pipeline.batch_lane import BatchLane
from firstline.pipeline.engine_config import THREADS, engine_config
from firstline.pipeline.handing_over import tend_hand_overs
from firstline.pipeline.limiter import SAMPLE, differs, learned_limit
from firstline.pipeline.promised import remind
from firstline.pipeline.slots import FileSlots, PostgresSlots, Slots, executor_name, take_slot
from firstline.pipeline.submitting import Submission
from firstline.pipeline.workflows import ROOMY, Line, Running, enqueue
from firstline.records import TicketId
from firstline.store.database import driver_url, engine_url, unusable

QUEUES = {"intake": 40, "generate": 64, "deliver": 16}
"""Stage queues and how many tickets of each a process takes at once: looking for work costs more
than having some in hand."""
POLL_SECONDS = {"intake": 0.1, "generate": 0.2, "deliver": 0.2}
"""How often a process looks for work in a queue. Every look costs about as much as a ticket's
query, and the latter two are only for tickets that have to wait anyway."""

MOST_CHECKED = 500
"""Open tickets that are looked for in the queues at a time."""


class Engine:
    """The durable engine of this process. At most one exists at a time."""

    def __init__(self, line: Line, data: Path, *, listen: Iterable[str] = tuple(QUEUES)) -> None:
        self._line = line
        self._data = data
        self._listen = list(listen)
        self._slots: Slots | None = None
        self._slot = -1
        self._submission: Submission | None = None
        self._queued: set[TicketId] = set()
        """Open tickets that certainly are in the queues, so that nobody looks for them again."""

    async def start(self) -> None:
        """Take a slot, open the queues, and pick up what a dead holder of the slot left."""
        url = driver_url(engine_url(self._data))
        Running.line = self._line
        Running.lane = self._open_lane()
        try:
            await asyncio.to_thread(self._lock, url)
            DBOS(config=engine_config(url, executor_name(self._slot)))
            DBOS.listen_queues(self._listen)
            silence("dbos")
            DBOS.launch()
            for name, concurrency in QUEUES.items():
                await DBOS.register_queue_async(
                    name, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS[name]
                )
            self._submission = Submission(url)
            await self.keep_pace()
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
        if self._submission is None:
            raise RuntimeError("the engine has not been started")
        await self._submission.add(ids)

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
            enqueue=partial(enqueue, "generate"),
            now=line.now,
        )

    async def keep_pace(self) -> None:
        """Let tickets start no faster than the models' limits allow, for all workers together."""
        models = self._line.parts.models
        if models is None:
            return
        rows = await asyncio.to_thread(self._line.calls.latest, SAMPLE * 4)
        limit = learned_limit(models, rows)
        if not differs(limit, Running.limit):
            return
        Running.limit = limit
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
        await tend_approved(self._line)
        if self._line.note_of is not None:
            await tend_hand_overs(self._line)
        await self.tend_batches(hurry=hurry)
        await asyncio.to_thread(remind, self._line.commitments, self._line.now())
        if self._line.watch is not None:
            await asyncio.to_thread(self._line.watch.settle)
        if await self._active():
            await self._queue_forgotten()
            return
        # Nothing is queued or running, yet tickets are open: somebody died between accepting
        # and queueing them. If queueing finds their work long done, a person gets them.
        left = await asyncio.to_thread(self._unlisted)
        await self.submit(left)
        if left and not await self._active():
            await self._hand_over(left)

    async def _queue_forgotten(self) -> None:
        """Queue open tickets that whoever accepted them did not, while there is other work.

        A busy desk always has some, so it cannot be waited for.
        """
        open_now = await asyncio.to_thread(self._unlisted)
        self._queued.intersection_update(open_now)
        unknown = [item for item in open_now if item not in self._queued][:MOST_CHECKED]
        if not unknown:
            return
        listed = await DBOS.list_workflows_async(
            workflow_ids=[f"{item}:intake" for item in unknown],
            load_input=False,
            load_output=False,
        )
        known = {TicketId(item.workflow_id.rpartition(":")[0]) for item in listed}
        await self.submit(item for item in unknown if item not in known)
        self._queued.update(unknown)

    async def tend_batches(self, *, hurry: bool = False) -> None:
        """Submit, poll and hand on batches, where the company has a batch lane."""
        if Running.lane is not None:
            await Running.lane.tend(hurry=hurry and not await self._active())

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
        line = self._line
        for ticket_id in ids:
            ending = await line.lost(ticket_id)
            await asyncio.to_thread(
                line.store.end, ticket_id, "escalate", "engine_failed", line.now(), ending=ending
            )
            if ending is not None:
                ending.tell()

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
        if self._submission is not None:
            await self._submission.close()
            self._submission = None
        # A thread of its own: the shared ones may all be busy with the very work to be stopped.
        destroy = partial(DBOS.destroy, workflow_completion_timeout_sec=grace_seconds)
        with ThreadPoolExecutor(1) as alone:
            await asyncio.get_running_loop().run_in_executor(alone, destroy)
        # DBOS made its own threads the loop's default ones and has just ended them.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        Running.line = Running.lane = Running.limit = Running.turn = None
        Running.at_once = 0
        if self._slots is not None:
            self._slots.close()
            self._slots = None
