"""Review cases for tests, made without a pipeline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.builders import NOON, a_context, a_draft, a_route, a_ticket, passed

from firstline.proof.proofs import SentenceProof, Support
from firstline.records import Answer, Draft, Evidence, Reason, Ticket, Verdict
from firstline.review.packet import packet
from firstline.review.reading import ReviewCase
from firstline.store.review_records import Decision, Review

HOUR = timedelta(hours=1)


def an_answer(ticket: Ticket | None = None, draft: Draft | None = None, **changes: Any) -> Answer:
    """Return what the stages said about a ticket that waits for a person."""
    fields: dict[str, Any] = {
        "ticket": ticket or a_ticket(),
        "route": a_route(),
        "context": a_context(),
        "draft": draft or a_draft(),
        "findings": passed(),
        "verdict": Verdict(
            action="review",
            score=0.5,
            reasons=(Reason(code="autonomy_review", detail="a person approves answers here"),),
            autonomy="review",
        ),
    }
    return Answer(**(fields | changes))


def a_review(**changes: Any) -> Review:
    """Return a review that Ann holds."""
    fields: dict[str, Any] = {
        "ticket": "t1",
        "inbox": "inbox",
        "conversation": "t1",
        "channel": "email",
        "intent": "export_data",
        "held_for": "autonomy_review",
        "urgency": "normal",
        "score": 0.5,
        "loss": 10.0,
        "delay": 8.0,
        "received_at": NOON,
        "sla_seconds": 8 * 3600.0,
        "entered_at": NOON,
        "state": "waiting",
        "version": 3,
        "holder": "Ann",
        "held_until": NOON + 9 * HOUR,
        "claimed_at": NOON,
        "assignee": "",
        "team": "",
        "wakes_at": None,
        "pending": "",
    }
    return Review(**(fields | changes))


def a_case(
    answer: Answer | None = None,
    review: Review | None = None,
    decisions: tuple[Decision, ...] = (),
) -> ReviewCase:
    """Return a ticket as it is stored."""
    answer = answer or an_answer()
    return ReviewCase(
        review=review or a_review(),
        answer=answer,
        packet=packet(answer),
        decisions=decisions,
        overtaken="",
        feedback=None,
    )


def quoted(item: Evidence) -> SentenceProof:
    """Return the proof of a sentence that quotes all of a passage."""
    whole = Support(evidence=item.id, start=0, end=len(item.text))
    return SentenceProof(how="quote", supports=(whole,))
