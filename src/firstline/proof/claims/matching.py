"""Does one value prove another? Equality of value and unit, and what a bound entails.

What evidence (rows) proves of what a reply says (columns), for one and the same number:

| evidence     | exact | at most | less than | at least | more than | about |
|--------------|-------|---------|-----------|----------|-----------|-------|
| exact        | yes   | yes     | no        | no       | no        | yes   |
| at most      | loose | yes     | no        | no       | no        | no    |
| less than    | no    | loose   | yes       | no       | no        | no    |
| at least     | loose | no      | no        | yes      | no        | no    |
| more than    | no    | no      | no        | loose    | yes       | no    |
| about        | loose | no      | no        | no       | no        | yes   |

A range is proven by the same range; "within 7 days" and "at least 5 days" by "5-7 days", but
neither end by itself, nor the range by one end. "Exact" does not prove "at least", though logic
would have it: "at least 10 GB" promises more than a document that says "10 GB". Widened and
narrowed limits are never proven. "Loose" means that the reply left something out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from firstline.proof.claims.claim import Claim
from firstline.proof.claims.days import day_of
from firstline.proof.claims.facts import CROWNS, DOLLARS

Omission = Literal["period", "unit", "currency", "bound", "hedge", "year", "zone", "month"]
"""What a reply leaves out, or evidence does: "per month", the noun counted, "A" of "A$",
"up to", "typically", the year, the time zone, "January" of "the 22nd"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How evidence fits what a reply says: the same value, but perhaps less precisely said."""

    left_out: tuple[Omission, ...] = ()
    """What the evidence says and the reply does not."""
    added: tuple[Omission, ...] = ()
    """What the reply says and the evidence does not: weaker than something left out."""

    @property
    def full(self) -> bool:
        """Whether nothing was left out and nothing added: the evidence proves the value."""
        return not self.left_out and not self.added


_FULL = Fit()
_EQUAL_OR_NOT = frozenset({"version", "url", "email"})


def supports(held: Claim, made: Claim) -> bool:
    """Return whether evidence that says `held` proves `made`, with nothing left out or added."""
    found = fit(held, made)
    return found is not None and found.full


def best_fit(made: Claim, held: Iterable[Claim]) -> tuple[int, Fit] | None:
    """Return the index of the held claim that fits best, and how; None where none fits.

    A fit that only leaves the period out is refused where the evidence has the same amount for
    another period as well: the reader could not tell which is meant.
    """
    best: tuple[int, Fit] | None = None
    units: set[str] = set()
    for index, claim in enumerate(held):
        found = fit(claim, made)
        if found is None:
            continue
        if found.full:
            return index, found
        units.add(claim.unit)
        if best is None or _looseness(found) < _looseness(best[1]):
            best = (index, found)
    if best is not None and "period" in best[1].left_out and len(units) > 1:
        return None
    return best


def _looseness(found: Fit) -> int:
    return len(found.left_out) + 3 * len(found.added)


def fit(held: Claim, made: Claim) -> Fit | None:
    """Return how `held` fits `made`; None when it does not prove it even loosely."""
    if made.kind in _EQUAL_OR_NOT or held.kind in _EQUAL_OR_NOT:
        same = held.kind == made.kind and held.key == made.key
        return _FULL if same else _version_fit(held, made)
    if "reference" in (made.kind, held.kind) or "phone" in (made.kind, held.kind):
        return _FULL if _same_reference(held, made) else None
    if made.low is None or held.low is None or made.high is None or held.high is None:
        return _FULL if _same_words(held, made) else None
    if made.kind == "date" or held.kind == "date":
        return _date_fit(held, made)
    unit = _unit_fit(held, made)
    bound = None if unit is None else _bound_fit(held, made)
    return None if unit is None or bound is None else _both(unit, bound)


def _both(one: Fit, other: Fit) -> Fit:
    if one is _FULL:
        return other
    if other is _FULL:
        return one
    return Fit(left_out=one.left_out + other.left_out, added=one.added + other.added)


def _version_fit(held: Claim, made: Claim) -> Fit | None:
    """Return the fit of "3.11" and "version 3.11", which are only different in what is said."""
    if {held.kind, made.kind} != {"version", "number"}:
        return None
    version, number = (held, made) if held.kind == "version" else (made, held)
    if version.key != str(number.low):
        return None
    return Fit(added=("unit",)) if made.kind == "version" else Fit(left_out=("unit",))


def _same_words(held: Claim, made: Claim) -> bool:
    return (held.kind, held.unit, held.key, held.low) == (made.kind, made.unit, made.key, made.low)


_SHORTEST_TAIL = 4
_SHORTEST_NATIONAL = 7


def _same_reference(held: Claim, made: Claim) -> bool:
    """Whether references are the same, or the reply's is the last part or digits of the other.

    "A gift card ending in 2309" is proven by `gift_card_5302309`, a national number by the
    international one.
    """
    one, other = _bare(held), _bare(made)
    if not one or not other:
        return False
    if one == other:
        return True
    phones = "phone" in (held.kind, made.kind)
    if phones:
        short, long = sorted((one.lstrip("+0"), other.lstrip("+0")), key=len)
        return len(short) >= _SHORTEST_NATIONAL and long.endswith(short)
    digits = other.isdigit() and len(other) >= _SHORTEST_TAIL
    return digits and len(one) > len(other) and one.endswith(other) and _is_tail(one, other)


def _is_tail(whole: str, tail: str) -> bool:
    """Whether the tail is a reference's last run of digits, or the last four of a long one."""
    before = whole[: -len(tail)]
    return len(tail) == _SHORTEST_TAIL or not before[-1].isdigit()


def _bare(claim: Claim) -> str:
    if claim.kind in ("reference", "phone"):
        return claim.key.replace("-", "").replace(" ", "")
    if claim.low is not None and claim.low == claim.high and claim.low == claim.low.to_integral():
        return str(int(claim.low))
    return ""


def _unit_fit(held: Claim, made: Claim) -> Fit | None:
    """Return how the units fit, None where they are different ones."""
    if held.kind == made.kind and held.unit == made.unit and held.kind != "money":
        return _FULL
    if "money" in (held.kind, made.kind):
        return _money_fit(held, made)
    if held.kind == "time" or made.kind == "time":
        return _zone_fit(held, made)
    if "percent" in (held.kind, made.kind) and held.kind == made.kind:
        return _rate_fit(held, made)
    if held.kind in ("number", "quantity") and held.key:
        return _field_fit(held, made)
    if made.kind == "number":
        return Fit(left_out=("unit",))
    if held.kind == "number":
        return Fit(added=("unit",))
    if held.kind == "quantity" and made.kind == "quantity":
        return _things_fit(held.unit, made.unit)
    return None


def _field_fit(held: Claim, made: Claim) -> Fit | None:
    """Return how a field's number fits: `seats.used: 12` is 12 seats."""
    if made.kind == "number":
        return _FULL
    if made.kind != "quantity":
        return Fit(added=("unit",)) if made.kind == "duration" else None
    noun = made.unit.partition("/")[0]
    return _FULL if noun in held.key.split() else Fit(added=("unit",))


_ANY_THING = frozenset(
    "component element part type kind way step reason stage phase category aspect factor".split()
)
"""Nouns that may stand for whatever was counted: three elements are three components."""


def _things_fit(held: str, made: str) -> Fit | None:
    """Return how counted things fit that are not the same: one may be counted per period."""
    thing, _, period = held.partition("/")
    other, _, other_period = made.partition("/")
    if thing != other and other not in _ANY_THING:
        return None
    if period and not other_period:
        return Fit(left_out=("period",))
    if other_period and not period:
        return Fit(added=("period",))
    return _FULL if period == other_period else None


def _rate_fit(held: Claim, made: Claim) -> Fit | None:
    if "point" in (held.unit, made.unit):
        return None
    if not made.unit:
        return Fit(left_out=("period",))
    return Fit(added=("period",)) if not held.unit else None


def _zone_fit(held: Claim, made: Claim) -> Fit | None:
    if held.kind != made.kind:
        return None
    if _is_same_zone(held.unit, made.unit):
        return _FULL
    if not made.unit:
        return Fit(left_out=("zone",))
    return Fit(added=("zone",)) if not held.unit else None


def _is_same_zone(zone: str, other: str) -> bool:
    """Whether one zone is the other without saying if it is summer: ET and EST."""
    short, long = sorted((zone, other), key=len)
    return bool(short) and len(long) == len(short) + 1 and long[:-2] + long[-1] == short


def _money_fit(held: Claim, made: Claim) -> Fit | None:
    if held.kind != made.kind:
        if held.kind == "number":
            return Fit(added=("currency",))
        return Fit(left_out=("currency",)) if made.kind == "number" else None
    currency, *periods = held.unit.split("/")
    other, *other_periods = made.unit.split("/")
    fitting = _FULL
    if currency != other and not _may_be(currency, held.key, other, made.key):
        return None
    if currency != other and currency:
        fitting = Fit(left_out=("currency",)) if made.key else Fit(added=("currency",))
    if periods == other_periods:
        return fitting
    if set(other_periods) < set(periods):
        return _both(fitting, Fit(left_out=("period",)))
    if set(periods) < set(other_periods):
        return _both(fitting, Fit(added=("period",)))
    return None


def _may_be(currency: str, key: str, other: str, other_key: str) -> bool:
    """Whether two currencies can be the same because only a shared sign names one of them."""
    if not currency or not other:
        return True
    for family, sign in ((DOLLARS, "$"), (CROWNS, "kr"), (frozenset({"JPY", "CNY"}), "¥")):
        if currency in family and other in family:
            return sign in (key, other_key)
    return False


def _bound_fit(held: Claim, made: Claim) -> Fit | None:
    """Return how the values and bounds fit; the table is this module's description."""
    fitting = _value_fit(held, made)
    if fitting is None:
        return None
    if held.key == "typically" and made.key != "typically" and made.bound != "about":
        return _both(fitting, Fit(left_out=("hedge",)))
    return fitting


_LOOSE = Fit(left_out=("bound",))
_ENTAILED: dict[tuple[str, str], Fit] = {
    ("exact", "at_most"): _FULL,
    ("exact", "about"): _FULL,
    ("at_most", "exact"): _LOOSE,
    ("less_than", "at_most"): _LOOSE,
    ("at_least", "exact"): _LOOSE,
    ("more_than", "at_least"): _LOOSE,
    ("about", "exact"): Fit(left_out=("hedge",)),
}


def _value_fit(held: Claim, made: Claim) -> Fit | None:
    if held.low == made.low and held.high == made.high:
        if held.bound == made.bound:
            return _FULL
        ranged = held.low != held.high
        if ranged and {held.bound, made.bound} == {"exact", "at_most"}:
            return _FULL  # "5-7 days" and "within 5-7 days" say the same
        return _ENTAILED.get((held.bound, made.bound))
    if held.low == held.high or made.low != made.high or held.bound not in ("exact", "at_most"):
        return None
    if made.bound == "at_most" and made.high == held.high:
        return _FULL
    if made.bound == "at_least" and made.low == held.low and held.bound == "exact":
        return _FULL
    return None


_DAY_UNITS = frozenset({"day", "yearless day"})


def _date_fit(held: Claim, made: Claim) -> Fit | None:
    """Return how dates fit: by day, month, quarter or year; a missing year is a loose fit."""
    if held.kind != made.kind:
        return _year_fit(held, made)
    if held.unit == made.unit:
        return _bound_fit(held, made)
    if {held.unit, made.unit} == _DAY_UNITS:
        same = _yearless(held) == _yearless(made)
        fitting = _bound_fit(held, _like(held, made)) if same else None
        if fitting is None or made.unit == "yearless day":
            return fitting  # people leave the year out of dates that are near
        return _both(fitting, Fit(added=("year",)))
    return _part_fit(held, made)


def _year_fit(held: Claim, made: Claim) -> Fit | None:
    """Return the fit of a bare number that is the year of the other: "2026", "in 2026"."""
    for one, other in ((held, made), (made, held)):
        if one.unit == "year" and other.kind == "number" and one.low is not None:
            same = other.low == Decimal(day_of(one.low).year)
            return Fit(left_out=("unit",)) if same else None
    return None


_COARSER = {("month", "day"), ("year", "day"), ("year", "month")}
"""What is part of what: "in 2006" is proven by "in May 2006"."""


def _part_fit(held: Claim, made: Claim) -> Fit | None:
    """Return the fit of a day, month or year that is part of what the evidence says."""
    if held.unit not in ("day", "month", "yearless day") or held.bound != made.bound:
        return None
    if held.low is None or (held.low != held.high and held.unit != "month"):
        return None
    parts = _parts(held)
    if made.unit == "day of month" and held.unit != "month":
        return Fit(left_out=("month",)) if made.low == made.high == parts[2] else None
    if made.unit == "yearless month":
        return Fit(left_out=("year",)) if made.low == made.high == parts[1] else None
    coarser = (made.unit, held.unit) in _COARSER
    if coarser and made.low and made.high and held.high:
        inside = made.low <= held.low <= held.high <= made.high
        return Fit(left_out=("month",)) if inside else None
    return None


def _parts(claim: Claim) -> tuple[Decimal, Decimal, Decimal]:
    low = claim.low or Decimal(1)
    if claim.unit == "yearless day":
        return Decimal(0), low // 100, low % 100
    day: date = day_of(low)
    return Decimal(day.year), Decimal(day.month), Decimal(day.day)


def _yearless(claim: Claim) -> tuple[Decimal, ...]:
    if claim.unit == "yearless day":
        return (claim.low or Decimal(0), claim.high or Decimal(0))
    days: Sequence[date] = (day_of(claim.low or Decimal(1)), day_of(claim.high or Decimal(1)))
    return tuple(Decimal(day.month * 100 + day.day) for day in days)


def _like(held: Claim, made: Claim) -> Claim:
    """Return what the reply says with the evidence's numbers, to compare bounds alone."""
    return Claim(
        kind="date",
        start=made.start,
        end=made.end,
        low=held.low,
        high=held.high,
        unit=held.unit,
        bound=made.bound,
        key=made.key,
    )
