"""The dashboards of a site: opened at the first look, and the same for the page and the API."""

from __future__ import annotations

from threading import Lock

from starlette.requests import Request

from firstline.desk.dashboard import Dashboards
from firstline.web.site import site_of

KEEP = 10.0
"""Seconds for which a page shows the same figures; it says when they were read."""
_lock = Lock()


def dashboards_of(request: Request) -> Dashboards:
    """Return the figures of the site a request came to; they count up in the background."""
    state = request.app.state
    with _lock:
        found: Dashboards | None = getattr(state, "dashboards", None)
        if found is None:
            site = site_of(request)
            found = state.dashboards = Dashboards(
                site.desk.engine,
                site.desk.workspace,
                release=site.desk.opened.parts.release,
                now=site.now,
                admit=site.reviews.entrance.admit,
                keep=KEEP,
            )
    return found
