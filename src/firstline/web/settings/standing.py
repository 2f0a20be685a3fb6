"""What takes long to find out for the settings, kept for their pages."""

from __future__ import annotations

import time
from datetime import UTC
from threading import Lock

from starlette.requests import Request

from firstline.desk import Desk
from firstline.desk.basis import current_basis, score_in_use
from firstline.store.certificates import CertificateBook
from firstline.store.spend_report import SpendReport, Spent
from firstline.trust.certificate import Basis
from firstline.web.kept import Kept
from firstline.web.settings.overview import Overview, overview
from firstline.web.site import Site

FRESH = 60.0
"""Seconds."""
TOPIC = "settings"


class Standing:
    """The values of one open company. Safe to use from several threads."""

    def __init__(self, site: Site) -> None:
        desk = site.desk

        def told() -> None:
            site.feed.changed(TOPIC)

        def look() -> Overview:
            return overview(desk, site.now())

        def basis() -> Basis:
            return basis_of(desk)

        def groups() -> tuple[tuple[str, tuple[Spent, ...]], ...]:
            first = site.now().astimezone(UTC).date().replace(day=1).isoformat()
            report = SpendReport(desk.engine)
            return (
                ("What for", report.by("purpose", first)),
                ("Model", report.by("model", first)),
                ("Intent", report.by("intent", first)),
            )

        self.overview: Kept[Overview] = Kept(
            "overview", look, fresh=FRESH, told=told, clock=time.monotonic
        )
        self.basis: Kept[Basis] = Kept("basis", basis, fresh=FRESH, told=told, clock=time.monotonic)
        self.groups: Kept[tuple[tuple[str, tuple[Spent, ...]], ...]] = Kept(
            "spending", groups, fresh=FRESH, told=told, clock=time.monotonic
        )
        """What money went to this month."""


def basis_of(desk: Desk) -> Basis:
    """Return what is in use now.

    Raises:
        SetupError: A model that the company names cannot be used.
    """
    opened = desk.opened
    return current_basis(
        desk.workspace,
        opened.parts.knowledge,
        encoder=None if opened.encoder is None else opened.encoder.name,
        score=score_in_use(CertificateBook(desk.engine)),
        today=opened.parts.now().date(),
        with_models=opened.parts.models is not None,
    )


_MAKING = Lock()


def standing_of(request: Request) -> Standing:
    """Return the values of the company a request came to; they live as long as its server."""
    state = request.app.state
    with _MAKING:
        found: Standing | None = getattr(state, "standing", None)
        if found is None:
            found = state.standing = Standing(state.site)
        return found
