"""Does the reply speak of this customer and nobody else?"""

from __future__ import annotations

from firstline.proof.subject import Subject, blocked
from firstline.proof.values import emails, values
from firstline.records import Finding


def customer(subject: Subject) -> tuple[Finding, ...]:
    """Check that nothing in the reply identifies anybody but this customer."""
    found = []
    held = subject.held
    public = _public_text(subject)
    for at, sentence in enumerate(subject.draft.sentences):
        for key in sentence.evidence:
            item = held.get(key)
            if item is not None and item.kind == "record" and item.source != subject.customer:
                found.append(
                    blocked(
                        "customer",
                        "it rests on somebody else's record",
                        code="foreign_record",
                        sentence=at,
                    )
                )
        tokens = {*values(sentence.text), *emails(sentence.text)}
        found.extend(
            blocked(
                "customer",
                "it holds somebody else's identifier",
                code="foreign_identifier",
                sentence=at,
            )
            for token in tokens
            if token.casefold() not in public and _is_foreign(subject, token)
        )
    return tuple(found)


def _is_foreign(subject: Subject, token: str) -> bool:
    owners = subject.owners(token)
    return bool(owners) and subject.customer not in owners


def _public_text(subject: Subject) -> str:
    """Return what the company publishes: its own numbers and addresses are nobody's."""
    return " ".join(
        item.text.casefold()
        for item in subject.evidence
        if item.kind in ("passage", "policy") and item.audience == "public"
    )
