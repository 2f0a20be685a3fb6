"""Does the reply say something the company never says, or not to this customer?"""

from __future__ import annotations

from firstline.proof.policy.compiled import Found, Key, compiled
from firstline.proof.policy.evaluate import decide
from firstline.proof.policy.facts import facts_of
from firstline.proof.subject import Subject, blocked
from firstline.records import Finding
from firstline.workspace import Policies
from firstline.workspace.policy_rules import FILE

MOST = 20
"""Findings of one reply. More would tell nothing more."""


def forbidden(subject: Subject) -> tuple[Finding, ...]:
    """Check the reply against the phrases the company never uses."""
    policies = subject.workspace.policies
    table = compiled(policies).forbidden
    found: dict[tuple[Key, int], Finding] = {}
    for key, place in table.in_sentences(subject.draft.sentences):
        if (key, place.sentence) in found or len(found) >= MOST:
            continue
        why = _why(policies, key, table.texts[place.phrase], subject)
        if why:
            found[key, place.sentence] = _finding(why, place)
    return tuple(found.values())


def _finding(why: str, place: Found) -> Finding:
    return blocked(
        "forbidden", why, code="forbidden_phrase", sentence=place.sentence, span=place.span
    )


def _why(policies: Policies, key: Key, phrase: str, subject: Subject) -> str:
    """Return why a phrase may not be said, or nothing when it may."""
    if key.role == "plain":
        lines = policies.forbidden_lines
        where = f"{FILE}:{lines[key.rule]} " if key.rule < len(lines) else ""
        return f"{where}forbidden: it says “{phrase}”"
    rule = policies.rules.forbidden[key.rule]
    if decide(rule.unless.condition, facts_of(subject)) == "yes":
        return ""
    why = f"; {rule.because}" if rule.because else ""
    return f"{rule.place}: it says “{phrase}”, and `{rule.unless.text}` does not hold{why}"
