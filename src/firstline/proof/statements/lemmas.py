"""Words brought to one form: inflections and near synonyms meet in one lemma.

Used on both sides of a comparison, so that a lemma need not be a word, only the same one twice.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from firstline.proof.statements.relations import ANTONYMS, CONTRASTS, SYNONYMS
from firstline.proof.statements.vocabulary import IRREGULAR, LIGHT, STOP

_VOWELS = frozenset("aeiouy")
_SHORTEST = 3
_DERIVED: Final = (
    ("isations", "iz"),
    ("isation", "iz"),
    ("izations", "iz"),
    ("ization", "iz"),
    ("ations", ""),
    ("ation", ""),
    ("ments", ""),
    ("ment", ""),
    ("ability", ""),
    ("ibility", ""),
    ("able", ""),
    ("ible", ""),
    ("ness", ""),
    ("ically", "ic"),
    ("ally", "al"),
    ("ily", "y"),
    ("ly", ""),
    ("ions", ""),
    ("ion", ""),
)
_LONGEST = 40
"""Longer words are keys or noise: they are only equal or not."""


def stem(word: str) -> str:
    """Return a word without its endings. `word` is lower case."""
    base = IRREGULAR.get(word)
    if base is not None:
        return _tail(base)
    if len(word) <= _SHORTEST or len(word) > _LONGEST or not word.isascii() or not word.isalpha():
        return word.removesuffix("'s")
    word = _singular(word)
    base = IRREGULAR.get(word)
    if base is not None:
        return _tail(base)
    for ending in ("ing", "ed"):
        if word.endswith(ending):
            word = _without(word, ending)
            break
    base = IRREGULAR.get(word) or IRREGULAR.get(word + "e")
    if base is not None:
        return _tail(base)
    for ending, instead in _DERIVED:
        if word.endswith(ending) and len(word) - len(ending) > _SHORTEST:
            word = word[: len(word) - len(ending)] + instead
            break
    return _tail(word)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without(word: str, ending: str) -> str:
    rest = word[: -len(ending)]
    if len(rest) < _SHORTEST or _VOWELS.isdisjoint(rest):
        return word
    doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"
    return rest[:-1] if doubled else rest


def _tail(word: str) -> str:
    """Return a stem in the one form its relatives share: no final e, i for y, American z."""
    if len(word) > len("create") and word.endswith("ate"):
        word = word[:-3]
    elif len(word) > len("creat") and word.endswith("at"):
        word = word[:-2]
    if len(word) > _SHORTEST and word.endswith("e"):
        word = word[:-1]
    if len(word) > _SHORTEST and word.endswith("y"):
        word = word[:-1] + "i"
    if len(word) > len("prise") and word.endswith("is"):
        word = word[:-1] + "z"
    if len(word) > len("four") and word.endswith("our"):
        word = word[:-2] + "r"
    if len(word) > _SHORTEST and word.endswith("ll"):
        word = word[:-1]
    return word


def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in SYNONYMS:
        stems = {stem(word) for word in line}
        for one in stems:
            found.setdefault(one, set()).update(stems - {one})
    return {one: frozenset(others) for one, others in found.items()}


RELATED: Final = _groups()
"""Lemmas that may stand for a lemma, itself not among them."""


def _denials() -> dict[str, str]:
    return {stem(word): stem(base) for base, words in ANTONYMS.items() for word in words}


DENIALS: Final = _denials()
"""Lemmas that deny another: `exclud` denies `includ`."""


def _alike() -> dict[str, frozenset[str]]:
    found = {one: set(others) for one, others in RELATED.items()}
    for one, base in DENIALS.items():
        found.setdefault(one, set()).add(base)
    return {one: frozenset(others) for one, others in found.items()}


ALIKE: Final = _alike()
"""What may stand for a lemma, what it denies included: whether it is denied is asked apart."""


def _rivals() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in CONTRASTS:
        stems = {stem(word) for word in line}
        for one in stems:
            found.setdefault(one, set()).update(stems - {one})
    return {one: frozenset(others) for one, others in found.items()}


RIVALS: Final = _rivals()
"""Lemmas of which one cannot stand for another: monthly and annual."""
STOP_WORDS: Final = STOP
LIGHT_LEMMAS: Final = frozenset(stem(word) for word in LIGHT)


@lru_cache(maxsize=40_000)
def lemma(word: str) -> str:
    """Return the lemma of a lower-case word; empty for words that say nothing by themselves."""
    if word in STOP_WORDS:
        return ""
    word = word.removesuffix("'s")
    word = word.removeprefix("non-")
    return stem(word)
