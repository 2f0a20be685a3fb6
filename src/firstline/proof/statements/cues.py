"""Words that say more than the evidence: absolutes, certainty, causes, and dropped conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import has
from firstline.proof.statements.copying import TEMPORAL, repeats, tells_what_was
from firstline.proof.statements.lemmas import DENIALS, LIGHT_LEMMAS
from firstline.proof.statements.lexicon import (
    ABSOLUTES,
    CONDITIONS,
    HEDGES,
    STRONG,
)
from firstline.proof.statements.polarity import restates_limit
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.words import clauses_of, has_digit, words_of

_HARMLESS_AFTER = {
    "any": frozenset("questions question further other more additional concerns issues".split()),
    "free": frozenset("to".split()),
    "all": frozenset("set the of your these those".split()),
    "every": frozenset(),
    "never": frozenset("mind hesitate".split()),
}
_FREE = frozenset(("free", "no", "without", "0"))
_FREE_PHRASES = ("no cost", "no charge", "no extra cost", "no additional cost", "free of charge")
_WIDENING = tuple(
    line.strip()
    for line in """
    no matter
    no questions asked
    at any time
    at any point
    in all cases
    in any case
    in every case
    without exception
    as long as you like
    as long as you want
    as long as you wish
    as many as you
    as much as you
    as often as you
    any number of
    any amount
    no limit
    without limit
    without any limit
    without limits
    whenever you
    for as long as
    without any restriction
    without any restrictions
    without restriction
    without restrictions
    without any conditions
    without conditions
    no restrictions
    no conditions
    in every situation
    under any circumstances
    in all circumstances
    """.strip().splitlines()
)
"""Phrases that widen a statement: the evidence must have the same, or say "unlimited"."""
_SUDDEN = ("at once", "right away", "straight away", "on the spot", "in no time")
_AT_ONCE = frozenset("immediately immediate instantly instant once straight right".split())
_EXEMPT = frozenset("unlimited anytime indefinitely forever always regardless".split())
_WEAK = frozenset("any all fully completely entirely".split())
"""Absolutes that only count where the rest is the evidence's own."""
_CAUSE_SHARE = 0.5
_CONDITION_SHARE = 0.4
_MAIN_SHARE = 0.6


def absolute_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield words that widen a statement beyond the units it rests on."""
    copied = repeats(statement)
    units = statement.units[:1] if copied else statement.units
    texts = [text for unit in units for text in (unit.text, *unit.above, unit.header) if text]
    held = {word for text in texts for word in words_of(text).words}
    words = statement.read.words
    for at, word in enumerate(words):
        allowed = ABSOLUTES.get(word)
        after = words[at + 1] if at + 1 < len(words) else ""
        if allowed is None or after in _HARMLESS_AFTER.get(word, ()):
            continue
        denied = statement.clauses.denied[at] != (statement.read.lemmas[at] in DENIALS)
        if (word in _WEAK and not copied) or denied or at in statement.claimed:
            continue
        if held.isdisjoint(allowed) and not (word == "free" and _free_there(units)):
            yield statement.gap("absolute", f"the evidence does not say “{word}”", at)
    said = f" {' '.join(words)} "
    phrases = [phrase for phrase in _WIDENING if f" {phrase} " in said]
    for phrase in _FREE_PHRASES:
        free = {"free"} if units and units[0].kind == "object" else _FREE
        if f" {phrase} " in said and free.isdisjoint(held):
            yield statement.whole("absolute", f"the evidence does not say “{phrase}”")
            return
    if held.isdisjoint(_AT_ONCE):
        for sudden in (one for one in _SUDDEN if f" {one} " in said):
            yield statement.whole("absolute", f"the evidence does not say “{sudden}”")
    yield from _widened(statement, phrases, texts, held)


def _widened(
    statement: Statement,
    phrases: Sequence[str],
    texts: Sequence[str],
    held: AbstractSet[str],
) -> Iterator[Gap]:
    """Yield a phrase that widens a statement and that no text says."""
    spoken = [f" {' '.join(words_of(text).words)} " for text in texts if phrases]
    for phrase in phrases:
        told = any(f" {phrase} " in text for text in spoken) or not held.isdisjoint(_EXEMPT)
        if not told:
            yield statement.whole("absolute", f"the evidence does not say “{phrase}”")
            return


def _free_there(units: Sequence[Passage]) -> bool:
    """Whether a unit says that there is no fee."""
    return any(
        unit.kind != "object"
        and word in ("0", "fee", "fees", "charge", "charges", "cost", "costs")
        and (clauses_of(unit.text).cues or word == "0")
        for unit in units
        for word in words_of(unit.text).words
    )


def modality_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield a certainty that the evidence only holds possible."""
    words = statement.read.words
    strong = [at for at, word in enumerate(words) if word in STRONG or word == "must"]
    if not strong or not statement.units:
        return
    own = frozenset(words)
    if own & {"may", "might", "could", "usually", "typically", "generally", "probably"}:
        return
    for unit in statement.units[:1]:
        read, clauses = words_of(unit.text), clauses_of(unit.text)
        for at in strong:
            target = next((one for one in statement.read.lemmas[at + 1 : at + 5] if one), "")
            for place, one in enumerate(read.lemmas):
                if not target or not one or not has(one, {target}):
                    continue
                same = [
                    read.words[other]
                    for other in range(len(read.words))
                    if clauses.clause[other] == clauses.clause[place]
                ]
                if HEDGES.intersection(same) and STRONG.isdisjoint(same):
                    detail = "the evidence only says that it may be so"
                    yield statement.gap("modality", detail, at)
                    return


def cause_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield a cause that the evidence does not give."""
    words, lemmas = statement.read.words, statement.read.lemmas
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        begins = (
            word == "because"
            or (word in ("due", "owing", "thanks") and after == "to" and at > 0)
            or (word == "caused" and after == "by")
            or (word in ("result", "consequence") and after == "of")
            or (word == "reason" and after in ("is", "was", "being"))
        )
        if not begins:
            continue
        number = statement.clauses.clause[at]
        inside = [
            one
            for place in range(at + 1, len(words))
            if statement.clauses.clause[place] <= number + 1 and (one := lemmas[place])
        ]
        if len(inside) < 1:
            continue
        heavy = [one for one in inside if one not in LIGHT_LEMMAS] or inside
        if not _gives_cause(statement, heavy, at):
            yield statement.gap("cause", "the evidence gives no such cause", at)


_EFFECT = 0.25


def _gives_cause(statement: Statement, heavy: Sequence[str], at: int) -> bool:
    """Whether a unit has the words of a cause, and says what it causes or that it is a cause."""
    before = {one for one in statement.read.lemmas[:at] if one and one not in LIGHT_LEMMAS}
    before -= set(heavy)
    for unit in statement.units:
        held = unit.held | unit.context
        known = sum(has(one, held) for one in heavy)
        if known < _CAUSE_SHARE * len(heavy) or not known:
            continue
        effect = sum(has(one, held) for one in before)
        if not before or (effect >= _EFFECT * len(before) and known):
            return True
        if not _STATING.isdisjoint(words_of(unit.text).words):
            return True
    return False


_STATING = frozenset(
    "because due since so therefore reason reasons why cause causes caused result owing".split()
)
"""Words by which a unit says that it gives a cause."""


def condition_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield conditions of the evidence that the reply drops."""
    if not statement.units:
        return
    unit = statement.units[0]
    if unit.kind in ("row", "object", "heading"):
        return
    if restates_limit(statement.read, words_of(unit.text)):
        return
    said = statement.read.held
    known = statement.reply.said | statement.reply.record | statement.reply.asked
    for condition in _conditions(unit.text):
        repeated = sum(has(one, said) for one in condition.main)
        met = sum(has(one, known) for one in condition.lemmas)
        if repeated < _MAIN_SHARE * len(condition.main) or not condition.main:
            continue
        if condition.cue in TEMPORAL and tells_what_was(statement.read):
            continue
        if met < _CONDITION_SHARE * len(condition.lemmas):
            detail = f"the evidence says it with “{condition.cue}”"
            yield statement.whole("dropped_condition", detail)
            return


_ENDS = frozenset(".!?;")


@dataclass(frozen=True, slots=True)
class _Condition:
    """A condition of a unit: the word it begins with, what it says, and what it is said of."""

    cue: str
    lemmas: tuple[str, ...]
    main: tuple[str, ...]


@lru_cache(maxsize=2048)
def _conditions(text: str) -> tuple[_Condition, ...]:
    """Return the conditions of a unit."""
    read, clauses = words_of(text), clauses_of(text)
    starts = [
        at
        for at, word in enumerate(read.words)
        if word in CONDITIONS
        and (word != "subject" or read.words[at + 1 : at + 2] == ("to",))
        and (word != "only" or read.words[at + 1 : at + 2] != ("once",))
    ]
    if not starts:
        return ()
    inside: dict[int, list[int]] = {}
    for at, number in enumerate(clauses.clause):
        if read.lemmas[at] or has_digit(read.words[at]):
            inside.setdefault(number, []).append(at)

    def keys(places: list[int]) -> tuple[str, ...]:
        return tuple(read.lemmas[at] or read.words[at] for at in places)

    found = []
    for cue in starts:
        number = clauses.clause[cue]
        own = inside.get(number, [])
        opens = not cue or not _ENDS.isdisjoint(text[read.ends[cue - 1] : read.starts[cue]])
        before = [at for at in own if at < cue] or ([] if opens else inside.get(number - 1, []))
        main = before or inside.get(number + 1, [])
        told = keys([at for at in own if at > cue])
        heavy = tuple(one for one in keys(main) if one not in LIGHT_LEMMAS)
        if told and heavy:
            found.append(_Condition(read.words[cue], told, heavy))
    return tuple(found)
