"""Is every sentence proven by the evidence?"""

from __future__ import annotations

from firstline.proof.statements import prove
from firstline.proof.subject import Subject, blocked
from firstline.records import Finding


def proven(subject: Subject) -> tuple[Finding, ...]:
    """Check that every sentence is proven by the evidence: one finding a gap."""
    return tuple(
        blocked(
            "proof",
            gap.detail,
            code=gap.code,
            sentence=at,
            span=(gap.start, gap.end) if gap.end else None,
        )
        for at, proof in enumerate(prove(subject))
        for gap in proof.gaps
    )
