"""Which units of evidence a statement rests on, and how much of it they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from firstline.proof.statements.lemmas import ALIKE, LIGHT_LEMMAS
from firstline.proof.statements.shelf import Shelf
from firstline.proof.statements.words import Words, has_digit

LIGHT_WEIGHT = 0.3
NAME_WEIGHT = 1.6
ADVERB_WEIGHT = 0.6
RELATED_SHARE = 0.9
"""What a near synonym counts for."""
ASKED_SHARE = 0.7
"""What a word counts for that only the question has."""
CONTEXT_SHARE = 0.6
"""What a heading's word counts for while units are chosen."""
MOST_UNITS = 3
LONG = 18
"""Content words of a statement that may rest on one unit more."""
NEAR = 4
"""Units apart that still belong together."""
WORTH = 0.9
"""Weight of new words a further unit must bring."""
VALUE_GUIDE = 0.8
"""What a word of a value weighs while units are chosen."""
COMMON = 0.35
"""Share of units a word may be in and still lead to units."""
MOST_CANDIDATES = 12

_IN_ORDER = {lemma: tuple(sorted(others)) for lemma, others in ALIKE.items()}
"""What may stand for a lemma, always in the same order: the first that a unit has counts."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The units a statement rests on."""

    units: tuple[int, ...]
    """Numbers on the shelf, best first."""
    coverage: float
    """0 to 1: share of the statement's weight that these units say."""
    missing: tuple[int, ...]
    """The words they do not say, by position."""
    held: frozenset[str]
    """All lemmas of the units and what they stand under."""
    elsewhere: float
    """0 to 1: share of the weight that all evidence together says."""


def weights(read: Words, names: Collection[int], claimed: Collection[int]) -> dict[str, float]:
    """Return what each lemma of a statement weighs."""
    found: dict[str, float] = {}
    for at, lemma in enumerate(read.lemmas):
        if not lemma or at in claimed:
            continue
        if at in names:
            weight = NAME_WEIGHT
        elif lemma in LIGHT_LEMMAS:
            weight = LIGHT_WEIGHT
        elif read.words[at].endswith("ly"):
            weight = ADVERB_WEIGHT
        else:
            weight = 1.0
        found[lemma] = max(found.get(lemma, 0.0), weight)
    return found


def has(lemma: str, held: AbstractSet[str]) -> bool:
    """Whether a set of lemmas has this one or one that may stand for it."""
    if lemma in held:
        return True
    related = ALIKE.get(lemma)
    return related is not None and not related.isdisjoint(held)


def guides(read: Words, weight: Mapping[str, float], claimed: Collection[int]) -> dict[str, float]:
    """Return what leads to the units of a statement: its words, and those of its values."""
    found = dict(weight)
    for at in claimed:
        key = read.lemmas[at] or (read.words[at] if has_digit(read.words[at]) else "")
        if key:
            found.setdefault(key, VALUE_GUIDE)
    return found


def align(
    read: Words,
    weight: Mapping[str, float],
    guide: Mapping[str, float],
    shelf: Shelf,
    asked: Collection[str],
    more: tuple[int, ...] = (),
) -> Alignment:
    """Return the few units that say most of a statement.

    Args:
        read: The words of the statement.
        weight: What each of its lemmas weighs.
        guide: What leads to its units, see `guides`.
        shelf: The evidence.
        asked: The lemmas of the customer's own words.
        more: Units that it rests on as well, because they show its values.
    """
    chosen = _choose(guide, shelf)
    chosen += tuple(number for number in more if number not in chosen)
    held: set[str] = set()
    for number in chosen:
        held |= shelf.units[number].held | shelf.units[number].context
    total = sum(weight.values())
    said, anywhere = 0.0, 0.0
    lacking = set()
    for lemma, value in weight.items():
        known = shelf.knows(lemma)
        if has(lemma, held):
            said += value
            anywhere += value
            continue
        if lemma in asked and not known:
            said += value * ASKED_SHARE
        anywhere += value if known else 0.0
        lacking.add(lemma)
    missing = tuple(at for at, lemma in enumerate(read.lemmas) if lemma in lacking)
    return Alignment(
        units=chosen,
        coverage=said / total if total else 1.0,
        missing=missing,
        held=frozenset(held),
        elsewhere=anywhere / total if total else 1.0,
    )


def _choose(weight: Mapping[str, float], shelf: Shelf) -> tuple[int, ...]:
    scores = _scores(weight, shelf)
    if not scores:
        return ()
    ranked = [number for _, number in sorted((-score, number) for number, score in scores.items())]
    ranked = ranked[:MOST_CANDIDATES]
    chosen = [ranked[0]]
    left = _left(weight, shelf, ranked[0])
    most = MOST_UNITS + (len(weight) > LONG)
    while left and len(chosen) < most:
        near = _neighbours(chosen, shelf)
        best, value = -1, 0.0
        for number in {*ranked, *near}:
            if number in chosen:
                continue
            unit = shelf.units[number]
            gain = sum(worth for lemma, worth in left.items() if has(lemma, unit.held))
            gain *= _closeness(number, chosen[0], shelf)
            if gain > value or (gain == value and number < best):
                best, value = number, gain
        if value < WORTH:
            break
        chosen.append(best)
        left = _left(left, shelf, best)
    return tuple(chosen)


def _scores(weight: Mapping[str, float], shelf: Shelf) -> dict[int, float]:
    scores: defaultdict[int, float] = defaultdict(float)
    postings = shelf.postings
    most = max(8.0, COMMON * len(shelf.units))
    known = [lemma for lemma in weight if lemma in postings]
    rarest = min(known, key=lambda one: len(postings[one]), default="")
    for lemma, value in weight.items():
        worth = value * shelf.spread(lemma)
        leading = [
            one
            for one in (lemma, *_IN_ORDER.get(lemma, ()))
            if one in postings and (lemma == rarest or len(postings[one]) <= most)
        ]
        seen: set[int] = set()
        for one in leading:
            share = worth if one == lemma else worth * RELATED_SHARE
            for numbers, part in (
                (shelf.own(one), share),
                (shelf.under.get(one, ()), share * CONTEXT_SHARE),
            ):
                for number in numbers:
                    if number not in seen:
                        scores[number] += part
            if one != leading[-1]:
                seen.update(postings[one])
    return scores


def _left(weight: Mapping[str, float], shelf: Shelf, number: int) -> dict[str, float]:
    unit = shelf.units[number]
    return {
        lemma: value
        for lemma, value in weight.items()
        if not has(lemma, unit.held) and not has(lemma, unit.context)
    }


def _neighbours(chosen: list[int], shelf: Shelf) -> list[int]:
    at = chosen[0]
    around = range(max(0, at - NEAR), min(len(shelf.units), at + NEAR + 1))
    return [number for number in around if shelf.origins[number] is shelf.origins[at]]


def _closeness(number: int, best: int, shelf: Shelf) -> float:
    if shelf.origins[number] is not shelf.origins[best]:
        return 0.75
    return 1.0 if abs(number - best) <= NEAR else 0.85
