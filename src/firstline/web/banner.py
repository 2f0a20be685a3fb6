"""The banner on every page while something holds for all of them, such as a stopped service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstline.web.settings.banner import Banner, banner

if TYPE_CHECKING:
    from firstline.web.site import Site

__all__ = ["Banner", "banner_of"]


def banner_of(site: Site) -> Banner | None:
    """Return what is to be said above every page, or None."""
    return banner(site.desk.opened.parts.release())
