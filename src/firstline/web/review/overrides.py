"""For leads: which checks people overruled, and why."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from firstline.store.review_lists import overrides
from firstline.web.access.roles import needs
from firstline.web.pages import page
from firstline.web.review.wording import done_words
from firstline.web.site import Here

router = APIRouter()
PERIOD: Final = timedelta(days=30)


@router.get("/overrides", dependencies=[needs("lead")])
def overruled(request: Request, site: Here) -> Response:
    """Show the decisions of the last days that overruled a check."""
    with site.desk.engine.connect() as connection:
        found = overrides(connection, site.now() - PERIOD)
    return page(
        request,
        "review/overrides.html",
        days=PERIOD.days,
        rows=[(made, done_words(made)) for made in found],
        counts=Counter(name for made in found for name in made.overridden).most_common(),
    )
