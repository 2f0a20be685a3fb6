"""What takes long to find out about a company's knowledge, kept for its pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from threading import Lock

from starlette.requests import Request

from firstline.desk import Desk
from firstline.desk.gaps import Gaps, find_gaps
from firstline.desk.recall import Recall, Recalls
from firstline.knowledge.lexicon import Stemmer
from firstline.store import TicketStore
from firstline.store.use_counts import SourceUse, UseCounts
from firstline.web.kept import Kept
from firstline.web.site import Site

TOPIC = "knowledge"
"""The topic of the change feed that tells pages that something was found out."""
USES_FRESH = 60.0
RECALLS_FRESH = 300.0
GAPS_FRESH = 3600.0
"""Seconds."""
PERIODS: Mapping[str, int | None] = {"30": 30, "90": 90, "365": 365, "all": None}
"""Days that gaps may be looked for in."""
PERIOD = "365"


class Views:
    """The values of one open company. Safe to use from several threads."""

    def __init__(self, desk: Desk, told: Callable[[], None], now: Callable[[], float]) -> None:
        self._desk = desk
        self.counts = UseCounts(desk.engine)
        self.recalls = Recalls(desk.opened, TicketStore(desk.engine))
        self.stemmer = Stemmer()
        self.uses: Kept[Mapping[str, SourceUse]] = Kept(
            "uses", self._uses, fresh=USES_FRESH, told=told, clock=now
        )
        self.changed: Kept[tuple[Recall, ...]] = Kept(
            "recalls", self.recalls.changed, fresh=RECALLS_FRESH, told=told, clock=now
        )
        self.gaps: Mapping[str, Kept[Gaps]] = {
            period: Kept("gaps", self._finder(days), fresh=GAPS_FRESH, told=told, clock=now)
            for period, days in PERIODS.items()
        }

    def _uses(self) -> Mapping[str, SourceUse]:
        self.recalls.catch_up()
        return self.counts.by_document()

    def _finder(self, days: int | None) -> Callable[[], Gaps]:
        def find() -> Gaps:
            opened = self._desk.opened
            since = None if days is None else opened.parts.now() - timedelta(days=days)
            return find_gaps(opened, self._desk.engine, since=since)

        return find


_MAKING = Lock()


def views_of(request: Request) -> Views:
    """Return the values of the company a request came to; they live as long as its server."""
    state = request.app.state
    with _MAKING:
        found: Views | None = getattr(state, "knowledge", None)
        if found is None:
            site: Site = state.site
            found = Views(site.desk, lambda: site.feed.changed(TOPIC), time.monotonic)
            state.knowledge = found
        return found
