"""Days added to days: by the calendar, or by days on which people work."""

from __future__ import annotations

import calendar
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from decimal import Decimal

_SATURDAY = 5
_LONGEST = 1_000
"""Working days; and as many years for calendar arithmetic. Nobody promises more."""


def add_working_days(start: date, days: int, holidays: AbstractSet[date]) -> date | None:
    """Return the day that is `days` working days after `start`, which itself does not count.

    Saturdays, Sundays and `holidays` do not count either. None beyond four years.
    """
    if not 0 <= days <= _LONGEST or start.year > date.max.year - 10:
        return None
    day = start
    while days:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in holidays:
            days -= 1
    return day


def add_months(start: date, months: int) -> date | None:
    """Return the same day of a later month, or that month's last day where it has no such day."""
    count = start.year * 12 + start.month - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= date.max.year:
        return None
    month += 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def add_duration(
    start: date, length: Decimal, unit: str, holidays: AbstractSet[date]
) -> date | None:
    """Return the day a duration later, None where it is no number of whole days.

    Args:
        start: The day it begins.
        length: In the unit's base, as claims have it.
        unit: `second`, `month` or `business day`, as claims have it.
        holidays: Days on which nobody works, weekends apart.
    """
    if unit == "business day" and length == length.to_integral():
        return add_working_days(start, int(length), holidays)
    if unit == "month" and length == length.to_integral() and length <= 12 * _LONGEST:
        return add_months(start, int(length))
    days, rest = divmod(length, 86_400)
    if unit != "second" or rest or days > 366 * _LONGEST:
        return None
    try:
        return start + timedelta(days=int(days))
    except OverflowError:
        return None


def month_days(day: date) -> int:
    """Return how many days the month of a day has."""
    return calendar.monthrange(day.year, day.month)[1]
