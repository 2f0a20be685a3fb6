"""Judging replies of any system: every check that needs only a reply and its evidence.

A reply is blocked when one check blocks it; what merely puts a reply of our own before a reviewer
(a warning) is told, and does not block. A check that cannot run blocks.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from firstline.errors import InputError, Place
from firstline.evals.check_cases import Case, Judgement, case_of
from firstline.evals.check_proofs import proofs_of
from firstline.evals.check_subject import subject_of
from firstline.proof.checks import CHECKS
from firstline.proof.proofs import SentenceProof
from firstline.proof.run import run_check
from firstline.proof.subject import Check, blocked
from firstline.records import Finding
from firstline.sources import open_customers
from firstline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found about one reply."""

    case: Case
    verdict: Judgement
    findings: tuple[Finding, ...]
    """At least one of every check, in the order the checks ran."""
    proofs: tuple[SentenceProof, ...]
    """One a sentence of the case's reply; none when the case was too large."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Why it was blocked: `check/code` of every finding that blocks, each once, in order."""
        found = (
            f"{item.check}/{item.code}" if item.code else item.check
            for item in self.findings
            if item.result == "block"
        )
        return tuple(dict.fromkeys(found))

    def as_json(self) -> dict[str, Any]:
        """Return the line of the stable format."""
        return {
            "id": self.case.id,
            "verdict": self.verdict,
            "findings": [_finding(item) for item in self.findings],
            "sentences": [
                _sentence(text, proof)
                for text, proof in zip(self.case.reply, self.proofs, strict=False)
            ],
        }

    def as_line(self) -> str:
        """Return the line of the stable format as text, without a line end."""
        return json.dumps(self.as_json(), ensure_ascii=False)


class Examiner:
    """Judges replies by one company's rules, or by none but the evidence.

    Args:
        workspace: The company whose links, languages, policies and customers hold.
        only: Names of the checks to run; all when empty.

    Raises:
        InputError: A name in `only` is that of no check.
    """

    def __init__(self, workspace: Workspace | None = None, *, only: Collection[str] = ()) -> None:
        self._workspace = workspace
        self._customers = open_customers(workspace) if workspace else None
        self._checks = _chosen(only)

    def examine(self, case: Case) -> Examined:
        """Judge one reply.

        Raises:
            SetupError: the company's customer file cannot be used.
        """
        if case.too_large:
            finding = blocked("contract", case.too_large, code="too_large")
            return Examined(case=case, verdict="block", findings=(finding,), proofs=())
        subject = subject_of(case, self._workspace, self._customers)
        findings = tuple(
            finding
            for name, check in self._checks.items()
            for finding in run_check(name, check, subject, where=case.id)
        )
        return Examined(
            case=case,
            verdict="block" if any(item.result == "block" for item in findings) else "pass",
            findings=findings,
            proofs=proofs_of(subject, findings),
        )


def examine(case: Case | Mapping[str, Any], workspace: Workspace | None = None) -> Examined:
    """Judge one reply of any system.

    Args:
        case: A case, or a mapping in the case format.
        workspace: The company whose rules hold; without one only the evidence counts: a link is
            allowed to a host that the evidence names, and any language and length passes.

    Raises:
        InputError: The mapping is no case; the message says what to write.
        SetupError: The company's customer file cannot be used.
    """
    given = case if isinstance(case, Case) else case_of(case, Place())
    return Examiner(workspace).examine(given)


def _chosen(only: Collection[str]) -> Mapping[str, Check]:
    unknown = sorted(set(only) - CHECKS.keys())
    if unknown:
        problem = f"there is no check {', '.join(unknown)}"
        raise InputError(problem, fix=f"Name some of {', '.join(CHECKS)}")
    return {name: check for name, check in CHECKS.items() if not only or name in only}


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "check": item.check,
        "result": item.result,
        "detail": item.detail,
        "code": item.code,
        "sentence": item.sentence,
        "start": item.start,
        "end": item.end,
    }


def _sentence(text: str, proof: SentenceProof) -> dict[str, Any]:
    return {
        "text": text,
        "how": None if proof.gaps else proof.how,
        "evidence": [
            {"id": item.evidence, "start": item.start, "end": item.end, "field": item.field}
            for item in proof.supports
        ],
        "gaps": [
            {"code": item.code, "detail": item.detail, "start": item.start, "end": item.end}
            for item in proof.gaps
        ],
    }
