"""What each sentence of an examined reply rests on, or lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from firstline.observe import log, place_of
from firstline.proof.proofs import Gap, SentenceProof
from firstline.proof.statements import prove
from firstline.proof.subject import Subject
from firstline.records import Finding

_UNKNOWN: Final = SentenceProof(
    how="paraphrase", gaps=(Gap(code="check_failed", detail="the proof could not be made"),)
)


def proofs_of(subject: Subject, findings: Sequence[Finding]) -> tuple[SentenceProof, ...]:
    """Return one proof a sentence; what other checks hold against a sentence is a gap as well.

    Args:
        subject: The reply.
        findings: What all checks said of it.
    """
    wanted = len(subject.draft.sentences)
    try:
        proofs = prove(subject)
    except Exception as error:  # noqa: BLE001 - the check `proof` has failed as well, and has blocked
        log.error("proof_failed", detail=f"{type(error).__name__} at {place_of(error)}")
        proofs = ()
    if len(proofs) != wanted:
        proofs = (_UNKNOWN,) * wanted
    return tuple(
        _with_others(proof, [item for item in findings if item.sentence == at], size)
        for at, (proof, size) in enumerate(
            zip(proofs, (len(item.text) for item in subject.draft.sentences), strict=True)
        )
    )


def _with_others(proof: SentenceProof, findings: Sequence[Finding], size: int) -> SentenceProof:
    """Return a proof whose gaps include what checks other than `proof` blocked."""
    others = tuple(
        Gap(
            code=item.code or item.check,
            detail=item.detail,
            start=item.start or 0,
            end=size if item.end is None else item.end,
        )
        for item in findings
        if item.result == "block" and item.check != "proof"
    )
    return SentenceProof(how=proof.how, supports=proof.supports, gaps=(*proof.gaps, *others))
