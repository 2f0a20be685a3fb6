"""Dates and times of day: the spellings, and what they are as numbers."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from firstline.proof.claims.facts import Facts

_MONTH_NAMES = (
    "january february march april may june july august september october november december"
).split()
MONTHS = (
    {name: index for index, name in enumerate(_MONTH_NAMES, 1)}
    | {name[:3]: index for index, name in enumerate(_MONTH_NAMES, 1)}
    | {"sept": 9}
)
_WEEKDAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday".split()
WEEKDAYS = (
    {name: index for index, name in enumerate(_WEEKDAY_NAMES)}
    | {name + "s": index for index, name in enumerate(_WEEKDAY_NAMES)}
    | {name[:3]: index for index, name in enumerate(_WEEKDAY_NAMES)}
    | {"tues": 1, "thur": 3, "thurs": 3}
)
MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
WEEKDAY = "(?:" + "|".join(sorted(WEEKDAYS, key=len, reverse=True)) + r")\b"
_ORDINAL = "(?:st|nd|rd|th)?"
_TO = "(?: ?[\x1e-] ?| to | through | and | until | or )"
ZONE = (
    r"(?:(?:UTC|GMT|BST|CET|CEST|EST|EDT|ET|CST|CDT|CT|MST|MDT|MT|PST|PDT|PT|AEST|AEDT|AET|ACST"
    r"|ACDT|(?:eastern|central|mountain|pacific)(?: (?:standard|daylight))?(?: time)?"
    r"|AWST|NZST|NZDT|IST|JST|SGT|HKT|Z)\b(?:[+-]\d{1,2}(?::?\d{2})?)?)"
)
_CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})?"
_HALF = r" ?([ap]\.?m\b\.?)"

_DAY_MONTH = (
    rf"(\d{{1,2}}){_ORDINAL}\b(?:{_TO}(\d{{1,2}}){_ORDINAL}\b)?[ -]?(?:day )?(?:of )?({MONTH})"
    r"(?:,? ?-?(\d{4})\b)?"
)
_MONTH_DAY = (
    rf"({MONTH})[ -]{{0,2}}(?:the )?(\d{{1,2}}){_ORDINAL}\b"
    rf"(?:{_TO}(?:({MONTH}) ?)?(\d{{1,2}}){_ORDINAL}\b)?(?:(?:,? {{1,3}}|, ?)(\d{{4}})\b)?"
)
_HOURS = (
    rf"(?i:{_CLOCK}(?:{_HALF})?(?: ?({ZONE}))?{_TO}{_CLOCK}{_HALF}"
    rf"|(\d{{1,2}}):(\d{{2}})(?: ?({ZONE}))?{_TO}(\d{{1,2}}):(\d{{2}}))(?: ?({ZONE}))?"
)
_TIME = (
    rf"(?:{_CLOCK}{_HALF}|([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d(?:\.\d{{1,9}})?)?)"
    rf"(?: ?({ZONE}))?"
)
SHAPES = (
    ("iso", r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    ("ymd", r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})\b"),
    ("numeric", r"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2})\b"),
    ("day_month", _DAY_MONTH),
    ("month_day", _MONTH_DAY),
    ("month_year", rf"({MONTH})(?: of)?,?[ -](\d{{4}})\b"),
    (
        "named_quarter",
        r"(?:(first|1st)|(second|2nd)|(third|3rd)|(fourth|4th|last)) quarter(?: of)? (\d{4})\b",
    ),
    ("quarter", r"q([1-4])(?: ?(?:of )?'?(\d{4}|\d{2}))?\b"),
    ("hours", _HOURS),
    ("clock", _TIME),
    ("day_of_month", r"(\d{1,2})(?:st|nd|rd|th)\b"),
)
"""Patterns of dates and times of day in the order they are tried, each with its name. To be
compiled without regard to case."""


@dataclass(frozen=True, slots=True)
class Span:
    """A date or a time of day as numbers; see `Claim` for the units."""

    low: Decimal
    high: Decimal
    unit: str
    kind: str = "date"


def ordinal(day: date) -> Decimal:
    """Return a day as the number that claims hold."""
    return Decimal(day.toordinal())


def day_of(value: Decimal) -> date:
    """Return the day that a claim of unit `day` holds."""
    return date.fromordinal(int(value))


def _date(year: int, month: int, day: int) -> date | None:
    if 1 <= month <= len(_MONTH_NAMES) and 1 <= year <= date.max.year and day >= 1:
        return date(year, month, day) if day <= calendar.monthrange(year, month)[1] else None
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == len("2025") else 2000 + year


def read_iso(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return 2025-01-22; groups: year, month, day."""
    del facts
    year, month, day = (int(group or 0) for group in groups[:3])
    found = _date(year, month, day)
    return Span(ordinal(found), ordinal(found), "day") if found else None


def read_numeric(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return 03/04/2026 as the company writes it; groups: number, separator, number, year."""
    first, separator, second, year = (group or "" for group in groups[:4])
    if separator != "/" and len(year) != len("2025"):
        return None
    day, month = int(first), int(second)
    if not facts.day_first and separator == "/":
        day, month = month, day
    if month > len(_MONTH_NAMES):
        day, month = month, day
    found = _date(_full_year(year), month, day)
    return Span(ordinal(found), ordinal(found), "day") if found else None


def read_day_month(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "22-24 January 2025"; groups: day, last day, month, year."""
    del facts
    day, last, month, year = groups[:4]
    number = _month(month)
    return _days(year, (number, int(day or 0)), (number, int(last or day or 0)))


def read_month_day(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "May 15 to May 20, 2024"; groups: month, day, last month, last day, year."""
    del facts
    month, day, last_month, last, year = groups[:5]
    start = (_month(month), int(day or 0))
    return _days(year, start, (_month(last_month or month), int(last or day or 0)))


def _month(name: str | None) -> int:
    return MONTHS[(name or "").lower().rstrip(".")]


def _days(year: str | None, start: tuple[int, int], end: tuple[int, int]) -> Span | None:
    if year:
        first, last = _date(int(year), *start), _date(int(year), *end)
        if first is None or last is None or last < first:
            return None
        return Span(ordinal(first), ordinal(last), "day")
    leap = 2024
    if _date(leap, *start) is None or _date(leap, *end) is None:
        return None
    low, high = (Decimal(month * 100 + day) for month, day in (start, end))
    return Span(low, high, "yearless day") if low <= high else None


def read_month_year(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "March 2026"; groups: month, year."""
    del facts
    return month_span(int(groups[1] or 0), _month(groups[0]))


def month_span(year: int, first: int, last: int = 0, unit: str = "month") -> Span | None:
    """Return from the first day of a month to the last day of another."""
    last = last or first
    start = _date(year, first, 1)
    if start is None:
        return None
    end = date(year, last, calendar.monthrange(year, last)[1])
    return Span(ordinal(start), ordinal(end), unit)


def read_quarter(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "Q1 2026"; groups: quarter, year."""
    del facts
    quarter = int(groups[0] or 0)
    if not groups[1]:
        return Span(Decimal(quarter), Decimal(quarter), "yearless quarter")
    return month_span(_full_year(groups[1]), 3 * quarter - 2, 3 * quarter, "quarter")


def read_named_quarter(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "the first quarter of 2026"; groups: one a quarter, then the year."""
    del facts
    quarter = next(index for index, group in enumerate(groups, 1) if group)
    return month_span(int(groups[-1] or 0), 3 * quarter - 2, 3 * quarter, "quarter")


def read_day_of_month(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "the 22nd"; groups: day."""
    del facts
    value = Decimal(int(groups[0] or 0))
    return Span(value, value, "day of month")


_NOON = 12
_HOUR = 60


def _minutes(hour: str | None, minute: str | None, half: str | None) -> Decimal | None:
    hours, minutes = int(hour or 0), int(minute or 0)
    if half:
        if not 1 <= hours <= _NOON:
            return None
        hours = hours % _NOON + (_NOON if half.lower().startswith("p") else 0)
    valid = hours * _HOUR + minutes <= 2 * _NOON * _HOUR and minutes < _HOUR
    return Decimal(hours * _HOUR + minutes) if valid else None


_SPELT = {"EASTERN": "E", "CENTRAL": "C", "MOUNTAIN": "M", "PACIFIC": "P"}


def _zone(*zones: str | None) -> str:
    zone = next((zone.upper() for zone in zones if zone), "")
    words = zone.split()
    if words and words[0] in _SPELT:
        season = next((word[0] for word in words if word in ("STANDARD", "DAYLIGHT")), "")
        return f"{_SPELT[words[0]]}{season}T"
    return "UTC" + zone[3:] if zone[:3] in ("GMT", "UTC") else {"Z": "UTC"}.get(zone, zone)


def read_clock(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "5:30 pm AEST" or "17:30"; groups: hour, minute, half, hour, minute, zone."""
    del facts
    hour, minute, half, hour24, minute24, zone = groups[:6]
    value = _minutes(hour or hour24, minute or minute24, half)
    return Span(value, value, _zone(zone), "time") if value is not None else None


def read_hours(groups: tuple[str | None, ...], facts: Facts) -> Span | None:
    """Return "9 am to 5 pm AEST"; groups: see the shape."""
    del facts
    hour, minute, half, zone, hour2, minute2, half2, a, b, zone2, c, d, last = groups[:13]
    if half2:
        start = _minutes(hour, minute, half or half2)
        end = _minutes(hour2, minute2, half2)
        if start is not None and end is not None and start > end and not half:
            start = _minutes(hour, minute, "am")
    else:
        start, end = _minutes(a, b, None), _minutes(c, d, None)
    if start is None or end is None:
        return None
    if end < start:  # until after midnight
        end += 2 * _NOON * _HOUR
    return Span(start, end, _zone(zone, zone2, last), "time")


READERS = {
    "iso": read_iso,
    "ymd": read_iso,
    "numeric": read_numeric,
    "day_month": read_day_month,
    "month_day": read_month_day,
    "month_year": read_month_year,
    "named_quarter": read_named_quarter,
    "quarter": read_quarter,
    "hours": read_hours,
    "clock": read_clock,
    "day_of_month": read_day_of_month,
}
"""What reads each of `SHAPES`; None where the numbers are no date (32/13/2025)."""

RELATIVE: Mapping[str, int] = {
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "the day after tomorrow": 2,
    "the day before yesterday": -2,
}


def relative_span(words: str, today: date | None) -> Span | None:
    """Return the days that "tomorrow", "next Monday" or "this week" are.

    "Next Friday", said on a Wednesday, is two days: it is returned as the range of both. None
    when today is not known, or the words name nothing definite.
    """
    if today is None:
        return None
    words = " ".join(words.lower().split())
    if words in RELATIVE:
        day = ordinal(today + timedelta(days=RELATIVE[words]))
        return Span(day, day, "day")
    which, _, what = words.rpartition(" ")
    if what in WEEKDAYS:
        return _next_weekday(which, WEEKDAYS[what], today)
    return _period(which, what, today)


def _next_weekday(which: str, weekday: int, today: date) -> Span:
    ahead = (weekday - today.weekday()) % 7 or 7
    if which == "last":
        day = ordinal(today - timedelta(days=(today.weekday() - weekday) % 7 or 7))
        return Span(day, day, "day")
    coming = today + timedelta(days=ahead)
    of_next_week = today + timedelta(days=7 - today.weekday() + weekday)
    last = of_next_week if which == "next" else coming
    return Span(ordinal(coming), ordinal(last), "day")


def _period(which: str, what: str, today: date) -> Span | None:
    step = {"this": 0, "next": 1, "last": -1}.get(which)
    if step is None:
        return None
    if what == "week":
        monday = today + timedelta(days=7 * step - today.weekday())
        return Span(ordinal(monday), ordinal(monday + timedelta(days=6)), "week")
    if what == "month":
        months = today.year * 12 + today.month - 1 + step
        return month_span(months // 12, months % 12 + 1)
    if what == "year":
        return month_span(today.year + step, 1, 12, "year")
    return None
