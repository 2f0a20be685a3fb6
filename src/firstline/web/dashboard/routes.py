"""The dashboard's pages and files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from firstline.desk.dashboard import Dashboards
from firstline.desk.dashboard_records import Dashboard
from firstline.web.access.roles import Who, needs
from firstline.web.dashboard import people, running, traffic
from firstline.web.dashboard.asked import RANGES, UNKNOWN, Asked, asked
from firstline.web.dashboard.board import dashboards_of
from firstline.web.dashboard.figure import Figure, words
from firstline.web.dashboard.tables import csv_text
from firstline.web.dashboard.tiles import tiles
from firstline.web.pages import page
from firstline.web.site import Here

router = APIRouter(include_in_schema=False)
SECTIONS: Final[tuple[tuple[str, tuple[Callable[[Dashboard], Figure], ...]], ...]] = (
    (
        "What happens",
        (traffic.outcomes, traffic.reasons, traffic.intents, traffic.volume, traffic.feedback),
    ),
    ("People", (people.queue, people.flow, people.reviewers)),
    (
        "Money and models",
        (
            running.cost,
            running.spending,
            running.tokens,
            running.models,
            running.budgets,
            running.retirements,
        ),
    ),
    ("Time", (running.latency,)),
    ("Trust", (people.autonomy, people.drift)),
)
FIGURES: Final = {build.__name__: build for _, builds in SECTIONS for build in builds}
"""The figures by the name in their address."""


def wanted(
    site: Here,
    days: Annotated[str, Query(alias="range")] = "",
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
    channel: str = "",
    intent: str = "",
) -> Asked:
    """Return what the address asks for."""
    today = site.now().astimezone(UTC).date()
    return asked(today, days=days, first=first, last=last, channel=channel, intent=intent)


Wanted = Annotated[Asked, Depends(wanted)]
Boards = Annotated[Dashboards, Depends(dashboards_of)]


@router.get("/dashboard", dependencies=[needs("agent")])
def show(request: Request, site: Here, who: Who, view: Wanted, boards: Boards) -> HTMLResponse:
    """Show everything about a period."""
    board = boards.of(view.period, uncounted=boards.catch_up())
    # How colleagues decide is for leads; everybody sees their own.
    mine = None if who.may("lead") else frozenset({who.id, who.name, who.email})
    sections = tuple(
        (
            title,
            tuple(
                people.reviewers(board, mine=mine) if build is people.reviewers else build(board)
                for build in builds
            ),
        )
        for title, builds in SECTIONS
    )
    return page(
        request,
        "dashboard/page.html",
        view=view,
        board=board,
        tiles=tiles(board),
        sections=sections,
        ranges=RANGES,
        channels=[(name, name) for name in boards.metrics.names("channel")],
        intents=_intents(site, boards),
        may_export=who.may("lead"),
        elsewhere=_elsewhere(view, board),
    )


@router.get("/dashboard/{figure}.csv", dependencies=[needs("lead")])
def export(figure: str, site: Here, who: Who, view: Wanted, boards: Boards) -> Response:
    """Return the numbers of a figure as a file."""
    build = FIGURES.get(figure)
    if build is None:
        raise HTTPException(404, "There is no such figure")
    boards.catch_up()
    made = build(boards.of(view.period))
    first, last = view.period.first.isoformat(), view.period.last.isoformat()
    site.access.saw(
        who, "figures", figure, action="exported", detail=f"{first} to {last}; {view.query()}"
    )
    name = f"{figure}-{first}-{last}.csv"
    return Response(
        csv_text(made.table),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _intents(site: Here, boards: Dashboards) -> list[tuple[str, str]]:
    """Return the intents to choose from: those of the files, and those that once were."""
    known = [str(spec.name) for spec in site.desk.workspace.intents]
    seen = boards.metrics.names("intent")
    names = [*known, *(name for name in seen if name and name not in known)]
    found = [(name, words(name)) for name in names]
    return found + [(UNKNOWN, "not recognised")] * ("" in seen)


def _elsewhere(view: Asked, board: Dashboard) -> str:
    """Return the query that shows something, where these days show nothing; else nothing."""
    if board.total.tickets or board.known is None:
        return ""
    last = board.known[1]
    if view.period.first <= last <= view.period.last:
        return ""
    first = max(board.known[0], last.fromordinal(last.toordinal() - view.period.days + 1))
    return view.days_query(first, last)
