"""Is every sentence proven by the evidence it names?"""

from __future__ import annotations

from firstline.proof.courtesies import courtesies, questions
from firstline.proof.grounds import unproven
from firstline.proof.subject import Subject, blocked
from firstline.records import Finding


def proven(subject: Subject) -> tuple[Finding, ...]:
    """Check that every sentence is proven by the evidence it names."""
    agreed, asked = courtesies(subject.workspace), questions(subject.intent)
    evidence = subject.held
    found = []
    for at, sentence in enumerate(subject.draft.sentences):
        why = unproven(
            sentence,
            evidence,
            courtesies=agreed,
            questions=asked,
            greeting=subject.workspace.voice.greeting,
        )
        if why:
            found.append(blocked("proof", why, sentence=at))
    return tuple(found)
