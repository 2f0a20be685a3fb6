"""Signing in through the company's identity provider: there, and back."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from firstline.web.access import cookies
from firstline.web.access.roles import public
from firstline.web.access.sign_on import SigningIn, SignOn, SignOnError
from firstline.web.access.visiting import let_in, visitor_of
from firstline.web.pages import local, problem, redirect
from firstline.web.site import Here, Site

router = APIRouter(prefix="/login/elsewhere")
TIME: Final = timedelta(minutes=10)
_PARTS: Final = 4
_LONGEST_WANTED: Final = 200
"""Of the address to go to afterwards, which travels in a cookie."""
_ASKED: Final = ("state", "code", "iss", "error")
_LONGEST_ANSWER: Final = 4_000


@router.get("", dependencies=[public])
def begin(
    request: Request,
    site: Here,
    wanted: Annotated[str, Query(alias="next", max_length=500)] = "/",
) -> Response:
    """Send the browser to the identity provider."""
    provider = _provider(site)
    wanted = local(wanted) if len(wanted) <= _LONGEST_WANTED else "/"
    try:
        address, under_way = provider.begin(_back(request, site), wanted)
    except SignOnError as error:
        return _failed(request, site, error)
    # 302 and not `redirect`, which only leads to our own pages.
    answer = RedirectResponse(address, status_code=302)
    written = _written(under_way)
    cookies.give(answer, "signing-in", written, secure=site.secure_cookies, lasting=TIME)
    return answer


@router.get("/callback", dependencies=[public])
def finish(request: Request, site: Here) -> Response:
    """Let in whom the identity provider vouches for."""
    provider = _provider(site)
    under_way = _read(cookies.read(request, "signing-in", secure=site.secure_cookies))
    if under_way is None:
        return redirect("/login")
    said = request.query_params
    answer = {
        name: said[name]
        for name in _ASKED
        if len(said.get(name, "")) <= _LONGEST_ANSWER and name in said
    }
    try:
        proven = provider.finish(answer, under_way, _back(request, site))
        person = site.access.known_elsewhere(proven)
    except SignOnError as error:
        return _failed(request, site, error)
    signed_in = site.access.open_session(person, visitor_of(request, site), hashed=None)
    if signed_in is None:
        return _failed(request, site, SignOnError("You may not sign in here any more"))
    return _done(let_in(redirect(under_way.wanted), signed_in, site), site)


def _provider(site: Site) -> SignOn:
    if site.access.sign_on is None:
        raise HTTPException(404)
    return site.access.sign_on


def _back(request: Request, site: Site) -> str:
    base = site.public_url or str(request.base_url).rstrip("/")
    return f"{base}/login/elsewhere/callback"


def _failed(request: Request, site: Site, error: SignOnError) -> Response:
    title = "You are not signed in"
    return _done(problem(request, 403, "sign_on", title, str(error)), site)


def _done(answer: Response, site: Site) -> Response:
    cookies.take_back(answer, "signing-in", secure=site.secure_cookies)
    return answer


def _written(under_way: SigningIn) -> str:
    said = [under_way.state, under_way.nonce, under_way.verifier, under_way.wanted]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


def _read(text: str) -> SigningIn | None:
    try:
        said = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(said, list) or len(said) != _PARTS:
        return None
    if not all(isinstance(part, str) and part for part in said):
        return None
    state, nonce, verifier, wanted = said
    return SigningIn(state=state, nonce=nonce, verifier=verifier, wanted=local(wanted))
