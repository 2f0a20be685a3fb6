"""A draft sentence by sentence, each with what it rests on and what is against it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from firstline.proof.claims import Facts
from firstline.proof.proofs import SentenceProof
from firstline.records import Draft, Evidence, Finding
from firstline.review.examination import is_final
from firstline.web.review.marks import Mark, marked
from firstline.web.review.matched import Place, matched
from firstline.web.review.wording import Tone, shown_code, shown_path

HOW: Final = {
    "quote": "Word for word",
    "record": "From the record",
    "computed": "Worked out",
    "paraphrase": "In other words",
    "courtesy": "Courtesy line",
    "question": "Question",
}
_TONES: Final[dict[str, Tone]] = {"block": "bad", "warn": "warn", "pass": "good"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """A place in the evidence, as it is shown."""

    title: str
    """Of the article, the field or the fixed answer."""
    url: str
    excerpt: Markup
    """With the words that match marked; empty where the evidence is only named."""
    before: bool
    """Whether something stands before the excerpt."""
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """What one check says."""

    check: str
    tone: Tone
    words: str
    sentence: int | None
    """Its number, from 1; None: about the whole reply."""
    final: bool
    """Whether nobody may overrule it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceView:
    """A sentence of a reply and its proof."""

    number: int
    """From 1."""
    text: Markup
    """With the words that match, and those that are doubted, marked."""
    label: str
    """In which way it is proven, or that it is not."""
    source: str
    """What it rests on, in a few words."""
    tone: Tone
    places: tuple[PlaceView, ...]
    findings: tuple[FindingView, ...]


def sentence_views(
    draft: Draft,
    proofs: Sequence[SentenceProof],
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    facts: Facts,
) -> tuple[SentenceView, ...]:
    """Return the sentences of a reply with their proofs.

    Args:
        draft: The reply.
        proofs: One a sentence, in order.
        findings: Of all checks; those about a sentence are shown at it.
        evidence: What the proofs name.
        facts: How the company writes money and days.
    """
    held = {item.id: item for item in evidence}
    views = []
    for at, (sentence, proof) in enumerate(zip(draft.sentences, proofs, strict=True)):
        own = [item for item in findings if item.sentence == at and item.result != "pass"]
        own += _unstored(at, proof, own)
        found = matched(sentence.text, proof, held, facts)
        marks = [*found.marks, *(_mark(item) for item in own if item.end)]
        tone = _worst(own) or ("good" if found.places else "quiet")
        views.append(
            SentenceView(
                number=at + 1,
                text=marked(sentence.text, marks),
                label=_label(proof, found.places, own),
                source=_source(found.places),
                tone=tone,
                places=tuple(place_view(place) for place in found.places if place.text),
                findings=tuple(finding_view(item) for item in own),
            )
        )
    return tuple(views)


def place_view(place: Place) -> PlaceView:
    """Return a place as it is shown."""
    item = place.evidence
    return PlaceView(
        title=shown_path(place.field) if place.field else evidence_name(item),
        url=item.url if item.url.startswith(("https://", "http://")) else "",
        excerpt=marked(place.text, place.marks),
        before=not place.begins,
        after=not place.ends,
    )


def finding_view(item: Finding) -> FindingView:
    """Return what a check says, in its own words."""
    return FindingView(
        check=item.check,
        tone=_TONES[item.result],
        words=item.detail or shown_code(item.code) or "no words",
        sentence=None if item.sentence is None else item.sentence + 1,
        final=item.result == "block" and is_final(item),
    )


def _unstored(at: int, proof: SentenceProof, own: Sequence[Finding]) -> list[Finding]:
    """Return the gaps found now that the stored findings do not have: the checks say those."""
    known = {(item.code, item.start or 0) for item in own if item.check == "proof"}
    if any(item.check in ("proof", "current") for item in own):
        known |= {(gap.code, gap.start) for gap in proof.gaps}
    return [
        Finding(
            check="proof",
            result="block",
            detail=gap.detail,
            sentence=at,
            code=gap.code,
            start=gap.start if gap.end else None,
            end=gap.end or None,
        )
        for gap in proof.gaps
        if (gap.code, gap.start) not in known
    ]


def _mark(item: Finding) -> Mark:
    start, end = item.start or 0, item.end or 0
    return Mark(start, end, "gap" if item.result == "block" else "doubt")


def _label(proof: SentenceProof, places: Sequence[Place], own: Sequence[Finding]) -> str:
    if _is_unproven(own):
        return "Not proven"
    names_only = bool(places) and not any(place.text for place in places)
    return "Names the source" if names_only else HOW[proof.how]


def _is_unproven(own: Sequence[Finding]) -> bool:
    return any(item.check in ("proof", "current") and item.result == "block" for item in own)


def _worst(own: Sequence[Finding]) -> Tone:
    if any(item.result == "block" for item in own):
        return "bad"
    return "warn" if own else ""


def _source(places: Sequence[Place]) -> str:
    """Return what a sentence rests on, in a few words."""
    names = dict.fromkeys(
        shown_path(place.field) if place.field else evidence_name(place.evidence)
        for place in places
    )
    first, *others = names or {"": None}
    return f"{first} +{len(others)}" if others else first


def evidence_name(item: Evidence) -> str:
    """Return what a piece of evidence is called."""
    if item.kind == "policy":
        return f"Fixed answer: {shown_code(item.id.partition(':')[2] or item.source)}"
    return item.title or item.source
