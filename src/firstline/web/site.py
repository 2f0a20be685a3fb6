"""What every route works with. Made once when the server starts; nothing in it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from firstline.desk import Desk
from firstline.review.reviews import Reviews
from firstline.web.access.access import Access
from firstline.web.live import Feed
from firstline.web.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One company's desk on the web."""

    desk: Desk
    reviews: Reviews
    access: Access
    feed: Feed
    work: Work
    now: Callable[[], datetime]
    secure_cookies: bool
    """False only where the server is reached without TLS on this machine."""
    public_url: str = ""
    """Where customers reach it, for links in replies; empty: not set."""

    @property
    def company(self) -> str:
        """The company's name."""
        return self.desk.workspace.settings.company


def site_of(request: Request) -> Site:
    """Return the site a request came to."""
    site: Site = request.app.state.site
    return site


async def _here(request: Request) -> Site:
    """Return the site without a thread, which every plain function would be given."""
    return site_of(request)


Here = Annotated[Site, Depends(_here)]
"""The site, as a route's parameter."""
