"""Settings, API keys: how programs ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request
from starlette.responses import Response

from firstline.errors import InputError
from firstline.web.access.given import LONGEST_NAME, some_scopes
from firstline.web.access.roles import SCOPES, Who, needs
from firstline.web.pages import page, redirect
from firstline.web.site import Here, Site

router = APIRouter(prefix="/settings/keys")
SCOPE_WORDS = {
    "tickets:write": "Hand tickets in",
    "tickets:read": "Read tickets and their answers",
    "feedback:write": "Say whether a reply helped",
    "decisions:write": "Decide reviews",
    "metrics:read": "Read metrics",
}
LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("0", "until it is revoked"))


@router.get("", dependencies=[needs("admin")])
def keys(request: Request, site: Here) -> Response:
    """Show all keys."""
    return _keys(request, site)


@router.post("", dependencies=[needs("admin")])
def make(
    request: Request,
    site: Here,
    person: Who,
    name: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    scopes: Annotated[list[str] | None, Form(alias="scope", max_length=len(SCOPES))] = None,
    days: Annotated[int, Form(ge=0, le=3650)] = 365,
) -> Response:
    """Make a key; it is shown this once."""
    try:
        made, token = site.access.make_key(
            name=name,
            scopes=some_scopes(scopes or []),
            valid=timedelta(days=days) if days else None,
            by=person,
        )
    except InputError as error:
        return _keys(request, site, status=400, fault=str(error), typed=(name, scopes or []))
    return _keys(request, site, token=token, made=made.name)


@router.post("/{key_id}/revoke", dependencies=[needs("admin")])
def revoke(
    site: Here, person: Who, key_id: Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$")]
) -> Response:
    """End a key for good."""
    if not site.access.keys.revoke(key_id, person, site.now()):
        raise HTTPException(404)
    return redirect("/settings/keys")


def _keys(
    request: Request,
    site: Site,
    *,
    status: int = 200,
    token: str = "",
    made: str = "",
    fault: str = "",
    typed: tuple[str, list[str]] = ("", []),
) -> Response:
    now = site.now()
    listed = [
        {
            "key": key,
            "state": "revoked"
            if key.revoked_at
            else "expired"
            if key.expires_at and key.expires_at <= now
            else "good",
        }
        for key in site.access.keys.list()
    ]
    return page(
        request,
        "access/keys.html",
        status=status,
        keys=listed,
        scopes=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        lifetimes=LIFETIMES,
        token=token,
        made=made,
        fault=fault,
        typed_name=typed[0],
        typed_scopes=typed[1],
    )
