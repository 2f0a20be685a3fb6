"""Everything in a reply that could name a person: addresses, numbers, codes, names, streets.

What is yielded is only a candidate; whose it is, if anybody's, the customer index says. Longer
candidates come before the parts of them, so that a phone number known as the customer's own is not
taken apart into somebody else's id.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Sequence
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


class _Word(NamedTuple):
    text: str
    start: int
    end: int
    digit: bool
    capital: bool


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
    gaps = [*(text[a.end : b.start] for a, b in itertools.pairwise(words)), "\n"]
    yield from _spaced_out(words, gaps)
    for at, word in enumerate(words):
        if word.digit:
            yield from _numbers(text, words, gaps, at)
            yield from _streets(text, words, gaps, at)
        elif word.capital:
            yield from _names(text, words, gaps, at)
            if len(word.text) >= _LEAST_CODE and word.text.isupper():
                yield Mention("code", word.text, word.start, word.end)


def spoken_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield numbers spelt digit by digit ("four one one ..."): start, end, and the digits."""
    for match in _SPOKEN_RUN.finditer(text):
        words = match.group(0).casefold().replace(",", " ").replace("-", " ").split()
        yield match.start(), match.end(), "".join(_SPOKEN[word] for word in words)


def _letter(char: str) -> str:
    """Return what stands in words, and a blank for every other sign."""
    return char if char.isalnum() or unicodedata.category(char)[0] == "M" else " "


_LETTERS = LetterTable(_letter)


def _words(text: str) -> list[_Word]:
    padded = _LETTERS.text(text)
    found = []
    end = 0
    for word in padded.split():
        start = padded.index(word, end)
        end = start + len(word)
        digit = not (word.isalpha() and word.isascii()) and any(map(str.isdigit, word))
        found.append(_Word(word, start, end, digit, not digit and not word[0].islower()))
    return found


def _numbers(text: str, words: Sequence[_Word], gaps: Sequence[str], at: int) -> Iterator[Mention]:
    """Yield the candidates whose first number is at `at`, with the letters before it."""
    first = words[at].start
    if first and text[first - 1] in _MONEY:
        return
    starts = [at]
    while starts[-1] and len(starts) <= _MOST_PREFIXES:
        before = words[starts[-1] - 1]
        gap = gaps[starts[-1] - 1]
        tight = gap in {"_", "-", "/"}
        short = gap in {" ", " #", "#", "."} and len(before.text) <= _LONGEST_PREFIX
        if before.digit or not (tight or short):
            break
        starts.append(starts[-1] - 1)
    end = at
    signs = 0
    for last in range(at, min(len(words), at + _MOST_PARTS)):
        if last > at and not _joined(gaps[last - 1]):
            break
        signs += len(words[last].text)
        if signs > _MOST_SIGNS:
            break
        if words[last].digit:
            end = last
            for start in starts:
                begin = words[start].start
                token = text[begin : words[end].end]
                yield Mention("number", token, begin, words[end].end)


def _spaced_out(words: Sequence[_Word], gaps: Sequence[str]) -> Iterator[Mention]:
    """Yield numbers whose digits stand apart: `0 4 1 2 3 4 5`."""
    at = 0
    while at < len(words):
        first = at
        while words[at].digit and words[at].end - words[at].start == 1 and _joined(gaps[at]):
            at += 1
        if at - first >= _LEAST_CODE and at - first < _MOST_SIGNS:
            last = at if words[at].digit else at - 1
            digits = "".join(word.text for word in words[first : last + 1])
            yield Mention("number", digits, words[first].start, words[last].end)
        at += 1


def _joined(gap: str) -> bool:
    """Whether two parts of a number may stand so beside each other."""
    return len(gap) <= len(") (") and "\n" not in gap and all(sign in " -–—_/.()" for sign in gap)


def _names(text: str, words: Sequence[_Word], gaps: Sequence[str], at: int) -> Iterator[Mention]:
    """Yield the runs of capitalised words that begin at `at`, two words or more."""
    if at and gaps[at - 1] in {"-", "_"}:
        return
    last = at
    counted = 1
    while counted < _MOST_NAME_WORDS and last + 1 < len(words):
        gap, following = gaps[last], words[last + 1]
        particle = following.text in _PARTICLES
        apart = gap not in _NAME_GAPS
        if apart or following.digit or not (following.capital or particle):
            return
        last += 1
        counted += not particle
        if not particle:
            start, end = words[at].start, words[last].end
            yield Mention("name", _without_possessive(text[start:end]), start, end)


def _without_possessive(name: str) -> str:
    return name[:-2] if name.endswith(("'s", "’s")) else name


def _streets(text: str, words: Sequence[_Word], gaps: Sequence[str], at: int) -> Iterator[Mention]:
    """Yield the candidates for a house number at `at` with the street behind or before it."""
    number = words[at]
    if len(number.text) > _HOUSE:
        return
    for last in range(at + 1, min(len(words), at + 1 + _MOST_STREET_WORDS)):
        if gaps[last - 1] not in {" ", ", ", ". "} or words[last].digit:
            break
        yield Mention(
            "address",
            text[number.start : words[last].end].replace(",", ""),
            number.start,
            words[last].end,
        )
    for first in range(at - 1, max(-1, at - 1 - _MOST_STREET_WORDS), -1):
        if gaps[first] not in {" ", ". "} or words[first].digit or not words[first].capital:
            break
        yield Mention(
            "address", text[words[first].start : number.end], words[first].start, number.end
        )
