"""Looking at a reply again before a person may release it: the same checks, on what stands now.

| found                                             | what it takes                              |
|---------------------------------------------------|--------------------------------------------|
| a sentence rests on something that changed        | nothing helps: edit it                     |
| somebody else's data, a secret, a forbidden word  | nothing helps: edit it                     |
| anything else that blocks                         | the person overrules it, with a reason     |
| doubts                                            | nothing: the person has seen them          |
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from firstline.errors import InputError
from firstline.pipeline.parts import Parts
from firstline.pipeline.standing import Live, live_for
from firstline.pipeline.validate import checks_for, subject_of
from firstline.proof.checks.proven import proven
from firstline.proof.proofs import SentenceProof
from firstline.proof.run import run_checks
from firstline.proof.statements import prove
from firstline.proof.subject import Check, Subject
from firstline.records import Answer, Context, Draft, Finding
from firstline.review.edits import Edited, with_proofs
from firstline.review.evidence import changed_sources, evidence_now
from firstline.store.review_records import ReviewRefused

NEVER_OVERRULED: Final = frozenset({"customer", "private", "forbidden"})
"""Checks for what no reply may hold, whoever wrote it."""
_OWN = "own_"
"""How the codes of the customer's own data begin, which a person may find called for."""
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A reply that may be released."""

    draft: Draft
    context: Context
    findings: tuple[Finding, ...]
    overridden: tuple[str, ...]
    """What the person overruled, as `check:code`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What there is to say about a reply on today's evidence, whether it may be released or not."""

    subject: Subject
    context: Context
    findings: tuple[Finding, ...]
    proofs: tuple[SentenceProof, ...]
    """One a sentence: the draft's own by their kind, a person's by all there is."""
    changed: tuple[str, ...]
    """What its own sentences rest on that is not any more as it was read."""


async def examine(
    answer: Answer, made: Edited, *, parts: Parts, override: str = "", unchanged: bool = False
) -> Examined:
    """Return a reply as it may be released, on today's evidence.

    Args:
        answer: The ticket with what the stages said.
        made: The reply; of an approved draft nothing is changed.
        parts: The company.
        override: Why what blocks it is overruled; empty: nothing is.
        unchanged: Whether it is the stored draft itself. What was found then, by the judge
            for example, counts as well.

    Raises:
        ReviewRefused: It rests on what has changed, or something blocks it.
        InputError: The reason is too long.
    """
    if len(override) > _LONGEST_REASON:
        raise InputError(f"the reason is longer than {_LONGEST_REASON} characters")
    looked = await look(answer, made, parts=parts, unchanged=unchanged)
    if looked.changed:
        raise _changed(answer, ", ".join(looked.changed))
    return Examined(
        draft=with_proofs(made, looked.proofs),
        context=looked.context,
        findings=looked.findings,
        overridden=_overridden(answer, looked.findings, override),
    )


async def look(answer: Answer, made: Edited, *, parts: Parts, unchanged: bool = False) -> Looked:
    """Return what there is to say about a reply today; nothing is refused."""
    live = await asyncio.to_thread(live_for, answer, parts)
    changed = await asyncio.to_thread(_changed_since, answer, made, parts, live)
    context = await asyncio.to_thread(evidence_now, answer.context, parts, live)
    subject = await asyncio.to_thread(
        subject_of, answer.ticket, answer.route, context, made.draft, parts=parts
    )
    free = replace(subject, foreign=True)
    checks = {**checks_for(answer.ticket, context, parts), "proof": _proof(made, free)}
    findings = await run_checks(subject, checks, where=answer.ticket.id)
    if unchanged:
        then = (item for item in answer.findings if item.check not in checks)
        findings = (*findings, *then)
    proofs = await asyncio.to_thread(_proofs, made, subject, free)
    return Looked(
        subject=subject, context=context, findings=findings, proofs=proofs, changed=changed
    )


def is_final(finding: Finding) -> bool:
    """Whether nobody may overrule what a check says."""
    return finding.check in NEVER_OVERRULED and not finding.code.startswith(_OWN)


def _proofs(made: Edited, subject: Subject, free: Subject) -> tuple[SentenceProof, ...]:
    own = prove(subject)
    if not made.changed:
        return own
    other = prove(free)
    return tuple(other[at] if at in made.changed else proof for at, proof in enumerate(own))


def _changed_since(answer: Answer, made: Edited, parts: Parts, live: Live) -> tuple[str, ...]:
    """Return what the kept sentences rest on that is not any more as it was read."""
    kept = tuple(
        replace(sentence, evidence=(), kind="courtesy") if at in made.changed else sentence
        for at, sentence in enumerate(made.draft.sentences)
    )
    draft = replace(made.draft, sentences=kept)
    return changed_sources(replace(answer, draft=draft), parts, live)


def _changed(answer: Answer, what: str) -> ReviewRefused:
    return ReviewRefused(
        f"what the reply rests on has changed since it was written: {what}",
        refusal="evidence_changed",
        ticket=answer.ticket.id,
        fix="Edit those sentences; they are then checked against what stands now",
    )


def _proof(made: Edited, free: Subject) -> Check:
    """Return the check of proof: the draft's own sentences by their kind, a person's by all."""

    def proof(subject: Subject) -> tuple[Finding, ...]:
        own = [item for item in proven(subject) if item.sentence not in made.changed]
        if not made.changed:
            return tuple(own)
        return (*own, *(item for item in proven(free) if item.sentence in made.changed))

    return proof


def _overridden(answer: Answer, findings: tuple[Finding, ...], override: str) -> tuple[str, ...]:
    """Return what is overruled, or refuse."""
    against = [item for item in findings if item.result == "block"]
    stale = [item for item in against if item.check == "current"]
    if stale:
        raise _changed(answer, "; ".join(dict.fromkeys(item.detail for item in stale)))
    final = [item for item in against if is_final(item)]
    if final:
        raise ReviewRefused(
            f"it may not leave, whoever says so: {_said(final)}",
            refusal="not_overridable",
            ticket=answer.ticket.id,
            fix="Take that out of the reply",
        )
    if against and not override.strip():
        raise ReviewRefused(
            f"the checks are against it: {_said(against)}",
            refusal="unproven",
            ticket=answer.ticket.id,
            fix="Edit it, or overrule the checks with a reason",
        )
    return tuple(dict.fromkeys(f"{item.check}:{item.code or 'blocked'}" for item in against))


def _said(findings: list[Finding]) -> str:
    counted: Mapping[str, None] = dict.fromkeys(
        f"{item.check}"
        + (f" in sentence {item.sentence + 1}" if item.sentence is not None else "")
        + f" ({item.detail})"
        for item in findings
    )
    return "; ".join(counted)
