"""What the address of the dashboard asks for: days, a channel, an intent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, get_args
from urllib.parse import urlencode

from firstline.desk.dashboard import DAYS, period_of
from firstline.errors import InputError
from firstline.records import Channel
from firstline.store.metric_records import Period

RANGES: Final = (7, 28, 90)
UNKNOWN: Final = "-"
"""In the address: tickets whose intent was not recognised."""
CHANNELS: Final[tuple[str, ...]] = get_args(Channel)
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for, and how to ask for something else."""

    period: Period
    days: int | None
    """Of the ranges; None: own dates."""

    def query(self, **changes: str | int | None) -> str:
        """Return the query of an address with some of it changed; None takes something out."""
        period = self.period
        intent = UNKNOWN if period.intent == "" else period.intent
        values: dict[str, str | int | None] = {"channel": period.channel, "intent": intent}
        if self.days is None:
            values |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
        elif self.days != DAYS:
            values["range"] = self.days
        values |= changes
        return urlencode({name: value for name, value in values.items() if value is not None})

    def range_query(self, days: int) -> str:
        """Return the query for the last so many days, everything else as it is."""
        changes: dict[str, str | int | None] = {"from": None, "to": None}
        return self.query(**changes, range=days)

    def days_query(self, first: date, last: date) -> str:
        """Return the query for some days, everything else as it is."""
        own: dict[str, str | int | None] = {"from": first.isoformat(), "to": last.isoformat()}
        return self.query(**own, range=None)


def asked(
    today: date,
    *,
    days: str = "",
    first: str = "",
    last: str = "",
    channel: str = "",
    intent: str = "",
) -> Asked:
    """Return what an address asks for; what is empty is not asked for.

    Raises:
        InputError: A day, range or channel cannot be, or the period is too long.
    """
    chosen = _range(days) if days and not (first or last) else None
    own = bool(first or last)
    if channel and channel not in CHANNELS:
        raise InputError(f"there is no channel {channel[:_LONGEST]!r}", fix=", ".join(CHANNELS))
    if len(intent) > _LONGEST or "\x00" in intent:
        raise InputError("no intent has such a name", fix="Choose one of the list")
    period = period_of(
        today,
        days=chosen,
        first=_day(first) if first else None,
        last=_day(last) if last else None,
        channel=channel or None,
        intent={"": None, UNKNOWN: ""}.get(intent, intent),
    )
    return Asked(period=period, days=None if own else chosen or DAYS)


def _range(written: str) -> int:
    for known in RANGES:
        if written == str(known):
            return known
    raise InputError(
        f"there is no range of {written[:_LONGEST]!r} days",
        fix=f"Choose {', '.join(map(str, RANGES))}, or give days of your own as from and to",
    )


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise InputError(
            f"{written[:_LONGEST]!r} is no day", fix="Write days as 2026-11-23"
        ) from error
