"""What the texts of records and policies mean: money, dates, numbers, spans of time.

A value that could mean two things (03/04/2026) means nothing here: a policy that needs it cannot
be decided, and a person looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias, get_args

import re2

Unit = Literal[
    "minute", "hour", "business hour", "day", "business day", "week", "month", "quarter", "year"
]
UNITS: tuple[Unit, ...] = get_args(Unit)
LONGEST = 80
"""Characters of a value; what is longer is text."""
_CURRENCIES = (
    "AUD|NZD|USD|CAD|EUR|GBP|JPY|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|TRY|INR|CNY|HKD|SGD|KRW|THB|MYR"
    "|IDR|PHP|VND|ZAR|BRL|MXN|ARS|CLP|COP|ILS|AED|SAR"
)
_SIGNS = {
    "$": "$",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "HK$": "HKD",
    "S$": "SGD",
    "R$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
}
ANY_DOLLAR = "$"
"""The currency of a bare dollar sign: any dollar."""
DOLLARS = frozenset({ANY_DOLLAR, "AUD", "NZD", "USD", "CAD", "HKD", "SGD"})
_NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,6})?"
_SIGN = r"(?:AU?|NZ|US|CA?|HK|S|R)?\$|[€£¥₹₩]"
MONEY = rf"(?:{_SIGN}|\b(?:{_CURRENCIES})\s?){_NUMBER}|{_NUMBER}\s?(?:(?:{_CURRENCIES})\b|€)"
"""An amount of money in a text, for a pattern."""
DATE = r"\d{4}-\d{2}-\d{2}"
_AMOUNT = re2.compile(rf"(?i)^(-)?({_SIGN}|[A-Z]{{3}})?\s?({_NUMBER})\s?([A-Z]{{3}}|€)?$")
_PLAIN = re2.compile(rf"^{_NUMBER}\s?%?$")
_ISO = re2.compile(rf"^({DATE})(?:[T ]\d{{2}}:\d{{2}}[\d:.,Z+\-]*)?$")
MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH = "(" + "|".join(f"{name[:3]}(?:{name[3:]}|t)?" for name in MONTHS) + r")\.?"
_DAY_FIRST = re2.compile(rf"(?i)^(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH},?\s(\d{{4}})$")
_MONTH_FIRST = re2.compile(rf"(?i)^{_MONTH}\s(\d{{1,2}})(?:st|nd|rd|th)?,?\s(\d{{4}})$")
_SPAN = re2.compile(
    r"(?i)^(\d{1,4})\s?(business|working|calendar)?\s?(minute|min|hour|day|week|month|quarter|year)s?$"
)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its currency: a code of ISO 4217, or `$` for any dollar."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as people say it: `2 business days`."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        """As written in a workspace."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


Value: TypeAlias = Money | Decimal | date | str


def read_value(text: str) -> Value:
    """Return what a text means: money, a number, a date, or else the text itself.

    A percentage is its number, a time of day is left out of a date, and "yes" is text.
    """
    short = text.strip()
    value: Value | None
    if not short or len(short) > LONGEST:
        return text
    for read in (read_money, _number, read_date):
        value = read(short)
        if value is not None:
            return value
    return text


def read_money(text: str) -> Money | None:
    """Return the amount of money that `text` is, when it names a currency."""
    match = _AMOUNT.match(text.strip()[:LONGEST])
    if match is None:
        return None
    minus, before, number, after = match.groups()
    written = (before or after or "").upper()
    currency = _SIGNS.get(written) or (written if written in _CURRENCIES.split("|") else "")
    if not currency or (before and after):
        return None
    amount = Decimal(number.replace(",", ""))
    return Money(-amount if minus else amount, currency)


def _number(text: str) -> Decimal | None:
    if not _PLAIN.match(text):
        return None
    return Decimal(text.rstrip("% ").replace(",", ""))


def read_date(text: str) -> date | None:
    """Return the day that `text` is, when it can be only one."""
    if match := _ISO.match(text):
        return _day(match.group(1))
    if match := _DAY_FIRST.match(text):
        day, month, year = match.groups()
    elif match := _MONTH_FIRST.match(text):
        month, day, year = match.groups()
    else:
        return None
    return _day(f"{year}-{month_number(month):02d}-{int(day):02d}")


def month_number(name: str) -> int:
    """Return 1 to 12 for the name of a month or its first three letters."""
    start = name[:3].casefold()
    return 1 + next(at for at, month in enumerate(MONTHS) if month.startswith(start))


def _day(iso: str) -> date | None:
    try:
        return datetime.fromisoformat(iso).date()
    except ValueError:
        return None


def read_span(text: str) -> Span | None:
    """Return the span of time that `text` is: `2 hours`, `1 business day`."""
    match = _SPAN.match(" ".join(text.split()))
    if match is None:
        return None
    count, kind, word = match.groups()
    unit = word.casefold() if word.casefold() != "min" else "minute"
    if (kind or "").casefold() in ("business", "working"):
        unit = f"business {unit}"
    known = next((item for item in UNITS if item == unit), None)
    return None if known is None else Span(int(count), known)
