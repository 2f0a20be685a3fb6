"""What an amount is paid or counted for: "per month", "/mo", "a seat"."""

from __future__ import annotations

from firstline.proof.claims.following import FUNCTION_WORDS
from firstline.proof.claims.numerals import is_over
from firstline.proof.claims.patterns import PERIOD
from firstline.proof.claims.units import PERIODS, singular

_THING, _FOLLOWING = 1, 2  # groups of PERIOD
_ANY_THING_AFTER = (b"/", b"per")
_COMMA = b", per "
_SHORT = {"p/m": "month", "p/a": "year"}
_MOST = 3
_BEGINNINGS = frozenset(b" \n/(-")


def periods_after(data: bytes, end: int) -> tuple[tuple[str, ...], int]:
    """Return what an amount that ends at an offset is for, sorted, and where that ends."""
    found: list[str] = []
    for _ in range(_MOST):
        comma = data[end : end + len(_COMMA)] == _COMMA
        if not comma and (is_over(data, end) or data[end] not in _BEGINNINGS):
            break
        match = PERIOD.match(data, end)
        if match is None:
            break
        thing, following, adverb = match.groups()
        if adverb is not None:
            word = adverb.decode("ascii").lower()
            found.append(_SHORT.get(word) or PERIODS.get(word, word))
            end = match.end()
            continue
        lead = data[end : match.start(_THING)].lower().strip(b" \n(,-")
        period, has_second = _period(thing, following, lead)
        if not period or period in found:
            break
        found.append(period)
        end += len(data[end : match.end(_FOLLOWING if has_second else _THING)].rstrip(b"."))
    return tuple(sorted(found)), end


def _period(thing: bytes, following: bytes | None, lead: bytes) -> tuple[str, bool]:
    """Return what the words after "per", "a" or "/" name, and whether it takes both words."""
    word = thing.decode("ascii").lower().rstrip(".")
    if word in PERIODS:
        return PERIODS[word], False
    if not lead.startswith(_ANY_THING_AFTER) and not lead.endswith((b"each", b"every")):
        return "", False
    second = (following or b"").decode("ascii").lower()
    if second and second not in FUNCTION_WORDS and second not in PERIODS:
        return PERIODS.get(second) or singular(second), True
    return "" if word in FUNCTION_WORDS else singular(word), False


_ADJECTIVES = {
    b"monthly": "month",
    b"annual": "year",
    b"yearly": "year",
    b"weekly": "week",
    b"daily": "day",
    b"quarterly": "quarter",
    b"hourly": "hour",
    b"nightly": "night",
}
_FEES = frozenset(
    b"fee charge price cost rate subscription payment plan bill cap limit maximum maintenance"
    b" service account membership of is : = at costs are a the to up for".split()
)


def period_before(data: bytes, core: int) -> tuple[str, ...]:
    """Return the period that "a monthly fee of" gives the amount after it."""
    words = data[max(0, core - 48) : core].lower().replace(b":", b" : ").split()
    for word in reversed(words[-6:]):
        if word in _ADJECTIVES:
            return (_ADJECTIVES[word],)
        if word not in _FEES:
            break
    return ()
