"""A statement under proof, with everything the rules of a paraphrase look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from firstline.proof.claims import Claim, Facts
from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import Alignment
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.shelf import Shelf
from firstline.proof.statements.words import Clauses, Words, clauses_of, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What all statements of a reply share."""

    shelf: Shelf
    asked: frozenset[str]
    """Lemmas of what the customer wrote, now and earlier, and words with digits as they are."""
    asked_claims: tuple[Claim, ...]
    """The values in what the customer wrote."""
    text: str
    """The whole reply."""
    today: date
    facts: Facts
    """How the company writes money and days."""
    said: frozenset[str]
    """Lemmas of the whole reply: a condition may be stated in the sentence beside."""
    record: frozenset[str]
    """Lemmas of the customer's record: a condition may be met."""
    catalogue: frozenset[str]
    """Lemmas of the names of the company's plans."""
    own: frozenset[str]
    """Lemmas of names that need no evidence: the company's and the customer's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statement:
    """One statement of a reply and the units it rests on; equal to none but itself."""

    text: str
    read: Words
    clauses: Clauses
    names: tuple[int, ...]
    """The words that name something, by position."""
    claims: tuple[Claim, ...]
    """Its typed values."""
    claimed: frozenset[int]
    """The words that belong to typed values, by position."""
    weight: dict[str, float]
    alignment: Alignment
    units: tuple[Passage, ...]
    """The units it rests on, best first."""
    reply: Reply

    def gap(self, code: str, detail: str, first: int, last: int | None = None) -> Gap:
        """Return a gap that spans some words, by position."""
        last = first if last is None else last
        return Gap(
            code=code, detail=detail, start=self.read.starts[first], end=self.read.ends[last]
        )

    def whole(self, code: str, detail: str) -> Gap:
        """Return a gap that spans all of it."""
        return Gap(code=code, detail=detail, start=0, end=len(self.text))


def clauses_and_words(text: str) -> tuple[Words, Clauses]:
    """Return the words of a text and its clauses."""
    return words_of(text), clauses_of(text)
