"""By when: reading deadlines in sentences, and computing when they are.

A deadline counts from the moment of the message, in the company's timezone and business days.
"By Friday" and "within 2 business days" end when the company closes on that day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import re2

from firstline.proof.policy.evaluate import later
from firstline.workspace.policy_rules import BusinessHours
from firstline.workspace.policy_values import MONTHS, Span, Unit, month_number

Kind = Literal["span", "weekday", "day", "date", "week_end", "month_end", "unclear"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {
    **{
        word: at
        for at, word in enumerate("one two three four five six seven eight nine".split(), 1)
    },
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fourteen": 14,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty-eight": 48,
    "sixty": 60,
    "ninety": 90,
    "a couple of": 2,
    "a": 1,
    "an": 1,
    "the": 1,
    "a few": 3,
}
_NUMBER = r"\d{1,4}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True))
_UNITS: dict[str, Unit] = {
    "minute": "minute",
    "min": "minute",
    "hour": "hour",
    "hr": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year",
}
_UNIT = r"(?:(business|working|calendar)[\s-]+)?(minute|min|hour|hr|day|week|month|year)s?\b"
_LEAD = (
    r"(?:within|inside|in|after|under|less than|no (?:later|more) than|not (?:later|more) than"
    r"|at most|up to|at the latest|takes?|over|about)\s+(?:the\s+)?(?:next|coming|first|following"
    r"|about|around|approximately|roughly|at most|under|less than)?\s*"
)
_SPAN = re2.compile(
    rf"(?i)\b(?:{_LEAD})({_NUMBER})(?:\s*(?:-|–|to|or)\s*({_NUMBER}))?[\s-]+{_UNIT}"
    rf"|\b({_NUMBER})\s*(?:-|–|to|or)\s*({_NUMBER})[\s-]+{_UNIT}"
    rf"|\b({_NUMBER})[\s-]+{_UNIT}\s+(?:from now|at (?:the )?(?:latest|most)|or less|max)"
)
_NAMED_DAY = "|".join(WEEKDAYS)
_MONTH = "(" + "|".join(f"{name[:3]}(?:{name[3:]}|t)?" for name in MONTHS) + r")\b\.?"
_DAYS = re2.compile(
    r"(?i)\b(?P<tomorrow>tomorrow)\b"
    r"|\b(?P<now>immediately|right away|straight ?away|at once|right now|instantly|this instant)\b"
    r"|\b(?P<today>today|tonight|this (?:morning|afternoon|evening)|(?:the )?end of (?:the |this )?"
    r"(?:business )?day|close of business|\bEOD\b|\bCOB\b|the day is out)"
    r"|\b(?P<week>(?:by |before )?(?:the )?end of (?:the |this )?week|this week)\b"
    r"|\b(?P<next_week>(?:the )?(?:end of )?next week)\b"
    r"|\b(?P<month>(?:the )?end of (?:the |this )?month|this month)\b"
    rf"|\b(?:by|before|until|on|this|next|coming|come|for)\s+(?:(?:the\s+)?end\s+of\s+|close\s+of\s+"
    rf"business\s+|next\s+|this\s+|coming\s+)?(?:day\s+)?(?:on\s+)?(?P<weekday>{_NAMED_DAY})\b"
)
_DATES = re2.compile(
    r"(?i)\b(?P<iso>\d{4}-\d{2}-\d{2})\b"
    rf"|\b(?:the\s+)?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{_MONTH})(?:,?\s+(?P<y1>\d{{4}}))?"
    rf"|\b(?P<m2>{_MONTH})\s+(?:the\s+)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y2>\d{{4}}))?"
    r"|\b(?:by|before|on|until)\s+(?P<unclear>\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}\.\d{1,2}\.\d{2,4})\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By when, as a text says it."""

    kind: Kind
    text: str
    """The words, as written."""
    start: int
    """Offset into the text, in characters."""
    span: Span | None = None
    """For kind `span`: the longer end of a range."""
    days: int = 0
    """For kind `day`: 0 today, 1 tomorrow. For `weekday`: 0 is Monday. For `week_end`: weeks."""
    day: date | None = None
    """For kind `date`; the year 1 when it names none."""


def find_deadline(text: str) -> Deadline | None:
    """Return the first deadline a text names, None when it names none."""
    readers: tuple[Callable[[str], Deadline | None], ...] = (_span, _named, _date)
    found = [deadline for read in readers if (deadline := read(text)) is not None]
    return min(found, key=lambda item: item.start) if found else None


def _span(text: str) -> Deadline | None:
    match = _SPAN.search(text)
    if match is None:
        return None
    groups = match.groups()
    first, second, kind, word = next(
        (part for part in (groups[:4], groups[4:8], (groups[8], None, *groups[9:])) if part[-1]),
        groups[:4],
    )
    unit = _UNITS[word.lower()]
    if (kind or "").lower() in ("business", "working"):
        unit = "business hour" if unit == "hour" else "business day" if unit == "day" else unit
    count = max(_count(first), _count(second))
    return Deadline(kind="span", text=match.group(0), start=match.start(), span=Span(count, unit))


def _count(word: str | None) -> int:
    if not word:
        return 0
    return int(word) if word.isdecimal() else _NUMBERS.get(" ".join(word.lower().split()), 0)


def _named(text: str) -> Deadline | None:
    match = _DAYS.search(text)
    if match is None:
        return None
    kind, days, span = _meaning(str(match.lastgroup), match.group("weekday"))
    return Deadline(kind=kind, text=match.group(0), start=match.start(), days=days, span=span)


def _meaning(name: str, weekday: str | None) -> tuple[Kind, int, Span | None]:
    match name:
        case "now":
            return "span", 0, Span(0, "minute")
        case "tomorrow":
            return "day", 1, None
        case "today":
            return "day", 0, None
        case "week" | "next_week":
            return "week_end", int(name == "next_week"), None
        case "month":
            return "month_end", 0, None
        case _:
            return "weekday", WEEKDAYS.index((weekday or WEEKDAYS[0]).lower()), None


def _date(text: str) -> Deadline | None:
    match = _DATES.search(text)
    if match is None:
        return None
    day = None if match.group("unclear") else _day_of(match.groupdict())
    kind: Kind = "unclear" if day is None else "date"
    return Deadline(kind=kind, text=match.group(0), start=match.start(), day=day)


def _day_of(named: dict[str, str | None]) -> date | None:
    try:
        if named["iso"]:
            return date.fromisoformat(named["iso"])
        number = "1" if named["d1"] else "2"
        month = month_number(named[f"m{number}"] or "")
        return date(int(named[f"y{number}"] or 1), month, int(named[f"d{number}"] or 0))
    except ValueError:
        return None


def due_at(deadline: Deadline, since: datetime, zone: str, hours: BusinessHours) -> datetime | None:
    """Return when a deadline is, in UTC; None when its words do not say.

    Args:
        deadline: As read.
        since: When the promise was made; aware.
        zone: The company's timezone, as in `Australia/Sydney`.
        hours: Its business days and hours.
    """
    local = since.astimezone(ZoneInfo(zone))
    if deadline.kind == "span" and deadline.span is not None:
        return span_end(deadline.span, since, zone, hours)
    day = _last_day(deadline, local.date(), hours)
    return None if day is None else _end_of(day, local, hours)


def span_end(span: Span, since: datetime, zone: str, hours: BusinessHours) -> datetime:
    """Return when a span of time from a moment on ends, in UTC."""
    local = since.astimezone(ZoneInfo(zone))
    match span.unit:
        case "minute":
            return (since + timedelta(minutes=span.count)).astimezone(UTC)
        case "hour":
            return (since + timedelta(hours=span.count)).astimezone(UTC)
        case "business hour":
            return _business_hours(local, timedelta(hours=span.count), hours)
        case "business day":
            return _end_of(later(local.date(), span, hours), local, hours)
        case _:
            end = datetime.combine(later(local.date(), span, hours), local.timetz())
            return end.astimezone(UTC)


def _last_day(deadline: Deadline, today: date, hours: BusinessHours) -> date | None:
    match deadline.kind:
        case "day":
            return today + timedelta(days=deadline.days)
        case "weekday":
            return today + timedelta(days=(deadline.days - today.weekday()) % 7)
        case "week_end":
            return _week_end(today, deadline.days, hours)
        case "month_end":
            following = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
            return following - timedelta(days=1)
        case "date" if deadline.day is not None:
            return _coming(deadline.day, today)
        case _:
            return None


def _week_end(today: date, weeks: int, hours: BusinessHours) -> date:
    """Return the last working day of this week, or of one to come."""
    last = max(hours.weekdays, default=WEEKDAYS.index("friday"))
    ahead = last - today.weekday() if last >= today.weekday() else 0
    return today + timedelta(days=ahead + 7 * weeks)


def _coming(day: date, today: date) -> date:
    """Return a date; one without a year is the next of that name."""
    if day.year > 1:
        return day
    for year in range(today.year, today.year + 5):
        try:
            candidate = day.replace(year=year)
        except ValueError:  # 29 February
            continue
        if candidate >= today:
            return candidate
    return today


def _end_of(day: date, local: datetime, hours: BusinessHours) -> datetime:
    """Return when a day ends for customers: at closing time, unless that has passed already."""
    closing = datetime.combine(day, hours.closes, tzinfo=local.tzinfo)
    if not hours.is_open_on(day) or (day == local.date() and closing <= local):
        closing = datetime.combine(day, time(23, 59, 59), tzinfo=local.tzinfo)
    return closing.astimezone(UTC)


def _business_hours(local: datetime, left: timedelta, hours: BusinessHours) -> datetime:
    zone = local.tzinfo
    day = local.date()
    for _ in range(4_000):
        if hours.is_open_on(day):
            opening = max(local, datetime.combine(day, hours.opens, tzinfo=zone))
            closing = datetime.combine(day, hours.closes, tzinfo=zone)
            if opening + left <= closing:
                return (opening + left).astimezone(UTC)
            left -= max(closing - opening, timedelta())
        if day == date.max:
            break
        day += timedelta(days=1)
    return datetime.combine(day, hours.closes, tzinfo=zone).astimezone(UTC)
