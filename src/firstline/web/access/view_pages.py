"""Settings, audit of views: who saw and did what, when and from where."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from firstline.errors import InputError
from firstline.store.access_log import EventFilter
from firstline.store.people_records import ACTIONS, Action, Event
from firstline.web.access.roles import Who, needs
from firstline.web.pages import page
from firstline.web.site import Here

router = APIRouter(prefix="/settings")
MOST_ROWS: Final = 50_000
"""Rows of an export; the filter says which."""
_KINDS: Final = (
    "ticket",
    "tickets",
    "customer",
    "conversation",
    "gap",
    "export",
    "person",
    "key",
)
_COLUMNS: Final = ("number", "at", "name", "action", "kind", "subject", "detail", "address")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
Short = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]
Day = Annotated[str, Query(max_length=10)]


def wanted_events(
    who: Short = "",
    action: Short = "",
    kind: Short = "",
    subject: Short = "",
    since: Day = "",
    until: Day = "",
) -> EventFilter:
    """Return which events an address asks for; days are in UTC, both included."""
    last = _day(until, "until")
    return EventFilter(
        who=who.strip() or None,
        action=_action(action),
        kind=kind or None,
        subject=subject.strip() or None,
        since=_day(since, "since"),
        until=last + timedelta(days=1) if last else None,
    )


Wanted = Annotated[EventFilter, Depends(wanted_events)]


@router.get("/views", dependencies=[needs("lead")])
def views(
    request: Request,
    site: Here,
    wanted: Wanted,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """Show events, the newest first."""
    found = site.access.log.page(wanted, before=before)
    asked = filter_values(wanted)
    query = urlencode({name: value for name, value in asked.items() if value})
    return page(
        request,
        "access/views.html",
        events=found.events,
        asked=asked,
        actions=[("", "All"), *((action, action) for action in ACTIONS)],
        kinds=[("", "All"), *((kind, kind) for kind in _KINDS)],
        older=f"?{urlencode({**asked, 'before': found.before})}" if found.before else "",
        newest=f"?{query}" if before else "",
        export=f"/settings/views.csv?{query}",
        most=MOST_ROWS,
    )


@router.get("/views.csv", dependencies=[needs("lead")])
def export(site: Here, person: Who, wanted: Wanted) -> Response:
    """Return events as CSV; that somebody took them away is written down first."""
    asked = " ".join(f"{name}={value}" for name, value in filter_values(wanted).items() if value)
    site.access.saw(person, "export", "audit of views", action="exported", detail=asked)
    rows = _lines(site.access.log.every(wanted, limit=MOST_ROWS))
    name = f"views-{site.now():%Y-%m-%d}.csv"
    return StreamingResponse(
        rows,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def filter_values(wanted: EventFilter) -> dict[str, str]:
    """Return a filter as the fields of its form."""
    until = wanted.until - timedelta(days=1) if wanted.until else None
    return {
        "who": wanted.who or "",
        "action": wanted.action or "",
        "kind": wanted.kind or "",
        "subject": wanted.subject or "",
        "since": f"{wanted.since:%Y-%m-%d}" if wanted.since else "",
        "until": f"{until:%Y-%m-%d}" if until else "",
    }


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet takes for text and never for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(events: Iterator[Event]) -> Iterator[str]:
    yield _line(_COLUMNS)
    for event in events:
        yield _line(
            (
                str(event.number),
                event.at.isoformat(timespec="seconds"),
                event.name,
                event.action,
                event.kind,
                event.subject,
                event.detail,
                event.address,
            )
        )


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()


def _action(text: str) -> Action | None:
    if not text:
        return None
    for action in ACTIONS:
        if action == text:
            return action
    raise InputError("there is no such action", fix="Choose one of the list")


def _day(text: str, what: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InputError(f"{what} is no day", fix="Write it like 2026-11-23") from None
