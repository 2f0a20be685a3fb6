"""Making a true reply untrue by its values: numbers, dates, units, currencies, addresses.

A way changes one sentence and gives None where it does not apply, or where the outcome might still
be true: a new value must not be in the evidence, or not in the same role.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2

from benchmarks.mutations_paraphrase import NUMBERS
from benchmarks.mutations_records import MONTHS
from benchmarks.mutations_sources import Grounded
from firstline.proof.sentences import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a change may look at: the reply, what its evidence says, and what else there is."""

    good: Grounded
    said: str
    """Everything the evidence says, lower case."""
    sentences: frozenset[str]
    """Its sentences and list items, lower case, without their last full stop."""
    figures: frozenset[str]
    """Every number in it, without separators, number words as digits."""
    products: tuple[str, ...]
    """Names of other plans or products of the same company."""
    product: str


Change = Callable[[str, Ground, random.Random], str | None]

_FIGURE = re2.compile(r"\d[\d,]*(?:\.\d+)?")
_NUMBER = re2.compile(r"(?:^|[\s(–$])((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?:[\s).,;:%–]|$)")
_SPELT = re2.compile(rf"(?i)\b({'|'.join(NUMBERS[2:])})\b")
_MONEY = re2.compile(r"(?:A\$|\$|AUD |USD )(\d[\d,]*(?:\.\d+)?)")
_MONTH = re2.compile(rf"\b({'|'.join(MONTHS)})\b")
_DAY = re2.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?:{'|'.join(MONTHS)})\b")
_DAY_AFTER = re2.compile(rf"\b(?:{'|'.join(MONTHS)}) (\d{{1,2}})\b")
_YEAR = re2.compile(r"\b(20[12]\d)\b")
_DATE = re2.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{'|'.join(MONTHS)})(?: \d{{4}})?"
    rf"|\b(?:{'|'.join(MONTHS)}) \d{{1,2}}(?:st|nd|rd|th)?(?:, \d{{4}})?|\b20[12]\d\b"
)
_WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WEEKDAY = re2.compile(rf"\b({'|'.join(_WEEKDAYS)})\b")
_CLOCK = re2.compile(r"\b(\d{1,2}:\d{2}) (am|pm)\b")
_URL = re2.compile(r"https?://[^\s)>]+")
_EMAIL = re2.compile(r"\b([\w.-]+)@([\w-]+)\.([\w.]*\w)")


def figures_of(text: str) -> frozenset[str]:
    """Return every number of a text in one spelling."""
    found = {_bare(figure) for figure in _FIGURE.findall(text)}
    spelt = {str(NUMBERS.index(word.lower())) for word in _SPELT.findall(text)}
    return frozenset(found | spelt)


def _bare(figure: str) -> str:
    plain = figure.replace(",", "").strip(".")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def put(sentence: str, span: tuple[int, int], text: str) -> str:
    """Return a sentence with other text in the place of a span."""
    start, end = span
    return sentence[:start] + text + sentence[end:]


# ---- numbers, dates, units, currencies, addresses ------------------------------------------


def _with_number(make: Callable[[float], float]) -> Change:
    def change(sentence: str, ground: Ground, chance: random.Random) -> str | None:
        found = _numbers(sentence)
        if not found:
            return None
        match = chance.choice(found)
        old = match.group(1)
        decimals = len(old.partition(".")[2])
        value = make(float(old.replace(",", "")))
        grouped = "," in old or (value >= 10_000 and sentence[: match.start(1)].endswith("$"))
        new = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
        if _bare(new) == _bare(old) or _bare(new) in ground.figures or value <= 0:
            return None
        return put(sentence, match.span(1), new)

    return change


def _numbers(sentence: str) -> list[Any]:
    """Return the numbers of a sentence that are no part of a date."""
    dates = [match.span() for match in _DATE.finditer(sentence)]
    return [
        match
        for match in _NUMBER.finditer(sentence)
        if not any(start <= match.start(1) < end for start, end in dates)
    ]


def another_figure(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """Another number of the evidence in its place, in a role it does not have there."""
    found = _numbers(sentence)
    if not found:
        return None
    match = chance.choice(found)
    after = sentence[match.end(1) : match.end(1) + 12].lower()
    before = sentence[max(0, match.start(1) - 12) : match.start(1)].lower()
    fitting = [
        figure
        for figure in sorted(ground.figures - figures_of(sentence))
        if len(figure) < 6 and f"{figure}{after}" not in ground.said
        if f"{before}{figure}" not in ground.said and not figure.startswith("0")
    ]
    if not fitting:
        return None
    return put(sentence, match.span(1), chance.choice(fitting))


def spelt_number(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """Five made seven."""
    match = _SPELT.search(sentence)
    if match is None:
        return None
    fresh = [number for number in range(2, 21) if str(number) not in ground.figures]
    if not fresh:
        return None
    word = NUMBERS[chance.choice(fresh)]
    word = word.capitalize() if match.group(1)[0].isupper() else word
    return put(sentence, match.span(1), word)


def other_month(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """June made August."""
    match = _MONTH.search(sentence)
    if match is None:
        return None
    fitting = [
        month
        for number, month in enumerate(MONTHS, start=1)
        if month.lower() not in ground.said and month != match[1]
        if f"-{number:02}-" not in ground.said and f"{number:02}/" not in ground.said
    ]
    return put(sentence, match.span(1), chance.choice(fitting)) if fitting else None


def other_day(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """The 3rd made the 13th."""
    match = _DAY.search(sentence) or _DAY_AFTER.search(sentence)
    if match is None:
        return None
    fresh = [
        day
        for day in range(4, 21)
        if str(day) not in ground.figures and f"{day:02}" not in ground.figures
    ]
    ending = sentence[match.end(1) : match.end(1) + 2]
    told = put(sentence, match.span(1), str(chance.choice(fresh))) if fresh else None
    if told and ending in ("st", "nd", "rd"):
        return told.replace(ending, "th", 1) if told.count(ending) == 1 else None
    return told


def other_year(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """2026 made 2027."""
    match = _YEAR.search(sentence)
    if match is None:
        return None
    year = str(int(match.group(1)) + chance.choice((-2, -1, 1, 2)))
    return None if year in ground.said else put(sentence, match.span(1), year)


def other_weekday(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """Friday made Saturday."""
    match = _WEEKDAY.search(sentence)
    if match is None:
        return None
    fitting = [day for day in _WEEKDAYS if day.lower() not in ground.said]
    return put(sentence, match.span(1), chance.choice(fitting)) if fitting else None


def other_half_of_day(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """8:00 am made 8:00 pm."""
    del chance
    match = _CLOCK.search(sentence)
    if match is None:
        return None
    new = f"{match.group(1)} {'am' if match.group(2) == 'pm' else 'pm'}"
    return None if new in ground.said else put(sentence, match.span(0), new)


_UNITS: Final[Mapping[str, Sequence[str]]] = {
    "business days": ("hours", "weeks", "calendar days"),
    "business day": ("hour", "week"),
    "days": ("hours", "weeks", "business days"),
    "day": ("hour", "week"),
    "hours": ("minutes", "days"),
    "minutes": ("seconds", "hours"),
    "months": ("weeks", "years"),
    "years": ("months",),
    "per month": ("per week", "per year"),
    "per year": ("per month",),
    "per day": ("per week", "per transaction"),
    "a month": ("a week", "a year"),
    "each month": ("each year",),
    "MB": ("GB", "kB"),
    "GB": ("MB", "TB"),
    "monthly": ("weekly", "yearly"),
    "annual": ("monthly",),
    "points": ("dollars",),
}
_UNIT = re2.compile(rf"(?:\d|[a-z]|\W)(?:\s)({'|'.join(sorted(_UNITS, key=len, reverse=True))})\b")


def other_unit(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """Days made weeks, MB made GB."""
    found = list(_UNIT.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    new = chance.choice(_UNITS[match.group(1)])
    phrase = sentence[max(0, match.start(1) - 4) : match.start(1)].lower() + new.lower()
    return None if phrase in ground.said else put(sentence, match.span(1), new)


def _with_currency(shape: str) -> Change:
    def change(sentence: str, ground: Ground, chance: random.Random) -> str | None:
        del chance
        match = _MONEY.search(sentence)
        if match is None or any(mark in ground.said for mark in ("€", "£", " eur", "yen")):
            return None
        return put(sentence, match.span(0), shape.format(match.group(1)))

    return change


def other_host(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """The host of a link made one that looks like it."""
    del ground
    match = _URL.search(sentence)
    if match is None:
        return None
    old = match[0]
    new = chance.choice(
        (
            old.replace("acme.", "acme-support.", 1),
            old.replace("https://", "https://secure-", 1),
            old.replace(".example", ".example.net", 1),
            old.replace("https://", "http://", 1),
            old.replace("acme", "acrne", 1),
        )
    )
    return None if new == old else put(sentence, match.span(0), new)


def other_mailbox(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """Help@ made support@, or at another domain."""
    match = _EMAIL.search(sentence)
    if match is None:
        return None
    name, domain, end = match.groups()
    new = chance.choice((f"support-{name}@{domain}.{end}", f"{name}@{domain}-help.{end}"))
    return None if new in ground.said else put(sentence, match.span(0), new)


def made_up_link(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """A link that nobody gave."""
    del ground
    last = "-".join(words(sentence)[:2])
    host = {"acme": "help.acme.example"}.get("acme", "")
    link = chance.choice(
        (
            f"https://{host}/articles/{last}-guide",
            f"https://www.acme-boards.example/{last}",
            f"https://bit.example/{last}",
            f"www.{last}-help.example",
            f"https://{host}/{last}?ref=reply",
        )
    )
    shape = chance.choice(("{0} You can read more at {1}.", "{0} See {1} for details."))
    return shape.format(sentence, link)


VALUES: Final[Mapping[str, Mapping[str, Change]]] = {
    "number": {
        "tenfold": _with_number(lambda value: value * 10),
        "one more": _with_number(lambda value: value + 1),
        "half": _with_number(lambda value: value / 2),
        "doubled": _with_number(lambda value: value * 2),
        "another digit": _with_number(lambda value: value + 3 * 10 ** (len(str(int(value))) - 1)),
        "another figure of the evidence": another_figure,
        "spelt": spelt_number,
    },
    "date": {
        "month": other_month,
        "day": other_day,
        "year": other_year,
        "weekday": other_weekday,
        "am and pm": other_half_of_day,
    },
    "unit": {"unit": other_unit},
    "currency": {
        "euro": _with_currency("€{0}"),
        "pounds": _with_currency("£{0}"),
        "words": _with_currency("{0} euros"),
        "code": _with_currency("NZD {0}"),
        "yen": _with_currency("{0} yen"),
    },
    "url": {"host": other_host, "mailbox": other_mailbox, "made up": made_up_link},
}
