"""Delivering what a person released: through the same ledger and channel as everything, once.

Import this before the engine starts, so that a killed worker's deliveries are found again, and
call `tend_approved` beside the engine's own `tend`.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from dbos import DBOS, SetWorkflowID

from firstline.observe import log
from firstline.pipeline.deliver import deliver_stage
from firstline.pipeline.promised import promised
from firstline.pipeline.workflows import MAX_RECOVERIES, Line, Running
from firstline.records import (
    Context,
    Evidence,
    Receipt,
    StageTime,
    Ticket,
    TicketId,
    decode,
    encode,
)
from firstline.store.approved_outbox import NO_CAPS, ApprovedOutbox
from firstline.store.review_records import ApprovedDelivery
from firstline.store.reviews import ReviewStore

QUEUE = "deliver"
NAME = "deliver_approved"
_FAILED = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"]


@DBOS.workflow(name=NAME, max_recovery_attempts=MAX_RECOVERIES)
async def deliver_approved(ticket_id: str) -> str:
    """Deliver what waits for a ticket, if anything does."""
    if Running.line is None:
        raise RuntimeError("the engine has not been started")
    return await send_approved(TicketId(ticket_id), Running.line)


async def send_approved(ticket_id: TicketId, line: Line) -> str:
    """Deliver what a person released for a ticket; return what became of it.

    Only one process may do so for a ticket at a time: its workflow, or whoever uses a channel
    that knows each parcel by its marker.
    """
    reviews = ReviewStore(line.store.engine)
    released = await asyncio.to_thread(reviews.approved_delivery, ticket_id)
    stored = await asyncio.to_thread(line.store.load, ticket_id)
    if released is None or stored is None:
        return "ended"
    inbox = await line.inbox(stored.ticket.inbox)
    evidence = await asyncio.to_thread(_evidence, released, stored.ticket, line)
    begun = time.perf_counter()
    receipt = await deliver_stage(
        stored.ticket,
        released.kind,
        line.outgoing(stored.ticket, inbox, released.kind, released.text),
        channel=line.outlets(inbox.kind, inbox.target),
        outbox=ApprovedOutbox(line.store.engine),
        caps=NO_CAPS,
        now=line.now,
        promises=promised(
            stored.ticket, released.text, line.parts.workspace, evidence, since=released.at
        ),
    )
    wall_ms = round((time.perf_counter() - begun) * 1e3, 3)
    await asyncio.to_thread(reviews.settle, released, receipt, line.now())
    await asyncio.to_thread(_note, ticket_id, receipt, wall_ms, line)
    line.tell(ticket_id, "delivered")
    log.info("approved_delivered", ticket=ticket_id, kind=released.kind, state=receipt.state)
    return receipt.state


def _evidence(released: ApprovedDelivery, ticket: Ticket, line: Line) -> tuple[Evidence, ...]:
    """Return what the reply rests on."""
    if released.context is not None:
        return released.context.evidence
    said = line.store.stages(ticket.id)
    return decode(Context, said["context"].body).evidence if "context" in said else ()


def _note(ticket_id: TicketId, receipt: Receipt, wall_ms: float, line: Line) -> None:
    line.store.record(
        ticket_id,
        (("deliver", encode(receipt)),),
        (StageTime(stage="deliver", wall_ms=wall_ms, cpu_ms=0.0),),
        outcome=None,
        reason=None,
        now=line.now(),
    )


async def enqueue_approved(ticket_id: TicketId, number: int) -> None:
    """Queue the delivery of a decision. Queueing it again changes nothing."""
    with SetWorkflowID(_workflow(ticket_id, number)):
        await DBOS.enqueue_workflow_async(QUEUE, deliver_approved, ticket_id)


async def tend_approved(line: Line) -> int:
    """Queue everything that was released, by whichever process; return how much waited.

    What failed for good is before a person again.
    """
    reviews = ReviewStore(line.store.engine)
    waiting = await asyncio.to_thread(reviews.pending)
    if not waiting:
        return 0
    for ticket_id, number in waiting:
        await enqueue_approved(ticket_id, number)
    await _give_up(reviews, {_workflow(*item): item[0] for item in waiting}, line.now())
    return len(waiting)


async def _give_up(reviews: ReviewStore, waiting: dict[str, TicketId], now: datetime) -> None:
    failed = await DBOS.list_workflows_async(
        workflow_ids=list(waiting), status=_FAILED, load_input=False, load_output=False
    )
    for item in failed:
        released = await asyncio.to_thread(reviews.approved_delivery, waiting[item.workflow_id])
        if released is None:
            continue
        receipt = Receipt(
            key=f"{released.ticket}:{released.kind}",
            state="uncertain",
            at=now,
            detail="the delivery failed",
        )
        await asyncio.to_thread(reviews.settle, released, receipt, now)
        log.error("approved_delivery_failed", ticket=released.ticket)


def _workflow(ticket_id: TicketId, number: int) -> str:
    return f"{ticket_id}:approved:{number}"
