"""One's own account: the password, and where one is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from firstline.errors import InputError
from firstline.web.access.access import NotSignedIn
from firstline.web.access.cookies import session_token
from firstline.web.access.password_rules import LONGEST, SHORTEST
from firstline.web.access.roles import Person, Who, needs
from firstline.web.access.tokens import hash_of
from firstline.web.access.visiting import (
    STATUS,
    browser_words,
    let_in,
    refusal_words,
    seconds_of,
    visitor_of,
)
from firstline.web.pages import page, redirect
from firstline.web.site import Here, Site

router = APIRouter(prefix="/account")


@router.get("", dependencies=[needs("agent")])
def account(request: Request, site: Here, person: Who) -> Response:
    """Show one's own account."""
    return _account(request, site, person)


@router.post("/password", dependencies=[needs("agent")])
async def change_password(
    request: Request,
    site: Here,
    person: Who,
    old: Annotated[str, Form(max_length=LONGEST)] = "",
    new: Annotated[str, Form(max_length=LONGEST)] = "",
) -> Response:
    """Change one's password; every other session of one's own ends."""
    visitor = visitor_of(request, site)
    try:
        result = await site.access.change_password(person, old, new, visitor)
    except InputError as error:
        fault = f"{error.problem}. {error.fix}."
        return await run_in_threadpool(_account, request, site, person, 400, fault)
    if isinstance(result, NotSignedIn):
        wrong = "Your password now is another one."
        fault = wrong if result.why == "wrong" else refusal_words(result)
        status = 400 if result.why == "wrong" else STATUS[result.why]
        shown = await run_in_threadpool(_account, request, site, person, status, fault)
        if result.why != "wrong":
            shown.headers["Retry-After"] = str(seconds_of(result))
        return shown
    return let_in(redirect("/account"), result, site)


@router.post("/sessions/{session}/end", dependencies=[needs("agent")])
def end_session(
    request: Request,
    site: Here,
    person: Who,
    session: Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$")],
) -> Response:
    """End one of one's own sessions."""
    if not site.access.sessions.end(session, person, site.now()):
        raise HTTPException(404)
    mine = hash_of(session_token(request, secure=site.secure_cookies))
    return redirect("/login" if session == mine else "/account")


@router.post("/sessions/end-others", dependencies=[needs("agent")])
def end_others(request: Request, site: Here, person: Who) -> Response:
    """End all of one's own sessions but this one."""
    mine = hash_of(session_token(request, secure=site.secure_cookies))
    for other in site.access.sessions.of(person.id, site.now()):
        if other.hash != mine:
            site.access.sessions.end(other.hash, person, site.now())
    return redirect("/account")


def _account(
    request: Request, site: Site, person: Person, status: int = 200, fault: str = ""
) -> Response:
    mine = hash_of(session_token(request, secure=site.secure_cookies))
    stored = site.access.people.get(person.id)
    sessions = [
        {
            "session": one,
            "browser": browser_words(one.browser),
            "is_this": one.hash == mine,
        }
        for one in site.access.sessions.of(person.id, site.now())
    ]
    return page(
        request,
        "access/account.html",
        status=status,
        fault=fault,
        sessions=sessions,
        has_password=stored is not None and stored.has_password,
        shortest=SHORTEST,
    )
