"""The pages before anybody is signed in: login, logout, the first set-up, invitations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from firstline.errors import InputError
from firstline.store.people_records import EntryCode, Person
from firstline.web.access import cookies
from firstline.web.access.access import NotSignedIn
from firstline.web.access.given import LONGEST_EMAIL, LONGEST_NAME
from firstline.web.access.password_rules import LONGEST, SHORTEST
from firstline.web.access.passwords import BusyError
from firstline.web.access.roles import person_if_any, public
from firstline.web.access.visiting import (
    STATUS,
    let_in,
    refusal_words,
    seconds_of,
    visitor_of,
)
from firstline.web.pages import local, page, redirect
from firstline.web.site import Here, Site

router = APIRouter()
LONGEST_ADDRESS = 500
BUSY = "Too many people choose a password at this moment. Try again in a few seconds."

Email = Annotated[str, Form(max_length=LONGEST_EMAIL)]
Name = Annotated[str, Form(max_length=LONGEST_NAME)]
Password = Annotated[str, Form(max_length=LONGEST)]
Code = Annotated[str, Form(max_length=100)]
Token = Annotated[str, Path(max_length=100)]
Next = Annotated[str, Form(max_length=LONGEST_ADDRESS)]
Visitor = Annotated[Person | None, Depends(person_if_any)]


@router.get("/login", dependencies=[public])
def login_page(
    request: Request,
    site: Here,
    person: Visitor,
    wanted: Annotated[str, Query(alias="next", max_length=LONGEST_ADDRESS)] = "/",
) -> Response:
    """Show the form, or send on who is signed in already."""
    if person is not None:
        return redirect(wanted)
    if not site.access.codes.is_set_up():
        return redirect("/setup")
    return _login(request, site, wanted=wanted)


@router.post("/login", dependencies=[public])
async def login(
    request: Request,
    site: Here,
    email: Email = "",
    password: Password = "",
    wanted: Annotated[str, Form(alias="next", max_length=LONGEST_ADDRESS)] = "/",
) -> Response:
    """Sign somebody in."""
    result = await site.access.sign_in(email.strip(), password, visitor_of(request, site))
    if isinstance(result, NotSignedIn):
        shown = await run_in_threadpool(
            _login,
            request,
            site,
            status=STATUS[result.why],
            wanted=wanted,
            email=email,
            fault=refusal_words(result),
        )
        if result.why != "wrong":
            shown.headers["Retry-After"] = str(seconds_of(result))
        return shown
    before = cookies.session_token(request, secure=site.secure_cookies)
    if before:
        await run_in_threadpool(site.access.sign_out, before)
    return let_in(redirect(wanted), result, site)


@router.post("/logout", dependencies=[public])
def logout(request: Request, site: Here) -> Response:
    """Sign out; doing it twice is no mistake."""
    token = cookies.session_token(request, secure=site.secure_cookies)
    if token:
        site.access.sign_out(token)
    answer = redirect("/login")
    cookies.take_back(answer, "session", secure=site.secure_cookies)
    return answer


@router.get("/setup", dependencies=[public])
def setup_page(
    request: Request, site: Here, code: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Show the form for the first admin; once there is one, there is nothing here."""
    if site.access.codes.is_set_up():
        return redirect("/login")
    return _setup(request, code=code)


@router.post("/setup", dependencies=[public])
async def set_up(
    request: Request,
    site: Here,
    code: Code = "",
    email: Email = "",
    name: Name = "",
    password: Password = "",
) -> Response:
    """Make the first admin and sign them in."""
    typed = {"code": code, "email": email, "name": name}
    visitor = visitor_of(request, site)
    try:
        person = await site.access.set_up(
            code, email=email, name=name, password=password, visitor=visitor
        )
    except InputError as error:
        return await run_in_threadpool(_setup, request, 400, _words(error), **typed)
    except BusyError:
        return await run_in_threadpool(_setup, request, 503, BUSY, **typed)
    if person is None:
        fault = "This code is wrong, used or too old. Starting the server prints a new one."
        return await run_in_threadpool(_setup, request, 403, fault, **typed)
    return await _first_session(request, site, person)


@router.get("/invite/{token}", dependencies=[public])
def invitation_page(request: Request, site: Here, token: Token) -> Response:
    """Show the form in which somebody chooses their password."""
    return _invitation(request, _code(site, token), token)


@router.post("/invite/{token}", dependencies=[public])
async def accept_invitation(
    request: Request,
    site: Here,
    token: Token,
    password: Password = "",
) -> Response:
    """Set the password, and sign in."""
    code = await run_in_threadpool(_code, site, token)
    try:
        person = await site.access.accept(token, password, visitor_of(request, site))
    except InputError as error:
        return await run_in_threadpool(_invitation, request, code, token, 400, _words(error))
    except BusyError:
        return await run_in_threadpool(_invitation, request, code, token, 503, BUSY)
    if person is None:
        raise _no_link()
    return await _first_session(request, site, person)


async def _first_session(request: Request, site: Site, person: Person) -> Response:
    visitor = visitor_of(request, site)
    opened = await run_in_threadpool(site.access.open_session, person, visitor, hashed=None)
    return let_in(redirect("/"), opened, site) if opened else redirect("/login")


def _code(site: Site, token: str) -> EntryCode:
    code = site.access.invitation(token)
    if code is None:
        raise _no_link()
    return code


def _no_link() -> HTTPException:
    return HTTPException(
        410, "This link was used or is too old. Ask an admin of your team for a new one"
    )


def _words(error: InputError) -> str:
    said = f"{error.problem[0].upper()}{error.problem[1:]}."
    return f"{said} {error.fix}." if error.fix else said


def _login(request: Request, site: Site, status: int = 200, **shown: Any) -> Response:
    values = {"email": "", "fault": ""} | shown
    wanted = local(values.pop("wanted"))
    return page(
        request,
        "access/login.html",
        status=status,
        wanted=wanted,
        elsewhere=site.access.sign_on.label if site.access.sign_on else "",
        **values,
    )


def _setup(request: Request, status: int = 200, fault: str = "", **typed: str) -> Response:
    values = {"code": "", "email": "", "name": ""} | typed
    return page(
        request, "access/setup.html", status=status, fault=fault, shortest=SHORTEST, **values
    )


def _invitation(
    request: Request, code: EntryCode, token: str, status: int = 200, fault: str = ""
) -> Response:
    return page(
        request,
        "access/invite.html",
        status=status,
        fault=fault,
        code=code,
        token=token,
        shortest=SHORTEST,
    )
