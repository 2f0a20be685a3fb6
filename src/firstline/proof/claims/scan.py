"""Finding every value in a text: one pass, each value read by what reads its shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import re2

from firstline.proof.claims.amounts import read_amount
from firstline.proof.claims.bounds import bound_before
from firstline.proof.claims.claim import Bound, Claim
from firstline.proof.claims.days import (
    MONTHS,
    READERS,
    WEEKDAYS,
    Span,
    month_span,
    relative_span,
)
from firstline.proof.claims.facts import Facts
from firstline.proof.claims.folding import folded
from firstline.proof.claims.joining import joined
from firstline.proof.claims.names import (
    find_addresses,
    only_digits,
    read_phone,
    read_reference,
    read_version,
)
from firstline.proof.claims.patterns import ANCHOR, DAYS, TELLING, shape_of
from firstline.proof.claims.units import UNITS, singular

MAX_TEXT = 40_000
"""Characters; a longer text is not read."""
MAX_CLAIMS = 1_200
"""Values, or what looks like some; a text with more is not read."""


class TextTooLongError(ValueError):
    """A text is longer, or has more values in it, than is ever read. Nothing in it is proven."""


def find_claims(text: str, facts: Facts) -> tuple[Claim, ...]:
    """Return every value in a text, in order of where it starts; none lies inside another.

    Args:
        text: Any text, hostile ones included; offsets of the claims are characters of it.
        facts: How the company writes money and days.

    Raises:
        TextTooLongError: The text has more than `MAX_TEXT` characters or `MAX_CLAIMS` values.
    """
    if len(text) > MAX_TEXT:
        raise TextTooLongError(f"a text of {len(text)} characters; at most {MAX_TEXT} are read")
    return _found(text, facts)


@lru_cache(maxsize=512)
def _found(text: str, facts: Facts) -> tuple[Claim, ...]:
    data = folded(text)
    addresses = find_addresses(data)
    if addresses:
        blanked = bytearray(data)
        for address in addresses:  # nothing else is looked for inside them
            blanked[address.start : address.end] = b"\x1f" * (address.end - address.start)
        data = bytes(blanked)
    claims = _scan(data, facts)
    if addresses:
        claims = sorted((*claims, *addresses), key=_start)
    return joined(data, claims)


def _start(claim: Claim) -> int:
    return claim.start


def _scan(data: bytes, facts: Facts) -> list[Claim]:
    """Return the values of a folded text."""
    claims: list[Claim] = []
    if TELLING.search(data) is None:
        return claims
    at = 0
    matches = ANCHOR.finditer(data)
    for _ in range(2 * MAX_CLAIMS):
        match = next(matches, None)
        if match is None:
            return claims
        start, stop = match.span()
        if start < at:  # inside the last value
            if stop > at:
                matches = ANCHOR.finditer(data, at)
            continue
        shape, offset = shape_of(data[start:stop])
        found = _READ[shape](data, start, start + offset, stop, facts)
        if found:
            claims.extend(found)
            at = max(stop, found[-1].end)
        if len(claims) > MAX_CLAIMS:
            break
    raise TextTooLongError(f"more than {MAX_CLAIMS} values in one text")


def _none(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    """Read what looks like a value and is none: the numbering of a list, "24/7"."""
    del data, start, core, stop, facts
    return ()


def _bounded(data: bytes, claim: Claim, start: int, core: int) -> Claim:
    """Return a date or time with the words before it taken into account."""
    if start == core:
        return claim
    bound, hedged = bound_before(data[start:core].decode("ascii"), is_date=True)
    if bound == "exact" and not hedged:
        return claim
    return replace(claim, start=start, bound=bound, key="typically" if hedged else claim.key)


def _day(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    for name, pattern in DAYS.items():
        match = pattern.match(data, core, stop)
        if match is None:
            continue
        groups = tuple(group.decode("ascii") if group else None for group in match.groups())
        span = READERS[name](groups, facts)
        if span is not None and match.end() >= stop - 1:
            claim = _from_span(span, core, match.end())
            return _one_or_two(data, _bounded(data, claim, start, core), core)
    return _reference(data, start, core, stop, facts)


def _one_or_two(data: bytes, claim: Claim, core: int) -> tuple[Claim, ...]:
    """Return "May 19 and 20" as two dates, and "between May 19 and 20" as one range."""
    piece = data[core : claim.end].lower()
    at = max(piece.find(b" and "), piece.find(b" or "))
    if at < 0 or claim.low == claim.high or data[max(0, core - 8) : core].lower() == b"between ":
        return (claim,)
    first = replace(claim, end=core + at, high=claim.low)
    return first, replace(claim, start=core + piece.index(b" ", at + 1) + 1, low=claim.high)


def _from_span(span: Span, start: int, end: int, key: str = "") -> Claim:
    return Claim(
        kind="time" if span.kind == "time" else "date",
        start=start,
        end=end,
        low=span.low,
        high=span.high,
        unit=span.unit,
        key=key,
    )


def _amount(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    claim = read_amount(data, start, core, stop, facts)
    if claim is None:
        return ()
    if claim.end < stop:
        return _reference(data, start, core, stop, facts)
    if data[core:stop].isdigit():
        if claim.kind == "number":
            return (_identified(data, claim, core, stop),)
        if claim.kind == "quantity" and stop - core >= _LONG_ID and not _is_measure(claim.unit):
            return (read_reference(data, core, stop),)
    return (claim,)


_ID_BEFORE = re2.compile(
    rb"(?i)(?:#|\b(?:order|ticket|invoice|case|booking|reservation|confirmation|tracking|account"
    rb"|card|ids?|ref|reference|number|no\.|item|product|transaction|receipt|user|ending|ends"
    rb"|digits|code|payment|in)[ :#(\"']{0,4}(?:id|is|in|with|number|:|=|of)?[ :#(\"']{0,4})$"
)
_LONG_ID = 8
_SHORT_ID = 4


def _identified(data: bytes, claim: Claim, core: int, stop: int) -> Claim:
    """Return a bare number as a reference where it is long, or words before it say it is one."""
    length = stop - core
    if length < _SHORT_ID:
        return claim
    if length >= _LONG_ID or (
        _ID_BEFORE.search(data[max(0, core - 28) : core]) is not None
        and not data[max(0, core - 3) : core].lower().endswith(b"in ")
    ):
        return read_reference(data, core, stop)
    return claim


def _words(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    """Read number words; a lone "one" is a number only where something makes it one."""
    claim = read_amount(data, start, core, stop, facts)
    if claim is None:  # "two three": a value, but none that can be compared
        return _reference(data, start, core, stop, facts)
    if data[core : core + 3].lower() == b"one" and stop == core + 3:
        counts_something = claim.kind in ("duration", "money", "percent") or claim.bound != "exact"
        ranged = claim.low != claim.high or data[start:core].strip().lower() == b"only"
        known = claim.kind == "quantity" and ("/" in claim.unit or _is_measure(claim.unit))
        if not (counts_something or ranged or known):
            return ()
    return (claim,)


_MEASURES = frozenset(unit.base for unit in UNITS.values() if unit.kind == "quantity")


def _is_measure(unit: str) -> bool:
    return unit in _MEASURES


def _reference(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    del start, facts
    return (read_reference(data, core, stop),)


def _version(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    del start, facts
    return (read_version(data, core, stop),)


def _phone(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    del start, facts
    return (read_phone(data, core, stop),)


def _card(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    del start, facts
    return (replace(read_reference(data, core, stop), key=only_digits(data[core:stop])),)


_HOURS = {"noon": Decimal(720), "midday": Decimal(720), "midnight": Decimal(0)}


def _relative(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    words = " ".join(data[core:stop].decode("ascii").lower().split())
    hour = _HOURS.get(words.removeprefix("12").strip())
    if hour is not None:
        claim = _from_span(Span(hour, hour, "", "time"), core, stop)
        return (_bounded(data, claim, start, core),)
    span = relative_span(words, facts.today)
    if span is None:
        claim = Claim(kind="date", start=core, end=stop, unit="relative", key=words)
    else:
        claim = _from_span(span, core, stop, words)
    return (_bounded(data, claim, start, core),)


def _weekday(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    """Read "Monday" or "Monday to Friday"; three letters count only with a capital ("sat")."""
    del facts
    words = data[core:stop]
    pieces = words.decode("ascii").replace("-", " ").split()
    names = [name for name in pieces if name.lower() in WEEKDAYS]
    if not names[0][0].isupper() and len(names[0]) <= len("thurs"):
        return ()
    if len(names) == 1 and names[0][0].isupper() and _is_named_day(data, core):
        return ()
    low, high = (Decimal(WEEKDAYS[name.lower()]) for name in (names[0], names[-1]))
    claim = Claim(kind="date", start=core, end=stop, low=low, high=high, unit="weekday")
    return (_bounded(data, claim, start, core),)


_BEFORE_DAYS = frozenset(
    "on by next last this from until till every each since before after and or to through late "
    "early mid only the any".split()
) | frozenset(MONTHS)


def _is_named_day(data: bytes, core: int) -> bool:
    """Whether a day's name is part of another one: Ash Wednesday, Black Friday."""
    before = data[max(0, core - _LONGEST_WORD) : core].decode("ascii")
    earlier, _, word = before.rstrip(" ").rpartition(" ")
    # The first word of a sentence is capital anyway: "Open Monday".
    inside = earlier[-1:].isalnum() or earlier[-1:] == ","
    adjacent = inside and before.endswith(" ") and word.isalpha() and word[:1].isupper()
    return adjacent and word[1:].islower() and word.lower() not in _BEFORE_DAYS


_LONGEST_WORD = 24
_PREPOSITIONS = frozenset("by until since from before after through".split())


def _month(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    """Read "in March": a month without a year, written with a capital."""
    words = data[core:stop].decode("ascii").rstrip(".").replace("-", " ").split()
    if not words[-1][0].isupper():
        return ()
    value = Decimal(MONTHS[words[-1].lower()])
    at = stop - len(data[core:stop].replace(b"-", b" ").split(b" ")[-1])
    claim = Claim(kind="date", start=at, end=stop, low=value, high=value, unit="yearless month")
    for name in ("month_day", "month_year"):
        match = DAYS[name].match(data, at)
        if match is not None:
            claim = _day(data, at, at, match.end(), facts)[0]
            break
    del start
    return (_bounded(data, claim, core, at) if words[0].lower() in _PREPOSITIONS else claim,)


def _year(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    del facts
    at = stop - len("2025")
    span = month_span(int(data[at:stop]), 1, 12, "year")
    if span is None:
        return ()
    del start
    claim = _from_span(span, at, stop)
    word = data[core : at - 1].decode("ascii").lower()
    return (_bounded(data, claim, core, at) if word in _PREPOSITIONS else claim,)


_ARTICLE_NEEDS = frozenset(
    b"within in for after takes take lasts last about around than least most every once another"
    b" over under next past only approximately roughly until wait of".split()
)
_TIMES_A = {"once": 1, "twice": 2, "thrice": 3}
_TWO_WORDED = ("business", "working", "calendar")


def _vague(data: bytes, start: int, core: int, stop: int, facts: Facts) -> tuple[Claim, ...]:
    """Read "an hour", "half a day", "a few seconds", "within minutes", "twice a month"."""
    del facts
    words = data[core:stop].decode("ascii").lower().split()
    if words[0] in _TIMES_A:
        times = Decimal(_TIMES_A[words[0]])
        unit = f"time/{singular(words[-1])}"
        return (Claim(kind="quantity", start=core, end=stop, low=times, high=times, unit=unit),)
    if words[-3:] == ["and", "a", "half"]:  # "an hour and a half"
        words = ["and a half", *words[1:-3]]
    count = 2 if words[-2] in _TWO_WORDED else 1
    known = UNITS.get(" ".join(words[-count:]).removeprefix("calendar "))
    value = _vague_value(words[:-count])
    if words == ["a", "moment"]:
        return ()
    if value is None or known is None:
        key = f"{words[0] if words[0] == 'several' else 'few'} {singular(words[-1])}"
        claim = Claim(kind="duration", start=core, end=stop, unit="few", key=key)
        return (_bounded(data, claim, start, core),)
    article = words[0] in ("a", "an") and len(words) == 1 + count
    if article and not _is_length(data, start, core, stop):
        return ()
    before = data[start:core].decode("ascii")
    bound: Bound = bound_before(before, is_date=False)[0] if before else "exact"
    bound = "about" if "couple" in words else bound
    return (
        Claim(
            kind="duration",
            start=start if bound != "exact" else core,
            end=stop,
            low=value * known.factor,
            high=value * known.factor,
            unit=known.base,
            bound=bound,
        ),
    )


def _vague_value(words: list[str]) -> Decimal | None:
    """Return what "an", "half a" or "a couple of" counts; None for "a few"."""
    if words in (["a"], ["an"]):
        return Decimal(1)
    if words == ["and a half"]:
        return Decimal("1.5")
    if "half" in words:
        return Decimal("0.5")
    return Decimal(2) if "couple" in words else None


def _is_length(data: bytes, start: int, core: int, stop: int) -> bool:
    """Whether "a week" is how long something takes, not how often ("once a week")."""
    before = data[max(0, min(start, core) - 12) : core].lower().split()
    needed = before[-1:] and before[-1] in _ARTICLE_NEEDS
    is_fortnight = data[core:stop].endswith(b"night")
    return (bool(needed) or start < core or is_fortnight) and data[stop : stop + 1] != b"-"


_READ: dict[str, Callable[[bytes, int, int, int, Facts], tuple[Claim, ...]]] = {
    "skip": _none,
    "card": _card,
    "phone": _phone,
    "day": _day,
    "version": _version,
    "label": _reference,
    "vague": _vague,
    "amount": _amount,
    "words": _words,
    "relative": _relative,
    "reference": _reference,
    "year": _year,
    "month": _month,
    "weekday": _weekday,
}
