"""Names in a statement: they must be those of the units it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import has
from firstline.proof.statements.lemmas import RIVALS
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.vocabulary import STOP
from firstline.proof.statements.words import Words, words_of

_SENTENCE_STARTS = '.!?:\n\u2022|*"\u201c(-'


def name_positions(text: str, read: Words) -> tuple[int, ...]:
    """Return the words written with a capital where none begins a sentence, by position."""
    if text.islower():
        return ()
    capitals = [text[start].isupper() for start in read.starts]
    if read.words and sum(capitals) * 2 > len(capitals) + 4:
        return ()
    found = []
    for at, start in enumerate(read.starts):
        if capitals[at] and read.words[at] not in STOP and read.lemmas[at]:
            before = text[:start].rstrip(" \t*_")[-1:]
            after = text[read.ends[at] : read.ends[at] + 1]
            follows = at + 1 < len(capitals) and capitals[at + 1] and after == " "
            if (at and before not in _SENTENCE_STARTS) or follows or after == ":":
                found.append(at)
    return tuple(found)


def name_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield the names that the units a statement rests on do not have."""
    shelf, reply = statement.reply.shelf, statement.reply
    for at in statement.names:
        one = statement.read.lemmas[at]
        if one in statement.alignment.held or one in reply.own:
            continue
        if one not in shelf.postings and (
            has(one, statement.alignment.held) or _is_written_apart(statement, at)
        ):
            continue
        if shelf.knows(one):
            detail = "the evidence says this of something else than is named here"
            yield statement.gap("wrong_subject", detail, at)
        elif one not in reply.asked:
            yield statement.gap("name", "a name that the evidence does not have", at)


def _is_written_apart(statement: Statement, at: int) -> bool:
    """Whether a unit writes a name as two words: "South East" for "Southeast"."""
    word = statement.read.words[at]
    return len(word) > _SHORT and any(
        word in "".join(words_of(unit.text).words) for unit in statement.units
    )


_SHORT: Final = 5


def plan_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield a gap when a statement rests on what holds for another plan than it speaks of."""
    plans = statement.reply.catalogue
    if not plans or not statement.units:
        return
    said = plans & statement.read.held
    if said:
        for number, one in enumerate(statement.read.lemmas):
            if one in said and not has(one, statement.alignment.held):
                yield statement.gap("wrong_subject", "this holds for another plan", number)
        return
    best = statement.units[0]
    unit = plans & best.held
    known = statement.reply.said | statement.reply.record | statement.reply.asked
    if len(unit) == 1 and not unit & known and not plans <= best.held:
        yield statement.whole("wrong_subject", "the evidence says this of one plan only")


MAINLY: Final = 0.7
"""Share of a statement that one unit says, from which on the other units do not excuse a word."""


HALF: Final = 0.5
"""Share of a statement below which a unit speaks of something else anyway."""
BROUGHT: Final = 2
"""Words by which another unit shows that a statement rests on it as well."""


def _is_excused(statement: Statement, word: str) -> bool:
    """Whether another unit has a word and brings more of the statement than that."""
    best, *others = statement.units
    lacking = [
        one
        for one in statement.weight
        if one != word and not has(one, best.held) and not has(one, best.context)
    ]
    return any(
        word in unit.held and sum(has(one, unit.held) for one in lacking) >= BROUGHT
        for unit in others
    )


def said_by(statement: Statement, unit: Passage) -> float:
    """Return the share of a statement's weight that a unit says by itself."""
    total = sum(statement.weight.values())
    said = sum(
        worth
        for one, worth in statement.weight.items()
        if has(one, unit.held) or has(one, unit.context)
    )
    return said / total if total else 0.0


def contrast_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield words that the evidence has another word of the same set for: monthly v. annual."""
    if not statement.units:
        return
    if RIVALS.keys().isdisjoint(statement.read.lemmas):
        return
    best = statement.units[0]
    said = said_by(statement, best)
    for at, one in enumerate(statement.read.lemmas):
        rivals = RIVALS.get(one)
        if rivals is None or at in statement.claimed:
            continue
        if said < HALF or one in best.held or one in best.context:
            continue
        if one in statement.alignment.held and (said < MAINLY or _is_excused(statement, one)):
            continue
        if rivals & best.held and not rivals & statement.read.held:
            yield statement.gap("contrast", "the evidence has its opposite here", at)


def plan_lemmas(names: Iterator[str]) -> frozenset[str]:
    """Return the lemmas by which plans are told apart."""
    return frozenset(one for name in names for one in words_of(name).held)


def lemmas_of(text: str) -> frozenset[str]:
    """Return the lemmas of a text."""
    return words_of(text).held
