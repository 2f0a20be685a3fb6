"""What a writer is told of its unproven sentences: which ones, and what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import re2

from firstline.claude.answers import AnswerProblem
from firstline.records import Finding

LISTED_CHARACTERS = 1_500
"""Of all that is said about unproven sentences."""
DETAIL_CHARACTERS = 200
"""Of what is said about one."""
_ENDS = ".,;:!?()[]“”\"'"
_FIGURE_OR_ID = re2.compile(r"[\d#@/_]")
_QUOTATION = re2.compile(r'[“"]([^”"]*)[”"]')


def unproven_problem(
    findings: Sequence[Finding], places: Mapping[int, int], seen: str
) -> AnswerProblem:
    """Return what a model is to mend of sentences that the checks found unproven.

    Nothing is told that the model did not see: of a detail with a figure, an id or a quotation
    that stands neither in its prompt nor in its answer, only the code is said.

    Args:
        findings: What the checks say.
        places: Index of a sentence in the draft, and in the model's answer.
        seen: The prompt and the answer.
    """
    told = []
    for finding in findings:
        at = None if finding.sentence is None else places.get(finding.sentence)
        if finding.result != "block" or at is None:
            continue
        code = finding.code.replace("_", " ") or "not shown"
        detail = finding.detail[:DETAIL_CHARACTERS] if _was_seen(finding.detail, seen) else ""
        told.append(f"sentences[{at}] ({f'{code}: {detail}' if detail else code})")
    listed = "; ".join(dict.fromkeys(told))[:LISTED_CHARACTERS]
    return AnswerProblem(
        f"the evidence does not prove {listed}. Say only what it says, or leave it out"
    )


def _was_seen(detail: str, seen: str) -> bool:
    """Whether every figure, id and quotation of a detail stands in what the model saw or said."""
    marked = (word.strip(_ENDS) for word in detail.split() if _FIGURE_OR_ID.search(word))
    quoted = (match.group(1) for match in _QUOTATION.finditer(detail))
    return all(piece in seen for piece in (*marked, *quoted))
