"""What each sentence of a reply rests on, to be found again when that changes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from firstline.proof.grounds import quotation
from firstline.proof.quotes import is_source_line
from firstline.proof.sentences import words
from firstline.proof.statements import prove
from firstline.proof.subject import Subject
from firstline.proof.templates import is_filling, slots
from firstline.records import Evidence, EvidenceId, Sentence
from firstline.store.uses import Use

FACTUAL = ("quote", "record", "computed")
NAME = "name"
"""The customer field a greeting may use a part of."""


def rests_on(subject: Subject) -> tuple[Use, ...]:
    """Return what every sentence of a reply rests on; nothing where there is no reply.

    That is what it names as its evidence. A sentence that does not stand word for word in that
    may also be proven by evidence it does not name; the proof is done again to find it.
    """
    draft, held = subject.draft, subject.held
    if draft.action == "escalate":
        return ()
    cited = [
        {key: held[key] for key in sentence.evidence if key in held} for sentence in draft.sentences
    ]
    loose = [
        at
        for at, sentence in enumerate(draft.sentences)
        if sentence.kind in FACTUAL and not _is_exact(sentence, cited[at])
    ]
    if loose:
        proofs = prove(subject)
        for at in loose:
            named = [support.evidence for support in proofs[at].supports]
            cited[at].update((key, held[key]) for key in named if key in held)
    return tuple(
        use
        for at, sentence in enumerate(draft.sentences)
        for item in cited[at].values()
        for use in _uses(at, sentence, item, cited[at])
    )


def value_version(value: str) -> str:
    """Return the hash by which a change of a record's field is recognised."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def _is_exact(sentence: Sentence, cited: Mapping[EvidenceId, Evidence]) -> bool:
    """Whether a sentence stands in what it names, as a quote or as a filled template."""
    if any(item.kind == "record" for item in cited.values()):
        return bool(_filled(sentence, cited)) or sentence.kind == "record"
    return any(
        is_source_line(sentence.text, item) or quotation(sentence.text, item.text) is not None
        for item in cited.values()
    )


def _uses(
    at: int, sentence: Sentence, item: Evidence, cited: Mapping[EvidenceId, Evidence]
) -> Iterator[Use]:
    if item.kind == "ticket":
        return  # what was written once does not change
    place = {"sentence": at, "evidence": item.id, "kind": item.kind, "source": item.source}
    if item.kind != "record":
        yield Use(**place, version=item.version)
        return
    fields = dict(item.fields)
    named = _filled(sentence, cited) or _shown(sentence.text, fields)
    for path in named:
        yield Use(**place, field=path, version=value_version(fields.get(path, "")))
    if not named:
        yield Use(**place, version=item.version)


def _filled(sentence: Sentence, cited: Mapping[EvidenceId, Evidence]) -> tuple[str, ...]:
    """Return the fields of the company's own sentence that this one is a filling of."""
    records = [dict(item.fields) for item in cited.values() if item.kind == "record"]
    lines = [
        line
        for item in cited.values()
        if item.kind == "policy"
        for line in item.text.splitlines()
    ]
    for line in lines:
        if any(is_filling(sentence.text, (line,), fields) for fields in records):
            return tuple(dict.fromkeys(slots(line)))
    return ()


def _shown(text: str, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields whose value a sentence shows; of a name a part is enough."""
    said = words(text)
    joined = f" {' '.join(said)} "
    found = [
        path
        for path, value in fields.items()
        if (known := words(value)) and f" {' '.join(known)} " in joined
    ]
    if NAME in fields and NAME not in found and not set(words(fields[NAME])).isdisjoint(said):
        found.append(NAME)
    return tuple(found)
