"""Decisions: what a person decides about a ticket, in whatever system they work."""

from __future__ import annotations

from typing import Annotated

from starlette.concurrency import run_in_threadpool

from firstline.records import TicketId
from firstline.store.ticket_changes import TicketChanges
from firstline.web.access.roles import Caller, scope
from firstline.web.api import told
from firstline.web.api.asked import NewDecision
from firstline.web.api.bodies import body_of
from firstline.web.api.deciding import decide
from firstline.web.api.openapi import described
from firstline.web.api.problems import ApiError
from firstline.web.api.route import api_router
from firstline.web.api.ticket_routes import NO_TICKET, Id
from firstline.web.api.views import PATH, decision_of
from firstline.web.site import Here

router = api_router()


@router.post(
    PATH + "/{ticket_id}/decisions",
    operation_id="decide_ticket",
    summary="Decide about a ticket",
    response_model=told.DecisionTold,
    tags=["Decisions"],
    dependencies=[scope("decisions:write")],
    openapi_extra=described(404, 409, body=NewDecision),
)
async def decide_ticket(
    site: Here, caller: Caller, ticket_id: Id, asked: Annotated[NewDecision, body_of(NewDecision)]
) -> told.DecisionTold:
    """Approve, edit, reject, escalate or take a ticket that waits for a person.

    The decision names the `version` of the review that the person saw. When the ticket is another
    by now, somebody else has it, or the checks are against the reply, it is 409 with the reason as
    `code`; get the ticket again then, its version has changed.
    """
    known = await run_in_threadpool(TicketChanges(site.desk.engine).of, TicketId(ticket_id))
    if known is None:
        raise ApiError("not_found", NO_TICKET)
    return decision_of(await decide(site, TicketId(ticket_id), asked, caller.name))
