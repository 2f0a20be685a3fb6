"""A reply as a person left it: which sentences are still the draft's own, which not. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace

import re2

from firstline.errors import InputError
from firstline.proof.normal import normalise
from firstline.proof.proofs import How, SentenceProof
from firstline.proof.sentences import plain, words
from firstline.proof.values import values
from firstline.records import Draft, EvidenceId, Sentence, SentenceKind
from firstline.review.distance import edit_distance
from firstline.review.outcomes import FACTS, WORDING, WRITTEN

LONGEST = 20_000
"""Characters of a reply a person may write."""
BY_A_PERSON = "person"
_BLANK = re2.compile(r"\n\s*\n")
_TURNS = frozenset(
    "not no never none cannot without neither nor only unless except can't don't doesn't won't "
    "isn't aren't wasn't weren't didn't couldn't shouldn't wouldn't hasn't haven't".split()
)
"""Words that turn a statement round."""
_KIND: dict[How, SentenceKind] = {
    "quote": "quote",
    "record": "record",
    "computed": "computed",
    "paraphrase": "computed",
    "courtesy": "courtesy",
    "question": "question",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A reply as a person left it."""

    draft: Draft
    changed: frozenset[int]
    """Indices of the sentences the person wrote or changed."""
    distance: float | None
    """From the draft; None where there was none."""
    reason: str
    """FACTS or WORDING: whether more than the wording changed; WRITTEN where there was no draft."""


def edited(base: Draft | None, text: str, language: str) -> Edited:
    """Return what a person made of a draft.

    A paragraph that stands in the draft word for word keeps its kind and evidence. Every other
    one is the person's own: it names no evidence, and has to be proven by all there is.

    Args:
        base: The draft; None where nobody wrote a usable one.
        text: The whole reply, paragraphs parted by empty lines.
        language: Of the reply, where there is no draft to tell.

    Raises:
        InputError: The reply is empty or longer than LONGEST.
    """
    wanted = normalise(text[: LONGEST + 1])
    if not wanted:
        raise InputError("the reply is empty", fix="Write it, or reject the draft")
    if len(text) > LONGEST:
        raise InputError(f"the reply is longer than {LONGEST} characters", fix="Shorten it")
    sentences, changed = _sentences(base, wanted)
    draft = base or Draft(action="answer", reason="", model=BY_A_PERSON, language=language)
    # Promises are found in the words; what the writer declared belongs to words that may be gone.
    draft = replace(
        draft,
        sentences=sentences,
        reason="a person wrote or changed it",
        confidence="high",
        commitments=(),
        cause="",
    )
    if draft.action == "clarify" and not any("?" in item.text for item in sentences):
        draft = replace(draft, action="answer")
    if base is None:
        return Edited(draft=draft, changed=changed, distance=None, reason=WRITTEN)
    return Edited(
        draft=draft,
        changed=changed,
        distance=edit_distance(base.text, draft.text),
        reason=FACTS if _facts(base.text) != _facts(draft.text) else WORDING,
    )


def digest(text: str) -> str:
    """Return the SHA-256 of a text; nothing of nothing."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def with_proofs(made: Edited, proofs: tuple[SentenceProof, ...]) -> Draft:
    """Return the reply with the evidence its changed sentences were proven by."""
    sentences = list(made.draft.sentences)
    for at in made.changed:
        proof = proofs[at]
        if not proof.gaps:
            rests: tuple[EvidenceId, ...] = tuple(
                dict.fromkeys(item.evidence for item in proof.supports)
            )
            sentences[at] = replace(sentences[at], kind=_KIND[proof.how], evidence=rests)
    return replace(made.draft, sentences=tuple(sentences))


def _sentences(base: Draft | None, text: str) -> tuple[tuple[Sentence, ...], frozenset[int]]:
    blocks = [block.strip() for block in _BLANK.split(text) if block.strip()]
    own = [
        (sentence, [block.strip() for block in _BLANK.split(normalise(sentence.text))])
        for sentence in (base.sentences if base else ())
    ]
    found: list[Sentence] = []
    changed: set[int] = set()
    at = 0
    while at < len(blocks):
        same = next(
            ((sentence, kept) for sentence, kept in own if blocks[at : at + len(kept)] == kept),
            None,
        )
        if same is None:
            changed.add(len(found))
            # `computed`: neither quoted nor agreed, so it is proven statement by statement.
            found.append(Sentence(text=blocks[at], kind="computed"))
            at += 1
        else:
            found.append(same[0])
            at += len(same[1])
    return tuple(found), frozenset(changed)


def _facts(text: str) -> tuple[Counter[str], Counter[str]]:
    """Return the values of a text and the words that turn statements round."""
    flat = plain(text)
    said = Counter(value.casefold() for value in values(flat))
    turns = Counter(word for word in (item.casefold() for item in words(flat)) if word in _TURNS)
    return said, turns
