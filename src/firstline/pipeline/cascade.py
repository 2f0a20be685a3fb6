"""Who writes: the pure decisions between the local writers, two models, and a person.

| the local writers said                    | then                                              |
|-------------------------------------------|---------------------------------------------------|
| a sure answer, or the agreed question     | done, no model is asked                           |
| anything, but a person gets it anyway     | done: what no model can change is not paid for    |
| not sure which intent                     | the router, a small model, is asked               |
| nothing sure, and there is evidence       | the small writer; the strong one at once when the |
|                                           | stakes are high or the evidence does not fit      |
| and sentences of its draft are unproven   | they are dropped, when the rest still answers and |
|                                           | passes every check; else it mends its draft, once |
| and its draft is refused, malformed or    | the strong writer, once; then a person            |
| still blocked by a check                  |                                                   |
| it would leave, in a model's own words    | the judge (`judging.py`), which can only hold it  |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from firstline.pipeline.gate import Case, reserved_for_people
from firstline.records import Confidence, Draft, Finding

Step = Literal["small", "strong"]
CHECKS_FAILED = "checks_failed"
UNPROVEN = "unproven"
"""Why a writer is asked once more with its own answer, and why sentences are dropped."""
WORTH_ANOTHER = frozenset(
    {
        "over_refusal",
        "model_refused",
        "model_truncated",
        "model_context_exceeded",
        "model_empty",
        "model_malformed",
        "model_wrong_model",
        "confidence_low",
        CHECKS_FAILED,
    }
)
"""What a stronger writer may do better. Where the service itself is unwell or the money is
spent, another model would not help, and a person gets the ticket at once."""
SURENESS: Mapping[Confidence, int] = {"low": 0, "medium": 1, "high": 2}


def why_ask(case: Case) -> str:
    """Return why a model is to be asked about a ticket, or nothing when none is."""
    route, draft = case.route, case.draft
    if reserved_for_people(case):
        return ""
    if route.unsure and route.source == "local":
        return "route_unsure"
    match route.handler:
        case "person" | "rule" | "record":
            # What a fixed answer or a record lacks, a model does not have either.
            return ""
        case "model":
            return "model_handler"
        case "quote":
            return _beyond_quoting(case) if draft.action != "clarify" else ""


def _beyond_quoting(case: Case) -> str:
    if not any(item.kind in ("passage", "policy", "record") for item in case.context.evidence):
        return ""
    if case.draft.action == "escalate":
        return "quoting_no_answer"
    if blocked(case.findings):
        return CHECKS_FAILED
    return "" if case.draft.confidence == "high" else f"quoting_{case.draft.confidence}"


def first_step(case: Case, *, over_budget: bool) -> tuple[Step, str]:
    """Return which model writes first, and why when it is the strong one."""
    spec = case.workspace.intent(case.route.intent)
    if case.route.risk == "high" or (spec is not None and spec.risk == "high"):
        return "strong", "high_stakes"
    if over_budget:
        return "strong", "over_budget"
    return "small", ""


def shortfall(draft: Draft, findings: Sequence[Finding], *, answerable: bool) -> str:
    """Return why a model's draft is not the end of the way, or nothing when it is.

    Args:
        draft: What the model proposed.
        findings: What the checks say about it.
        answerable: Whether the knowledge base holds an answer, as far as search can tell.
    """
    if draft.cause:
        return draft.cause
    if draft.action == "escalate":
        # A writer may decline what cannot be answered; declining the rest is a fault of its own.
        return "over_refusal" if answerable else ""
    if blocked(findings):
        return CHECKS_FAILED
    return "confidence_low" if draft.action == "answer" and draft.confidence == "low" else ""


def blocked(findings: Sequence[Finding]) -> bool:
    """Whether a check refuses the draft."""
    return any(finding.result == "block" for finding in findings)


def best(candidates: Sequence[tuple[Draft, tuple[Finding, ...]]]) -> int:
    """Return which draft to go on with.

    One that says something comes before one that does not, an unblocked one before a blocked
    one, a surer one before a less sure one; of equals the latest. So the local writers' proven
    half answer stands when no model did better: it helps a reviewer more than an unproven whole.
    """

    def worth(at: int) -> tuple[bool, bool, int, int]:
        draft, findings = candidates[at]
        speaks = draft.action != "escalate"
        return speaks, not blocked(findings), SURENESS[draft.confidence], at

    return max(range(len(candidates)), key=worth)
