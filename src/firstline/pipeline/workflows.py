"""The durable workflows: what is done for one ticket, from queue to queue.

Only a ticket's id is their argument. Everything they store is stored by our own stores, and doing
any of it again changes nothing; the engine (`engine.py`) sees to it that it is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from dbos import DBOS, SetWorkflowID

from firstline.channels import Channel
from firstline.observe import log
from firstline.pipeline.batch_lane import BatchLane
from firstline.pipeline.deliver import deliver_stage
from firstline.pipeline.endings import delivery_of, outcome_of, still_wanted
from firstline.pipeline.flow import complete, prepare
from firstline.pipeline.limiter import StartLimit
from firstline.pipeline.parts import Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.progress import OF_STAGE, Step, Told, tell
from firstline.pipeline.promised import promised
from firstline.pipeline.record import PREPARED, answer_from, stage_bodies
from firstline.pipeline.service_watch import Ending, ServiceWatch
from firstline.records import Answer, Outcome, StageTime, Ticket, TicketId, decode, encode
from firstline.store import (
    BatchList,
    CallLedger,
    Caps,
    CommitmentLedger,
    Inbox,
    Kind,
    Outbox,
    StoredTicket,
    TicketStore,
)
from firstline.store.answered import BASIS
from firstline.store.arrival_tables import NOTED
from firstline.store.near import near
from firstline.workspace import Autonomy, parse_autonomy

AT_ONCE = 24
"""Tickets of a process that ask a model without having waited for it. Fewer than `intake` takes at
once, so that a slow model leaves places free."""
ROOMY = 50.0
"""Tickets a second that the models' limits must allow for that."""
HAND_OVER = "handover"
"""Ends the id of the workflow that leaves a ticket with people."""
QUEUE_OF_NOTES = "deliver"
MAX_RECOVERIES = 50
"""A ticket that was being worked on in this many crashes is handed to a person."""

Given = ParamSpec("Given")
Found = TypeVar("Found")
Outlets = Callable[[str, str], Channel]
"""Finds the channel an inbox delivers to, from its kind and target."""
AsksBack = Callable[[TicketId], str]
"""Returns the lines with which a reply's reader says whether it helped."""
NoteOf = Callable[[StoredTicket, Answer | None], str]
"""Writes what people get with a ticket, from what the stages said if they came to a verdict."""


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
    commitments: CommitmentLedger
    under: str = ""
    """What is in use, kept with every draft: what labels of it may certify depends on that."""
    watch: ServiceWatch | None = None
    """Watches what goes out by itself; None: nobody does."""
    note_of: NoteOf | None = None
    """Writes what people get with a ticket where they work; None: they work here only."""
    asks_back: AsksBack | None = None
    """Asks, below a reply, whether it helped; None: nobody could follow the links."""
    told: Told | None = None
    """Is told how far each ticket is; None: nobody listens."""
    inboxes: dict[str, Inbox] = field(default_factory=dict)
    """Inboxes already read, and those of channels.toml: what is stored may have an earlier mode."""

    def tell(self, ticket_id: TicketId, step: Step) -> None:
        """Tell whoever listens how far a ticket is. Never fails."""
        tell(self.told, ticket_id, step)

    @property
    def basis(self) -> tuple[tuple[str, str], ...]:
        """The stored row that says what is in use."""
        return ((BASIS, self.under),) if self.under else ()

    async def ask(
        self, transaction: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """Ask the store, or tell it something, wherever that is soonest done."""
        return await near(self.store.engine, transaction, *args, **kwargs)

    async def inbox(self, inbox_id: str) -> Inbox:
        """Return an inbox."""
        if inbox_id not in self.inboxes:
            self.inboxes[inbox_id] = await self.ask(self.store.inbox, inbox_id)
        return self.inboxes[inbox_id]

    async def autonomy(self, ticket: Ticket) -> Autonomy | None:
        """Return the level a ticket's inbox puts in the place of its intent's, if it does."""
        inbox = await self.inbox(ticket.inbox)
        return parse_autonomy(inbox.autonomy) if inbox.autonomy else None

    async def ending(self, answer: Answer, outcome: Outcome | None) -> Ending | None:
        """Return what the watch does when a ticket ends; nothing for those of trial runs."""
        if outcome is None or self.watch is None or await self.autonomy(answer.ticket) is not None:
            return None
        return self.watch.ending(answer, outcome)

    async def lost(self, ticket_id: TicketId) -> Ending | None:
        """Return what the watch does when a ticket is given up; nothing for trial runs."""
        stored = await self.ask(self.store.load, ticket_id)
        if stored is None or self.watch is None or await self.autonomy(stored.ticket) is not None:
            return None
        return self.watch.lost()

    async def still_released(self, answer: Answer, kind: Kind) -> Outbox:
        """Return the ledger that claims a delivery only if it may still leave at that moment."""
        if self.watch is None:
            return self.outbox
        prepared = Prepared(
            route=answer.route,
            context=answer.context,
            draft=answer.draft,
            findings=answer.findings,
        )
        case = prepared.case(answer.ticket, self.parts, await self.autonomy(answer.ticket))
        return self.outbox.under(self.watch.forbids(case, kind))

    def outgoing(self, ticket: Ticket, inbox: Inbox, kind: Kind, text: str) -> str:
        """Return what leaves: a reply to somebody elsewhere asks below whether it helped."""
        if kind != "reply" or inbox.kind not in NOTED or self.asks_back is None:
            return text
        return f"{text}\n\n{self.asks_back(ticket.id)}"

    @property
    def caps(self) -> Caps:
        """The company's caps on automatic replies."""
        settings = self.parts.workspace.settings
        return Caps(
            per_requester=settings.replies_per_requester_per_day,
            per_conversation=settings.bot_turns_per_conversation,
        )


class Running:
    """What the workflows of this process see; DBOS allows one engine a process."""

    line: Line | None = None
    lane: BatchLane | None = None
    limit: StartLimit | None = None
    """What the models' limits allow, as far as this process knows."""
    at_once: int = 0
    """Tickets that ask a model without having waited in its queue."""
    turn: asyncio.Lock | None = None
    """Whoever holds it may begin to compute."""


async def _own_turn() -> None:
    """Wait so that no two tickets begin to compute in the same round of the event loop.

    What a ticket needs of the processor is one piece of some milliseconds. Forty of them in one
    round would let every request of the web and every stream wait for all of them.
    """
    if Running.turn is None:
        Running.turn = asyncio.Lock()
    async with Running.turn:
        await asyncio.sleep(0)


def _may_ask_at_once() -> bool:
    """Whether a ticket may ask its model here and now.

    Waiting in a queue is for limits and for slow models. Where neither holds anybody up, the way
    through one more queue costs more than everything else about the call.
    """
    limit = Running.limit
    roomy = limit is None or limit.per_second >= ROOMY
    return roomy and Running.at_once < AT_ONCE


def _line() -> Line:
    if Running.line is None:
        raise RuntimeError("the engine has not been started")
    return Running.line


@DBOS.workflow(name="answer_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def answer_ticket(ticket_id: str) -> str:
    """Do the local stages; decide, or queue the ticket for a model."""
    line = _line()
    stored = await line.ask(line.store.load, TicketId(ticket_id))
    if stored is None or (stored.outcome is not None and not stored.decided):
        return "ended"
    if stored.decided:
        return await _pass_on(await _stored_answer(stored.ticket, line), line)
    line.tell(stored.ticket.id, "taken")
    autonomy = await line.autonomy(stored.ticket)
    await _own_turn()
    prepared = await prepare(stored.ticket, line.parts, autonomy=autonomy)
    if isinstance(prepared, Prepared) and prepared.wanted:
        body = ((PREPARED, encode(prepared)),)
        lane = Running.lane
        if lane is not None and lane.takes(stored.ticket, prepared):
            await line.ask(line.store.note, stored.ticket.id, body)
            await lane.add(stored.ticket, prepared)
            return "waits for a batch"
        if not _may_ask_at_once():
            await line.ask(line.store.note, stored.ticket.id, body)
            await enqueue("generate", ticket_id)
            return "waits for a model"
        Running.at_once += 1
        try:
            return await _decide(stored.ticket, prepared, line)
        finally:
            Running.at_once -= 1
    return await _decide(stored.ticket, prepared, line)


@DBOS.workflow(name="generate_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def generate_ticket(ticket_id: str) -> str:
    """Ask the models that a prepared ticket wants, and decide."""
    line = _line()
    stored = await line.ask(line.store.load, TicketId(ticket_id))
    if stored is None or (stored.outcome is not None and not stored.decided):
        return "ended"
    if stored.decided:
        return await _pass_on(await _stored_answer(stored.ticket, line), line)
    stages = await line.ask(line.store.stages, stored.ticket.id)
    prepared = decode(Prepared, stages[PREPARED].body)
    return await _decide(stored.ticket, prepared, line)


async def _decide(ticket: Ticket, prepared: Prepared | Answer, line: Line) -> str:
    if isinstance(prepared, Prepared):
        autonomy = await line.autonomy(ticket)
        line.tell(ticket.id, "asked" if prepared.wanted else "checked")
        begun = partial(_begun, ticket.id, line)
        answer = await complete(ticket, prepared, line.parts, autonomy=autonomy, begun=begun)
    else:
        answer = prepared
    ended = answer.verdict.action in ("review", "escalate")
    outcome, reason = outcome_of(answer, None) if ended else (None, None)
    ending = await line.ending(answer, outcome)
    await line.ask(
        line.store.record,
        ticket.id,
        (*stage_bodies(answer), *line.basis),
        answer.times,
        outcome=outcome,
        reason=reason,
        now=line.now(),
        ending=ending,
    )
    if ending is not None:
        ending.tell()
    if ended:
        line.tell(ticket.id, "held")
    return await _pass_on(answer, line)


def _begun(ticket_id: TicketId, line: Line, stage: str) -> None:
    if stage in OF_STAGE:
        line.tell(ticket_id, OF_STAGE[stage])


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
        await deliver_now(answer, line)
    else:
        await enqueue("deliver", answer.ticket.id)
    return answer.verdict.action


async def _stored_answer(ticket: Ticket, line: Line) -> Answer:
    return answer_from(ticket, await line.ask(line.store.stages, ticket.id))


@DBOS.workflow(name="deliver_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def deliver_ticket(ticket_id: str) -> str:
    """Deliver what a stored verdict delivers, and end the ticket."""
    line = _line()
    stored = await line.ask(line.store.load, TicketId(ticket_id))
    if stored is None:
        return "ended"
    return await deliver_now(await _stored_answer(stored.ticket, line), line)


async def deliver_now(answer: Answer, line: Line) -> str:
    """Deliver what a decided ticket delivers if it may still leave, and end the ticket."""
    ticket = answer.ticket
    stored = await line.ask(line.store.load, ticket.id)
    delivery = delivery_of(answer, line.parts.workspace.voice.handoff)
    if stored is None or delivery is None or not still_wanted(delivery, stored.outcome):
        return "ended"
    inbox = await line.inbox(ticket.inbox)
    begun = time.perf_counter()
    receipt = await deliver_stage(
        ticket,
        delivery.kind,
        line.outgoing(ticket, inbox, delivery.kind, delivery.text),
        channel=line.outlets(inbox.kind, inbox.target),
        outbox=await line.still_released(answer, delivery.kind),
        caps=line.caps,
        now=line.now,
        promises=promised(ticket, delivery.text, line.parts.workspace, answer.context.evidence),
    )
    # Other tickets are worked on while this one waits for the disk: no processor time to name.
    wall_ms = round((time.perf_counter() - begun) * 1e3, 3)
    outcome, reason = outcome_of(answer, receipt)
    ending = await line.ending(answer, outcome)
    await line.ask(
        line.store.record,
        ticket.id,
        (("deliver", encode(receipt)),),
        (StageTime(stage="deliver", wall_ms=wall_ms, cpu_ms=0.0),),
        outcome=outcome,
        reason=reason,
        now=line.now(),
        ending=ending,
    )
    if ending is not None:
        ending.tell()
    line.tell(ticket.id, "delivered" if receipt.state == "sent" else "held")
    return receipt.state


WORKFLOWS = {"intake": answer_ticket, "generate": generate_ticket, "deliver": deliver_ticket}


async def enqueue(queue: str, ticket_id: str) -> None:
    """Queue a ticket for a stage. Queueing it again changes nothing."""
    with SetWorkflowID(f"{ticket_id}:{queue}"):
        await DBOS.enqueue_workflow_async(queue, WORKFLOWS[queue], ticket_id)
