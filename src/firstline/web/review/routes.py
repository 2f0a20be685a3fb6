"""The review page's routes: looking, deciding, checking while writing."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

from fastapi import APIRouter, HTTPException, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from firstline.errors import InputError
from firstline.records import Channel, TicketId
from firstline.review.outcomes import NOTHING_OWED, REJECT_REASONS
from firstline.store.people_records import Person
from firstline.store.review_records import ReviewRefused
from firstline.web.access.roles import Who, needs
from firstline.web.pages import fragment, page, redirect
from firstline.web.review import bulk, overrides
from firstline.web.review.checking import checked
from firstline.web.review.deciding import MENDABLE, Asked, asked_of, decided
from firstline.web.review.opening import (
    case_of,
    claimed,
    first_free,
    is_free,
    just_done,
    keep,
    offered,
    queue_of,
    standing_now,
)
from firstline.web.review.queue_view import STATES, QueueView, Wanted, wanted_of
from firstline.web.review.wording import done_words, shown_code
from firstline.web.site import Here, Site

router = APIRouter(prefix="/review", include_in_schema=False, dependencies=[needs("agent")])
MODES = ("edit", "escalate")
CHECKED_ON = 422
GONE_WRONG = 400
LOST = 409
router.include_router(bulk.router)
router.include_router(overrides.router)


@router.get("")
def first(request: Request, site: Here, person: Who) -> Response:
    """Show the queue and the first ticket that nobody else has."""
    wanted = wanted_of(request.query_params)
    queue = queue_of(site, person, wanted)
    ticket_id = first_free(site, person, queue)
    free = queue.first()
    # Somebody else was quicker with a row before it: then the rows are read again.
    known = queue.held(free.ticket) if free and free.ticket == ticket_id else None
    return _shown(request, site, person, wanted, ticket_id, queue=known)


@router.get("/queue")
def queue_rows(request: Request, site: Here, person: Who, at: str = "") -> Response:
    """Return the rows of the queue, for the page to put in their place."""
    queue = queue_of(site, person, wanted_of(request.query_params))
    return fragment("review/rows.html", queue=queue, at=at)


@router.get("/filters")
def filters(request: Request, site: Here, person: Who) -> Response:
    """Show what the queue can be filtered by, with how much there is of each."""
    waiting = site.reviews.waiting.waiting_by_reason(site.now())
    reasons = sorted(waiting.items(), key=lambda item: (-item[1], item[0]))
    names = (person.name, *offered(site).teams)
    return page(
        request,
        "review/filters.html",
        wanted=wanted_of(request.query_params),
        reasons=[(code, f"{shown_code(code)} ({count})") for code, count in reasons],
        intents=[(spec.name, shown_code(spec.name)) for spec in site.desk.workspace.intents],
        channels=[(name, name) for name in get_args(Channel)],
        people=[(name, name) for name in dict.fromkeys(names)],
        states=[(name, name) for name in STATES],
    )


@router.get("/{ticket_id}")
def chosen(request: Request, site: Here, person: Who, ticket_id: str, do: str = "") -> Response:
    """Show one ticket and claim it, unless somebody else has it."""
    key = TicketId(ticket_id)
    claimed(site, person, key)
    mode = do if do in MODES else ""
    return _shown(request, site, person, wanted_of(request.query_params), key, mode=mode)


@router.get("/{ticket_id}/standing")
def standing(site: Here, person: Who, ticket_id: str, version: int = 0) -> Response:
    """Return how a ticket stands now, for the page that shows it."""
    now = standing_now(site, person, TicketId(ticket_id))
    return fragment("review/standing.html", standing=now, seen=version)


@router.post("/{ticket_id}/check")
async def check(request: Request, site: Here, person: Who, ticket_id: str) -> Response:
    """Return what the checks say about a reply while it is written."""
    try:
        form = await _form(request)
    except ClientDisconnect:  # the page was left while it asked: nobody reads the answer
        return Response(status_code=204)
    answer = await asyncio.to_thread(site.reviews.answer, TicketId(ticket_id))
    await asyncio.to_thread(site.access.saw, person, "ticket", ticket_id)
    try:
        found = await checked(site, answer, form.get("text", ""))
    except InputError as error:
        return fragment("review/unreadable.html", problem=error.problem, fix=error.fix)
    return fragment("review/checked.html", checked=found)


@router.post("/{ticket_id}/renew")
def renew(site: Here, person: Who, ticket_id: str, version: int) -> Response:
    """Hold a ticket longer, while its page is open."""
    site.reviews.renew(TicketId(ticket_id), person.name, version)
    return Response(status_code=204)


@router.post("/{ticket_id}/leave")
def leave(site: Here, person: Who, ticket_id: str, version: int) -> Response:
    """Give a ticket back when its page is closed; nothing happens when it is held anew."""
    try:
        site.reviews.release(TicketId(ticket_id), person.name, version=version)
    except ReviewRefused:
        return Response(status_code=204)
    site.feed.changed("reviews")
    return Response(status_code=204)


@router.post("/{ticket_id}")
async def decide(request: Request, site: Here, person: Who, ticket_id: str) -> Response:
    """Do what a person decided, and go on to the next ticket."""
    form = await _form(request)
    wanted = wanted_of(request.query_params)
    if form.get("action") == "check":
        return await _checked_page(request, site, person, wanted, ticket_id, form)
    asked = asked_of(form)
    try:
        made = await decided(site, TicketId(ticket_id), person.name, asked)
    except ReviewRefused as refused:
        if refused.refusal in MENDABLE:
            return await _mended(request, site, person, wanted, ticket_id, asked, refused)
        return await asyncio.to_thread(
            _conflict, request, site, person, wanted, ticket_id, asked, refused
        )
    except InputError as error:
        return await asyncio.to_thread(
            _shown,
            request,
            site,
            person,
            wanted,
            TicketId(ticket_id),
            mode=asked.action if asked.action in MODES else "",
            status=GONE_WRONG,
            refused=error,
            asked=asked,
        )
    done = ticket_id if made else ""
    free = await asyncio.to_thread(is_free, site, person, asked.following)
    where = f"/review/{asked.following}" if free else "/review"
    if asked.action == "reopen":
        where = f"/review/{ticket_id}"
    return redirect(where + wanted.with_page(wanted.page, done=done))


async def _form(request: Request) -> dict[str, str]:
    """Return the text fields of a form."""
    form = await request.form(max_files=0, max_fields=200)
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def _checked_page(
    request: Request,
    site: Site,
    person: Person,
    wanted: Wanted,
    ticket_id: str,
    form: dict[str, str],
) -> Response:
    """Show the editor with what the checks say, for browsers without script."""
    asked = asked_of(form | {"action": "edit"})
    await asyncio.to_thread(keep, site, person, TicketId(ticket_id), asked.version)
    answer = await asyncio.to_thread(site.reviews.answer, TicketId(ticket_id))
    found, refused = None, None
    try:
        found = await checked(site, answer, asked.text)
    except InputError as error:
        refused = error
    return await asyncio.to_thread(
        _shown,
        request,
        site,
        person,
        wanted,
        TicketId(ticket_id),
        mode="edit",
        status=GONE_WRONG if refused else 200,
        asked=asked,
        checked=found,
        refused=refused,
    )


async def _mended(
    request: Request,
    site: Site,
    person: Person,
    wanted: Wanted,
    ticket_id: str,
    asked: Asked,
    refused: ReviewRefused,
) -> Response:
    """Show the reply that may not leave as it is, with what is against it."""
    key = TicketId(ticket_id)
    await asyncio.to_thread(keep, site, person, key, asked.version)
    answer = await asyncio.to_thread(site.reviews.answer, key)
    text = asked.text if asked.action == "edit" else answer.draft.text
    found = await checked(site, answer, text) if text.strip() else None
    return await asyncio.to_thread(
        _shown,
        request,
        site,
        person,
        wanted,
        key,
        mode="edit",
        status=CHECKED_ON,
        asked=Asked(action=asked.action, version=asked.version, text=text, override=asked.override),
        checked=found,
        refused=refused,
    )


def _conflict(
    request: Request,
    site: Site,
    person: Person,
    wanted: Wanted,
    ticket_id: str,
    asked: Asked,
    refused: ReviewRefused,
) -> Response:
    """Show who has the ticket or what was decided, and the way to the next one."""
    if refused.refusal == "unknown":
        raise HTTPException(404)
    key = TicketId(ticket_id)
    made = site.reviews.store.decisions(key)
    last = made[-1] if made else None
    following = asked.following if is_free(site, person, asked.following) else ""
    return page(
        request,
        "review/conflict.html",
        status=LOST,
        ticket=key,
        refused=refused,
        last=last,
        last_words=done_words(last) if last else "",
        text=asked.text if asked.action == "edit" else "",
        following=following,
        tail=wanted.tail,
    )


def _shown(
    request: Request,
    site: Site,
    person: Person,
    wanted: Wanted,
    ticket_id: TicketId | None,
    *,
    queue: QueueView | None = None,
    mode: str = "",
    status: int = 200,
    **more: Any,
) -> Response:
    """Return the page: the queue, as it is now unless it is given, and a ticket if there is one."""
    try:
        case = None if ticket_id is None else case_of(site, person, ticket_id)
    except ReviewRefused as refused:
        if refused.refusal == "unknown" and site.reviews.tickets.load(
            TicketId(refused.place.ticket or "")
        ):
            return redirect(f"/tickets/{ticket_id}")
        raise HTTPException(404) from refused
    queue = queue or queue_of(site, person, wanted)
    values: dict[str, Any] = {"checked": None, "refused": None, "asked": None} | more
    source = request.query_params.get("from", "")
    if mode == "edit" and values["asked"] is None and case is not None:
        start = case.suggested if source == "suggested" and case.suggested else case.draft
        values["asked"] = Asked(action="edit", version=case.standing.version, text=start)
    return page(
        request,
        "review/page.html",
        status=status,
        queue=queue,
        case=case,
        at=ticket_id or "",
        mode=mode if case and case.standing.can_decide else "",
        offered=offered(site),
        reasons=REJECT_REASONS,
        nothing_owed=NOTHING_OWED,
        said=just_done(site, person, request.query_params.get("done", "")),
        **values,
    )
