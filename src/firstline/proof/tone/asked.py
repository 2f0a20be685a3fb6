"""What was asked, and whether a reply is about it: by words, not by meaning.

Used for replies whose sentences carry no kind, and as a second look at the others. Everything
that only words can say is a doubt, never a block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Final, Literal

import re2

from firstline.proof.sentence_ends import sentences
from firstline.proof.sentences import words
from firstline.proof.tone.reading import MOST_CHARACTERS, folded, readable
from firstline.proof.tone.tables import phrases

QuestionKind = Literal["when", "how_long", "how_much", "where", "other"]
MOST_REQUESTS: Final = 8
_FEWEST_STEM: Final = 3
_LONGEST_STEM: Final = 6
"""Letters two words must share to count as forms of one word."""

_COMMON: Final = frozenset(
    "a about after again all also am an and any anyone are as ask at back be because been before "
    "being best but by can cannot could day dear did do does doing done each either else even ever "
    "every few find first for from get gets getting give go goes going good got great had has have "
    "having hello help her here hey hi him his how however i if in into is it its just keep kind "
    "know last less let like little long look looking lot made make many may me might more most "
    "much must my need needs never new next no none not nothing now of off ok okay old on once one "
    "only or other others our out over own per please possible put question quick rather really "
    "regards right said same say see seem she should since so some someone something soon still "
    "such sure take team tell than thank thanks that the their them then there these they thing "
    "things think this those thought three through time to today told too try trying two under "
    "until up us use used uses using very want wanted wants was way we well were what when where "
    "whether which while who whose why will wish with within without wonder wondering work works "
    "would yes yet you your yours "
    "i'm i've i'd i'll it's that's you're don't doesn't didn't can't won't isn't aren't wasn't "
    "couldn't wouldn't shouldn't haven't hasn't there's what's let's we're we've they're".split()
)
_ASKS: Final = re2.compile(
    r"(?i)\?|^\W*(?:(?:hi|hello|hey|so|and|but|also|please|second(?:ly)?|another question)\W+)*"
    r"(?:how|what|where|when|why|which|who|whose|can|could|is|are|do|does|did|should|may"
    r"|am|was|tell me|explain|let me know|help me|show me|send me|give me|cancel|change"
    r"|remove|delete|add|update|refund|i want|i need|i'd like|i would like|we need|we want)\b"
)
_AND_ASKS: Final = re2.compile(
    r"(?i)[,;]?\s+(?:and|also|plus)\s+(?:also\s+|then\s+)?"
    r"(?:how|what|where|when|why|which|can|could|is there|are there|do you|does|will|please)\s"
)
_WHEN: Final = phrases("when")
_HOW_LONG: Final = phrases("how_long")
_HOW_MUCH: Final = phrases("how_much")
_WHERE: Final = phrases("where")
_TIME: Final = phrases("time")
_AMOUNT: Final = phrases("amount")
_PLACE: Final = phrases("place")
_FITS: Final = {"when": _TIME, "how_long": _TIME, "how_much": _AMOUNT, "where": _PLACE}


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing a message asks for."""

    text: str
    stems: frozenset[str]
    """Of its content words."""


@lru_cache(maxsize=8_192)
def stem(word: str) -> str:
    """Return what forms of one word share: endings off, at most six letters."""
    bare = word.removesuffix("'s")
    for ending in ("ies", "ing", "ed", "es", "s", "ly", "e", "y"):
        if bare.endswith(ending) and len(bare) - len(ending) >= _FEWEST_STEM:
            bare = bare.removesuffix(ending)
            break
    return bare[:_LONGEST_STEM]


@lru_cache(maxsize=1_024)
def stems(text: str) -> frozenset[str]:
    """Return the stems of a text's content words; parts of hyphenated words count too."""
    return frozenset(chain.from_iterable(map(_stems_of, set(words(text[:MOST_CHARACTERS])))))


@lru_cache(maxsize=8_192)
def _stems_of(word: str) -> tuple[str, ...]:
    """Return the stems of a word and of its parts; none of a word that tells nothing."""
    return tuple(
        stem(part)
        for part in ((word, *word.split("-")) if "-" in word else (word,))
        if part and part not in _COMMON and (len(part) > 1 or part.isdigit())
    )


@lru_cache(maxsize=16)
def asks_in(text: str) -> tuple[Ask, ...]:
    """Return what a message asks, in its order: sentences that ask, cut where two are joined.

    Sentences that ask nothing give their words to no request: background is not a request.
    """
    found: list[Ask] = []
    for line in readable(text[:MOST_CHARACTERS]).splitlines():
        for sentence in sentences(line):
            if _ASKS.search(sentence) is None:
                continue
            cuts = [0, *(hit.start() for hit in _AND_ASKS.finditer(sentence)), len(sentence)]
            for start, end in pairwise(cuts):
                piece = sentence[start:end]
                if piece.strip():
                    found.append(Ask(piece, stems(piece)))
                if len(found) >= MOST_REQUESTS:
                    return tuple(found)
    return tuple(found)


def kind_of(question: str) -> QuestionKind:
    """Return what sort of answer a question wants."""
    text = folded(question)
    if _HOW_LONG.search(text):
        return "how_long"
    if _HOW_MUCH.search(text):
        return "how_much"
    if _WHEN.match(text.lstrip()) and b"?" in text:
        return "when"
    if _WHERE.match(text.lstrip()) and b"?" in text:
        return "where"
    return "other"


def fits(kind: QuestionKind, reply: str) -> bool:
    """Whether a reply has what a question of this kind wants."""
    wanted = _FITS.get(kind)
    return wanted is None or wanted.search(folded(reply[:MOST_CHARACTERS])) is not None


def uncovered(
    asks: Iterable[Collection[str]], said: Collection[str], *, fewest: int = 1
) -> tuple[int, ...]:
    """Return which of several requests a reply says nothing about, by number from 0.

    A request counts by the words only it has; where it has none of its own, nothing can be told.

    Args:
        asks: The stems of each request.
        said: The stems of the reply and of what it rests on.
        fewest: How many words of its own a request must have to be counted.
    """
    every = [frozenset(ask) for ask in asks]
    missing = []
    for at, ask in enumerate(every):
        shared = frozenset[str]().union(
            *(other for place, other in enumerate(every) if place != at)
        )
        own = ask - shared
        if len(own) >= fewest and own.isdisjoint(said):
            missing.append(at)
    return tuple(missing)
