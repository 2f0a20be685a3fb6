"""What stands above every page: that nothing goes out by itself, and why."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.pipeline.release import Release
from firstline.store.autonomy import EVERYTHING

LINK = "/settings/autonomy"
LONGEST = 160
"""Characters of a reason that are shown."""
NAMED = 3
"""Tripped scopes that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What holds for every page."""

    text: str
    tone: str
    link: str = ""


def banner(release: Release) -> Banner | None:
    """Return what is to be said of the release above every page, or None. Pure.

    Args:
        release: What may go out at this moment.
    """
    if release.unreadable:
        text = "What may be sent by itself cannot be read, so nothing is. See the server's log."
        return Banner(text=text, tone="bad", link=LINK)
    stopped = release.stopped
    if stopped is not None:
        why = f": {_short(stopped.why)}" if stopped.why else ""
        text = (
            f"Automatic sending was stopped on {stopped.since:%Y-%m-%d %H:%M} UTC by "
            f"{stopped.by}{why}. A person approves everything."
        )
        return Banner(text=text, tone="bad", link=LINK)
    if release.trips:
        names = ", ".join(_name(trip.scope) for trip in release.trips[:NAMED])
        more = len(release.trips) - NAMED
        names += f" and {more} more" if more > 0 else ""
        text = f"A watch has taken autonomy away: {names}. A person approves these."
        return Banner(text=text, tone="warn", link=f"{LINK}#trips")
    return None


def _name(scope: str) -> str:
    return "everything" if scope == EVERYTHING else scope


def _short(text: str) -> str:
    flat = " ".join(text.split()).rstrip(".")
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1].rstrip() + "…"
