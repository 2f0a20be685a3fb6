"""What follows a number: its unit, or the noun it counts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from firstline.proof.claims.facts import Facts
from firstline.proof.claims.numerals import Numbers, is_over
from firstline.proof.claims.patterns import FOLLOWING
from firstline.proof.claims.units import UNITS, WORD_CODES, Unit, is_plural, singular

FUNCTION_WORDS = frozenset(
    "a about above across after again against all also although always am an and any are as at be"
    " because been before being below between both but by can cannot could did do does doing done"
    " down during each either else ever every for from further had has have having he her here hers"
    " him his how however i if in into is it its just left may me might mine more most much must my"
    " neither never no nor not now of off on once only onto or other our ours out over own per plus"
    " rather remaining same shall she should since so some still such than that the their theirs"
    " them then there these they this those though through thus till to too toward towards under"
    " until up upon us very via was we were what when where whether which while who whom whose why"
    " will with within without would yes yet you your yours"
    " includes allows costs means gets needs requires takes works applies starts ends expires comes"
    " goes equals covers offers provides supports remains counts contains seems uses runs lets"
    " makes says shows stays becomes results exists depends happens lasts keeps holds gives leaves"
    " sends pays adds sets begins changes ago later early late old unless less plus minus times"
    " always perhaps sometimes afterwards besides versus".split()
)
"""Words that cannot stand between a number and the noun it counts."""
BYTES = Unit("quantity", "byte")
METRES = Unit("quantity", "metre")
_LETTERS = {
    "c": Unit("money", "cent", Decimal("0.01")),
    "g": Unit("quantity", "gram"),
    "m": METRES,
}
_MODIFIERS = frozenset(
    "calendar full consecutive additional more extra further whole straight short long us"
    " australian canadian".split()
)
_LONE = frozenset("s d w x".split())
"""Units that only count when nothing stands between them and the number."""
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Following:
    """The words, or the sign, after a number."""

    words: tuple[str, ...]
    """In lower case."""
    ends: tuple[int, ...]
    """Where each ends in the text."""
    at: int
    """Where the first begins."""
    attached: bool
    """Whether nothing stands between it and the number."""
    hyphen: bool
    bracket: bool
    capitals: bool
    """Whether the first three letters are capitals, as those of a currency code are."""
    digit_next: bool
    """Whether a digit comes right after: a sign then belongs to that."""


def following(data: bytes, end: int) -> Following | None:
    """Return what follows a number that ends at an offset of a folded text."""
    match = None if is_over(data, end) else FOLLOWING.match(data, end)
    if match is None:
        return None
    at, stop = match.span(1)
    text = data[at:stop].decode("ascii").lower()
    words = tuple(text.replace("-", " ").split()) if text[0].isalpha() else (text,)
    ends: list[int] = []
    place = 0
    for word in words:
        place = text.index(word, place) + len(word)
        ends.append(at + place)
    return Following(
        words,
        tuple(ends),
        at,
        at == end,
        data[end : end + 1] == b"-",
        data[at - 1 : at] == b"(",
        data[at : at + 3].isupper(),
        data[stop : stop + 1].isdigit(),
    )


def unit_of(numbers: Numbers, after: Following | None, facts: Facts) -> tuple[Unit | None, int]:
    """Return the unit of a number, and where it ends; None where it has none."""
    if numbers.suffix:
        return (BYTES if numbers.suffix == "b" else METRES), numbers.end
    if after is None:
        return None, numbers.end
    first = after.words[0]
    if first[0].isalpha():
        return _unit_in_words(numbers, after, facts)
    if first.startswith("%"):
        return UNITS["%"], after.ends[0]
    if after.at > numbers.end + 1 or after.digit_next:
        return None, numbers.end
    unit = UNITS.get(first.replace(" ", ""))
    return unit, after.ends[0] if unit else numbers.end


def _unit_in_words(numbers: Numbers, after: Following, facts: Facts) -> tuple[Unit | None, int]:
    skipped = 1 if after.words[0] in _MODIFIERS and len(after.words) > 1 else 0
    for count in (2, 1):
        last = skipped + count
        if last > len(after.words):
            continue
        unit = _named_unit(" ".join(after.words[skipped:last]), numbers, after, facts)
        if unit is not None:
            return unit, after.ends[last - 1]
    return None, numbers.end


def _named_unit(name: str, numbers: Numbers, after: Following, facts: Facts) -> Unit | None:
    """Return the unit of this name, None where here it is another word ("try", "a second")."""
    if name in ("pounds", "pound"):
        return UNITS["\x02"] if facts.pounds_are_money else UNITS["lb"]
    if name in _LETTERS:
        return _LETTERS[name] if after.attached else None
    unit = UNITS.get(name)
    if unit is None or (name in _LONE and not after.attached):
        return None
    if name == "second" and not (after.attached or after.hyphen or numbers.low == _ONE):
        return None
    return unit if after.capitals or name.upper() not in WORD_CODES else None


_ADJECTIVE_ENDINGS = ("ing", "ed", "al", "ive", "ble", "ful", "ous", "ary", "ic")
_SHORT_ADJECTIVES = frozenset(
    "free new extra full open big small large long short paid whole complete separate single same"
    " different standard basic unique more other valid pending".split()
)


def _is_adjective(word: str) -> bool:
    """Whether a word before a noun looks like one that only describes it."""
    return word in _SHORT_ADJECTIVES or word.endswith(_ADJECTIVE_ENDINGS)


def noun_of(after: Following | None, *, one: bool) -> tuple[str, int]:
    """Return the noun that a number counts, in the singular, and where it ends; empty for none.

    It is the first plural among the next words, before any word that cannot stand between a
    number and its noun; after 1, or in "6-digit", the first word.
    """
    if after is None or after.attached or after.bracket or not after.words[0][0].isalpha():
        return "", 0
    for word, end in zip(after.words, after.ends, strict=True):
        if word in FUNCTION_WORDS:
            break
        if is_plural(word) or after.hyphen or (one and not _is_adjective(word)):
            return singular(word), end
    return "", 0
