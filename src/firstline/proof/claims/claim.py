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
    """One value: from `low` to `high` of a unit, and how the text bounds it."""

    kind: ClaimKind
    start: int
    """Offset into the text, in characters; the bounding words ("up to") are inside."""
    end: int
    low: Decimal | None = None
    """Numbers, in base units of the kind (bytes, seconds ...); dates as ordinals of days. None for kinds
    that are only equal or not."""
    high: Decimal | None = None
    """The same as `low` unless the text gives a range."""
    unit: str = ""
    """ISO 4217 for money, `business day`, `calendar month`, `byte`, `board` …; empty when bare."""
    bound: Bound = "exact"
    key: str = ""
    """The canonical spelling for kinds that are only equal or not: a URL, a reference, a version."""
