"""Closing many tickets at once that nobody owes an answer: spam, and mail that machines wrote."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from firstline.errors import FirstlineError, InputError
from firstline.records import TicketId
from firstline.review.outcomes import NOTHING_OWED, RejectReason, reject_reason
from firstline.store.people_records import Person
from firstline.web.access.roles import Who
from firstline.web.pages import page
from firstline.web.review.opening import queue_of
from firstline.web.review.queue_view import ROWS, wanted_of
from firstline.web.site import Here, Site

router = APIRouter()
DEFAULT: Final[RejectReason] = "no_reply_needed"
REASONS: Final = tuple(sorted(NOTHING_OWED))


@router.get("/bulk")
def choose(request: Request, site: Here, person: Who) -> Response:
    """Show a page of the queue to choose from."""
    wanted = wanted_of(request.query_params)
    queue = queue_of(site, person, wanted)
    return page(request, "review/bulk.html", queue=queue, chosen=None, closed=None)


@router.post("/bulk")
async def close(request: Request, site: Here, person: Who) -> Response:
    """Ask once more with all that were chosen; with `sure` close them."""
    form = await request.form(max_files=0, max_fields=4 * ROWS)
    names = list(dict.fromkeys(str(name) for name in form.getlist("ticket")))[: 2 * ROWS]
    if not names:
        raise InputError("no ticket was chosen", fix="Go back and tick those to close")
    reason = reject_reason(str(form.get("reason", DEFAULT)))
    if reason not in NOTHING_OWED:
        raise InputError("after that reason somebody has to answer", fix="Reject it by itself")
    if form.get("sure") != "yes":
        return await asyncio.to_thread(_confirm, request, site, names)
    note = str(form.get("note", ""))
    return await asyncio.to_thread(_closed, request, site, person, names, reason, note)


def _confirm(request: Request, site: Site, names: list[str]) -> Response:
    chosen = []
    for name in names:
        stored = site.reviews.tickets.load(TicketId(name))
        if stored is not None:
            title = stored.ticket.subject or stored.ticket.text[:90]
            chosen.append((name, title or stored.ticket.external_id))
    return page(
        request, "review/bulk.html", queue=None, chosen=chosen, closed=None, reasons=REASONS
    )


def _closed(
    request: Request, site: Site, person: Person, names: list[str], reason: RejectReason, note: str
) -> Response:
    closed, left = [], []
    for name in names:
        key = TicketId(name)
        try:
            site.reviews.reject(key, person.name, reason=reason, note=note)
        except FirstlineError as error:  # refused, or there is none: the others are closed
            left.append((name, error.problem))
        else:
            closed.append(name)
            site.feed.changed(f"ticket:{name}")
    site.feed.changed("reviews")
    return page(request, "review/bulk.html", queue=None, chosen=None, closed=closed, left=left)
