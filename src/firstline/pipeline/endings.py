"""What a verdict means: what is delivered, and how the ticket ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from firstline.records import Answer, Outcome, Receipt
from firstline.store import Kind

RELEASED = ("percent", "certified")
"""Levels at which something may reach a customer without a person."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to reach the customer because of a verdict."""

    kind: Kind
    text: str


def delivery_of(answer: Answer, handoff: str) -> Delivery | None:
    """Return what a verdict delivers: a reply, a question, the notice of a handoff, or nothing.

    The notice goes out only where something may go out without a person at all, and never in
    answer to automatic mail.
    """
    match answer.verdict.action:
        case "send":
            return Delivery("reply", answer.draft.text)
        case "clarify":
            return Delivery("question", answer.draft.text)
        case "escalate":
            released = answer.verdict.autonomy.startswith(RELEASED)
            return Delivery("notice", handoff) if released and not answer.ticket.flags else None
        case "review":
            return None
        case _:
            assert_never(answer.verdict.action)


def still_wanted(delivery: Delivery, outcome: Outcome | None) -> bool:
    """Whether a delivery may still leave: a ticket that ended otherwise is a person's now."""
    return outcome is None or (delivery.kind == "notice" and outcome == "escalate")


def outcome_of(answer: Answer, receipt: Receipt | None) -> tuple[Outcome, str]:
    """Return how a ticket ended and why; what could not be delivered is a person's."""
    reason = answer.verdict.reasons[0].code
    match answer.verdict.action:
        case "review" | "escalate" as action:
            return action, reason
        case "send" | "clarify" as action:
            if receipt is None or receipt.state == "uncertain":
                return "review", "delivery_uncertain"
            if receipt.state == "cancelled":
                return "review", receipt.detail or "delivery_cancelled"
            return ("sent" if action == "send" else "clarify"), reason
        case _:
            assert_never(answer.verdict.action)
