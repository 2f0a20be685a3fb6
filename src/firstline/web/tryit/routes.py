"""The routes of "Try it": a form, its answer, and its answer while it comes about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from firstline.desk.replaying import Asked, Step, Trial, run_trial
from firstline.errors import FirstlineError, InputError
from firstline.observe import log, place_of
from firstline.pipeline.prepared import Prepared
from firstline.records import Answer, Ticket, TicketId, Verdict
from firstline.store import TicketStore
from firstline.store.people_records import Person
from firstline.web.access.roles import Who, needs
from firstline.web.live import stream
from firstline.web.pages import TEMPLATES, page
from firstline.web.site import Here, Site
from firstline.web.tickets.routes import today
from firstline.web.tickets.stages import local_stages, trial_stages
from firstline.web.tickets.stages_gate import ACTION
from firstline.web.tickets.turns import TURNS
from firstline.web.tickets.views import StageView
from firstline.web.tryit.trying import LEVELS, Wanted, ticket_of, wanted_like, wanted_of

router = APIRouter(prefix="/try", include_in_schema=False, dependencies=[needs("agent")])
BAD = 400
HEARTBEAT = 10.0
"""Seconds after which a stream that has nothing to say says so."""


@router.get("")
def form(request: Request, site: Here, person: Who, ticket: str = "") -> Response:
    """Show the form, filled in as the address says or like a stored ticket."""
    wanted = wanted_of(request.query_params, sent=False)
    if ticket:
        store = TicketStore(site.desk.engine)
        stored = store.load(TicketId(ticket)) if ticket.isprintable() else None
        if stored is None:
            raise HTTPException(404)
        site.access.saw(person, "ticket", stored.ticket.id, detail="to try its message")
        wanted = wanted_like(stored.ticket)
    return _page(request, site, wanted)


@router.post("")
async def answered(request: Request, site: Here, person: Who) -> Response:
    """Take a message through the stages and show them all."""
    wanted = wanted_of(dict(await request.form()), sent=True)
    try:
        ticket = ticket_of(wanted, site.desk)
        with TURNS.taken(person.id):
            await _note(site, person, ticket)
            trial = await _run(site, person, wanted, ticket)
    except InputError as error:
        return _page(request, site, wanted, error=error, status=BAD)
    return _page(request, site, wanted, trial=trial)


@router.post("/stages")
async def stages(request: Request, site: Here, person: Who) -> Response:
    """Take a message through the stages and send each as it is done, as server-sent events."""
    wanted = wanted_of(dict(await request.form()), sent=True)
    return stream(_told(site, person, wanted))


async def _note(site: Site, person: Person, ticket: Ticket) -> None:
    """Write down whose record a person looks at through a trial."""
    if ticket.customer is not None and ticket.verified:
        await run_in_threadpool(
            site.access.saw, person, "customer", ticket.customer, detail="in a trial"
        )


async def _run(site: Site, person: Person, wanted: Wanted, ticket: Ticket, **also: Any) -> Trial:
    if wanted.ask and not person.may("lead"):
        raise InputError("asking models costs money: a lead may do so", fix="Try it without")
    return await run_trial(
        ticket, site.desk, autonomy=wanted.autonomy or None, may_ask=wanted.ask, **also
    )


async def _told(site: Site, person: Person, wanted: Wanted) -> AsyncIterator[str]:
    """Yield the events of a trial. Who stops listening stops it."""
    steps: asyncio.Queue[Step | str] = asyncio.Queue()
    try:
        ticket = ticket_of(wanted, site.desk)
        with TURNS.taken(person.id):
            await _note(site, person, ticket)
            work = asyncio.create_task(
                _run(site, person, wanted, ticket, tell=steps.put_nowait, began=steps.put_nowait)
            )
            try:
                async for said in _while(work, steps):
                    yield _event_of(said, site, ticket)
                yield _end(site, wanted, work.result())
            finally:
                work.cancel()
    except HTTPException as error:
        yield _event("refused", text=str(error.detail))
    except FirstlineError as error:
        yield _event("refused", text=f"{error.problem}. {error.fix}")
    except Exception as error:  # noqa: BLE001 - the answer has begun: the page must still be told
        log.error("trial_failed", kind=type(error).__name__, at=place_of(error))
        yield _event("refused", text="Something went wrong here; it is in the log")


async def _while(
    work: asyncio.Task[Trial], steps: asyncio.Queue[Step | str]
) -> AsyncIterator[Step | str | None]:
    """Yield what a trial tells until it has ended; None now and then while it is silent."""
    while not (work.done() and steps.empty()):
        getting = asyncio.ensure_future(steps.get())
        await asyncio.wait({getting, work}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            yield getting.result()
            continue
        getting.cancel()
        if not work.done():
            yield None


def _event_of(said: Step | str | None, site: Site, ticket: Ticket) -> str:
    match said:
        case None:
            return ": still at it\n\n"
        case str():
            return _event("doing", text=DOING.get(said, said))
        case Asked():
            return _event("doing", text=_asked_words(said))
        case Prepared():
            views = local_stages(_so_far(ticket, said), today(site))
            html = "".join(_card(view) for view in views)
            doing = "Asking a model" if said.wanted else "Deciding"
            return _event("stages", html=html, text=doing)


DOING = {
    "route": "Finding out what is asked",
    "context": "Looking for evidence",
    "generate": "Writing",
    "validate": "Checking",
    "gate": "Deciding",
}
ANSWERED = {
    "ledger": "the ledger has the answer",
    "recorded": "a recording has the answer",
    "asked": "the model has answered",
    "left": "it was not asked",
    "failed": "it gave no answer",
}


def _asked_words(one: Asked) -> str:
    return f"{one.model}, to {one.purpose}: {ANSWERED[one.how]}"


def _so_far(ticket: Ticket, prepared: Prepared) -> Answer:
    """Return an answer that holds what the local stages said."""
    return Answer(
        ticket=ticket,
        route=prepared.route,
        context=prepared.context,
        draft=prepared.draft,
        findings=prepared.findings,
        verdict=Verdict(action="review", score=0.0, reasons=(), autonomy="review"),
        times=prepared.times,
    )


def _end(site: Site, wanted: Wanted, trial: Trial) -> str:
    views = trial_stages(trial.answer, today(site))
    return _event(
        "done",
        html="".join(_card(view) for view in views),
        summary=TEMPLATES.get_template("tryit/summary.html").render(
            trial=trial, asked=trial.asked, tones=ACTION, link=wanted.link, steps=views
        ),
        text="Done",
    )


def _card(view: StageView) -> str:
    return TEMPLATES.get_template("tryit/stage.html").render(stage=view)


def _event(name: str, **said: str) -> str:
    return f"event: {name}\ndata: {json.dumps(said)}\n\n"


def _page(
    request: Request,
    site: Site,
    wanted: Wanted,
    *,
    trial: Trial | None = None,
    error: InputError | None = None,
    status: int = 200,
) -> Response:
    models = site.desk.opened.parts.models is not None
    provider = site.desk.workspace.settings.models.provider
    views = () if trial is None else trial_stages(trial.answer, today(site))
    return page(
        request,
        "tryit/try.html",
        status=status,
        wanted=wanted,
        trial=trial,
        views=views,
        error=error,
        levels=LEVELS if wanted.autonomy in LEVELS else (*LEVELS, wanted.autonomy),
        models=models and provider != "recorded",
        tones=ACTION,
        link=wanted.link,
    )
