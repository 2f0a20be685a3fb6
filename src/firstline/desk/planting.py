"""Spoiling good drafts on purpose, to see whether reviewers look.

A spoilt draft lies in a table of its own. Nothing delivers from there, its labels are of a kind
that certifies nothing, and its reviewer sees it among the drawn ones under a name like theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import re2

from firstline.desk.labelled import draft_hash, says_something
from firstline.records import Answer, Draft, Sentence
from firstline.store.labels import StoredLabel
from firstline.store.samples import NewPlant, Plant

FACTUAL = ("quote", "record", "computed")
_NUMBER = re2.compile(r"\b[0-9]{1,4}\b")
_STEP = re2.compile(r"^\s*[0-9]{1,2}[.)]\s")
OPPOSITES = (
    (" cannot ", " can "),
    (" can ", " cannot "),
    (" is not ", " is "),
    (" is ", " is not "),
    (" are not ", " are "),
    (" are ", " are not "),
    (" will not ", " will "),
    (" will ", " will not "),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """How a reviewer did with the planted drafts they were shown."""

    by: str
    shown: int
    caught: int
    unclear: int

    @property
    def missed(self) -> int:
        """Those called right."""
        return self.shown - self.caught - self.unclear

    @property
    def share(self) -> float:
        """Share called wrong."""
        return self.caught / self.shown if self.shown else 0.0


def is_good(answer: Answer) -> bool:
    """Whether a draft is one that only what is done to it would make wrong."""
    return (
        says_something(answer.draft)
        and bool(answer.findings)
        and all(finding.result == "pass" for finding in answer.findings)
    )


def spoil(answer: Answer, other: Draft | None = None) -> NewPlant | None:
    """Return a draft that is certainly wrong, made of a good one; None if nothing can be spoilt.

    Args:
        answer: The good one.
        other: A reply to something else, which takes its place where no word can be changed.
    """
    draft = answer.draft
    for change, spoilt in (("number", _number), ("negation", _negation)):
        for at, sentence in enumerate(draft.sentences):
            text = spoilt(sentence.text) if sentence.kind in FACTUAL else None
            if text is not None:
                return _plant(answer, change, _with(draft, at, sentence, text))
    if other is None or draft_hash(other) == draft_hash(draft):
        return None
    return _plant(answer, "another_answer", replace(draft, sentences=other.sentences))


def _plant(answer: Answer, change: str, spoilt: Draft) -> NewPlant:
    return NewPlant(ticket=answer.ticket.id, change=change, spoilt=spoilt, draft=draft_hash(spoilt))


def _with(draft: Draft, at: int, sentence: Sentence, text: str) -> Draft:
    sentences = list(draft.sentences)
    sentences[at] = replace(sentence, text=text)
    return replace(draft, sentences=tuple(sentences))


def _number(text: str) -> str | None:
    """Return the sentence with its first number made another, steps and links left alone."""
    if "://" in text:
        return None
    step = _STEP.match(text)
    for found in _NUMBER.finditer(text):
        if step is not None and found.start() < step.end():
            continue
        written = found.group(0)
        other = written[::-1] if written != written[::-1] else str(int(written) + 2)
        if other.startswith("0"):
            other = str(int(written) + 7)
        return text[: found.start()] + other + text[found.end() :]
    return None


def _negation(text: str) -> str | None:
    for said, opposite in OPPOSITES:
        if said in text:
            return text.replace(said, opposite, 1)
    return None


def caught(plants: Sequence[Plant], labels: Sequence[StoredLabel]) -> tuple[Caught, ...]:
    """Return how each reviewer did, from the last thing each said of each planted draft."""
    planted = {plant.ticket for plant in plants}
    said: dict[str, list[bool | None]] = {}
    for one in labels:
        if one.kind == "planted" and one.ticket in planted:
            said.setdefault(one.by, []).append(one.wrong)
    return tuple(
        Caught(
            by=name,
            shown=len(found),
            caught=sum(one is True for one in found),
            unclear=sum(one is None for one in found),
        )
        for name, found in sorted(said.items())
    )


def names(plants: Sequence[Plant]) -> Mapping[str, Plant]:
    """Return the planted drafts by the name under which a reviewer sees them."""
    return {plant.item: plant for plant in plants}
