"""Settings, people: who works here and in which role."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request
from starlette.responses import Response

from firstline.errors import InputError
from firstline.web.access.access import LINK_VALID
from firstline.web.access.given import LONGEST_EMAIL, LONGEST_NAME, a_role
from firstline.web.access.roles import ROLES, Who, needs
from firstline.web.pages import page, redirect
from firstline.web.site import Here, Site

router = APIRouter(prefix="/settings/people")
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$")]
HERE = "/settings/people"


@router.get("", dependencies=[needs("admin")])
def people(request: Request, site: Here) -> Response:
    """Show everybody."""
    return _people(request, site)


@router.post("/invite", dependencies=[needs("admin")])
def invite(
    request: Request,
    site: Here,
    person: Who,
    email: Annotated[str, Form(max_length=LONGEST_EMAIL)] = "",
    name: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    role: Annotated[str, Form(max_length=20)] = "agent",
) -> Response:
    """Make a link with which a new person chooses a password; it is shown this once."""
    try:
        token = site.access.invite(email=email, name=name, role=a_role(role), by=person)
    except InputError as error:
        typed = {"email": email, "name": name, "role": role}
        return _people(request, site, status=400, fault=str(error), typed=typed)
    return _people(request, site, link=_link(request, site, token), for_whom=name)


@router.post("/{person_id}/role", dependencies=[needs("admin")])
def change_role(
    site: Here, person: Who, person_id: Id, role: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Give somebody another role; their sessions end."""
    site.access.people.set_role(person_id, a_role(role), person, site.now())
    return redirect(HERE)


@router.post("/{person_id}/disable", dependencies=[needs("admin")])
def disable(site: Here, person: Who, person_id: Id) -> Response:
    """Lock somebody out."""
    site.access.people.disable(person_id, person, site.now())
    return redirect(HERE)


@router.post("/{person_id}/enable", dependencies=[needs("admin")])
def enable(site: Here, person: Who, person_id: Id) -> Response:
    """Let somebody in again."""
    site.access.people.enable(person_id, person, site.now())
    return redirect(HERE)


@router.post("/{person_id}/reset", dependencies=[needs("admin")])
def reset(request: Request, site: Here, person: Who, person_id: Id) -> Response:
    """Make a link with which somebody chooses another password; it is shown this once."""
    token = site.access.reset(person_id, person)
    whose = site.access.people.get(person_id)
    link = _link(request, site, token)
    return _people(request, site, link=link, for_whom=whose.name if whose else "")


@router.post("/invitations/{code}/withdraw", dependencies=[needs("admin")])
def withdraw(site: Here, code: Id) -> Response:
    """Take an invitation back."""
    if not site.access.codes.withdraw(code):
        raise HTTPException(404)
    return redirect(HERE)


def _link(request: Request, site: Site, token: str) -> str:
    base = site.public_url or str(request.base_url).rstrip("/")
    return f"{base}/invite/{token}"


def _people(
    request: Request,
    site: Site,
    *,
    status: int = 200,
    link: str = "",
    for_whom: str = "",
    fault: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    return page(
        request,
        "access/people.html",
        status=status,
        people=site.access.people.list(),
        invitations=site.access.codes.open_invitations(site.now()),
        roles=[(role, role) for role in ROLES],
        link=link,
        for_whom=for_whom,
        days=LINK_VALID.days,
        fault=fault,
        typed=typed or {"email": "", "name": "", "role": "agent"},
    )
