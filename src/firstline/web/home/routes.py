"""The first page, and the stream of changes."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from firstline.web.access.roles import needs, public
from firstline.web.live import events, stream
from firstline.web.pages import redirect
from firstline.web.site import Here

router = APIRouter(include_in_schema=False)
MOST_TOPICS = 8


@router.get("/", dependencies=[public])
def home() -> Response:
    """Go to where the work is."""
    return redirect("/review")


@router.get("/live", dependencies=[needs("agent")])
async def live(request: Request, site: Here, topics: str = "") -> Response:
    """Say when something that a page shows has changed."""
    wanted = frozenset(topics.split(",")[:MOST_TOPICS])
    if site.feed.is_full:
        raise HTTPException(503, "Too many pages are listening", {"Retry-After": "30"})
    return stream(events(site.feed, wanted, request))
