"""Leaving a ticket with people where they work: a note beside it, or the whole packet.

Import this before the engine starts, so that a killed worker's notes are found again, and call
`tend_hand_overs` beside the engine's own `tend`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from dbos import DBOS, SetWorkflowID

from firstline.channels import Channel, Parcel
from firstline.observe import log
from firstline.pipeline.deliver import carry
from firstline.pipeline.record import answer_from
from firstline.pipeline.workflows import HAND_OVER, MAX_RECOVERIES, QUEUE_OF_NOTES, Line, Running
from firstline.records import Answer, Receipt, TicketId
from firstline.store import Inbox, StoredTicket
from firstline.store.arrival_tables import NOTED
from firstline.store.hand_overs import HandOverKind, HandOverLedger

MOST = 200
"""Tickets that are queued in one look."""


@DBOS.workflow(name="hand_over_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def hand_over_ticket(ticket_id: str) -> str:
    """Leave what is to be left for people of a ticket."""
    if Running.line is None:
        raise RuntimeError("the engine has not been started")
    return await hand_over(TicketId(ticket_id), Running.line)


async def hand_over(ticket_id: TicketId, line: Line) -> str:
    """Leave a ticket with people, once; return what became of it."""
    stored = await asyncio.to_thread(line.store.load, ticket_id)
    if stored is None or stored.outcome not in ("review", "escalate"):
        return "not with people"
    inbox = await line.inbox(stored.ticket.inbox)
    if inbox.kind not in NOTED or line.note_of is None:
        return "no place for notes"
    answer = await _answer(stored, line)
    kind = kind_of(stored, inbox)
    text = line.note_of(stored, answer)
    receipt = await _leave(stored, kind, text, line, line.outlets(inbox.kind, inbox.target))
    log.info("handed_over", ticket=ticket_id, kind=kind, state=receipt.state)
    return receipt.state


def kind_of(stored: StoredTicket, inbox: Inbox) -> HandOverKind:
    """Return how a ticket is left: in shadow mode, and where a draft waits, beside it as a note."""
    if inbox.autonomy == "shadow" or stored.outcome == "review":
        return "note"
    return "packet"


async def _answer(stored: StoredTicket, line: Line) -> Answer | None:
    """Return what the stages said, if they came to a verdict."""
    if not stored.decided:
        return None
    return answer_from(stored.ticket, await line.read(line.store.stages, stored.ticket.id))


async def _leave(
    stored: StoredTicket, kind: HandOverKind, text: str, line: Line, channel: Channel
) -> Receipt:
    ledger = HandOverLedger(line.store.engine)
    claim, receipt = await asyncio.to_thread(ledger.claim, stored.ticket, kind, line.now())
    if claim == "done":
        return receipt
    parcel = Parcel(marker=receipt.key, ticket=stored.ticket.external_id, kind=kind, text=text)
    settled = await carry(parcel, receipt, channel, is_new=claim == "claimed", now=line.now)
    await asyncio.to_thread(ledger.settle, settled)
    return settled


async def enqueue_hand_over(ticket_id: TicketId) -> None:
    """Queue a ticket's hand-over. Queueing it again changes nothing."""
    with SetWorkflowID(f"{ticket_id}:{HAND_OVER}"):
        await DBOS.enqueue_workflow_async(QUEUE_OF_NOTES, hand_over_ticket, ticket_id)


async def tend_hand_overs(line: Line) -> int:
    """Queue what nobody handed over yet, whichever process left it; return how many.

    What failed for good is settled as uncertain: the ticket is in the queue of reviews anyway.
    """
    ledger = HandOverLedger(line.store.engine)
    missing = await asyncio.to_thread(ledger.unfinished, most=MOST)
    for ticket_id in missing:
        await enqueue_hand_over(ticket_id)
    if missing:
        await _give_up(ledger, missing, line)
    return len(missing)


async def _give_up(ledger: HandOverLedger, missing: list[TicketId], line: Line) -> None:
    failed = await DBOS.list_workflows_async(
        workflow_ids=[f"{ticket_id}:{HAND_OVER}" for ticket_id in missing],
        status=["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"],
        load_input=False,
        load_output=False,
    )
    for item in failed:
        ticket_id = TicketId(item.workflow_id.rpartition(":")[0])
        stored = await asyncio.to_thread(line.store.load, ticket_id)
        if stored is not None:
            await asyncio.to_thread(_settle_failed, ledger, stored, line.now())
            log.error("hand_over_failed", ticket=ticket_id)


def _settle_failed(ledger: HandOverLedger, stored: StoredTicket, now: datetime) -> None:
    _, receipt = ledger.claim(stored.ticket, "note", now)
    detail = "leaving it failed"
    ledger.settle(Receipt(key=receipt.key, state="uncertain", at=now, detail=detail))
