"""Opening the site of a company: its stores, its people, its feed of changes."""

from __future__ import annotations

import os

from firstline.desk import Desk
from firstline.review.reviews import Reviews
from firstline.store.marks import Marks
from firstline.web.access.access import Access
from firstline.web.access.sign_on import open_sign_on
from firstline.web.live import Feed
from firstline.web.site import Site
from firstline.web.work import NoWork, Work


def open_site(
    desk: Desk, *, work: Work | None = None, public_url: str = "", secure: bool = False
) -> Site:
    """Return what the routes of a company's site work with.

    Args:
        desk: The company, open.
        work: What takes accepted tickets; None: the next worker that looks finds them.
        public_url: Where customers reach the server, for links in replies.
        secure: Whether cookies are sent through TLS only.
    """
    now = desk.opened.parts.now
    return Site(
        desk=desk,
        reviews=Reviews(desk.workspace, desk.engine, now=now),
        access=Access(
            desk.engine,
            company=desk.workspace.settings.company,
            now=now,
            sign_on=open_sign_on(os.environ),
        ),
        feed=Feed(Marks(desk.engine)),
        work=work or NoWork(),
        now=now,
        secure_cookies=secure,
        public_url=public_url.rstrip("/"),
    )
