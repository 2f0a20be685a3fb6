"""Money, percentages, durations, quantities and bare numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from firstline.proof.claims.bounds import AFTER, bound_after, bound_before
from firstline.proof.claims.claim import Bound, Claim, ClaimKind
from firstline.proof.claims.facts import Facts
from firstline.proof.claims.following import Following, following, noun_of, unit_of
from firstline.proof.claims.numerals import Numbers, is_over, read_numbers
from firstline.proof.claims.periods import period_before, periods_after
from firstline.proof.claims.units import Unit

_TIMES = frozenset("month year week fortnight day night hour minute second quarter".split())
_RATES = ("apy", "apr")
_ONE = Decimal(1)
_PLUS, _WORDS = 1, 2  # groups of AFTER


def read_amount(data: bytes, start: int, core: int, stop: int, facts: Facts) -> Claim | None:
    """Return the amount at `core` with everything that belongs to it, None where there is none.

    Args:
        data: The folded text.
        start: Where the words that bound it begin; `core` where there are none.
        core: Where the number, or the currency before it, begins.
        stop: Where the number ends, as far as it was seen.
        facts: How the company writes money and numbers.
    """
    numbers = read_numbers(data, core, stop, facts)
    if numbers is None:
        return None
    claim, end = _with_unit(data, core, numbers, facts)
    before = data[start:core].decode("ascii")
    bound, hedged = bound_before(before, is_date=False) if before else ("exact", False)
    if before and not _bounds_amount(before, claim):
        bound = "exact"
    is_before = bound != "exact" or hedged
    if not is_before and is_over(data, end):
        return claim
    bound, stop = _bound_of(data, end, bound)
    if stop > end and claim.kind == "number":  # "100 or more projects"
        noun, noun_end = noun_of(following(data, stop), one=False)
        if noun:
            claim, stop = replace(claim, kind="quantity", unit=noun), noun_end
    return replace(
        claim,
        start=start if is_before else core,
        end=stop,
        bound=bound,
        key="typically" if hedged and not claim.key else claim.key,
    )


def _bounds_amount(before: str, claim: Claim) -> bool:
    """Whether words before an amount bound it: not "down from", nor "within the $100 allowance"."""
    words = before.lower().split()
    if words[0] == "within" and words[1:2] == ["the"]:
        return claim.kind == "duration"
    return words[0] != "from"


def _bound_of(data: bytes, end: int, bound: Bound) -> tuple[Bound, int]:
    """Return the bound with the words after the value taken into account, and where they end."""
    after = None if is_over(data, end) else AFTER.match(data, end)
    if after is None or bound not in ("exact", "about", "at_most"):
        return bound, end
    words = after.group(_WORDS)
    found = bound_after(words.decode("ascii") if words else "+")
    if bound not in ("exact", found):
        return bound, end
    return found, after.end(_WORDS if words else _PLUS)


def _with_unit(data: bytes, core: int, numbers: Numbers, facts: Facts) -> tuple[Claim, int]:
    """Return the claim without its bounds, and where it ends."""
    after = following(data, numbers.end)
    unit, end = unit_of(numbers, after, facts)
    if unit is not None and after is not None and after.bracket and data[end : end + 1] == b")":
        end += 1
    if numbers.currency:
        return _money(data, core, numbers, numbers.currency, end, unit, facts)
    if unit is None:
        return _counted(data, core, numbers, after)
    low, high = numbers.low * unit.factor, numbers.high * unit.factor
    if unit.kind == "money":
        scaled = replace(numbers, low=low, high=high)
        return _money(data, core, scaled, unit.base, end, None, facts)
    base = unit.base
    if unit.kind != "duration":
        periods, end = periods_after(data, end)
        base += "".join(f"/{period}" for period in periods if period not in _RATES)
        if unit.kind == "percent":
            base = next((rate for rate in periods if rate in _RATES), "") + base
            base = base or _rate_before(data, core)
    return _claim(unit.kind, core, end, low, high, base), end


def _rate_before(data: bytes, core: int) -> str:
    """Return the rate that "an APR of" makes the percentage after it."""
    words = data[max(0, core - 12) : core].decode("ascii").lower().replace(":", " ").split()
    named = [word for word in words if word not in ("of", "is", "at")][-1:]
    return named[0] if named and named[0] in _RATES else ""


def _claim(kind: ClaimKind, start: int, end: int, low: Decimal, high: Decimal, unit: str) -> Claim:
    return Claim(kind=kind, start=start, end=end, low=low, high=high, unit=unit)


def _money(
    data: bytes,
    core: int,
    numbers: Numbers,
    currency: str,
    end: int,
    unit: Unit | None,
    facts: Facts,
) -> tuple[Claim, int]:
    """Return an amount of money and where it ends; `unit` is a currency after the number."""
    if unit is None or unit.kind != "money":
        end = numbers.end if numbers.currency else end
    elif unit.base not in ("cent", "$"):
        currency = unit.base
    code, key = _named(currency, facts)
    periods, end = periods_after(data, end)
    things = [thing for thing in periods if thing not in _RATES]
    claim = Claim(
        kind="money",
        start=core,
        end=end,
        low=numbers.low,
        high=numbers.high,
        unit="/".join((code, *(things or period_before(data, core)))),
        key=key,
    )
    return claim, end


def _named(currency: str, facts: Facts) -> tuple[str, str]:
    """Return the ISO code, and the sign where only one that several currencies share names it."""
    if currency in ("$", "cent"):
        return facts.dollar, "$"
    if currency == "kr":
        return facts.crown, "kr"
    if currency == "\x03":
        return facts.yen, "¥"
    return {"RMB": "CNY"}.get(currency, currency), ""


def _counted(
    data: bytes, core: int, numbers: Numbers, after: Following | None
) -> tuple[Claim, int]:
    """Return a number with the noun it counts as its unit, or a bare one."""
    times = after is not None and after.words[0] in ("time", "times")
    if after is not None and times:
        periods, end = periods_after(data, after.ends[0])
        if len(periods) == 1 and periods[0] in _TIMES:
            unit = f"time/{periods[0]}"
            return _claim("quantity", core, end, numbers.low, numbers.high, unit), end
    noun, end = noun_of(after, one=numbers.high == _ONE)
    if not noun:
        return _claim("number", core, numbers.end, numbers.low, numbers.high, ""), numbers.end
    periods, end = periods_after(data, end)
    unit = "/".join((noun, *(period for period in periods if period in _TIMES)))
    return _claim("quantity", core, end, numbers.low, numbers.high, unit), end
