"""A statement that nearly repeats one unit: then every word that was exchanged or left out counts.

Where most words are the evidence's own, the others are not wording but sense: `before` for
`after`, another plan's name, a dropped `only`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import has
from firstline.proof.statements.in_order import in_order
from firstline.proof.statements.lemmas import LIGHT_LEMMAS, RIVALS
from firstline.proof.statements.lexicon import NEGATIONS, OPPOSITES, RESTRICTIONS
from firstline.proof.statements.polarity import EVADING, restates_limit
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.unit_values import claimed_words, unit_claims
from firstline.proof.statements.words import Words, clauses_of, has_digit, words_of

SHARED: Final = 0.7
"""Share of a statement's content words that the unit has, from which on it repeats the unit."""
REPEATED: Final = 0.55
"""Share of the unit's content words that the statement has."""
WHOLE: Final = 0.95
REPEATED_WHOLE: Final = 0.35
"""The same where all of a statement is the unit's: then it was cut out of it."""
LONGEST: Final = 90
"""Words; longer statements are compared by their words only."""
FEWEST: Final = 2
ALIKE: Final = 0.78
"""Share of words in the same order, from which on a statement is a close copy."""
EXCHANGED: Final = 2
"""Content words in which a close copy may differ."""
BESIDE: Final = 0.6
"""Share of a left-out condition that the rest of the reply, the question or record must say."""
WORDS: Final = 3
"""Words that are exchanged at a time."""


def copying_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield the words of the evidence that a statement repeats with a difference."""
    for number, unit in enumerate(statement.units[:2]):
        if not _repeats(statement, number):
            continue
        found = list(_differences(statement, unit, words_of(unit.text)))
        if not found:
            return
        if number == 0:
            yield from found
            return


_ENDS = frozenset(".;!?")


def repeats(statement: Statement) -> bool:
    """Whether a statement nearly repeats its best unit."""
    return bool(statement.units) and _repeats(statement, 0)


@lru_cache(maxsize=8)
def _repeats(statement: Statement, number: int) -> bool:
    """Whether a statement nearly repeats one of its units; several rules ask."""
    unit = statement.units[number]
    said, held = statement.read, words_of(unit.text)
    if len(said.words) > LONGEST or len(held.words) > LONGEST:
        return False
    ours = {one for at, one in enumerate(said.lemmas) if one and at not in statement.claimed}
    claimed = claimed_words(held, unit_claims(unit, statement.reply.facts))
    theirs = {one for at, one in enumerate(held.lemmas) if one and at not in claimed}
    if len(ours) < FEWEST or not theirs:
        return False
    shared = sum(has(one, held.held) for one in ours)
    repeated = sum(has(one, said.held) for one in theirs)
    part = REPEATED_WHOLE if shared >= WHOLE * len(ours) else REPEATED
    return shared >= SHARED * len(ours) and repeated >= part * len(theirs)


def _differences(statement: Statement, unit: Passage, held: Words) -> Iterator[Gap]:
    said = statement.read
    compared = in_order(said, held)
    close = compared.share() >= ALIKE and _is_close(said, held)
    restated = restates_limit(said, held)
    cues = statement.clauses.cues
    evades = not EVADING.isdisjoint(said.words)
    if (
        close
        and not restated
        and not evades
        and len(cues) % 2 != _cues_repeated(said, unit.text) % 2
    ):
        detail = "the evidence denies what this says, or does not deny it"
        yield statement.gap("polarity", detail, cues[0] if cues else 0)
        return
    for kind, first, last, start, end in compared.changes():
        if kind == "equal":
            continue
        ours, theirs = said.words[first:last], held.words[start:end]
        swapped = kind == "replace" and max(last - first, end - start) <= WORDS
        named = any(unit.text[place].isupper() for place in held.starts[start:end])
        if swapped and close and named and any(held.lemmas[start:end]):
            yield from _exchanged(statement, unit, first, last)
        if restated:
            continue
        yield from _turned(statement, first, last, held, (start, end))
        apart = _begins_sentence(unit.text, held, start, end)
        if not apart and not _is_stated_beside(statement, held, start, end):
            yield from _left_out(statement, ours, theirs, min(first, len(said.words) - 1))


def _is_stated_beside(statement: Statement, held: Words, start: int, end: int) -> bool:
    """Whether the reply or the question says what was left out, or the record meets it."""
    reply = statement.reply
    told = (reply.said - statement.read.held) | reply.asked | reply.record
    if any(has_digit(word) and word not in told for word in held.words[start:end]):
        return False
    left = held.lemmas[start:end]
    heavy = [lemma for lemma in left if lemma and lemma not in LIGHT_LEMMAS]
    return bool(heavy) and sum(lemma in told for lemma in heavy) >= BESIDE * len(heavy)


def _begins_sentence(text: str, held: Words, start: int, end: int) -> bool:
    """Whether left-out words are a sentence or main clause of their own."""
    if start == 0 or start >= end:
        return False
    return not _ENDS.isdisjoint(text[held.ends[start - 1] : held.starts[start]])


def _cues_repeated(said: Words, text: str) -> int:
    """Return how many denials of a unit stand in clauses that a statement repeats."""
    read, clauses = words_of(text), clauses_of(text)
    count = 0
    for cue in clauses.cues:
        inside = [
            lemma
            for lemma, number in zip(read.lemmas, clauses.clause, strict=True)
            if lemma and number == clauses.clause[cue]
        ]
        shared = sum(
            has(lemma, said.held) if len(inside) > 1 else lemma in said.held for lemma in inside
        )
        count += 2 * shared >= len(inside)
    return count


def _is_close(said: Words, held: Words) -> bool:
    """Whether two texts differ in so few words that each of them was chosen."""
    ours = {one for one in said.lemmas if one}
    theirs = {one for one in held.lemmas if one}
    lacking = sum(not has(one, held.held) for one in ours)
    left = sum(not has(one, said.held) for one in theirs)
    return lacking <= EXCHANGED and left <= EXCHANGED + len(theirs) // 5


def _turned(
    statement: Statement, first: int, last: int, held: Words, place: tuple[int, int]
) -> Iterator[Gap]:
    """Yield words that stand in the place of their opposite."""
    words = held.words[place[0] : place[1]]
    lemmas = held.lemmas[place[0] : place[1]]
    for at in range(first, last):
        opposite = OPPOSITES.get(statement.read.words[at])
        rivals = RIVALS.get(statement.read.lemmas[at])
        if (opposite and not opposite.isdisjoint(words)) or (
            rivals and at not in statement.claimed and not rivals.isdisjoint(lemmas)
        ):
            yield statement.gap("contrast", "the evidence has the opposite here", at)
            return


def _exchanged(statement: Statement, unit: Passage, first: int, last: int) -> Iterator[Gap]:
    """Yield a name that stands in the place of another."""
    said = statement.read
    for at in range(first, last):
        lemma = said.lemmas[at]
        if at not in statement.names or at in statement.claimed or not lemma:
            continue
        if not has(lemma, unit.held) and lemma not in statement.reply.own:
            yield statement.gap("wrong_subject", "the evidence names another here", at)
            return


def _left_out(
    statement: Statement, ours: tuple[str, ...], theirs: tuple[str, ...], at: int
) -> Iterator[Gap]:
    """Yield a restriction of the evidence that is missing."""
    said = frozenset(statement.read.words)
    moved = sum(word in said for word in theirs if len(word) > _SMALL)
    if theirs and moved > len(theirs) // 2:
        return
    for word in theirs[:WORDS]:
        kept = RESTRICTIONS.get(word)
        if kept is None or word in ours:
            continue
        if word in said - _COMMON or (word in TEMPORAL and tells_what_was(statement.read)):
            continue
        if kept.isdisjoint(ours or said - _COMMON) and NEGATIONS.isdisjoint(ours):
            yield statement.gap("dropped_condition", f"the evidence says “{word}”", at)
            return


TEMPORAL: Final = frozenset("after before when once until while".split())
"""Words that make a condition of a rule, but only place an event that is told."""
_PRESENT: Final = frozenset(
    """
    is are am can cannot could may might will would shall should must do does don doesn't don't has
    have you your need needs able
    """.split()
)
_PAST: Final = frozenset("was were had did went came took became began gave made got".split())


def tells_what_was(read: Words) -> bool:
    """Whether a text tells an event of the past, and no rule for the reader."""
    words = set(read.words)
    if not words.isdisjoint(_PRESENT):
        return False
    return not words.isdisjoint(_PAST) or any(
        word.endswith("ed") and len(word) > _SMALL + 1 for word in words
    )


_SMALL: Final = 3
_COMMON: Final = frozenset("in by to up for no with as".split())
"""Words of which one somewhere in a statement says nothing about a restriction."""
