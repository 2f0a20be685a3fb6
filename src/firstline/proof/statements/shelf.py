"""All evidence of a reply, indexed once: which unit holds which word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from math import log

from firstline.proof.statements.lemmas import ALIKE, DENIALS
from firstline.proof.statements.lexicon import NEGATIONS
from firstline.proof.statements.reading import Passage, passages
from firstline.proof.statements.words import words_of
from firstline.records import Evidence, EvidenceId

MOST_UNITS = 4_000
"""Units of evidence that are looked at; a reply rests on far fewer."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The units of all evidence."""

    units: tuple[Passage, ...]
    origins: tuple[Evidence, ...]
    """The evidence of each unit."""
    sources: tuple[Evidence, ...]
    """All evidence, each once."""
    postings: dict[str, list[int]]
    """The units that hold a lemma themselves or stand under it."""
    denying: tuple[int, ...]
    """The units with a word that denies."""
    under: dict[str, list[int]]
    """The units that only stand under a lemma."""
    owned: dict[str, list[int]] = field(default_factory=dict)
    """What `own` found so far: the statements of a reply ask about the same lemmas."""

    def own(self, lemma: str) -> list[int]:
        """Return the units that hold a lemma themselves."""
        if lemma not in self.under:
            return self.postings.get(lemma, [])
        known = self.owned.get(lemma)
        if known is None:
            others = frozenset(self.under[lemma])
            known = [number for number in self.postings[lemma] if number not in others]
            self.owned[lemma] = known
        return known

    def spread(self, lemma: str) -> float:
        """Return how much a lemma tells: the fewer units have it, the more."""
        return log(1.0 + len(self.units) / (1.0 + len(self.postings.get(lemma, ()))))

    def knows(self, lemma: str) -> bool:
        """Whether a lemma, or one that may stand for it, is anywhere in the evidence."""
        return lemma in self.postings or any(
            other in self.postings for other in ALIKE.get(lemma, ())
        )

    def identity(self, number: int) -> EvidenceId:
        """Return the id of the evidence that a unit belongs to."""
        return self.origins[number].id


def shelve(evidence: Iterable[Evidence]) -> Shelf:
    """Return the index of some evidence. Internal text is left out: no reply may rest on it."""
    held = tuple(item for item in evidence if item.audience == "public")
    return _shelve(held)


@lru_cache(maxsize=64)
def _shelve(evidence: tuple[Evidence, ...]) -> Shelf:
    units: list[Passage] = []
    origins: list[Evidence] = []
    postings: defaultdict[str, list[int]] = defaultdict(list)
    under: defaultdict[str, list[int]] = defaultdict(list)
    denying: list[int] = []
    for item in evidence:
        for unit in passages(item):
            if len(units) == MOST_UNITS:
                break
            number = len(units)
            units.append(unit)
            origins.append(item)
            for lemma in unit.held:
                postings[lemma].append(number)
            for lemma in unit.context - unit.held:
                postings[lemma].append(number)
                under[lemma].append(number)
            if unit.kind != "object" and _may_deny(unit):
                denying.append(number)
    return Shelf(
        tuple(units), tuple(origins), evidence, dict(postings), tuple(denying), dict(under)
    )


def _may_deny(unit: Passage) -> bool:
    return not NEGATIONS.isdisjoint(words_of(unit.text).words) or not _DENYING.isdisjoint(unit.held)


_DENYING = frozenset(DENIALS)
