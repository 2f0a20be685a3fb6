"""Figures for programs: the dashboard's, as JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from typing import Annotated, Any

import re2
from fastapi import Query
from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from firstline.desk.dashboard import period_of
from firstline.desk.dashboard_records import Dashboard
from firstline.desk.exposition import CONTENT_TYPE
from firstline.records import Channel
from firstline.web.access.roles import scope
from firstline.web.api.openapi import described
from firstline.web.api.route import api_router, reads
from firstline.web.dashboard.board import dashboards_of
from firstline.web.site import Here

router = api_router()
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}
LONGEST_PERIOD = 730
LONGEST_INTENT = 100
_FIRST = date(2002, 1, 1)
"""Before this there are no figures."""


def _day(value: object) -> object:
    """Read a day as RFC 3339 writes it, and nothing else that could be one."""
    if not isinstance(value, str) or not _DAY.match(value):
        raise ValueError("should be a day like 2026-05-01")
    return value


Day = Annotated[date, BeforeValidator(_day)]
_DAY = re2.compile(r"^\d{4}-\d{2}-\d{2}$")


@reads(
    router,
    "/api/v1/metrics",
    operation_id="get_metrics",
    summary="Get the figures of some days",
    response_model=Dashboard,
    tags=["Service"],
    dependencies=[scope("metrics:read")],
    openapi_extra=described(400, 422),
)
def get_metrics(
    request: Request,
    site: Here,
    days: Annotated[
        int, Query(ge=1, le=LONGEST_PERIOD, description="How many days, up to `last`.")
    ] = 28,
    last: Annotated[
        Day | None, Query(description="The last day, in UTC. Left out, or a day to come: today.")
    ] = None,
    channel: Annotated[Channel | None, Query(description="Tickets of one channel only.")] = None,
    intent: Annotated[
        str | None,
        Query(
            max_length=LONGEST_INTENT,
            pattern=r"^[^\x00]*$",
            description="Tickets of one intent only; empty: of none that was recognised.",
        ),
    ] = None,
) -> Dashboard:
    """Return what the dashboard shows: volume, outcomes and why, cost, time, queue, alerts.

    What each person decided is for the console only: `reviewers` is empty.
    """
    site.reviews.entrance.admit()
    dashboards = dashboards_of(request)
    today = site.now().astimezone(UTC).date()
    end = max(_FIRST, min(last or today, today))
    period = period_of(today, days=days, last=end, channel=channel, intent=intent)
    board = dashboards.of(period, uncounted=dashboards.catch_up())
    return replace(board, reviewers=())


@reads(
    router,
    "/metrics",
    operation_id="scrape",
    summary="Get the figures for Prometheus",
    response_class=PlainTextResponse,
    response_description="Text exposition format 0.0.4.",
    responses=_TEXT,
    tags=["Service"],
    dependencies=[scope("metrics:read")],
    openapi_extra=described(),
)
def scrape(request: Request, site: Here) -> Response:
    """Return counters since the beginning, and how things stand now."""
    site.reviews.entrance.admit()
    dashboards = dashboards_of(request)
    text = dashboards.exposition(uncounted=dashboards.catch_up())
    return Response(text, media_type=CONTENT_TYPE)
