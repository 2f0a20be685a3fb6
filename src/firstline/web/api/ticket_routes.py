"""Tickets: sending messages, and following what becomes of them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from firstline.records import Ticket, TicketId
from firstline.store.ticket_changes import START, Place, TicketChanges
from firstline.web.access.roles import Caller, scope
from firstline.web.api import told
from firstline.web.api.accepting import accept_message, accept_ticket, hand_on, new_id
from firstline.web.api.asked import (
    CustomerMessage,
    NewFeedback,
    NewMessage,
    NewTicket,
    StaffMessage,
)
from firstline.web.api.bodies import body_of
from firstline.web.api.cursors import read_cursor, written_cursor
from firstline.web.api.openapi import described
from firstline.web.api.problems import ApiError
from firstline.web.api.retries import Retried, once
from firstline.web.api.route import api_router, reads
from firstline.web.api.streaming import progress_events
from firstline.web.api.views import PATH, event_of, feedback_of, line_of, ticket_of
from firstline.web.live import stream
from firstline.web.site import Here, Site

router = api_router()
MOST = 200
Id = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{20}$",
        description="Firstline's id of the ticket.",
        examples=["0123456789abcdef0123"],
    ),
]
NO_TICKET = "There is no ticket with this id."


@router.post(
    PATH,
    status_code=202,
    operation_id="send_ticket",
    summary="Send a customer's message",
    response_description="It is stored and will be answered.",
    response_model=told.AcceptedTicket,
    tags=["Tickets"],
    dependencies=[scope("tickets:write")],
    openapi_extra=described(409, body=NewTicket, replays=True),
)
async def send_ticket(
    request: Request,
    site: Here,
    caller: Caller,
    retry: Retried,
    asked: Annotated[NewTicket, body_of(NewTicket)],
) -> Response:
    """Store a message; it is answered whatever happens to this server afterwards.

    Sent again with the same `id`, or with the same `Idempotency-Key`, it is still one ticket.
    """

    async def do() -> Response:
        external_id = asked.id or new_id(caller.id, retry.key)
        accepted = await run_in_threadpool(accept_ticket, site, asked, external_id)
        await hand_on(site, TicketId(accepted.id))
        return _accepted(accepted)

    return await once(request, retry, asked, do)


@reads(
    router,
    PATH,
    operation_id="list_tickets",
    summary="Get what happened since",
    response_model=told.TicketPage,
    tags=["Tickets"],
    dependencies=[scope("tickets:read")],
    openapi_extra=described(400, 422),
)
def list_tickets(
    site: Here,
    since: Annotated[
        str,
        Query(
            max_length=200,
            pattern="^[A-Za-z0-9_-]*$",
            description="`next` of the last page; left out: from the beginning.",
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = 50,
    inbox: Annotated[
        Literal["api", "chat", "file", "all"],
        Query(
            description="Where the tickets came from: `api`, `chat`, `file`, or `all`.",
        ),
    ] = "api",
) -> told.TicketPage:
    """Return the tickets that ended, or ended otherwise, since you last asked, in that order.

    A ticket comes again when a person changes what became of it. What happened within the last two
    seconds comes the next time.
    """
    after = read_cursor(since) if since else START
    kinds = () if inbox == "all" else (inbox,)
    found = TicketChanges(site.desk.engine).since(after, site.now(), kinds=kinds, limit=limit + 1)
    shown = found[:limit]
    last: Place = shown[-1][1] if shown else after
    return told.TicketPage(
        items=[line_of(standing) for standing, _ in shown],
        next=written_cursor(last),
        more=len(found) > limit,
    )


@reads(
    router,
    PATH + "/{ticket_id}",
    operation_id="get_ticket",
    summary="Get a ticket",
    response_model=told.TicketTold,
    tags=["Tickets"],
    dependencies=[scope("tickets:read")],
    openapi_extra=described(404),
)
def get_ticket(site: Here, caller: Caller, ticket_id: Id) -> told.TicketTold:
    """Return a ticket with its reply, what each sentence rests on, its checks, cost and time."""
    found = ticket_of(site, TicketId(ticket_id))
    if found is None:
        raise ApiError("not_found", NO_TICKET)
    site.access.saw(caller, "ticket", ticket_id)
    return found


@router.get(
    PATH + "/{ticket_id}/events",
    operation_id="follow_ticket",
    summary="Follow a ticket",
    response_class=StreamingResponse,
    response_description="Server-sent events: `progress`, then `ended`.",
    tags=["Tickets"],
    dependencies=[scope("tickets:read")],
    openapi_extra=described(404, events=told.EventTold),
)
async def follow_ticket(request: Request, site: Here, ticket_id: Id) -> Response:
    """Tell how far a ticket is, at once and whenever that changes, until Firstline is done.

    A comment comes every 15 seconds. When the server is stopped the stream ends without `ended`:
    ask again.
    """
    if site.feed.is_full:
        detail = "Too many streams are open. Ask for the ticket from time to time instead."
        raise ApiError("unavailable", detail, headers={"Retry-After": "30"})
    key = TicketId(ticket_id)
    progress = await run_in_threadpool(TicketChanges(site.desk.engine).progress, key)
    if progress is None:
        raise ApiError("not_found", NO_TICKET)
    return stream(progress_events(request, site, key, event_of(key, progress)))


@router.post(
    PATH + "/{ticket_id}/feedback",
    operation_id="send_feedback",
    summary="Say whether the reply helped",
    response_model=told.FeedbackTold,
    tags=["Tickets"],
    dependencies=[scope("feedback:write")],
    openapi_extra=described(404, 409, body=NewFeedback),
)
def send_feedback(
    site: Here, ticket_id: Id, asked: Annotated[NewFeedback, body_of(NewFeedback)]
) -> told.FeedbackTold:
    """Keep what the customer says; the last answer counts. `more_help` gets them a person."""
    standing = TicketChanges(site.desk.engine).of(TicketId(ticket_id))
    if standing is None:
        raise ApiError("not_found", NO_TICKET)
    if standing.outcome not in ("sent", "clarify"):
        raise ApiError("not_answered", "Nothing was sent for this ticket yet.")
    kept = site.reviews.customer_says(TicketId(ticket_id), asked.answer)
    if kept is None:
        raise ApiError("not_found", NO_TICKET)
    for topic in ("reviews", f"ticket:{ticket_id}", "metrics"):
        site.feed.changed(topic)
    return feedback_of(kept)


@router.post(
    PATH + "/{ticket_id}/messages",
    status_code=202,
    operation_id="send_message",
    summary="Send a further message",
    response_description="The customer's message is stored, or the person's reply is noted.",
    response_model=told.AcceptedTicket | told.StaffNoted,
    tags=["Tickets"],
    dependencies=[scope("tickets:write")],
    openapi_extra=described(404, 409, body=NewMessage, replays=True),
)
async def send_message(
    request: Request,
    site: Here,
    caller: Caller,
    retry: Retried,
    ticket_id: Id,
    asked: Annotated[NewMessage, body_of(NewMessage)],
) -> Response:
    """Go on with a ticket's conversation.

    A message of the customer is a ticket of its own in the same conversation; an unfinished reply
    to the one before is not sent any more. Word that a person answered stops Firstline from
    answering what they have answered.
    """
    before = await run_in_threadpool(TicketChanges(site.desk.engine).of, TicketId(ticket_id))
    if before is None:
        raise ApiError("not_found", NO_TICKET)
    earlier, message = before.ticket, asked.root

    async def do() -> Response:
        if isinstance(message, StaffMessage):
            return await run_in_threadpool(_note, site, earlier, message)
        return await _go_on(site, earlier, message, message.id or new_id(caller.id, retry.key))

    return await once(request, retry, asked, do)


async def _go_on(
    site: Site, before: Ticket, message: CustomerMessage, external_id: str
) -> Response:
    accepted = await run_in_threadpool(accept_message, site, before, message, external_id)
    await hand_on(site, TicketId(accepted.id))
    return _accepted(accepted)


def _note(site: Site, before: Ticket, message: StaffMessage) -> Response:
    at = min(message.sent_at or site.now(), site.now())
    site.reviews.store.note_staff_reply(before.inbox, before.conversation, message.by, at)
    site.feed.changed("reviews")
    noted = told.StaffNoted(conversation=before.conversation, by=message.by, at=at)
    return JSONResponse(noted.model_dump(mode="json"), 202)


def _accepted(accepted: told.AcceptedTicket) -> Response:
    return JSONResponse(accepted.model_dump(mode="json"), 202, {"Location": accepted.links.self})
