"""Everything in a reply that could name a person: addresses, numbers, codes, names, streets.

What is yielded is only a candidate; whose it is, if anybody's, the customer index says. Longer
candidates come before the parts of them, so that a phone number known as the customer's own is not
taken apart into somebody else's id.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

import re2

from firstline.proof.letters import LetterTable
from firstline.proof.personal_data import spelt_emails

MOST = 6000
"""Candidates of one reply, repetitions included; no honest reply comes near."""
_EMAIL = re2.compile(r"[\p{L}\p{N}_.%+\-'’]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+")
_SPOKEN = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_SPOKEN_RUN = re2.compile(
    r"(?i)\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
    r"(?:[ ,\-]{1,2}(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)){4,}\b"
)
_PARTICLES = frozenset(
    "al and bin da de del della den der di do dos du e el la le of the und van von y".split()
)
_NAME_GAPS = frozenset({" ", "  ", "-", " & ", ". ", ", ", "_", "'", "’"})
_JOINTS = frozenset(" -–—_/.()")
_MONEY = frozenset("$€£¥₹")
_LONGEST_PREFIX = 5
"""Letters before a blank and a number that may belong to it: `INV 50688`."""
_MOST_PREFIXES = 3
_MOST_PARTS = 8
_MOST_SIGNS = 26
_MOST_NAME_WORDS = 5
_MOST_STREET_WORDS = 4
_LEAST_CODE = 5
_HOUSE = 6
"""Digits and letters of a house number at most."""

Kind = Literal["email", "number", "code", "name", "address"]


class Mention(NamedTuple):
    """A candidate: some words of a text."""

    kind: Kind
    token: str
    """As the index is asked for it."""
    start: int
    """In characters."""
    end: int


class TooManyMentionsError(Exception):
    """A text has more candidates than are looked up."""


class _Words(NamedTuple):
    """The words of a text, side by side: most of them are only passed over."""

    text: list[str]
    start: list[int]
    end: list[int]
    digit: list[bool]
    """Whether a word has a digit."""
    capital: list[bool]
    """Whether it has none and does not begin with a small letter."""
    gap: list[str]
    """What stands between a word and the next; a line end after the last."""


def mentions(text: str) -> tuple[Mention, ...]:
    """Return every candidate of a text, longest first, each token once.

    Args:
        text: Normalised.

    Raises:
        TooManyMentionsError: There are more than MOST.
    """
    found: dict[tuple[Kind, str], Mention] = {}
    for count, mention in enumerate(_all(text)):
        if count > MOST:
            raise TooManyMentionsError
        found.setdefault((mention.kind, mention.token), mention)
    return tuple(sorted(found.values(), key=lambda one: one.start - one.end))


def _all(text: str) -> Iterator[Mention]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Mention("email", match.group(0), match.start(), match.end())
    for start, end, address in spelt_emails(text):
        yield Mention("email", address, start, end)
    for start, end, digits in spoken_numbers(text):
        yield Mention("number", digits, start, end)
    words = _words(text)
    yield from _spaced_out(words)
    for at, (digit, capital) in enumerate(zip(words.digit, words.capital, strict=True)):
        if digit:
            yield from _numbers(text, words, at)
            yield from _streets(text, words, at)
        elif capital:
            yield from _names(text, words, at)
            word = words.text[at]
            if len(word) >= _LEAST_CODE and word.isupper():
                yield Mention("code", word, words.start[at], words.end[at])


def spoken_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield numbers spelt digit by digit ("four one one ..."): start, end, and the digits."""
    for match in _SPOKEN_RUN.finditer(text):
        words = match.group(0).casefold().replace(",", " ").replace("-", " ").split()
        yield match.start(), match.end(), "".join(_SPOKEN[word] for word in words)


def _letter(char: str) -> str:
    """Return what stands in words, and a blank for every other sign."""
    return char if char.isalnum() or unicodedata.category(char)[0] == "M" else " "


_LETTERS = LetterTable(_letter)


def _words(text: str) -> _Words:
    padded = _LETTERS.text(text)
    found = padded.split()
    starts: list[int] = []
    ends: list[int] = []
    end = 0
    for word in found:
        start = padded.index(word, end)
        end = start + len(word)
        starts.append(start)
        ends.append(end)
    digits = [not _is_plain(word) and any(map(str.isdigit, word)) for word in found]
    capitals = [
        not digit and not word[0].islower() for word, digit in zip(found, digits, strict=True)
    ]
    gaps = [text[end:start] for end, start in zip(ends, starts[1:], strict=False)]
    return _Words(found, starts, ends, digits, capitals, [*gaps, "\n"])


def _is_plain(word: str) -> bool:
    return word.isalpha() and word.isascii()


def _numbers(text: str, words: _Words, at: int) -> Iterator[Mention]:
    """Yield the candidates whose first number is at `at`, with the letters before it."""
    first = words.start[at]
    if first and text[first - 1] in _MONEY:
        return
    starts = [at]
    while starts[-1] and len(starts) <= _MOST_PREFIXES:
        before = starts[-1] - 1
        gap = words.gap[before]
        tight = gap in {"_", "-", "/"}
        short = gap in {" ", " #", "#", "."} and len(words.text[before]) <= _LONGEST_PREFIX
        if words.digit[before] or not (tight or short):
            break
        starts.append(before)
    signs = 0
    for last in range(at, min(len(words.text), at + _MOST_PARTS)):
        if last > at and not _joined(words.gap[last - 1]):
            break
        signs += len(words.text[last])
        if signs > _MOST_SIGNS:
            break
        if words.digit[last]:
            end = words.end[last]
            for start in starts:
                begin = words.start[start]
                yield Mention("number", text[begin:end], begin, end)


def _spaced_out(words: _Words) -> Iterator[Mention]:
    """Yield numbers whose digits stand apart: `0 4 1 2 3 4 5`."""
    single = [digit and len(word) == 1 for word, digit in zip(words.text, words.digit, strict=True)]
    if sum(single) < _LEAST_CODE:
        return
    at = 0
    while at < len(single):
        first = at
        while single[at] and _joined(words.gap[at]):
            at += 1
        if at - first >= _LEAST_CODE and at - first < _MOST_SIGNS:
            last = at if words.digit[at] else at - 1
            digits = "".join(words.text[first : last + 1])
            yield Mention("number", digits, words.start[first], words.end[last])
        at += 1


def _joined(gap: str) -> bool:
    """Whether two parts of a number may stand so beside each other."""
    return len(gap) <= len(") (") and _JOINTS.issuperset(gap)


def _names(text: str, words: _Words, at: int) -> Iterator[Mention]:
    """Yield the runs of capitalised words that begin at `at`, two words or more."""
    if at and words.gap[at - 1] in {"-", "_"}:
        return
    last = at
    counted = 1
    while counted < _MOST_NAME_WORDS and last + 1 < len(words.text):
        particle = words.text[last + 1] in _PARTICLES
        apart = words.gap[last] not in _NAME_GAPS
        if apart or words.digit[last + 1] or not (words.capital[last + 1] or particle):
            return
        last += 1
        counted += not particle
        if not particle:
            start, end = words.start[at], words.end[last]
            yield Mention("name", _without_possessive(text[start:end]), start, end)


def _without_possessive(name: str) -> str:
    return name[:-2] if name.endswith(("'s", "’s")) else name


def _streets(text: str, words: _Words, at: int) -> Iterator[Mention]:
    """Yield the candidates for a house number at `at` with the street behind or before it."""
    if len(words.text[at]) > _HOUSE:
        return
    begin, end = words.start[at], words.end[at]
    for last in range(at + 1, min(len(words.text), at + 1 + _MOST_STREET_WORDS)):
        if words.gap[last - 1] not in {" ", ", ", ". "} or words.digit[last]:
            break
        token = text[begin : words.end[last]].replace(",", "")
        yield Mention("address", token, begin, words.end[last])
    for first in range(at - 1, max(-1, at - 1 - _MOST_STREET_WORDS), -1):
        apart = words.gap[first] not in {" ", ". "}
        if apart or words.digit[first] or not words.capital[first]:
            break
        yield Mention("address", text[words.start[first] : end], words.start[first], end)
