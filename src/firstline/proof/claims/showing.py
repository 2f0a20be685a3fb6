"""Claims as people write them, for formulas and findings."""

from __future__ import annotations

from decimal import Decimal

from firstline.proof.claims.claim import Claim
from firstline.proof.claims.days import day_of


def shown_day(value: Decimal) -> str:
    """Return an ordinal as "15 Jan 2025"."""
    day = day_of(value)
    return f"{day.day} {day:%b} {day.year}"


def shown(claim: Claim) -> str:
    """Return a claim's value: "USD 99 per month", "5 to 7 business days", "22 to 24 Jan 2025"."""
    if claim.low is None or claim.high is None:
        return claim.key
    if claim.kind == "date" and claim.unit in ("day", "month", "quarter", "year", "week"):
        low, high = shown_day(claim.low), shown_day(claim.high)
        return low if low == high else f"{low} to {high}"
    unit, first, last = claim.unit, claim.low, claim.high
    for base, size, name in _LARGER:
        if unit == base and not first % size and not last % size:
            unit, first, last = name, first / size, last / size
            break
    numbers = _number(first) if first == last else f"{_number(first)} to {_number(last)}"
    if claim.kind == "money":
        currency, *periods = unit.split("/")
        return " ".join((currency, numbers, *(f"per {period}" for period in periods))).strip()
    if claim.kind == "percent":
        return f"{numbers} %"
    plural = "s" if unit and last != 1 and not unit.endswith("s") and "/" not in unit else ""
    return f"{numbers} {unit}{plural}".strip()


_LARGER: tuple[tuple[str, int, str], ...] = (
    ("second", 86_400, "day"),
    ("second", 3600, "hour"),
    ("second", 60, "minute"),
    ("month", 12, "year"),
    ("byte", 10**12, "TB"),
    ("byte", 10**9, "GB"),
    ("byte", 10**6, "MB"),
    ("byte", 10**3, "kB"),
)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
