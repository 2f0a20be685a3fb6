"""Times until which a ticket may be put off, in the company's time zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from firstline.errors import InputError

MORNING: Final = time(9)
LONGEST: Final = timedelta(days=366)
_MONDAY = 0


def choices(now: datetime, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return times to choose from, each as a form sends it and as people say it."""
    here = now.astimezone(zone)
    tomorrow = datetime.combine(here.date() + timedelta(days=1), MORNING, zone)
    days = (_MONDAY - here.weekday()) % 7 or 7
    monday = datetime.combine(here.date() + timedelta(days=days), MORNING, zone)
    found = [
        (now + timedelta(hours=1), "In 1 hour"),
        (now + timedelta(hours=4), "In 4 hours"),
        (tomorrow, "Tomorrow 9:00"),
    ]
    if monday != tomorrow:
        found.append((monday, "Monday 9:00"))
    return tuple((_sent(moment), words) for moment, words in found)


def chosen(written: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the time a form names, in UTC; one without an offset is the company's.

    Raises:
        InputError: It is no time, or too far away.
    """
    try:
        moment = datetime.fromisoformat(written.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError("that is no time", fix="Choose a day and an hour") from error
    if moment > now + LONGEST:
        raise InputError("that is more than a year away", fix="Choose an earlier time")
    return moment


def _sent(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="minutes")
