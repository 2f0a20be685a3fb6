"""Finding phone numbers in text.

Whatever has a country code, an area code in brackets or another shape that only phones have is a
phone number; a bare row of digits is one when the words around it say so, or when the numbering
plan of the company's own country holds it (`phonenumbers`). What is called an order, account or
licence number right before it is none, however it looks.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import re2

from firstline.proof.digit_groups import digit_groups

MAX_LOOK_UPS = 64
"""Candidates of one text that are held against a numbering plan; further ones need a shape."""
_LONGEST = 80
"""Characters of a candidate, brackets and blanks included."""
_DIGITS = range(6, 16)
_LOCAL = 7
"""Digits of a number without an area code."""
_FULL = 9
"""Digits of a number with one, at least."""
_NATIONAL = 11
"""Digits of a number with a trunk zero, at most."""
_SPREAD = range(8, 13)
"""Digits of a number in three groups or more."""
_BEFORE = 56
_AFTER = 24
_MONTHS, _DAYS, _YEARS = range(1, 13), range(1, 32), range(1500, 2200)
_POSTCODES = frozenset({(5, 4), (5, 3)})
_SOCIAL_SECURITY = (3, 2, 4)
_AMERICAN = (3, 3, 4)
_DAY_FIRST = 3
_YEAR_SIZE = 4
_THOUSANDS = 3
_QUAD = 4

_SIGN = r"\-.\x{A0}\x{2007}\x{2009}\x{202F}\x{2010}-\x{2015}\x{2212}/·•"
_RUN = re2.compile(
    rf"(?:[+\x{{FF0B}}]\s?)?[(（]?\p{{Nd}}"
    rf"(?:(?:[ {_SIGN}]|[ {_SIGN}]?[(（]|[)）][ {_SIGN}]?|[)）] ?[(（]| ?[\-–—] ?)?\p{{Nd}}){{5,}}"
    r"(?:,?\s?(?:x|ext\.?|extn\.?|extension)[.:]?\s?\p{Nd}{1,6})?"
)
_EXTENSION = re2.compile(r"(?i),?\s?(?:x|ext\.?|extn\.?|extension)[.:]?\s?\p{Nd}{1,6}$")
_PHONE_WORDS = (
    r"(?:\b(?:tele)?phones?\b|\bph\b|\btel\b|\bmob(?:ile)?s?\b|\bcell(?:phone|ular|ulare)?\b|\bfax\b"
    r"|whats\s?app|\bsignal\b|\bviber\b|\btelegram\b|\bsms\b|\btext(?:ed|ing)?\b|\bmessages?\b"
    r"|\bcall(?:s|ed|ing|back|er)?\b|\bring\b|\brang\b|\bdial(?:l?ed|l?ing)?\b|\breach(?:ed|able)?\b"
    r"|\bcontact(?:ed)?\b|\bhotline\b|\b(?:land|office|direct|work|home|main)\s?line\b|\bvoice\s?mail\b"
    r"|\bregistered\b|\bhandy(?:nummer)?\b|telefon|teléfon|téléphone|\btél\b|telefoon|rufnummer"
    r"|\bmóvil\b|\bcelular\b|\bappele[rz]\b|\bllam\w{1,6}\b|\banrufen\b|\bpuh(?:elin)?\b"
    r"|телефон|номер|電話|电话|手机|전화|फोन|هاتف"
    r"|\b(?:get|got)\s+(?:me|us|him|her|them)\b)"
)
_NUMBER_WORDS = (
    r"(?:\b(?:my|new|old|his|her|their|our|your|the|this|that|following|another|different)"
    r"\s+(?:\w+\s+)?(?:numbers?|digits)\b|['’]s\s+(?:new\s+|old\s+)?number\b|\bnumbers?\b\s*[:=]"
    r"|(?:\b(?:i['’]m|i am|me|us)\s+(?:on|at|under|via)\s*$))"
)
_NUMBERED_BEFORE = re2.compile(rf"(?i){_NUMBER_WORDS}[^!?;\n]{{0,24}}$")
_NAMED_BEFORE = re2.compile(
    rf"(?i){_PHONE_WORDS}[^!?;\n]{{0,40}}$|(?i:\b(?:[tmpf]|home|work|office|portable)\s?[:.]\s{{0,3}}$)"
)
_NAMED_LINE = re2.compile(rf"(?i){_PHONE_WORDS}[ \t]*[:.\-–]*[ \t]*\n\s{{0,8}}$")
_NAMED_AFTER = re2.compile(
    r"(?i)^[\s,\-–(:]{0,4}(?:office|fax|mobile|mob\b|cell|home|work|direct|landline|phone|tel\b|main\b"
    r"|is (?:my|his|her|their|our|the)(?: \w+)? (?:number|phone|cell|mobile))"
)
_NAMED_OTHERWISE = re2.compile(
    r"(?i)(?:order|tracking|track|parcel|package|shipment|consignment|invoice|imei|iccid|serial"
    r"|account|acct|a/c|card|member|membership|customer|client|user|reference|ref|case|ticket"
    r"|claim|licen[cs]e|permit|passport|policy|zip|postcode|postal|confirmation|booking"
    r"|reservation|flight|transaction|payment|item|product|model|part|sku|isbn|issn|box|room"
    r"|unit|version|build|\bid|\bids|iban|bsb|ssn|tax|abn|acn|tfn|vat|medicare|employee|student"
    r"|patient|record|file|docket|article|code|pin|otp|bank|routing|insurance|quote"
    r"|coordinates|latitude|longitude"
    r"|bestellung|bestellnummer|pedido|commande|ordine|sendungsnummer|rechnung|konto)s?"
    r"(?:\s|['’]s|number|num\b|no\b|nr\b|\bids?\b|code|with|is|was|are|has|have|i\b|of|to|be|it|my"
    r"|the|would|should|will|must|may|can|as|follows|which|that|here|and|its?|name|[#:=.\-(\"“'])*$"
)
_BAD_BEFORE = re2.compile(r"(?:[\p{L}\p{Nd}_#$€£¥@=&%*\\]|\p{Nd}[.,:/]|[\p{L}\p{Nd}_][\-./+:])$")
_GLUED_LABEL = re2.compile(r"(?i)(?:^|[^\p{L}])(?:tel|phone|mobile|mob|ph|fax|cell)[.:=]?$")
_BAD_AFTER = re2.compile(
    r"(?i)^(?:[\p{L}\p{Nd}_@%°$€£¥*]|[:.,/\-]\p{Nd}|[ ]?(?:usd|aud|eur|gbp|dollars?|euros?|kg|km"
    r"|miles|points|users|times|records|rows|bytes|[kmg]b|ms)\b)"
)
_STREET = re2.compile(
    r"^\s(?:\p{Lu}[\p{L}.'’\-]*\s){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Dr|Drive|Ln|Lane|Ct|Court|Blvd"
    r"|Boulevard|Way|Place|Pl|Terrace|Square|Parade|Crescent|Highway|Hwy)\b"
)
_LINE_BEFORE = re2.compile(r"\S[ \t]*\n[ \t]*$")
_LINE_AFTER = re2.compile(r"^[ \t]*(?:\n|$)")
_POSTCODES = frozenset({(5, 4), (5, 3)})


class _Number(NamedTuple):
    """Digits in groups, as they stand in a text."""

    groups: tuple[str, ...]
    """ASCII digits."""
    signs: tuple[str, ...]
    """What stands between each group and the next."""
    plus: bool
    bracket: bool
    """Whether the first or second group stands in brackets."""

    @property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))


def find_phones(
    text: str, *, region: str = "", taken: Sequence[tuple[int, int]] = ()
) -> Iterator[tuple[int, int]]:
    """Yield where phone numbers stand, extensions included, in order. Linear time.

    Args:
        text: Any text.
        region: The country (`AU`) whose numbers are written without a country code; empty: none.
        taken: Places, in order, that are something else.
    """
    looked_up = 0
    at = 0
    for match in _RUN.finditer(text):
        start, end = match.span()
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if at < len(taken) and taken[at][0] < end:
            continue
        for first, last in _parts(text, start, end):
            number = _read(text[first:last])
            if number is None:
                continue
            verdict = _judge(text, first, last, number)
            if verdict is None and looked_up < MAX_LOOK_UPS and region:
                looked_up += 1
                verdict = _in_plan(number.digits, region)
            if verdict:
                yield first, last


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a run, or its parts when two numbers stand side by side."""
    run = text[start:end]
    if end - start > _LONGEST or sum(sign.isdecimal() for sign in run) <= _DIGITS.stop - 1:
        yield start, end
        return
    for sign in ("/", " "):
        places = [offset for offset, char in enumerate(run) if char == sign]
        for place in places[len(places) // 2 : len(places) // 2 + 1]:
            yield start, start + place
            yield start + place + 1, end
            return


def _read(written: str) -> _Number | None:
    """Take a candidate apart; None when it is too short or too long for a phone number."""
    if len(written) > _LONGEST:
        return None
    extension = _EXTENSION.search(written) if "x" in written or "X" in written else None
    main = written[: extension.start()] if extension else written
    spans = digit_groups(main)
    groups = tuple(_plain(main[first:last]) for first, last in spans)
    if sum(map(len, groups)) not in _DIGITS:
        return None
    signs = tuple(main[a[1] : b[0]] for a, b in itertools.pairwise(spans))
    bracket = ("(" in main or "（" in main) and (")" in main or "）" in main)
    return _Number(groups, signs, main[0] in "+\uff0b", bracket)


def _plain(digits: str) -> str:
    """Return digits of any script as 0 to 9."""
    if digits.isascii():
        return digits
    return "".join(str(unicodedata.digit(sign)) for sign in digits)


def _judge(text: str, start: int, end: int, number: _Number) -> bool | None:
    """Tell whether a candidate is a phone number; None when only a numbering plan can."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    glued = _GLUED_LABEL.search(before) is not None
    if (_BAD_BEFORE.search(before) and not glued) or _BAD_AFTER.match(after):
        return False
    if _NAMED_OTHERWISE.search(before) or _STREET.match(text[end : end + _BEFORE]):
        return False
    if _is_date(number) or _is_quad(number):
        return False
    size, grouped = len(number.digits), len(number.groups) > 1
    telling = grouped or size > _FULL or number.digits[0] == "0"
    named = glued or _is_named(before, after)
    if size >= _LOCAL and (named or (telling and _NUMBERED_BEFORE.search(before) is not None)):
        return True
    if _is_amount(number):
        return False
    if _has_phone_shape(number) or (_is_alone(before, after) and _may_stand_alone(number)):
        return True
    return None if named or grouped or number.plus or number.digits[0] == "0" else False


def _is_named(before: str, after: str) -> bool:
    """Whether the words around a candidate speak of a phone."""
    return (
        _NAMED_BEFORE.search(before) is not None
        or _NAMED_LINE.search(before) is not None
        or _NAMED_AFTER.match(after) is not None
    )


def _is_alone(before: str, after: str) -> bool:
    """Whether a candidate has a line for itself, below another line: as under a name."""
    return bool(_LINE_BEFORE.search(before)) and bool(_LINE_AFTER.match(after))


def _may_stand_alone(number: _Number) -> bool:
    """Whether its groups are a phone number's, not a postcode's or a single figure."""
    return len(number.groups) > 1 and len(number.digits) > _LOCAL and number.shape not in _POSTCODES


def _has_phone_shape(number: _Number) -> bool:
    """Whether the way it is written says phone: country code, area code, trunk zero."""
    size, shape, digits = len(number.digits), number.shape, number.digits
    grouped = len(shape) > 1
    if number.plus:
        return digits[0] != "0" and size > (_LOCAL if grouped else _FULL) and digits[-5:] != "00000"
    if number.bracket:
        return size >= _LOCAL
    if _is_spread(number):
        return shape != _SOCIAL_SECURITY
    if shape[-3:] == _AMERICAN and shape[:-3] in {(1,), (3,)}:
        return True
    if digits.startswith("00") or number.groups[0] == "011":
        return grouped and size > _FULL
    return digits[0] == "0" and grouped and _FULL <= size <= _NATIONAL and max(shape) <= _LOCAL


def _is_spread(number: _Number) -> bool:
    """Whether it has three groups or more, none of a single digit and none long."""
    shape = number.shape
    few = len(shape) < len(_AMERICAN) or min(shape) < len("00") or max(shape) > max(_AMERICAN)
    # Two decimals with a dash between them are amounts.
    decimals = "." in number.signs and len(set(number.signs)) > 1
    return not few and not decimals and len(number.digits) in _SPREAD


def _is_date(number: _Number) -> bool:
    if number.plus or number.bracket or len(number.groups) not in {2, 3, 4}:
        return False
    shape = number.shape
    values = tuple(map(int, number.groups))
    if shape == (4, 4):
        return values[0] in _YEARS and values[1] in _YEARS
    if shape[:3] in {(4, 2, 2), (4, 1, 2), (4, 2, 1)}:
        return values[0] in _YEARS and values[1] in _MONTHS and values[2] in _DAYS
    if shape[-1] == _YEAR_SIZE and len(shape) == _DAY_FIRST:
        day, month = sorted(values[:2], reverse=True)
        return values[2] in _YEARS and day in _DAYS and month in _MONTHS
    return False


def _is_quad(number: _Number) -> bool:
    """Whether it is an IP address or a version: four short groups with points."""
    pointed = set(number.signs) == {"."}
    return pointed and len(number.groups) == _QUAD and max(number.shape) < _QUAD


def _is_amount(number: _Number) -> bool:
    """Whether it is a large number in groups of three."""
    if number.plus or number.bracket or len(set(number.signs)) != 1 or number.signs[0] == "-":
        return False
    return (
        all(size == _THOUSANDS for size in number.shape[1:])
        and number.shape[0] <= _THOUSANDS
        and number.digits[0] != "0"
    )


@lru_cache(maxsize=4096)
def _in_plan(digits: str, region: str) -> bool:
    """Whether a country's numbering plan holds a number as it is dialled there."""
    # Its tables take a while to load and most texts need none.
    import phonenumbers  # noqa: PLC0415 - as the comment says

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(number, region)
