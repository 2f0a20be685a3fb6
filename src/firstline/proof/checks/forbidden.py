"""Does the reply say something the company never says?"""

from __future__ import annotations

from firstline.proof.sentences import plain
from firstline.proof.subject import Subject, blocked
from firstline.records import Finding


def forbidden(subject: Subject) -> tuple[Finding, ...]:
    """Check the reply against the phrases the company never uses."""
    text = plain(subject.draft.text).casefold()
    return tuple(
        blocked("forbidden", f"it says “{phrase}”", code="forbidden_phrase")
        for phrase in subject.workspace.policies.forbidden
        if plain(phrase).casefold() in text
    )
