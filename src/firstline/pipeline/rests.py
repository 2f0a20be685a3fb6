"""What each sentence of a reply rests on, to be found again when that changes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache

from firstline.proof.grounds import Grounds, own_way
from firstline.proof.proofs import SentenceProof
from firstline.proof.sentences import words
from firstline.proof.statements import prove
from firstline.proof.subject import Subject
from firstline.records import Evidence, Sentence
from firstline.store.uses import Use

FACTUAL = ("quote", "record", "computed")
"""Kinds of sentences that state something."""
NAME = "name"
"""The customer field a greeting may use a part of."""


def rests_on(subject: Subject) -> tuple[Use, ...]:
    """Return what every sentence of a reply rests on; nothing where there is no reply.

    That is the evidence it names, and what it is proven by. Where it is neither a quote nor a
    filled sentence of the company, the proof is done again: it may find other evidence.
    """
    if subject.draft.action == "escalate":
        return ()
    held = subject.held
    grounds = Grounds(
        evidence=held,
        courtesies=(),
        questions=(),
        greeting=subject.workspace.voice.greeting,
    )

    @cache
    def proofs() -> tuple[SentenceProof, ...]:
        return prove(subject)

    found: list[Use] = []
    for at, sentence in enumerate(subject.draft.sentences):
        if sentence.kind not in FACTUAL:
            continue
        exact = own_way(sentence, grounds)
        proof = proofs()[at] if exact.gaps else exact
        named = (*sentence.evidence, *(support.evidence for support in proof.supports))
        for key in dict.fromkeys(named):
            if key in held:
                found.extend(_uses(at, sentence, held[key], proof, exact=not exact.gaps))
    return tuple(found)


def value_version(value: str) -> str:
    """Return the hash by which a change of a record's field is recognised."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def _uses(
    at: int, sentence: Sentence, item: Evidence, proof: SentenceProof, *, exact: bool
) -> Iterator[Use]:
    if item.kind == "ticket":
        return  # what was written once does not change
    fields = dict(item.fields) if item.kind == "record" else {}
    paths = {
        support.field: None
        for support in proof.supports
        if support.evidence == item.id and support.field in fields
    }
    if fields and not exact:
        paths |= dict.fromkeys(_shown(sentence.text, fields))
    for path in paths or {"": None}:
        yield Use(
            sentence=at,
            evidence=item.id,
            kind=item.kind,
            source=item.source,
            field=path,
            version=value_version(fields[path]) if path else item.version,
        )


def _shown(text: str, fields: Mapping[str, str]) -> Iterator[str]:
    """Yield the fields whose value a sentence shows; of a name a part is enough."""
    said = words(text)
    joined = f" {' '.join(said)} "
    for path, value in fields.items():
        known = words(value)
        part = path == NAME and not set(known).isdisjoint(said)
        if part or (known and f" {' '.join(known)} " in joined):
            yield path
