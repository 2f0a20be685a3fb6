"""Does anything that the writer read give it orders?

What the customer writes is a signal of routing already; here it is looked at once more, on the
very text that was put into the prompt, together with what came from elsewhere: articles, earlier
messages, tickets. Staff write orders into articles all day, so of an article only what no
colleague writes counts: being told to drop one's instructions, and text that is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator

from firstline.proof.injection import screen, screen_article
from firstline.proof.subject import Subject, doubted
from firstline.records import Finding

NAME = "injection"
_BY_CUSTOMERS = frozenset({"ticket"})
"""Kinds of evidence that customers wrote."""


def injected(subject: Subject) -> tuple[Finding, ...]:
    """Put a reply before a reviewer when what it rests on gives orders to an assistant."""
    return tuple(_findings(subject))


def _findings(subject: Subject) -> Iterator[Finding]:
    if screen(subject.asked):
        # The company's policy for the signal has decided already; this only records it.
        detail = "the message seems to give orders to an assistant"
        yield Finding(check=NAME, result="pass", detail=detail, code="injected_message")
    if any(screen_article(text) for text in subject.earlier):
        detail = "an earlier message gives orders to an assistant"
        yield doubted(NAME, detail, code="injected_history")
    for item in subject.evidence:
        values = "\n".join(value for _, value in item.fields)
        text = "\n".join(part for part in (item.title, item.text, values) if part)
        found = screen(text) if item.kind in _BY_CUSTOMERS else screen_article(text)
        if found:
            detail = f"{item.id} gives orders to an assistant ({found[0].reason})"
            yield doubted(NAME, detail, code="injected_evidence")
