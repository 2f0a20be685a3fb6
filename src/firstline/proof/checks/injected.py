"""Does anything that the writer read give it orders?

What the customer writes is a signal of routing already; here it is looked at once more, on the
very text that was put into the prompt, together with what came from elsewhere: articles, earlier
messages, tickets. Staff write orders into articles all day, so of an article only what no
colleague writes counts: being told to drop one's instructions, and text that is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from firstline.proof.injection import Suspicion, screen, screen_article
from firstline.proof.subject import Subject, doubted
from firstline.records import Evidence, Finding

NAME = "injection"
_BY_CUSTOMERS = frozenset({"ticket"})
"""Kinds of evidence that customers wrote."""
_AT_ONCE = 5_000
"""Characters of articles that are screened together; a longer one is screened alone."""


def injected(subject: Subject) -> tuple[Finding, ...]:
    """Put a reply before a reviewer when what it rests on gives orders to an assistant."""
    return tuple(_findings(subject))


def _findings(subject: Subject) -> Iterator[Finding]:
    if screen(subject.asked):
        # The company's policy for the signal has decided already; this only records it.
        detail = "the message seems to give orders to an assistant"
        yield Finding(check=NAME, result="pass", detail=detail, code="injected_message")
    evidence = _read_by_the_writer(subject)
    if _by_model(subject) and any(screen_article(text) for text in subject.earlier):
        detail = "an earlier message gives orders to an assistant"
        yield doubted(NAME, detail, code="injected_history")
    for item in evidence:
        if item.kind in _BY_CUSTOMERS:
            yield from _orders(item, screen(_all_of(item)))
    for articles in _together(evidence):
        if screen_article("\n\n".join(map(_all_of, articles))):
            for item in articles:
                yield from _orders(item, screen_article(_all_of(item)))


def _by_model(subject: Subject) -> bool:
    """Whether a model wrote the reply, and may have obeyed what it read."""
    return subject.foreign or bool(subject.draft.prompt_hash)


def _read_by_the_writer(subject: Subject) -> tuple[Evidence, ...]:
    """Return the evidence the reply may have been led by: of a local writer, what it quotes."""
    if _by_model(subject):
        return subject.evidence
    named = {key for sentence in subject.draft.sentences for key in sentence.evidence}
    return tuple(item for item in subject.evidence if item.id in named)


def _together(evidence: Sequence[Evidence]) -> Iterator[list[Evidence]]:
    """Yield what staff wrote in groups that are screened at once: nearly all hold nothing."""
    group: list[Evidence] = []
    size = 0
    for item in evidence:
        if item.kind in _BY_CUSTOMERS:
            continue
        length = len(_all_of(item))
        if group and size + length > _AT_ONCE:
            yield group
            group, size = [], 0
        group.append(item)
        size += length
    if group:
        yield group


def _orders(item: Evidence, found: Sequence[Suspicion]) -> Iterator[Finding]:
    if found:
        detail = f"{item.id} gives orders to an assistant ({found[0].reason})"
        yield doubted(NAME, detail, code="injected_evidence")


def _all_of(item: Evidence) -> str:
    values = (value for _, value in item.fields)
    return "\n".join(part for part in (item.title, item.text, *values) if part)
