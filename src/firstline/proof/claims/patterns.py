"""The one pattern that finds where values stand, and the patterns that read them there.

`ANCHOR` finds a piece, `shape_of` says what it looks like, and that says who reads it.
Everything that could repeat is either bounded or eaten by the match, so that a search never looks
far ahead of where it stops: the whole scan is linear.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import re2

from firstline.proof.claims.bounds import BEFORE, WORDS_BEFORE
from firstline.proof.claims.days import MONTH, SHAPES, WEEKDAY
from firstline.proof.claims.number_words import DIGITS, NUMBER_WORDS
from firstline.proof.claims.units import CURRENCIES, PREFIXES, UNITS, WORD_CODES

_GAP = r"[ ]{0,4}\n?[ ]{0,4}"
_CODES = "|".join(code for code in CURRENCIES if code not in WORD_CODES)
_CAPITAL_CODES = "|".join(sorted(WORD_CODES))


def _alternatives(words: list[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(word.replace(".", r"\.").replace("$", r"\$") for word in ordered)


_SIGNED = [prefix for prefix in PREFIXES if not prefix[-1].isalpha() and prefix != "\x0f"]
PREFIX = (
    rf"(?:\b(?:{_alternatives([sign for sign in _SIGNED if sign[0].isalpha()])})"
    rf"|[$\x01-\x08\x0e]|\b(?:{_CODES}|(?-i:{_CAPITAL_CODES})|rs|kr)(?: ?\$)?) {{0,3}}"
)
"""What may stand before an amount of money."""
_ATTACHED = _alternatives(
    [word for word in UNITS if len(word) <= len("kwh") and word.isalpha() and " " not in word]
    + ["k", "m", "b", "bn", "mn", "usd", "million", "percent", "days", "months", "hours", "mins"]
)
_SCALE = r"(?: ?(?:k|mn|bn)\b| {1,3}(?:thousand|million|billion|hundred|dozen)s?\b|[mb]\b)?"
_NUMBER = rf"(?:{DIGITS}|{NUMBER_WORDS})"
_TO = r"(?: ?[\x1e-]{1,2} ?| to (?:a |as many as )?|-to-| and )"

_SKIP = (
    r"(?m:^[ >#-]{0,12}\(?[1-9]\d?[.)](?:[ \n]|$))|24/7(?:/365)?\b|\[\d{1,3}\]"
    r"|\b(?:step|option|choice|bullet|line) #?\d{1,2}\b"
    r"|\b(?:one of|one another|one by one|no one|each one|this one|that one|at one time)\b"
    r"|\bone-(?:time|way|stop|click|off|on-one|size|to-one|step)\b|\btwo-(?:factor|step|way)\b"
    r"|\b(?:help|assist|do|serve)(?: you| for you)?(?: with(?: [a-z]+)?| for you)? today\b"
    r"|\bmore than one\b|\bone or more\b|[-=]{1,3}>"
    r"|\blast (?:4|four) digits\b|(?:[:;,.]|\bor|\band) {1,2}\d{1,2}\) [a-z]"
)
_PHONE = (
    r"\+\d{1,3}[ .-]?\(?\d(?:[ ().-]{0,2}\d){6,13}"
    r"|\(\d{2,4}\) ?\d{3,4}[ -]?\d{3,4}\b"
    r"|\b(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}\b"
    r"|\b1[389]00[ -]\d{3}[ -]\d{3}\b|\b13 \d\d \d\d\b|\b0\d{1,4}[ -]\d{3,4}[ -]\d{3,4}\b"
    r"|\b04\d{2} ?\d{3} ?\d{3}\b|\b1[ -]8\d\d[ -][a-z]{4,8}\b"
)
_VERSION = (
    r"\b(?:version|release|build|firmware|ver\.|v\.)[ #]{1,3}v?\d+(?:\.\d+){0,4}\b"
    r"|\bv\d+(?:\.\d+){0,4}\b|\b\d+\.\d+(?:\.\d+){1,3}(?:-[a-z0-9.]+)?\b"
)
_CARD = r"\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}\b"
_LABEL = (
    r"\b(?:tier|level|section|phase|class|zone|category|stage|chapter|clause|appendix|gate"
    r"|terminal|room) {1,2}#?\d{1,4}[a-z]?\b"
)
_AMOUNT = (
    rf"(?:{PREFIX}|\b)(?:\d{{1,24}}(?:[.,]\d{{1,10}}){{0,6}}(?:(?:{_ATTACHED})?\b| ?[\x10-\x12])"
    rf"|[\x10-\x12])|{PREFIX}{NUMBER_WORDS}"
)
_WORDS = rf"\b{NUMBER_WORDS}"
_REFERENCE = (
    r"#?\b[a-z_]+(?:[-_][a-z]+)*[-_]?\d\w*(?:[-_]\w+)*"
    r"|#?\b\d\w*(?:[-_]\w+)*"
)
_RELATIVE = (
    r"\b(?:(?:12 ?)?(?:noon|midday|midnight)"
    r"|the day (?:after tomorrow|before yesterday)|today|tonight|tomorrow|yesterday"
    rf"|(?:next|this|last|coming) (?:{WEEKDAY}|week|month|quarter|year|weekend)\b)"
)
_SPAN_WORDS = "seconds?|minutes?|hours?|days?|weeks?|months?|years?|moments?|business days"
_VAGUE = (
    rf"\ban? (?:{_SPAN_WORDS}) and a half\b"
    rf"|\b(?:an?|a few|few|several|a couple of|a couple|couple of|a number of|some|many|half an?"
    rf"|a half) (?:business |working |calendar )?(?:{_SPAN_WORDS}|fortnight)\b"
    rf"|\b(?:within|in|after|takes?) (?:seconds|minutes|hours|days|weeks|months)\b"
    r"|\b(?:once|twice|thrice) (?:a|per|each|every) (?:day|week|month|year|hour|quarter)\b"
)
_MONTH_ONLY = (
    rf"\b(?:in|by|until|since|during|for|of|from|before|after|to|through|late|early|mid|next"
    rf"|last|this|each|every)[ -](?:early |late |mid-?)?{MONTH}"
)
_YEAR = (
    r"\b(?:in|since|of|during|by|until|before|after|from|for|early|late|mid|year|fy|calendar year)"
    r"[ -](?:19|20)\d\d\b"
)
_ANYWHERE = ("clock", "hours")  # no word boundary after the T of an ISO time


def _shape(name: str, pattern: str) -> str:
    return f"(?:{pattern})" if name in _ANYWHERE else rf"\b(?:{pattern})"


_DAYS = "|".join(_shape(name, pattern) for name, pattern in SHAPES)


def _without_groups(pattern: str) -> str:
    """Return a pattern with its capturing groups made plain ones."""
    parts: list[str] = []
    for index, character in enumerate(pattern):
        opens = character == "(" and pattern[index - 1 : index] != "\\"
        parts.append("(?:" if opens and pattern[index + 1] != "?" else character)
    return "".join(parts)


_BOUNDED = rf"(?:\b(?:{BEFORE})|(?:[<>]=?|[~\x14\x15]) {{0,2}})"
SHAPES_IN_ORDER = {
    "skip": _SKIP,
    "card": _CARD,
    "phone": _PHONE,
    "day": _without_groups(_DAYS),
    "version": _VERSION,
    "label": _LABEL,
    "vague": _VAGUE,
    "year": _YEAR,
    "relative": _RELATIVE,
    "amount": _AMOUNT,
    "words": _WORDS,
    "reference": _REFERENCE,
    "month": _MONTH_ONLY,
    "weekday": rf"\b{WEEKDAY}(?: ?(?:-|to|through) ?{WEEKDAY})?",
}
"""What a value may look like; where several fit, the first does."""
_ROOMY = re2.Options()
_ROOMY.max_mem = 16 << 20  # bytes at most; hostile text makes many states of so large a pattern
_ROOMY.log_errors = False  # a full cache is no error: the search only becomes slower
ANCHOR = re2.compile(
    f"(?i)(?:{_BOUNDED})?(?:{'|'.join(SHAPES_IN_ORDER.values())})".encode(), _ROOMY
)
"""Where a value stands, the words that bound it included.

It has no groups on purpose: with groups, every match of so large a pattern would cost the memory
of its whole program.
"""


_TELLING = (
    rf"[0-9\x10-\x12]|(?:\b|{PREFIX})(?:{NUMBER_WORDS})"
    rf"|\b(?:{WEEKDAY}|{MONTH}|(?:{_SPAN_WORDS}|weekend|quarter|fortnight)\b"
    r"|noon|midday|midnight|today|tonight|tomorrow|yesterday)"
)
_QUICK = re2.Options()
_QUICK.never_capture = True
_QUICK.log_errors = False
TELLING = re2.compile(f"(?i)(?:{_TELLING})".encode(), _QUICK)
"""What every value has some of: a digit, a number word, a name of a day, month or span of time.

A text without any needs no `ANCHOR`, whose many states cost far more on text not seen before.
"""


def _set_of(patterns: Iterable[str]) -> re2.Set:
    """Return a set that says in one call which patterns match a whole text."""
    compiled = re2.Set.FullMatchSet(_ROOMY)
    for pattern in patterns:
        compiled.Add(f"(?i){pattern}".encode())
    compiled.Compile()
    return compiled


_NAMES = tuple(SHAPES_IN_ORDER)
_SHAPES = _set_of(f"(?:{shape})" for shape in SHAPES_IN_ORDER.values())
_BOUNDS = tuple(
    re2.compile(f"(?i){pattern}".encode())
    for pattern in (_BOUNDED, rf"(?:{WORDS_BEFORE})\s{{1,4}}")
)


@lru_cache(maxsize=8192)
def shape_of(piece: bytes) -> tuple[str, int]:
    """Return the name of the shape of a piece that `ANCHOR` found, and where its value begins."""
    best = _first_shape(piece), 0
    for pattern in _BOUNDS:
        match = pattern.match(piece)
        if match is not None and match.end() > 0:
            best = min(best, (_first_shape(piece[match.end() :]), match.end()))
    index, offset = best
    # None fits where only the text around a piece shows its boundary.
    return (_NAMES[index], offset) if index < len(_NAMES) else ("reference", 0)


def _first_shape(piece: bytes) -> int:
    """Return the number of the first shape that a whole piece has, past the last for none."""
    return min(_SHAPES.Match(piece) or (len(_NAMES),))


DAYS = {name: re2.compile(f"(?i)(?:{pattern})".encode()) for name, pattern in SHAPES}
"""The patterns that read a `day`, with the groups their readers expect."""
DIGIT_AMOUNT = re2.compile(
    (
        rf"(?i)([^0-9\x10-\x12]{{0,8}})({DIGITS})({_SCALE})"
        rf"(?:({_TO})((?:[a-z]{{0,3}}[$\x01-\x08\x0e]|[a-z]{{3}}) {{0,2}})?({DIGITS})({_SCALE}))?"
    ).encode()
)
"""A number in digits with its currency and scale, or two that may be a range."""
WORD_AMOUNT = re2.compile(
    (
        rf"(?i)({PREFIX})?({NUMBER_WORDS})({_SCALE})"
        rf"(?:({_TO})({PREFIX})?({_NUMBER})({_SCALE}))?"
    ).encode()
)
"""The same for a number in words; the groups of both are alike."""
FOLLOWING = re2.compile(
    rb"(?i)(?:[ ]{0,4}\n?[ ]{0,4}|[ -]{1,2})\(?([a-z][a-z']*(?:[ -]{1,3}[a-z][a-z']*){0,3}"
    rb"|%(?: percent\b)?|\x13(?: ?[cf]\b)?|[\x01-\x04\x0f$])"
)
"""The words or the sign after a number: its unit, or among them the counted noun."""
PERIOD = re2.compile(
    (
        rf"(?i)(?:{_GAP}\(?(?:/ ?|-(?:a|per)-|,? ?\bper[ -]"
        r"|\b(?:a|an|each|every|for each|for every|for one)\b )"
        r"(?P<thing>[a-z][a-z.]{0,24})(?: (?P<second>[a-z]{2,24}))?"
        r"|[ ]{1,3}\(?(?P<adverb>monthly|yearly|annually|weekly|daily|hourly|quarterly|nightly"
        r"|each\b|p\.m\.|p\.a\.|pa\b|apy\b|apr\b|p/m|p/a))\)?"
    ).encode()
)
"""What an amount is paid or counted for: "per month", "/mo", "a seat"."""
CARRIED = re2.compile(
    rb"(?i)^ {0,2}(?:,|,? ?or|,? ?and|/|(?:out )?of(?: (?:your|the|our|their|its|my|these|those|all"
    rb"|a total of|up to|a|an|a possible|maximum)){0,2})? {0,2}(?:[a-z]{3,14} )?$"
)
"""Between two numbers of which the second has the unit of both: "12 of your 15 seats"."""
