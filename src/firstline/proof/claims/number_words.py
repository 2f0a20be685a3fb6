"""Numbers written as digits or words."""

from __future__ import annotations

from decimal import Decimal

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_VALUES = (
    {word: index for index, word in enumerate(_ONES)}
    | {word: 20 + 10 * index for index, word in enumerate(_TENS)}
    | {"dozen": 12}
)
_SUFFIXES = {
    "k": 1000,
    "m": 10**6,
    "mn": 10**6,
    "mm": 10**6,
    "mio": 10**6,
    "million": 10**6,
    "millions": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "billion": 10**9,
    "thousand": 1000,
    "thousands": 1000,
    "hundred": 100,
    "dozen": 12,
    "": 1,
}
_FRACTIONS = {"\x10": Decimal("0.5"), "\x11": Decimal("0.25"), "\x12": Decimal("0.75")}

_WORD = "|".join(sorted((*_ONES, *_TENS), key=len, reverse=True))
_SCALED = rf"(?:hundred|thousand|million|billion|dozen)\b(?: and (?:{_WORD})\b)?"
NUMBER_WORDS = (
    rf"(?:(?:a|one|half a) {_SCALED}|(?:{_WORD})\b)"
    rf"(?:[ -](?:(?:{_WORD})\b|{_SCALED}))*(?: and a half\b)?"
)
"""Pattern of a number in words."""
DIGITS = (
    r"(?:\d{1,3}(?:,\d{2,3}){1,6}(?:\.\d{1,10})?|\d{1,3}(?:\.\d{3}){2,6}(?:,\d{1,10})?"
    r"|\d{1,3}(?:\.\d{3}){1,6},\d{1,10}|\d{1,24}(?:[.,]\d{1,10})?)(?: ?[\x10-\x12])?|[\x10-\x12]"
)
"""Pattern of a number in digits, with its separators."""


def words_value(words: str) -> Decimal | None:
    """Return the value of number words, None when they are not one number ("two three")."""
    parts = words.replace("-", " ").split()
    half = Decimal(0)
    if parts[-3:] == ["and", "a", "half"]:
        half, parts = Decimal("0.5"), parts[:-3]
    if parts[:2] == ["half", "a"]:
        return Decimal(_SCALES.get(parts[2], 12)) / 2 if len(parts) == len("abc") else None
    total = current = 0
    last = 10**12
    for part in parts:
        if part in ("and", "a"):
            continue
        scale = _SCALES.get(part) or (12 if part == "dozen" else 0)
        if scale:
            current = max(current, 1) * scale
            if scale >= _SCALES["thousand"]:
                total, current = total + current, 0
            last = 10**12
            continue
        value = _VALUES[part]
        if current and not _may_follow(last, value):
            return None
        current += value
        last = value
    return total + current + half


def _may_follow(last: int, value: int) -> bool:
    """Whether a word may follow another inside a number: "twenty five", "hundred five"."""
    if last > 10**9:
        return True
    return last >= _VALUES["twenty"] and 0 < value < _VALUES["ten"]


def digits_value(digits: str, *, comma_is_decimal: bool = False) -> Decimal:
    """Return the value of digits with their separators, read as the company writes them."""
    fraction = Decimal(0)
    if digits[-1] in _FRACTIONS:
        fraction = _FRACTIONS[digits[-1]]
        digits = digits[:-1].rstrip() or "0"
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        decimal = "," if comma > point else "."
    elif comma >= 0:
        groups = digits.split(",")
        thousands = len(groups[-1]) == len("000") and len(groups[0]) <= len("000")
        decimal = "," if digits.count(",") == 1 and (not thousands or comma_is_decimal) else "."
    elif digits.count(".") > 1 or (comma_is_decimal and len(digits) - point - 1 == len("000")):
        decimal = ","
    else:
        decimal = "."
    group = "." if decimal == "," else ","
    return Decimal(digits.replace(group, "").replace(decimal, ".")) + fraction


def scale_of(suffix: str) -> int:
    """Return what a suffix ("k", "million") multiplies by, 1 for none."""
    return _SUFFIXES.get(suffix.lower(), 1)
