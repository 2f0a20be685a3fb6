"""Leaving a ticket with people where they work: a note beside it, or the whole packet.

Import this before the engine starts, so that a killed worker's notes are found again, and call
`tend_hand_overs` beside the engine's own `tend`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from dbos import DBOS, SetWorkflowID

from firstline.channels import Channel, Parcel
from firstline.observe import log
from firstline.pipeline.deliver import carry
from firstline.pipeline.record import answer_from
from firstline.pipeline.workflows import HAND_OVER, MAX_RECOVERIES, QUEUE_OF_NOTES, Line, Running
from firstline.records import Answer, Receipt, TicketId
from firstline.store import Inbox, StoredTicket
from firstline.store.arrival_tables import NOTED
from firstline.store.hand_overs import HandOverKind, HandOverLedger, State, Unfinished

MOST = 200
"""Tickets that are queued in one look."""
PASSING: Final = (
    "helpdesk_unavailable",
    "helpdesk_too_many",
    "helpdesk_changed",
    "webhook_unavailable",
)
"""Why a helpdesk did not take a note that it may take later. People look for it there, so it comes
when it can."""
PAUSE: Final = timedelta(minutes=10)
"""How long a helpdesk is left alone that took no note."""
PROBES: Final = 2
"""Notes that are tried at once of those that a helpdesk did not take."""


@DBOS.workflow(name="hand_over_ticket", max_recovery_attempts=MAX_RECOVERIES)
async def hand_over_ticket(ticket_id: str) -> str:
    """Leave what is to be left for people of a ticket."""
    if Running.line is None:
        raise RuntimeError("the engine has not been started")
    return await hand_over(TicketId(ticket_id), Running.line)


async def hand_over(ticket_id: TicketId, line: Line) -> str:
    """Leave a ticket with people, once; return what became of it."""
    stored = await asyncio.to_thread(line.store.load, ticket_id)
    if stored is None:
        return "unknown"
    if stored.outcome not in ("review", "escalate"):
        await asyncio.to_thread(_settle, stored, line, state="cancelled", detail="answered")
        return "answered"
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
    return answer_from(stored.ticket, await line.ask(line.store.stages, stored.ticket.id))


async def _leave(
    stored: StoredTicket, kind: HandOverKind, text: str, line: Line, channel: Channel
) -> Receipt:
    ledger = HandOverLedger(line.store.engine)
    claim, receipt = await asyncio.to_thread(ledger.claim, stored.ticket, kind, line.now())
    if claim == "done":
        return receipt
    parcel = Parcel(marker=receipt.key, ticket=stored.ticket.external_id, kind=kind, text=text)
    settled = await carry(parcel, receipt, channel, is_new=claim == "claimed", now=line.now)
    if settled.state == "cancelled" and settled.detail in PASSING:
        later = line.now() + PAUSE
        if await asyncio.to_thread(ledger.put_off, settled, later):
            return settled
    await asyncio.to_thread(ledger.settle, settled)
    return settled


async def enqueue_hand_over(waiting: Unfinished) -> None:
    """Queue a ticket's hand-over. Queueing it again changes nothing."""
    with SetWorkflowID(_workflow(waiting)):
        await DBOS.enqueue_workflow_async(QUEUE_OF_NOTES, hand_over_ticket, waiting.ticket)


def _workflow(waiting: Unfinished) -> str:
    """Return the id of a workflow: each try after a helpdesk was away is one of its own."""
    again = f":{waiting.tries}" if waiting.tries else ""
    return f"{waiting.ticket}:{HAND_OVER}{again}"


async def tend_hand_overs(line: Line) -> int:
    """Queue what nobody handed over yet, whichever process left it; return how many.

    What failed for good is settled as uncertain: the ticket is in the queue of reviews anyway.
    """
    ledger = HandOverLedger(line.store.engine)
    missing = list(timely(await asyncio.to_thread(ledger.unfinished, line.now(), most=MOST)))
    for waiting in missing:
        await enqueue_hand_over(waiting)
    if missing:
        await _give_up({_workflow(waiting): waiting.ticket for waiting in missing}, line)
    return len(missing)


def timely(missing: Iterable[Unfinished]) -> Iterator[Unfinished]:
    """Yield what is to be left now: of what a helpdesk put off only a little, it may be away still.

    Each try may wait for minutes, and the replies of all channels stand in the same queue.
    """
    probing: Counter[str] = Counter()
    for waiting in missing:
        if waiting.tries:
            probing[waiting.inbox] += 1
        if probing[waiting.inbox] <= PROBES or not waiting.tries:
            yield waiting


async def _give_up(missing: Mapping[str, TicketId], line: Line) -> None:
    failed = await DBOS.list_workflows_async(
        workflow_ids=list(missing),
        status=["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"],
        load_input=False,
        load_output=False,
    )
    for item in failed:
        ticket_id = missing[item.workflow_id]
        stored = await asyncio.to_thread(line.store.load, ticket_id)
        if stored is not None:
            detail = "leaving it failed"
            await asyncio.to_thread(_settle, stored, line, state="uncertain", detail=detail)
            log.error("hand_over_failed", ticket=ticket_id)


def _settle(stored: StoredTicket, line: Line, *, state: State, detail: str) -> None:
    """End a hand-over that is not to be made any more, unless it was made."""
    ledger, now = HandOverLedger(line.store.engine), line.now()
    claim, receipt = ledger.claim(stored.ticket, "note", now)
    if claim == "unknown":
        state = "uncertain"
    if claim != "done":
        ledger.settle(Receipt(key=receipt.key, state=state, at=now, detail=detail))
