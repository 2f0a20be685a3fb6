"""Numbers and ranges of numbers where they stand in a text, with their currency and scale."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import re2

from firstline.proof.claims.facts import Facts
from firstline.proof.claims.number_words import (
    DIGITS,
    NUMBER_WORDS,
    digits_value,
    scale_of,
    words_value,
)
from firstline.proof.claims.patterns import DIGIT_AMOUNT, WORD_AMOUNT
from firstline.proof.claims.units import PREFIXES

_SCALE, _SCALE2 = 3, 7  # groups of the patterns
_FORMULA = re2.compile(rb" {0,3}=")
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True)
class Numbers:
    """One number or a range, with what stands right before and after its digits."""

    low: Decimal
    high: Decimal
    currency: str
    """As in `PREFIXES`; empty where no sign or code stands before the number."""
    suffix: str
    """`m` or `b` that may be a scale or a unit, otherwise empty."""
    end: int


_ENDS = frozenset(b".,;:)]}|\"'?!\\\x1f=&<")
"""What may follow a number that nothing more belongs to."""
_MORE = frozenset(b"-tThHmMbBkKdDaA(")
"""What "to", "-", "and", "(" and the scales begin with, after a number and a space."""
_AGAIN = re2.compile(rf"(?i) ?\(({DIGITS}|{NUMBER_WORDS})\)".encode())
"""A number said again, as in "two (2) days"."""


def is_over(data: bytes, end: int) -> bool:
    """Whether nothing that belongs to a number can follow; much quicker than a pattern."""
    return end >= len(data) or data[end] in _ENDS


def _plain(data: bytes, core: int, stop: int, facts: Facts) -> Numbers | None:
    """Return digits that begin no range and have no scale, nor a currency of more than a sign.

    None for the rest. Most numbers are such, and this is much quicker than the pattern.
    """
    sign = data[core : core + 1] if data[core] in _CURRENCY_SIGNS else b""
    digits = data[core + len(sign) : stop]
    if not digits.isdigit() and not _is_plainly_written(digits):
        return None
    if not is_over(data, stop):
        follow = data[stop : stop + 2]
        if follow[0] != _SPACE or len(follow) == 1 or follow[1] in _MORE:
            return None
    value = digits_value(digits.decode("ascii"), comma_is_decimal=facts.comma_is_decimal)
    return Numbers(value, value, _currency(sign), "", stop)


def _is_plainly_written(digits: bytes) -> bool:
    """Whether digits have one point at most, and commas only between full groups: "1,234.50"."""
    whole, point, part = digits.partition(b".")
    first, *groups = whole.split(b",")
    if not first.isdigit() or (point and not part.isdigit()):
        return False
    if not groups:
        return True
    full = all(len(group) == _GROUP and group.isdigit() for group in groups)
    return full and len(first) <= _GROUP and len(digits) <= _LONGEST


_GROUP = 3
_LONGEST = 20
"""Digits and marks that are read without the pattern, which stops at so many groups."""
_CURRENCY_SIGNS = frozenset(b"$\x01\x02\x03\x04\x05\x06\x07\x08\x0e")
_DIGITS = frozenset(b"0123456789\x10\x11\x12")


def read_numbers(data: bytes, core: int, stop: int, facts: Facts) -> Numbers | None:
    """Return the number or range at an offset of a folded text, None where there is none.

    Args:
        data: The folded text.
        core: Where the number, or the currency before it, begins.
        stop: Where the number ends, as far as it was seen.
        facts: How the company writes numbers.
    """
    plain = _plain(data, core, stop, facts)
    if plain is not None:
        return plain
    return _read(data, core, facts, in_words=_DIGITS.isdisjoint(data[core:stop]))


def _read(data: bytes, start: int, facts: Facts, *, in_words: bool) -> Numbers | None:
    pattern = WORD_AMOUNT if in_words else DIGIT_AMOUNT
    match = pattern.match(data, start)
    if match is None:
        return None
    prefix, number, scale, to, prefix2, number2, scale2 = match.groups()
    low = _value(number, facts)
    if low is None:
        return None
    currency = _currency(prefix)
    suffix = scale.strip().lower().decode()
    end = match.end(_SCALE)
    high = None
    if to is not None and (b"and" not in to.lower() or _is_between(data, start)):
        high = _value(number2, facts)
        if high is not None and prefix and prefix2 and _currency(prefix2) != currency:
            high = None
        if high is not None and prefix2 and not prefix:
            high = None
    if high is not None:
        suffix2 = scale2.strip().lower().decode()
        scaled_high = high * _factor(suffix2, bool(prefix))
        scaled_low = low * _factor(suffix or suffix2, bool(prefix))
        joins = scaled_low < scaled_high or (to == b"-" and not prefix)  # "7-5 days" is one wrong
        if joins and scaled_low != scaled_high and not _FORMULA.match(data, match.end()):
            return Numbers(
                min(scaled_low, scaled_high),
                max(scaled_low, scaled_high),
                currency,
                _unit_suffix(suffix2, bool(prefix)),
                match.end(_SCALE2),
            )
    scaled = low * _factor(suffix, bool(prefix))
    again = _AGAIN.match(data, end) if b"(" in data[end : end + 2] else None
    if again is not None and _value(again.group(1), facts) == scaled:
        end = again.end()
    return Numbers(scaled, scaled, currency, _unit_suffix(suffix, bool(prefix)), end)


def _is_between(data: bytes, start: int) -> bool:
    """Whether "between" stands before a number, so that "and" joins a range."""
    return data[max(0, start - 8) : start].lower() == b"between "


def _value(number: bytes, facts: Facts) -> Decimal | None:
    text = number.decode("ascii")
    if text[0].isalpha():
        return words_value(" ".join(text.lower().split()))
    return digits_value(text, comma_is_decimal=facts.comma_is_decimal)


def _currency(prefix: bytes | None) -> str:
    if not prefix:
        return ""
    text = prefix.decode("ascii").lower().replace(" ", "")
    return PREFIXES.get(text) or PREFIXES.get(text.rstrip("$"), "$")


def _factor(suffix: str, is_money: bool) -> int:
    return 1 if suffix in ("m", "b") and not is_money else scale_of(suffix)


def _unit_suffix(suffix: str, is_money: bool) -> str:
    return suffix if suffix in ("m", "b") and not is_money else ""
