"""Is the draft well formed: something to say, short enough, in the ticket's language?"""

from __future__ import annotations

from firstline.proof.sentences import word_count
from firstline.proof.subject import Subject, blocked
from firstline.records import Finding

COURTESY_WORDS = 60
"""Words a greeting, closing and disclosure may add to the company's limit."""


def contract(subject: Subject) -> tuple[Finding, ...]:
    """Check the draft's form."""
    draft, settings = subject.draft, subject.workspace.settings
    found = []
    if not draft.sentences or not all(sentence.text.strip() for sentence in draft.sentences):
        found.append(blocked("contract", "the draft has an empty sentence or none", code="empty"))
    size = sum(word_count(item.text) for item in draft.sentences if item.kind != "courtesy")
    if size > settings.max_words:
        found.append(
            blocked("contract", f"{size} words, the limit is {settings.max_words}", code="length")
        )
    total = word_count(draft.text)
    if total > settings.max_words + COURTESY_WORDS:
        found.append(blocked("contract", f"{total} words with courtesies", code="length"))
    told = subject.asked_in.code
    if draft.language not in settings.languages or told not in (draft.language, "und"):
        detail = f"written in {draft.language} for a ticket in {told}"
        found.append(blocked("contract", detail, code="language"))
    return tuple(found)
