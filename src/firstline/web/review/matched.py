"""What a sentence and its evidence have in common, as the proof found it. Pure.

The proof says which places of the evidence a sentence rests on; here the words and values that
meet there are found again, with the proof's own means: `quotation` for what is verbatim, lemmas
and what may stand for them for words, `fit` for values. Nothing is marked that does not match.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from firstline.proof.claims import Claim, Facts, field_claims, fit
from firstline.proof.proofs import SentenceProof, Support
from firstline.proof.quotes import quotation
from firstline.proof.statements.alignment import has
from firstline.proof.statements.lemmas import ALIKE
from firstline.proof.statements.unit_values import text_claims
from firstline.proof.statements.words import Words, has_digit, words_of
from firstline.records import Evidence, EvidenceId
from firstline.web.review.marks import Mark, shifted

AROUND = 110
"""Characters of a passage shown before and after the place that matters."""
LONGEST = 6_000
"""Characters of a place whose words are compared; a sentence for people has far fewer."""
MOST_VALUES = 80
"""Values of a text that are compared with those of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the evidence that a sentence rests on."""

    evidence: Evidence
    field: str = ""
    """The path of a record's field; empty for text."""
    text: str = ""
    """The excerpt, or the field's value; empty where the evidence is only named as the source."""
    marks: tuple[Mark, ...] = ()
    """In the excerpt."""
    begins: bool = True
    """Whether the excerpt begins where the evidence does."""
    ends: bool = True
    verbatim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What a sentence rests on, and the words of the sentence that are there."""

    places: tuple[Place, ...] = ()
    marks: tuple[Mark, ...] = ()
    """In the sentence."""


def matched(
    text: str,
    proof: SentenceProof,
    evidence: Mapping[EvidenceId, Evidence],
    facts: Facts,
) -> Matched:
    """Return what a sentence has in common with each place it rests on.

    Args:
        text: The sentence.
        proof: What the proof found for it.
        evidence: By id; what a proof names and is not there is left out.
        facts: How the company writes money and days.
    """
    places: list[Place] = []
    own: list[Mark] = []
    for support in dict.fromkeys(proof.supports):
        item = evidence.get(support.evidence)
        if item is None:
            continue
        place, marks = _place(text, support, item, facts)
        places.append(place)
        own.extend(marks)
    return Matched(places=tuple(places), marks=tuple(own))


def _place(
    text: str, support: Support, item: Evidence, facts: Facts
) -> tuple[Place, tuple[Mark, ...]]:
    if support.field:
        return _field(text, support.field, item, facts)
    if not support.end:
        return Place(evidence=item), ()
    held = item.text[support.start : support.end]
    if quotation(text, item.text) == (support.start, support.end):
        theirs: tuple[Mark, ...] = (Mark(0, len(held), "quote"),)
        ours: tuple[Mark, ...] = ()
        verbatim = True
    else:
        ours, theirs = in_common(text, held, facts)
        verbatim = False
    first, last = _around(item.text, support.start, support.end)
    return (
        Place(
            evidence=item,
            text=item.text[first:last],
            marks=shifted(theirs, support.start - first),
            begins=not item.text[:first].strip(),
            ends=not item.text[last:].strip(),
            verbatim=verbatim,
        ),
        ours,
    )


def _field(text: str, path: str, item: Evidence, facts: Facts) -> tuple[Place, tuple[Mark, ...]]:
    value = dict(item.fields).get(path, "")
    held = [claim for _, claim in field_claims(((path, value),), facts)]
    ours, theirs = in_common(text, value, facts, held=held)
    return Place(evidence=item, field=path, text=value, marks=theirs), ours


def in_common(
    text: str, other: str, facts: Facts, *, held: Sequence[Claim] | None = None
) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """Return the words and values of two texts that match, as marks in each.

    Args:
        text: What is said.
        other: What it rests on.
        facts: How the company writes money and days.
        held: The values of `other`, where its text alone does not tell them.
    """
    text, other = text[:LONGEST], other[:LONGEST]
    said, known = words_of(text), words_of(other)
    ours = list(_words(said, known.held))
    wanted = _wanted(said)
    theirs = list(_words(known, wanted))
    held_values = text_claims(other, facts) if held is None else held
    for made in text_claims(text, facts)[:MOST_VALUES]:
        for value in held_values[:MOST_VALUES]:
            if fit(value, made) is not None:
                ours.append(Mark(made.start, made.end, "value"))
                theirs.append(Mark(value.start, value.end, "value"))
    return _joined(ours, text), _joined(theirs, other)


def _words(read: Words, held: frozenset[str]) -> Iterator[Mark]:
    for at, lemma in enumerate(read.lemmas):
        word = read.words[at]
        if has(lemma, held) if lemma else has_digit(word) and word in held:
            yield Mark(read.starts[at], read.ends[at])


def _wanted(read: Words) -> frozenset[str]:
    """Return the lemmas of a text and those that may stand for them."""
    return read.held.union(*(ALIKE[one] for one in read.held if one in ALIKE))


def _joined(marks: Iterable[Mark], text: str) -> tuple[Mark, ...]:
    """Return marks with those of one kind joined where only a blank is between them."""
    found: list[Mark] = []
    for mark in sorted(marks, key=lambda one: (one.kind, one.start)):
        last = found[-1] if found else None
        if last and last.kind == mark.kind and not text[last.end : mark.start].strip(" "):
            found[-1] = Mark(last.start, max(last.end, mark.end), last.kind)
        else:
            found.append(mark)
    return tuple(found)


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a place with some words before and after it, cut between words."""
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    if first:
        blank = text.find(" ", first, start)
        first = start if blank < 0 else blank + 1
    if last < len(text):
        blank = text.rfind(" ", end, last)
        last = end if blank < 0 else blank
    return first, last
