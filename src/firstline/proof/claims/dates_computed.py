"""Dates and lengths of time worked out: deadlines, weekdays, days apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from firstline.proof.claims.claim import Claim
from firstline.proof.claims.days import day_of, ordinal
from firstline.proof.claims.matching import fit
from firstline.proof.claims.problem import Computation, Problem
from firstline.proof.claims.showing import shown, shown_day
from firstline.proof.claims.working_days import add_duration

_FEW = 3
"""So many dates and durations may be combined without the reply naming one of them."""
_MOST = 60
_TODAY = -1
_DAY = 86_400
_DEADLINES = frozenset(
    "deadline expire expires expired expiring end ends ending ended last latest until due close"
    " closes closing".split()
)
_APART = frozenset("apart between difference separate separated separates later earlier".split())
_FROM_TODAY = frozenset("ago left remaining until since in".split())
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def weekday_of(problem: Problem) -> Computation | None:
    """Return that a weekday is right for the date it stands beside in the reply."""
    made = problem.made
    if made.unit != "weekday" or made.low != made.high or made.low is None:
        return None
    for claim in problem.named:
        beside = min(abs(claim.start - made.end), abs(made.start - claim.end))
        if claim.kind != "date" or beside > len(", the "):
            continue
        for index, day in _full_dates(problem, claim):
            if day.weekday() == int(made.low):
                formula = f"{shown_day(ordinal(day))} is a {_WEEKDAYS[day.weekday()]}"
                return Computation(formula=formula, inputs=() if index < 0 else (index,))
    return None


def _full_dates(problem: Problem, claim: Claim) -> Iterator[tuple[int, date]]:
    """Yield the days, with their years, that a date of the reply can be."""
    if claim.low is None or claim.low != claim.high:
        return
    if claim.unit == "day":
        yield _TODAY, day_of(claim.low)
    elif claim.unit in ("yearless day", "day of month"):
        for index, held in enumerate(problem.held):
            if _is_day(held) and fit(held, replace(claim, bound=held.bound)) and held.low:
                yield index, day_of(held.low)
        if claim.unit == "yearless day":
            month, day = divmod(int(claim.low), 100)
            for year in (problem.today.year, problem.today.year + 1):
                try:
                    found = date(year, month, day)
                except ValueError:  # 29 February
                    continue
                if abs((found - problem.today).days) < 366 // 2:
                    yield _TODAY, found


def _is_day(claim: Claim) -> bool:
    return claim.kind == "date" and claim.unit == "day" and claim.low == claim.high


def date_from(problem: Problem) -> Computation | None:
    """Return that a date is a held date, or today, with a held duration added.

    Five to seven business days make a range: "between 22 and 24 January" and "by 24 January"
    follow, "by 22 January" does not.
    """
    made = problem.made
    if made.unit not in ("day", "yearless day"):
        return None
    ends = _both_ends(problem)
    if ends is not None:
        return ends
    bases = _distinct([(i, c) for i, c in enumerate(problem.held) if _is_day(c)])
    lengths = _distinct(
        [(i, c) for i, c in enumerate(problem.held) if c.kind == "duration" and c.low is not None]
    )
    today = Claim(
        kind="date",
        start=0,
        end=0,
        low=ordinal(problem.today),
        high=ordinal(problem.today),
        unit="day",
    )
    few = len(bases) <= _FEW and len(lengths) <= _FEW
    named_bases = [(i, c) for i, c in bases if problem.is_named(c)][:_MOST]
    any_bases = [*bases[:_MOST], *named_bases, (_TODAY, today)]
    for length_index, length in lengths:
        length_named = few or problem.is_named(length)
        for base_index, base in any_bases if length_named else named_bases:
            found = _added(base, length, problem)
            if found is not None and _says_date(found, length, problem):
                formula = f"{shown(base)} + {shown(length)} = {shown(found)}"
                indices = (base_index, length_index)
                return Computation(formula=formula, inputs=tuple(i for i in indices if i >= 0))
    return None


def _both_ends(problem: Problem) -> Computation | None:
    """Return a range of dates as from one held day to another of the same record."""
    made = problem.made
    if made.low == made.high or made.bound != "exact":
        return None
    first = replace(made, high=made.low)
    last = replace(made, low=made.high)
    starts = [i for i, c in enumerate(problem.held) if _is_day(c) and _same(c, first)]
    ends = [i for i, c in enumerate(problem.held) if _is_day(c) and _same(c, last)]
    for start in starts[:_MOST]:
        for end in ends[:_MOST]:
            if problem.records[start] == problem.records[end]:
                formula = f"from {shown(problem.held[start])} to {shown(problem.held[end])}"
                return Computation(formula=formula, inputs=(start, end))
    return None


def _distinct(claims: list[tuple[int, Claim]]) -> list[tuple[int, Claim]]:
    """Return claims with each value once."""
    seen: dict[tuple[object, ...], tuple[int, Claim]] = {}
    for index, claim in claims:
        seen.setdefault((claim.low, claim.high, claim.unit, claim.bound), (index, claim))
    return list(seen.values())


def _added(base: Claim, length: Claim, problem: Problem) -> Claim | None:
    """Return the first and last day that a duration after a date ends on."""
    if base.low is None or length.low is None or length.high is None:
        return None
    start = day_of(base.low)
    first = add_duration(start, length.low, length.unit, problem.holidays)
    last = add_duration(start, length.high, length.unit, problem.holidays)
    if first is None or last is None:
        return None
    return Claim(kind="date", start=0, end=0, low=ordinal(first), high=ordinal(last), unit="day")


def _says_date(found: Claim, length: Claim, problem: Problem) -> bool:
    """Whether the reply's date says no more than what was worked out."""
    made = problem.made
    plain = replace(made, bound="exact")
    latest = replace(found, low=found.high)
    if length.bound in ("exact", "about") or length.low != length.high:
        if made.bound == "exact" and _same(found, plain):
            return True
        if made.bound == "at_least" and _same(replace(found, high=found.low), plain):
            return True
    if made.bound == "at_most":
        return _same(latest, plain)
    ends = length.bound in ("at_most", "less_than") or problem.says(_DEADLINES)
    return made.bound == "exact" and ends and problem.says(_DEADLINES) and _same(latest, plain)


def _same(found: Claim, made: Claim) -> bool:
    how = fit(found, made)
    return how is not None and not how.added


def days_between(problem: Problem) -> Computation | None:
    """Return that a length of time lies between two held dates, or a held date and today."""
    made = problem.made
    days = _whole_days(made)
    if made.bound in _LIMITS:
        return _since(problem)
    if days is None:
        return None
    dates = _distinct([(i, c) for i, c in enumerate(problem.held) if _is_day(c)])
    named = [(i, c) for i, c in dates if problem.is_named(c)]
    if len(named) >= 2:  # noqa: PLR2004 - a pair
        dates = named
    elif len(dates) > 2 * _FEW:
        dates = []
    apart = _pair_apart(dates, days) if problem.says(_APART) else None
    if apart is not None:
        return apart
    if not problem.says(_FROM_TODAY) or made.kind != "duration":
        return None
    for index, claim in named or dates[:_FEW]:
        if claim.low is not None and abs(claim.low - ordinal(problem.today)) == days:
            formula = f"from {shown_day(ordinal(problem.today))} to {shown(claim)}: {days} days"
            return Computation(formula=formula, inputs=(index,))
    return None


_LIMITS = ("more_than", "at_least", "less_than", "at_most")
_AGE = frozenset("ago old older since window beyond".split())


def _since(problem: Problem) -> Computation | None:
    """Return that a held day the reply names is more, or less, than so long ago."""
    made = problem.made
    if made.unit != "second" or made.low is None or not problem.says(_AGE):
        return None
    for index, claim in enumerate(problem.held):
        if not _is_day(claim) or claim.low is None or not problem.is_named(claim):
            continue
        days = ordinal(problem.today) - claim.low
        # A day ago may be anything from no time to two days: only what is certain counts.
        certainly_more = (days - 1) * _DAY >= made.low
        certainly_less = 0 <= (days + 1) * _DAY <= made.low
        if certainly_more if made.bound in ("more_than", "at_least") else certainly_less:
            today = shown_day(ordinal(problem.today))
            return Computation(formula=f"{shown(claim)} to {today}: {days} days", inputs=(index,))
    return None


def _whole_days(made: Claim) -> Decimal | None:
    if made.low is None or made.low != made.high:
        return None
    if made.kind == "duration" and made.unit == "second" and not made.low % _DAY:
        return made.low / _DAY
    return None


def _pair_apart(dates: list[tuple[int, Claim]], days: Decimal) -> Computation | None:
    for at, (index, claim) in enumerate(dates[:_MOST]):
        for other_index, other in dates[at + 1 : _MOST]:
            if (
                claim.low is not None
                and other.low is not None
                and abs(claim.low - other.low) == days
            ):
                first, last = sorted((claim, other), key=lambda day: day.low or Decimal(0))
                return Computation(
                    formula=f"from {shown(first)} to {shown(last)}: {days} days",
                    inputs=(index, other_index),
                )
    return None
