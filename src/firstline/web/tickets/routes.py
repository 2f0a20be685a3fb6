"""The routes of the ticket list, of runs and of replays."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from firstline.desk.replaying import replay
from firstline.records import TicketId
from firstline.web.access.roles import Who, needs
from firstline.web.pages import page, redirect
from firstline.web.site import Here, Site
from firstline.web.tickets.compare import compare
from firstline.web.tickets.listing import list_of, query_of
from firstline.web.tickets.run import OUTCOME, Known, as_json, known_of, run_of, world_of
from firstline.web.tickets.stages import decided_stages
from firstline.web.tickets.stages_gate import ACTION
from firstline.web.tickets.turns import TURNS
from firstline.web.tickets.world import World, passages_of

router = APIRouter(prefix="/tickets", include_in_schema=False, dependencies=[needs("agent")])


@router.get("")
def every(request: Request, site: Here, person: Who) -> Response:
    """List tickets."""
    found = list_of(site, request.query_params)
    asked = ", ".join(query_of(found.filter))
    site.access.saw(person, "tickets", "list", detail=f"filtered by {asked}" if asked else "")
    return page(request, "tickets/list.html", list=found, tones=OUTCOME)


@router.get("/{ticket_id}")
def run(request: Request, site: Here, person: Who, ticket_id: str) -> Response:
    """Show what was done about one ticket."""
    known = _known(site, ticket_id)
    site.access.saw(person, "ticket", known.stored.ticket.id)
    return page(
        request,
        "tickets/run.html",
        run=run_of(site, known),
        models=_uses_models(site),
        tones=OUTCOME,
    )


@router.get("/{ticket_id}/record.json", dependencies=[needs("lead")])
def record(site: Here, person: Who, ticket_id: str) -> Response:
    """Give everything that is stored about a ticket, as a file."""
    known = _known(site, ticket_id)
    key = known.stored.ticket.id
    site.access.saw(person, "ticket", key, action="exported")
    return Response(
        json.dumps(as_json(known), ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="ticket-{_plain(key)}.json"',
            "Cache-Control": "no-store",
        },
    )


@router.get("/{ticket_id}/replay")
def replayed_before(ticket_id: str) -> Response:
    """Go back to the run: replays are not kept."""
    return redirect(f"/tickets/{ticket_id}")


@router.post("/{ticket_id}/replay")
async def replayed(request: Request, site: Here, person: Who, ticket_id: str) -> Response:
    """Run a ticket through today's workspace and show both."""
    form = await request.form()
    asks = form.get("ask") == "yes"
    if asks and not person.may("lead"):
        raise HTTPException(403, "Asking models costs money: a lead may do so")
    with TURNS.taken(person.id):
        known = await run_in_threadpool(_known, site, ticket_id)
        key = known.stored.ticket.id
        await run_in_threadpool(site.access.saw, person, "ticket", key, detail="replay")
        made = await replay(site.desk, key, may_ask=asks)
    before = world_of(site, known)
    pairs = compare(
        decided_stages(made.before, before), decided_stages(made.trial.answer, today(site))
    )
    return page(
        request,
        "tickets/replay.html",
        replay=made,
        pairs=pairs,
        asked=made.trial.asked,
        asks=asks,
        models=_uses_models(site),
        tones=ACTION,
    )


def today(site: Site) -> World:
    """Return what is known when a stage runs now."""
    parts = site.desk.opened.parts
    return World(
        workspace=site.desk.workspace,
        has_customers=parts.customers is not None,
        has_models=parts.models is not None,
        passage=passages_of(parts),
    )


def _uses_models(site: Site) -> bool:
    """Whether asking a model is possible and costs something."""
    recorded = site.desk.workspace.settings.models.provider == "recorded"
    return site.desk.opened.parts.models is not None and not recorded


def _known(site: Site, ticket_id: str) -> Known:
    known = known_of(site, TicketId(ticket_id)) if ticket_id.isprintable() else None
    if known is None:
        raise HTTPException(404)
    return known


def _plain(key: Any) -> str:
    return "".join(sign for sign in str(key) if sign.isascii() and sign.isalnum())[:40]
