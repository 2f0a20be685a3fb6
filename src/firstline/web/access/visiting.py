"""Where a request comes from, and what a browser is given when somebody is signed in."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from firstline.store.sessions import DEVICE_LASTING, LASTING
from firstline.web.access import cookies
from firstline.web.access.access import NotSignedIn, SignedIn, Visitor
from firstline.web.site import Site

STATUS: Final = {"wrong": 401, "wait": 429, "busy": 503}
_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""In this order: many browsers and systems also name those they descend from."""


def visitor_of(request: Request, site: Site) -> Visitor:
    """Return where a request comes from."""
    return Visitor(
        address=request.client.host if request.client else "",
        browser=request.headers.get("user-agent", "")[:400],
        device=cookies.read(request, "device", secure=site.secure_cookies),
    )


def let_in(response: Response, signed_in: SignedIn, site: Site) -> Response:
    """Give a browser the cookies of a session."""
    secure = site.secure_cookies
    cookies.give(response, "session", signed_in.token, secure=secure, lasting=LASTING)
    cookies.give(response, "device", signed_in.device, secure=secure, lasting=DEVICE_LASTING)
    return response


def refusal_words(refused: NotSignedIn) -> str:
    """Return what is said when nobody was signed in: the same for every account."""
    if refused.why == "wrong":
        return "The e-mail address or the password is wrong."
    seconds = seconds_of(refused)
    what = "second" if seconds == 1 else "seconds"
    if refused.why == "wait":
        return f"There were too many attempts. Try again in {seconds} {what}."
    return f"Too many people sign in at this moment. Try again in {seconds} {what}."


def seconds_of(refused: NotSignedIn) -> int:
    """Return how long to wait, in whole seconds, at least one."""
    return max(1, -int(-refused.wait.total_seconds() // 1))


def browser_words(said: str) -> str:
    """Return what a browser calls itself in two words, as far as it can be told."""
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Another program"
