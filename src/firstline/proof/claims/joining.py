"""What neighbouring values are together: "1 hour 30 minutes", "12 of your 15 seats"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import re2

from firstline.proof.claims.claim import Claim
from firstline.proof.claims.patterns import CARRIED
from firstline.proof.claims.units import UNITS

_LONGEST_GAP = 40
_COMPOUND = re2.compile(rb"(?i)^,? ?(?:and )?$")
_RANGE = re2.compile(rb"(?i)^ ?(?:[\x1e-]|to|through|until|till|and) ?$")
_RANGED_KINDS = ("money", "percent", "duration", "quantity", "date", "time")


def joined(data: bytes, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the claims of a folded text with neighbours put together or sharing a unit."""
    done: list[Claim] = []
    for claim in claims:
        if done and 0 <= claim.start - done[-1].end <= _LONGEST_GAP:
            gap = data[done[-1].end : claim.start]
            together = _together(data, done[-1], claim, gap)
            if together is not None:
                done[-1] = together
                continue
            done[-1] = _carried(done[-1], claim, gap)
        done.append(claim)
    return tuple(done)


def _together(data: bytes, first: Claim, second: Claim, gap: bytes) -> Claim | None:
    """Return two claims as one: a sum of units, or a range; None where they are two."""
    if first.kind != second.kind or first.unit != second.unit or second.bound != "exact":
        return None
    if first.low is None or second.low is None or first.high is None or second.high is None:
        return None
    if first.low != first.high or len(gap) > len(" through "):
        return None
    if first.kind == "duration" and _is_smaller(data, first, second) and _COMPOUND.match(gap):
        total = first.low + second.low
        return replace(first, end=second.end, low=total, high=total)
    if first.kind not in _RANGED_KINDS or second.low < first.low or not _RANGE.match(gap):
        return None
    if first.kind == second.kind == "date" and first.unit == "day":
        return None  # each says its own year; both are compared by themselves
    before = data[max(0, first.start - 9) : first.start].lower().split()[-1:]
    word = gap.strip().lower()
    is_date = first.kind in ("date", "time")
    if (word == b"and" and before != [b"between"]) or (
        not is_date and before == [b"from"] and word != b"-"
    ):
        return None
    bound = "exact" if is_date and first.bound == "at_least" else first.bound
    return replace(first, end=second.end, high=second.high, bound=bound)


def _is_smaller(data: bytes, first: Claim, second: Claim) -> bool:
    """Whether a duration is less than one of the unit of the one before it ("1 h 30 min")."""
    words = data[first.start : first.end].replace(b"-", b" ").decode("ascii").lower().split()
    last = words[-1].lstrip("0123456789.,")
    unit = UNITS.get(last)
    return unit is not None and second.low is not None and second.low < unit.factor


def _carried(first: Claim, second: Claim, gap: bytes) -> Claim:
    """Return the first claim with the unit of the second where it has none of its own."""
    if first.kind != "number" or second.kind not in ("quantity", "duration", "percent"):
        return first
    if second.low is None or first.low is None or not CARRIED.match(gap):
        return first
    if second.kind == "quantity":
        return replace(first, kind="quantity", unit=second.unit)
    return first
