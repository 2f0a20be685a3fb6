"""The words of a piece of text, with their places and the clauses they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final
from unicodedata import normalize

from firstline.proof.letters import LetterTable
from firstline.proof.statements.lemmas import DENIALS, lemma
from firstline.proof.statements.lexicon import (
    AUXILIARIES,
    CLAUSE_STARTS,
    NEGATIONS,
    NOT_NEGATING,
)

_APOSTROPHES = "'\u2018\u2019\u02bc"
_HYPHENS = "-\u2010\u2011"
_PAUSES = frozenset(",;:.!?()[]|\n\u2013\u2014\u2022")
_REACH = 7
"""Words after a negation that it may deny."""


def _letter(char: str) -> str:
    """Return a letter made small, without marks; a space for everything between words."""
    if char.isalnum():
        low = char.lower() if char.isascii() else normalize("NFKD", char).lower()[:1]
        return low if low.isalnum() else char
    if char in _APOSTROPHES:
        return "'"
    return "-" if char in _HYPHENS else " "


_LETTERS = LetterTable(_letter)


class Words:
    """The words of a text, as parallel tuples."""

    __slots__ = ("_flat", "_places", "held", "lemmas", "words")

    def __init__(
        self, flat: str, words: tuple[str, ...], lemmas: tuple[str, ...], held: frozenset[str]
    ) -> None:
        self.words: Final = words
        """Lower case."""
        self.lemmas: Final = lemmas
        """Empty for words that say nothing by themselves and for those with a digit."""
        self.held: Final = held
        """The lemmas, the words with a digit as they are, and what denied words deny."""
        self._flat = flat
        self._places: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    @property
    def starts(self) -> tuple[int, ...]:
        """Offsets in characters; looked up when first asked for, most texts never are."""
        if self._places is None:
            self._places = _places(self._flat)
        return self._places[0]

    @property
    def ends(self) -> tuple[int, ...]:
        """Offsets behind the words."""
        if self._places is None:
            self._places = _places(self._flat)
        return self._places[1]


@lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """Return the words of a text. Linear in its length."""
    flat = _LETTERS.text(text)
    pieces = flat.split()
    if "".join(pieces).isalpha():
        words, lemmas, figures = pieces, list(map(lemma, pieces)), list[str]()
    else:
        words, lemmas, figures = _taken_apart(pieces)
    if not _SECOND_WORDS.isdisjoint(words):
        _join_phrases(words, lemmas)
    held = {*lemmas, *figures}
    held.update([DENIALS[one] for one in _DENYING & held])
    held.discard("")
    return Words(flat, tuple(words), tuple(lemmas), frozenset(held))


def _taken_apart(pieces: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Return the words of pieces without spaces, their lemmas, and those with a digit."""
    words: list[str] = []
    lemmas: list[str] = []
    figures: list[str] = []
    for piece in pieces:
        if piece.isalpha():
            words.append(piece)
            lemmas.append(lemma(piece))
            continue
        for word, base in _read_piece(piece):
            words.append(word)
            lemmas.append(base)
            if not base and has_digit(word):
                figures.append(word)
    return words, lemmas, figures


@lru_cache(maxsize=8_192)
def _read_piece(piece: str) -> tuple[tuple[str, str], ...]:
    """Return the words of a piece that is not all letters, each with its lemma."""
    return tuple((word, "" if has_digit(word) else lemma(word)) for word, _ in _parts(piece, 0))


def _places(flat: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where the words of a text with spaces between them start and end."""
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for piece in flat.split():
        at = flat.index(piece, at)
        end = at + len(piece)
        if piece.isalpha():
            starts.append(at)
            ends.append(end)
        else:
            for word, start in _parts(piece, at):
                starts.append(start)
                ends.append(start + len(word))
        at = end
    return tuple(starts), tuple(ends)


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
_SECOND_WORDS = frozenset(second for _, second in _PHRASES)
_DENYING = frozenset(DENIALS)


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
    starts = _clause_starts(text, read)
    if not _may_deny(read):
        clause = tuple(accumulate(int(at in starts) for at in range(len(read.words))))
        return Clauses(clause, (False,) * len(clause), (0,) * (len(starts) + 1), ())
    return _with_denials(read, starts)


def _may_deny(read: Words) -> bool:
    """Whether any word can deny: most texts are done with when none does."""
    return (
        not NEGATIONS.isdisjoint(read.words)
        or not _DENYING.isdisjoint(read.lemmas)
        or "non-" in " ".join(read.words)
    )


def _with_denials(read: Words, starts: frozenset[int]) -> Clauses:
    clause: list[int] = []
    denied: list[bool] = []
    denials = [0]
    cues: list[int] = []
    reach = 0
    flipped = False
    for at, word in enumerate(read.words):
        if at in starts:
            denials.append(0)
            reach, flipped = 0, False
        own = read.lemmas[at] in DENIALS or word.startswith("non-")
        if word in NEGATIONS and _denies(read, at):
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


def _clause_starts(text: str, read: Words) -> frozenset[int]:
    """Return the words at which a clause begins; the first word of all is none."""
    words, starts, ends = read.words, read.starts, read.ends
    paused = [
        at
        for at, (end, start) in enumerate(zip(ends, starts[1:], strict=False), 1)
        if (start - end > 1 or text[end] != " ") and not _PAUSES.isdisjoint(text[end:start])
    ]
    found = {at for at in paused if starts[at] - ends[at - 1] > 1}
    for at, word in enumerate(words):
        if word in CLAUSE_STARTS:
            found.add(at)
        elif word in ("and", "or"):
            coming = words[at + 1 : at + 3]
            if any(one in AUXILIARIES or one in NEGATIONS for one in coming):
                found.add(at)
    found.discard(0)
    return frozenset(found - _list_items(text, read, paused) if "," in text else found)


def _list_items(text: str, read: Words, starts: Sequence[int]) -> set[int]:
    """Return the words after a comma that only go on with a list: "cheques, cash or gold".

    Args:
        text: The whole text.
        read: Its words.
        starts: The words with a pause before them.
    """
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
    return found


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
