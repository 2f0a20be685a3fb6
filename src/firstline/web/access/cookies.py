"""The cookies: the session, the browsers somebody signed in with, and a sign-in under way.

All are HttpOnly and SameSite=Lax. Over TLS their names begin with `__Host-`, which browsers accept
only for this very host, the whole path, and Secure: no other host of the domain can set them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

Cookie = Literal["session", "device", "signing-in"]
_LONGEST: Final = 600
"""Characters of a cookie that are looked at."""


def cookie_name(cookie: Cookie, *, secure: bool) -> str:
    """Return what a cookie is called."""
    return f"__Host-firstline-{cookie}" if secure else f"firstline-{cookie}"


def read(request: Request, cookie: Cookie, *, secure: bool) -> str:
    """Return what a cookie says; empty when it is missing or absurd."""
    value = request.cookies.get(cookie_name(cookie, secure=secure), "")
    return value if len(value) <= _LONGEST else ""


def session_token(request: Request, *, secure: bool) -> str:
    """Return the session's token, or empty."""
    return read(request, "session", secure=secure)


def give(
    response: Response, cookie: Cookie, value: str, *, secure: bool, lasting: timedelta | None
) -> None:
    """Set a cookie; without `lasting` until the browser is closed."""
    response.set_cookie(
        cookie_name(cookie, secure=secure),
        value,
        max_age=None if lasting is None else int(lasting.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def take_back(response: Response, cookie: Cookie, *, secure: bool) -> None:
    """Remove a cookie."""
    response.delete_cookie(
        cookie_name(cookie, secure=secure),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
