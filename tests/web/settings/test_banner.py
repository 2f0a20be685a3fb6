"""What stands above every page."""

from __future__ import annotations

from datetime import UTC, datetime

from firstline.pipeline.release import Release, Stopped, Trip
from firstline.web.settings.banner import LONGEST, banner

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_nothing_stands_there_while_all_is_well() -> None:
    """A release without trouble has no banner."""
    assert banner(Release()) is None


def test_a_stop_says_who_when_and_why() -> None:
    """However long the reason, the banner is short."""
    stopped = Stopped(since=AT, by="ana@a.example", why="wrong " * 100)
    shown = banner(Release(stopped=stopped))
    assert shown is not None
    assert shown.tone == "bad"
    assert "on 2026-05-04 12:00 UTC by ana@a.example: wrong" in shown.text
    assert len(shown.text) < LONGEST + 160


def test_trips_are_named() -> None:
    """A few are named, the others counted; a stop beats them."""
    trips = tuple(Trip(scope=name, since=AT, why="x") for name in ("*", "a", "b", "c", "d"))
    shown = banner(Release(trips=trips))
    assert shown is not None
    assert "everything, a, b and 2 more" in shown.text


def test_what_cannot_be_read_is_said_first() -> None:
    """Nothing goes out then, and the log says why."""
    shown = banner(Release(unreadable="OperationalError at x"))
    assert shown is not None
    assert "cannot be read" in shown.text
