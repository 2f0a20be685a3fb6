"""Does the reply answer anything?"""

from __future__ import annotations

from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.sentences import words
from firstline.proof.subject import Subject, blocked
from firstline.records import Finding


def answered(subject: Subject) -> tuple[Finding, ...]:
    """Check that the reply has something in it besides courtesies."""
    wanted = "question" if subject.draft.action == "clarify" else None
    for sentence in subject.draft.sentences:
        if sentence.text.startswith(SOURCE_PREFIX):
            continue
        if wanted is None and sentence.kind in ("quote", "record", "computed"):
            if sentence.kind != "record" or len(words(sentence.text)) > len(("Hello", "Name")):
                return ()
        elif sentence.kind == wanted:
            return ()
    return (blocked("answered", "the reply does not answer anything", code="no_answer"),)
