"""Dropping what is unproven from a draft, when the rest still answers. Pure.

A reply is more than its sentences: a step belongs to its list, a "but only" to what it limits, an
"it" to what was named before. So what leans on a dropped sentence goes with it, what a dropped
sentence limits goes with it, and where too little or half an instruction would be left, nothing is
dropped. Whatever is left is checked again like any other draft.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import re2

from firstline.claude.excerpts import topics
from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.sentences import plain, words
from firstline.records import Commitment, Draft, Evidence, Finding, Sentence

FACTUAL = ("quote", "record", "computed")
"""Kinds that state something."""
_LIMITS = frozenset(
    "but however only unless except excluding though although yet still otherwise instead until "
    "provided not no never none cannot without neither nor".split()
)
"""Words by which a sentence takes back or narrows what stands before it."""
_LEANS = re2.compile(
    r"(?i)^(?:but|however|only|unless|except|though|although|yet|otherwise|instead|then|also|so"
    r"|it|its|this|that|these|those|they|their|them|he|she|such|both|either|neither|there|once"
    r"|after|afterwards|and|or|as a result|in (?:that|this) case|for example|therefore|because"
    r"|the (?:same|latter|former|other))\b"
)
"""How a sentence begins that is not understood without the one before it."""
_STEP = re2.compile(r"^\s*(?:\d{1,3}|[a-zA-Z])[.)]\s+")
_ITEM = re2.compile(r"^\s*[-*•+✓✗]\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A draft without its unproven sentences, or why there is none."""

    draft: Draft | None = None
    body: tuple[Sentence, ...] = ()
    """What is left of what its writer wrote."""
    said: str
    """What was dropped, or what kept it from being dropped, for the hop."""


def is_unproven(draft: Draft, findings: Sequence[Finding]) -> bool:
    """Whether all that is against an answer is that some of its sentences are not proven."""
    against = [finding for finding in findings if finding.result == "block"]
    return (
        draft.action == "answer"
        and bool(against)
        and all(finding.check == "proof" and finding.sentence is not None for finding in against)
    )


def without_unproven(
    draft: Draft,
    findings: Sequence[Finding],
    *,
    body: Collection[int],
    evidence: Sequence[Evidence],
    requests: Sequence[str],
) -> Mended:
    """Return a draft without the sentences that are not proven.

    Args:
        draft: An answer of which `is_unproven` holds.
        findings: What the checks say about it.
        body: Indices of the sentences its writer wrote; code added the others.
        evidence: Everything that was collected.
        requests: What is asked, one text a request.
    """
    unproven = {finding.sentence for finding in findings if finding.result == "block"}
    lines = sorted(body)
    if not unproven <= set(lines):
        return Mended(said="a line that code added is not proven")
    sentences = draft.sentences
    gone = _with_what_belongs([sentences[at].text for at in lines], lines, unproven)
    if any(_STEP.match(sentences[at].text) for at in gone):
        return Mended(said="a step is not left out of its steps")
    kept = [at for at in lines if at not in gone]
    facts = [sentences[at] for at in kept if sentences[at].kind in FACTUAL]
    if not facts or not _answers_all(facts, requests, evidence):
        return Mended(said="the rest would not answer")
    left = [
        sentence
        for at, sentence in enumerate(sentences)
        if at not in gone and not _sources_nothing(sentence, facts, evidence)
    ]
    shorter = replace(
        draft,
        sentences=tuple(left),
        commitments=tuple(_kept_promises(draft, [sentences[at] for at in gone], left)),
    )
    codes = sorted(
        {finding.code or "unproven" for finding in findings if finding.result == "block"}
    )
    more = len(gone) - len(unproven)
    with_them = f", with {more} that belong to them" if more else ""
    said = f"dropped {len(gone)} of {len(lines)} sentences: {', '.join(codes)}{with_them}"
    return Mended(draft=shorter, body=tuple(sentences[at] for at in kept), said=said)


def _with_what_belongs(
    texts: Sequence[str], lines: Sequence[int], unproven: Collection[int | None]
) -> frozenset[int]:
    """Return the sentences to drop: the unproven ones, and until nothing changes what belongs."""
    gone = {at for at, line in enumerate(lines) if line in unproven}
    waiting = list(gone)
    while waiting:
        at = waiting.pop()
        for neighbour in _belonging(texts, at, gone):
            if neighbour not in gone:
                gone.add(neighbour)
                waiting.append(neighbour)
    return frozenset(lines[at] for at in gone)


def _belonging(texts: Sequence[str], at: int, gone: Collection[int]) -> Iterator[int]:
    """Yield the neighbours that may not stay without a sentence."""
    before, after = at - 1, at + 1
    if limits(texts[at]):
        if before >= 0:
            yield before
        elif after < len(texts):
            yield after
    if before >= 0 and before not in gone and texts[before].rstrip().endswith(":"):
        yield before
    if after < len(texts) and _LEANS.match(texts[after]):
        yield after
    if _ITEM.match(texts[at]):
        beside = (near for near in (before, after) if 0 <= near < len(texts))
        yield from (near for near in beside if _ITEM.match(texts[near]))
    if texts[at].rstrip().endswith(":"):
        yield from _led(texts, after)


def _led(texts: Sequence[str], start: int) -> Iterator[int]:
    """Yield what a sentence that ends with a colon leads to: a list, or the next sentence."""
    for at in range(start, len(texts)):
        if at > start and not _ITEM.match(texts[at]):
            return
        yield at


def limits(text: str) -> bool:
    """Whether a sentence may take back, narrow or condition another one."""
    return any(word in _LIMITS or word.endswith("n't") for word in words(plain(text)))


def _answers_all(
    facts: Sequence[Sentence], requests: Sequence[str], evidence: Sequence[Evidence]
) -> bool:
    """Whether every request still has a fact that shares words with it."""
    titles = {item.id: item.title for item in evidence}
    told = [
        topics(" ".join([fact.text, *(titles.get(key, "") for key in fact.evidence)]))
        for fact in facts
    ]
    return all(any(topics(request) & shared for shared in told) for request in requests)


def _sources_nothing(
    sentence: Sentence, facts: Sequence[Sentence], evidence: Sequence[Evidence]
) -> bool:
    """Whether a sentence names the source of something that is not said any more."""
    if not sentence.text.startswith(SOURCE_PREFIX):
        return False
    documents = {item.id: item.source for item in evidence}
    told = {documents.get(key) for fact in facts for key in fact.evidence}
    return not any(documents.get(key) in told for key in sentence.evidence)


def _kept_promises(
    draft: Draft, gone: Sequence[Sentence], left: Sequence[Sentence]
) -> Iterator[Commitment]:
    """Yield the promises that are not gone with their sentences; in doubt a promise stays."""
    dropped = topics(" ".join(sentence.text for sentence in gone))
    told = topics(" ".join(sentence.text for sentence in left))
    for promise in draft.commitments:
        what = topics(promise.what)
        if not what or what & told or not what <= dropped:
            yield promise
