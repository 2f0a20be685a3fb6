"""The words of a piece of text, with their places and the clauses they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from firstline.proof.statements.lemmas import DENIALS, lemma
from firstline.proof.statements.lexicon import (
    AUXILIARIES,
    CLAUSE_STARTS,
    NEGATIONS,
    NOT_NEGATING,
)

_APOSTROPHES = "'\u2018\u2019\u02bc"
_HYPHENS = "-\u2010\u2011"
_ASCII = 0x7F
_REMEMBERED = 0x2E80
_PAUSES = frozenset(",;:.!?()[]|\n\u2013\u2014\u2022")
_REACH = 7
"""Words after a negation that it may deny."""


class _WordsOnly(dict[int, int | str | None]):
    """A translation of the same length: letters made small, everything between words a space."""

    def __missing__(self, code: int) -> int | str:
        char = chr(code)
        kept: int | str = " "
        if char.isalnum():
            low = normalize("NFKD", char).lower()[:1] if code > _ASCII else char.lower()
            kept = low if low.isalnum() else code
        elif char in _APOSTROPHES:
            kept = "'"
        elif char in _HYPHENS:
            kept = "-"
        if code < _REMEMBERED:
            self[code] = kept
        return kept


_WORDS_ONLY = _WordsOnly()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, as parallel tuples."""

    words: tuple[str, ...]
    """Lower case."""
    lemmas: tuple[str, ...]
    """Empty for words that say nothing by themselves and for those with a digit."""
    starts: tuple[int, ...]
    """Offsets in characters."""
    ends: tuple[int, ...]
    held: frozenset[str]
    """The lemmas, the words with a digit as they are, and what denied words deny."""


@lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """Return the words of a text. Linear in its length."""
    flat = text.translate(_WORDS_ONLY)
    words, lemmas, starts, ends = [], [], [], []
    at = 0
    figures = []
    for piece in flat.split():
        at = flat.index(piece, at)
        end = at + len(piece)
        if piece.isalpha():
            words.append(piece)
            lemmas.append(lemma(piece))
            starts.append(at)
            ends.append(end)
        else:
            for word, start in _parts(piece, at):
                figure = has_digit(word)
                if figure:
                    figures.append(word)
                words.append(word)
                lemmas.append("" if figure else lemma(word))
                starts.append(start)
                ends.append(start + len(word))
        at = end
    _join_phrases(words, lemmas)
    held = {*lemmas, *figures}
    held.update([DENIALS[one] for one in held if one in DENIALS])
    held.discard("")
    return Words(tuple(words), tuple(lemmas), tuple(starts), tuple(ends), frozenset(held))


_PHRASES = {
    ("right", "away"): lemma("immediately"),
    ("straight", "away"): lemma("immediately"),
    ("at", "once"): lemma("immediately"),
    ("as", "well"): "",
    ("costs", "nothing"): lemma("free"),
    ("cost", "nothing"): lemma("free"),
    ("get", "in"): "",
    ("runs", "out"): lemma("expire"),
    ("run", "out"): lemma("expire"),
    ("make", "sure"): lemma("ensure"),
    ("no", "longer"): "",
    ("in", "step"): lemma("synchronise"),
    ("sign", "in"): lemma("sign-in"),
    ("log", "in"): lemma("sign-in"),
    ("signed", "in"): lemma("sign-in"),
    ("logged", "in"): lemma("sign-in"),
    ("money", "back"): lemma("refund"),
    ("get", "back"): lemma("return"),
}
"""Two words that say one thing, and its lemma."""


def _join_phrases(words: list[str], lemmas: list[str]) -> None:
    for at in range(len(words) - 1):
        one = _PHRASES.get((words[at], words[at + 1]))
        if one is not None:
            lemmas[at] = one
            lemmas[at + 1] = ""


def _parts(piece: str, at: int) -> list[tuple[str, int]]:
    """Return the words of a piece without spaces: "long-term" is two, "e-mail" and "A-17" one."""
    word = piece.strip("'-")
    start = at + piece.index(word) if word else at
    if "-" not in word or word in _WHOLE or word.startswith("non-") or has_digit(word):
        return [(word, start)] if word else []
    found = []
    for part in word.split("-"):
        bare = part.strip("'")
        if bare:
            found.append((bare, start + part.index(bare)))
        start += len(part) + 1
    return found


_WHOLE = frozenset("e-mail e-mails e-mailed sign-in sign-ins log-in log-ins wi-fi x-ray".split())


@lru_cache(maxsize=20_000)
def has_digit(word: str) -> bool:
    """Whether a word has a digit in it."""
    return any(char.isdigit() for char in word)


@dataclass(frozen=True, slots=True)
class Clauses:
    """Which clause each word stands in, and what is denied."""

    clause: tuple[int, ...]
    """The clause of each word, counted from 0."""
    denied: tuple[bool, ...]
    """Whether each word stands behind an odd number of denials in its clause."""
    denials: tuple[int, ...]
    """How many denials each clause has."""
    cues: tuple[int, ...]
    """The words that deny."""


@lru_cache(maxsize=4096)
def clauses_of(text: str) -> Clauses:
    """Return the clauses of a text and its denials."""
    read = words_of(text)
    clause: list[int] = []
    denied: list[bool] = []
    denials = [0]
    cues: list[int] = []
    reach = 0
    flipped = False
    listed = _list_items(text, read) if "," in text else frozenset()
    for at, word in enumerate(read.words):
        if at and at not in listed and _begins_clause(text, read, at):
            denials.append(0)
            reach, flipped = 0, False
        own = read.lemmas[at] in DENIALS or word.startswith("non-")
        if _denies(read, at):
            if denials[-1] and cues and read.words[cues[-1]] == "without":
                # "Services without a licence cannot apply": the first denies only the licence.
                denials[-1] -= 1
                flipped, reach = False, 0
            cues.append(at)
            denials[-1] += 1
            flipped, reach = not flipped if reach else True, _REACH
        elif own:
            cues.append(at)
            denials[-1] += 1
        clause.append(len(denials) - 1)
        denied.append((flipped and reach > 0) != own)
        if read.lemmas[at]:
            reach -= 1
    return Clauses(tuple(clause), tuple(denied), tuple(denials), tuple(cues))


def _list_items(text: str, read: Words) -> frozenset[int]:
    """Return the words after a comma that only go on with a list: "cheques, cash or gold"."""
    starts = [
        at
        for at in range(1, len(read.words))
        if not _PAUSES.isdisjoint(text[read.ends[at - 1] : read.starts[at]])
    ]
    found: set[int] = set()
    ends = [*starts[1:], len(read.words)]
    goes_on = False
    for number in range(len(starts) - 1, -1, -1):
        at, end = starts[number], ends[number]
        gap = text[read.ends[at - 1] : read.starts[at]].strip()
        joined = next((one for one in range(at, min(at + _ITEM, end)) if _joins(read, one)), end)
        bare = _AND_SO_ON.isdisjoint(read.words[at : min(joined + 2, end)])
        short = end - at <= _ITEM
        before = read.words[starts[number - 1] if number else 0]
        leads = before in _FRONTED
        goes_on = gap == "," and bare and not leads and (joined < end or (short and goes_on))
        if goes_on:
            found.add(at)
    return frozenset(found)


def _joins(read: Words, at: int) -> bool:
    return read.words[at] in ("and", "or")


_ITEM = 5
"""Words an item of a list may have."""
_AND_SO_ON = (AUXILIARIES | CLAUSE_STARTS | NEGATIONS) - {"this", "these", "those"}
_FRONTED = CLAUSE_STARTS | frozenset(
    "on in during for with after before at by from to under within as once upon through".split()
)
"""Words with which something is put before its sentence: "On Team, boards and guests ..."."""


def _denies(read: Words, at: int) -> bool:
    word = read.words[at]
    if word not in NEGATIONS:
        return False
    after = read.words[at + 1] if at + 1 < len(read.words) else ""
    before = read.words[at - 1] if at else ""
    harmless = after in NOT_NEGATING and (word in ("not", "no") or after != "only")
    # A "failed payment" denies nothing, "it fails to load" does; what "costs nothing" is free.
    harmless = harmless or (word.startswith("fail") and after != "to")
    harmless = harmless or (word == "nothing" and before in ("cost", "costs"))
    return not harmless and not (word == "not" and before in ("or", "if", "whether"))


def _begins_clause(text: str, read: Words, at: int) -> bool:
    gap = text[read.ends[at - 1] : read.starts[at]]
    word = read.words[at]
    if len(gap) > 1 and not _PAUSES.isdisjoint(gap):
        return True
    if word in CLAUSE_STARTS:
        return True
    if word in ("and", "or"):
        coming = read.words[at + 1 : at + 3]
        return any(one in AUXILIARIES or one in NEGATIONS for one in coming)
    return False
