"""A typed claim: a value in a text, in a form that can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

ClaimKind = Literal[
    "money",
    "percent",
    "duration",
    "date",
    "time",
    "quantity",
    "number",
    "version",
    "reference",
    "url",
    "email",
    "phone",
]
Bound = Literal["exact", "at_most", "less_than", "at_least", "more_than", "about"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One value: from `low` to `high` of a unit, and how the text bounds it.

    Units, by kind:
        money: ISO 4217, then what it is paid for, sorted: `AUD/month`, `USD/member/month`;
            empty (or `/month`) where no currency is known, as in a field `price`.
        percent: empty, `point` for percentage points, `apy`, `apr`; `/month` may follow.
        duration: `second` (seconds to weeks, all in seconds), `month` (months to years, in
            months), `business day`, `business hour`.
        date: `day` (ordinals), `month`, `quarter`, `year` (ordinals of their first and last
            day), `yearless day` (month * 100 + day), `yearless month`, `weekday` (Monday is 0),
            `day of month`; `relative` where the day is not known (`key` has the words).
        time: the zone as written in capitals, or empty; minutes since midnight.
        quantity: `byte`, `metre`, `gram` …, otherwise the counted noun in the singular; `/day`
            may follow.
    """

    kind: ClaimKind
    start: int
    """Offset into the text, in characters; the bounding words ("up to") are inside."""
    end: int
    low: Decimal | None = None
    """Numbers, in base units of the kind (bytes, seconds ...); dates as ordinals of days. None
    for kinds that are only equal or not."""
    high: Decimal | None = None
    """The same as `low` unless the text gives a range."""
    unit: str = ""
    """ISO 4217 for money, `business day`, `month`, `byte`, `board` …; empty when bare."""
    bound: Bound = "exact"
    key: str = ""
    """The canonical spelling for kinds that are only equal or not: a URL, a reference, a version.
    For money `$`, `kr` … where only a sign that several currencies share names the currency;
    `typically` where a bounded value is hedged as well; for numbers of a field its path's words."""
