"""Making pages: templates with everything escaped, and errors that say what to do."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from firstline.web.banner import banner_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
JSON_PATHS = ("/api/", "/metrics", "/healthz", "/readyz")
PROBLEM = "application/problem+json"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def _ago(time: datetime | None, now: datetime) -> str:
    """Return how long ago a time was, or how long until it, in the largest fitting unit."""
    if time is None:
        return "never"
    seconds = int((now - time).total_seconds())
    size = abs(seconds)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if size >= unit:
            return f"{size // unit} {name} ago" if seconds > 0 else f"in {size // unit} {name}"
    return "just now"


def _when(time: datetime | None) -> Markup:
    """Return a time as an element that says it exactly; the script shows it locally."""
    if time is None:
        return Markup("–")
    exact = time.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        exact.isoformat(timespec="seconds"), exact.strftime("%Y-%m-%d %H:%M")
    )


def _money(dollars: float | None) -> str:
    """Return US dollars with as many digits as the amount deserves."""
    if dollars is None:
        return "–"
    return f"${dollars:,.2f}" if abs(dollars) >= 1 or dollars == 0 else f"${dollars:.4f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _words(code: str) -> str:
    """Return a code as words: `newer_message` is "newer message"."""
    return code.replace("_", " ")


@cache
def _address(name: str) -> str:
    """Return the address of a static file; it changes with the file, so it is kept for ever."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={mark}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        ago=_ago, when=_when, money=_money, percent=_percent, words=_words, address=_address
    )
    return made


TEMPLATES = _environment()


def page(request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page.

    Args:
        request: What it answers.
        template: Its name, relative to `templates`.
        status: The status.
        values: What the template shows. Whatever is text is escaped there.
    """
    site = request.app.state.site
    common = {
        "company": site.company,
        "person": getattr(request.state, "person", None),
        "path": request.url.path,
        "query": request.url.query,
        "now": site.now(),
        "banner": banner_of(site),
    }
    return HTMLResponse(
        TEMPLATES.get_template(template).render(common | values), status_code=status
    )


def fragment(template: str, /, **values: Any) -> HTMLResponse:
    """Return a part of a page, for the script to put in its place."""
    return HTMLResponse(TEMPLATES.get_template(template).render(values))


def redirect(url: str) -> RedirectResponse:
    """Send a browser on after a form. Only to our own pages."""
    return RedirectResponse(local(url), status_code=303)


def local(url: str) -> str:
    """Return an address of this server, or the first page when it names another one."""
    parts = urlsplit(url)
    safe = not parts.scheme and not parts.netloc and url.startswith("/")
    return url if safe and not url.startswith(("//", "/\\")) and "\n" not in url else "/"


def wants_json(request: Request) -> bool:
    """Whether a program asks."""
    return request.url.path.startswith(JSON_PATHS)


def problem(
    request: Request, status: int, code: str, title: str, detail: str, *, fix: str = ""
) -> Response:
    """Return an error: a page for a person, problem details (RFC 9457) for a program."""
    if wants_json(request):
        body = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": f"{detail}. {fix}" if fix else detail,
            "instance": request.url.path,
            "code": code,
        }
        return JSONResponse(body, status, media_type=PROBLEM)
    return page(request, "error.html", status=status, title=title, detail=detail, fix=fix)


def joined(pieces: list[str | Markup]) -> Markup:
    """Return pieces of text as one, each escaped unless it is markup already."""
    return Markup("").join(escape(piece) for piece in pieces)
