"""What a verdict means for the ticket, and what happens when a stage fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from firstline.pipeline.endings import Delivery, delivery_of, outcome_of, still_wanted
from firstline.pipeline.flow import consider
from firstline.records import Answer, Reason, Receipt, Verdict
from tests.builders import NOON, a_context, a_draft, a_route, a_ticket, passed


def an_answer(action: Any, autonomy: str = "percent:100", **changes: Any) -> Answer:
    """Return an answer with this verdict."""
    fields: dict[str, Any] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(),
        "draft": a_draft(),
        "findings": passed(),
        "verdict": Verdict(
            action=action,
            score=0.5,
            reasons=(Reason(code="because", detail="of this"),),
            autonomy=autonomy,
        ),
    }
    return Answer(**(fields | changes))


def test_only_a_verdict_to_send_delivers_the_draft() -> None:
    """Replies and questions leave; a reviewer's draft does not."""
    draft = a_draft().text
    assert delivery_of(an_answer("send"), "notice") == Delivery("reply", draft)
    assert delivery_of(an_answer("clarify"), "notice") == Delivery("question", draft)
    assert delivery_of(an_answer("review"), "notice") is None


def test_a_handoff_is_announced_only_where_something_may_leave_at_all() -> None:
    """In review, shadow and off nothing reaches a customer, and automatic mail gets no answer."""
    assert delivery_of(an_answer("escalate"), "n") == Delivery("notice", "n")
    for level in ("off", "shadow", "review"):
        assert delivery_of(an_answer("escalate", level), "n") is None
    automatic = an_answer("escalate", ticket=a_ticket(flags=("automatic_mail",)))
    assert delivery_of(automatic, "n") is None


@pytest.mark.parametrize(
    ("state", "outcome", "reason"),
    [
        ("sent", "sent", "because"),
        ("uncertain", "review", "delivery_uncertain"),
        ("cancelled", "review", "newer_message"),
    ],
)
def test_sent_means_delivered(state: Any, outcome: str, reason: str) -> None:
    """A ticket is called sent only with a receipt; otherwise a person has it."""
    detail = "newer_message" if state == "cancelled" else ""
    receipt = Receipt(key="k", state=state, at=NOON, detail=detail)
    assert outcome_of(an_answer("send"), receipt) == (outcome, reason)
    assert outcome_of(an_answer("send"), None) == ("review", "delivery_uncertain")


def test_what_a_person_took_over_is_not_delivered_any_more() -> None:
    """A reply to a ticket that has ended stays; the notice of its handoff still goes out."""
    reply, notice = Delivery("reply", "x"), Delivery("notice", "x")
    assert still_wanted(reply, None)
    assert not still_wanted(reply, "escalate")
    assert not still_wanted(reply, "sent")
    assert still_wanted(notice, "escalate")
    assert not still_wanted(notice, "review")


async def test_a_stage_that_fails_hands_the_ticket_to_a_person() -> None:
    """The failure is the reason, with its place in the code and none of the customer's words."""
    ticket = replace(a_ticket(), text="my secret words")
    answer = await consider(ticket, cast("Any", object()))
    assert answer.verdict.action == "escalate"
    assert answer.verdict.reasons[0].code == "stage_failed"
    assert "route" in answer.verdict.reasons[0].detail
    assert "secret" not in answer.verdict.reasons[0].detail
