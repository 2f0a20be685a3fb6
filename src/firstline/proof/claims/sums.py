"""Amounts worked out: sums, differences, price times count, percentages, parts of a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

from firstline.proof.claims.claim import Claim
from firstline.proof.claims.days import day_of
from firstline.proof.claims.matching import fit
from firstline.proof.claims.problem import Computation, Problem
from firstline.proof.claims.showing import shown
from firstline.proof.claims.working_days import month_days

_SUM = frozenset(
    "total totals totalling totaling together altogether all combined sum both comes adds overall"
    " including plus grand".split()
)
_DIFFERENCE = frozenset(
    "difference remaining remain remains left save saving saves cheaper balance still owe"
    " outstanding increase decrease short minus leaves leave free vacant unused spare".split()
)
_PERHAPS_DIFFERENCE = frozenset(
    "more less extra additional over higher lower after refund refunded back due pay".split()
)
"""Words that may speak of a difference: enough only where the reply names an input."""
_PRODUCT = frozenset("total each per times for altogether all comes overall combined x".split())
_PERCENT = frozenset(
    "percent discount off tax gst vat fee tip surcharge interest cashback back earn earned save"
    " total after including plus commission reduction points".split()
)
_PRORATED = frozenset(
    "prorated prorate proration pro unused remaining rest partial part credit credited".split()
)
_CENT = Decimal("0.01")
_MOST_NAMED = 12
_MOST_IN_RECORD = 24
_FEW = 6
"""So many amounts of one record may be combined in pairs without the reply naming one."""
_MOST_COUNT = 100_000


@dataclass(frozen=True, slots=True)
class _Part:
    """A value that may go into a computation."""

    value: Decimal
    claim: Claim
    index: int
    """Of the held claim; -1 for a value that only the reply states, before the made one."""
    named: bool


def amount_from(problem: Problem) -> Computation | None:
    """Return how an amount follows from others, None where it does not."""
    made = problem.made
    if made.low is None or made.low != made.high or made.low == 0:
        return None
    parts = _parts(problem)
    found: Computation | None = None
    # Two or more named one after another that give the very amount are no accident.
    if made.kind == "money" or problem.says(_SUM) or "+" in problem.text:
        found = _named_sum(problem, parts)
    if found is None and problem.says(_SUM):
        found = _pair(problem, parts, "+", few=_FEW)
    if found is None and problem.says(_DIFFERENCE | _PERHAPS_DIFFERENCE):
        found = _pair(problem, parts, "-", few=_FEW if problem.says(_DIFFERENCE) else 0)
    if found is not None:
        return found
    if made.kind == "money":
        return _price_of(problem, parts)
    return None


def _parts(problem: Problem) -> list[_Part]:
    """Return the held values of the made one's kind, each once a record."""
    seen: set[tuple[object, ...]] = set()
    alike: dict[tuple[str, ...], bool] = {}
    parts: list[_Part] = []
    for index, claim in enumerate(problem.held):
        if not claim.low or claim.low != claim.high:
            continue
        sort = (claim.kind, claim.unit, claim.key, claim.bound)
        if sort not in alike:
            alike[sort] = _alike(claim, problem.made)
        key = (claim.low, claim.unit, problem.records[index], claim.start, claim.kind)
        if alike[sort] and key not in seen:
            seen.add(key)
            parts.append(_Part(claim.low, claim, index, problem.is_named(claim)))
    held = {part.value for part in parts}
    for claim in problem.named:  # said before, so it is proven or refused by itself
        earlier = claim.end <= problem.made.start and claim.kind == problem.made.kind
        if earlier and claim.low and claim.low == claim.high and claim.low not in held:
            parts.append(_Part(claim.low, claim, -1, named=True))
    parts.sort(key=lambda part: not part.named)
    return parts


def _alike(held: Claim, made: Claim) -> bool:
    """Whether values can be added: of one kind, in one currency, for one period."""
    if made.kind == "money":
        probe = replace(made, low=held.low, high=held.high, bound=held.bound)
        how = fit(held, probe)
        return held.kind in ("money", "number") and how is not None and "period" not in how.added
    if held.kind == made.kind:
        return held.unit == made.unit
    if made.kind == "quantity" and held.kind == "number":
        return made.unit in held.key.split()
    return {held.kind, made.kind} <= {"number", "quantity"} and made.kind == "number"


def _named_sum(problem: Problem, parts: list[_Part]) -> Computation | None:
    """Return the made amount as the sum of two or more that the reply names one after another."""
    made = problem.made
    addends: list[_Part] = []
    for claim in problem.named:
        match = next((p for p in parts if p.value == claim.low), None)
        if match is not None and claim.kind == made.kind and claim.low == claim.high:
            addends.append(match)
    addends = addends[:_MOST_NAMED]
    for start in range(len(addends)):
        total = addends[start].value
        for end in range(start + 1, len(addends)):
            total += addends[end].value
            if total == made.low:
                return _sum(addends[start : end + 1], made)
    return None


def _indices(*parts: _Part) -> tuple[int, ...]:
    return tuple(part.index for part in parts if part.index >= 0)


def _sum(addends: list[_Part], made: Claim) -> Computation:
    formula = " + ".join(shown(part.claim) for part in addends)
    return Computation(formula=f"{formula} = {shown(made)}", inputs=_indices(*addends))


def _pair(problem: Problem, parts: list[_Part], sign: str, *, few: int) -> Computation | None:
    """Return the made amount as sum or difference of two of one record, or all of one as sum.

    One of the two is named in the reply, unless the record has no more than `few` amounts; of
    mere numbers both are, because chance finds a sum of numbers for anything.
    """
    made = problem.made
    least = 2 if made.kind == "number" else 1
    for group in _groups(problem, parts):
        only_two = len(group) == len(("whole", "part")) and made.kind == "quantity"
        is_small = len(group) <= few and (made.kind == "money" or (only_two and sign == "-"))
        if sign == "+" and is_small and len(group) > 1 and sum(p.value for p in group) == made.low:
            return _sum(group, made)
        for one, other in combinations(group[:_MOST_IN_RECORD], 2):
            if not (is_small or one.named + other.named >= least):
                continue
            if sign == "+" and one.value + other.value == made.low:
                return _sum([one, other], made)
            if sign == "-" and abs(one.value - other.value) == made.low:
                larger, smaller = (one, other) if one.value > other.value else (other, one)
                formula = f"{shown(larger.claim)} - {shown(smaller.claim)} = {shown(made)}"
                return Computation(formula=formula, inputs=_indices(larger, smaller))
    return None


def _groups(problem: Problem, parts: list[_Part]) -> Iterator[list[_Part]]:
    """Yield values that belong together: those the reply names, and those of each record."""
    named = [part for part in parts if part.named]
    if len(named) > 1:
        yield named
    records: dict[object, list[_Part]] = {}
    for part in parts:
        if part.index >= 0:
            records.setdefault(problem.records[part.index], []).append(part)
    stated = [part for part in parts if part.index < 0]
    for group in records.values():
        yield group + stated


def _price_of(problem: Problem, parts: list[_Part]) -> Computation | None:
    """Return the made price as price times count, a percentage, or part of a month's price."""
    if problem.says(_PRODUCT):
        found = _product(problem, parts)
        if found is not None:
            return found
    if problem.says(_PERCENT) or "%" in problem.text:
        found = _percentage(problem, parts)
        if found is not None:
            return found
    return _prorated(problem) if problem.says(_PRORATED) else None


def _product(problem: Problem, parts: list[_Part]) -> Computation | None:
    """Return a held price times a count that the reply names."""
    made = problem.made
    prices = [part for part in _priced(problem, parts) if part.named or len(parts) <= _FEW]
    for count in problem.named:
        if count.kind not in ("quantity", "number", "duration") or count.low != count.high:
            continue
        number = _count(count)
        if number is None or not 1 < number <= _MOST_COUNT:
            continue
        for price in prices:
            if price.value * number == made.low:
                formula = f"{shown(price.claim)} x {shown(count)} = {shown(made)}"
                return Computation(formula=formula, inputs=_indices(price))
    return None


def _priced(problem: Problem, parts: list[_Part]) -> list[_Part]:
    """Return the held prices, those for a period or a piece included."""
    known = {part.index for part in parts}
    currency = problem.made.unit.partition("/")[0]
    more = [
        _Part(claim.low, claim, index, problem.is_named(claim))
        for index, claim in enumerate(problem.held)
        if claim.kind == "money"
        and claim.low is not None
        and claim.low == claim.high
        and index not in known
        and claim.unit.partition("/")[0] == currency
    ]
    return parts + more


_PER_UNIT = {"second": 86_400, "month": 1, "business day": 1}


def _count(claim: Claim) -> Decimal | None:
    """Return how many a count is; durations in days or months."""
    if claim.low is None:
        return None
    if claim.kind == "duration":
        size = _PER_UNIT.get(claim.unit)
        return None if size is None else claim.low / size
    return claim.low if "/" not in claim.unit else None


def _percentage(problem: Problem, parts: list[_Part]) -> Computation | None:
    """Return a held or named percentage of a held amount, or the amount less or plus it."""
    made = problem.made
    rates = [(i, c) for i, c in enumerate(problem.held) if c.kind == "percent" and c.low == c.high]
    for rate_index, rate in rates:
        rate_named = problem.is_named(rate)
        for part in parts:
            if rate.low is None or not (part.named or (rate_named and len(parts) <= _FEW)):
                continue
            share = part.value * rate.low / 100
            for value, sign in (
                (share, "of"),
                (part.value - share, "off"),
                (part.value + share, "on"),
            ):
                if _cents(value) == made.low:
                    formula = f"{shown(rate)} {sign} {shown(part.claim)} = {shown(made)}"
                    return Computation(formula=formula, inputs=(rate_index, *_indices(part)))
    return None


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, rounding=ROUND_HALF_UP)


def _prorated(problem: Problem) -> Computation | None:
    """Return part of a monthly price: days of the month that the reply or the day names."""
    made = problem.made
    currency = made.unit.partition("/")[0]
    in_month = month_days(problem.today)
    days = {in_month - problem.today.day, in_month - problem.today.day + 1}
    lengths = {in_month}
    for claim in (*problem.named, *problem.held):
        if claim.kind == "duration" and claim.unit == "second" and claim.low == claim.high:
            days.add(int((claim.low or Decimal(0)) / 86_400))
        elif claim.unit == "day" and claim.kind == "date" and claim.low and claim.low == claim.high:
            lengths.add(month_days(day_of(claim.low)))
    for index, claim in enumerate(problem.held):
        if claim.kind != "money" or claim.low is None or claim.low != claim.high:
            continue
        if claim.unit != f"{currency}/month" and not problem.is_named(claim):
            continue
        for used in sorted(days):
            for length in sorted(lengths):
                if 0 < used < length and _cents(claim.low * used / length) == made.low:
                    formula = f"{shown(claim)} x {used} / {length} days = {shown(made)}"
                    return Computation(formula=formula, inputs=(index,))
    return None
