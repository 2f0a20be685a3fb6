"""The packet: everything a person needs to answer a ticket, on one page."""

from __future__ import annotations

from typing import Any

import pytest

from firstline.records import (
    Answer,
    Draft,
    EvidenceId,
    Finding,
    Intent,
    Message,
    Reason,
    Sentence,
    Verdict,
)
from firstline.review.packet import packet, summary_of, tried
from firstline.workspace import IntentSpec
from tests.builders import a_context, a_draft, a_passage, a_quote, a_route, a_ticket, passed

SPEC = IntentSpec(
    name=Intent("export_data"), description="Getting data out", needs=("plan", "billing")
)
RECORD = a_passage(
    "",
    id=EvidenceId("record:c1"),
    kind="record",
    source="c1",
    fields=(("plan", "Team"), ("billing.next", "1 June"), ("notes", "inner"), ("name", "Ada")),
)


def an_answer(**changes: Any) -> Answer:
    """Return an answer that a person is to look at."""
    reason = Reason(code="autonomy_review", detail="a person approves answers here")
    fields: dict[str, Any] = {
        "ticket": a_ticket(verified=True, customer="c1", channel="email", subject="Export"),
        "route": a_route(),
        "context": a_context(a_passage(), RECORD),
        "draft": a_draft(Sentence(text="Hello,", kind="courtesy"), a_quote()),
        "findings": passed(),
        "verdict": Verdict(action="review", score=0.5, reasons=(reason,), autonomy="review"),
    }
    return Answer(**(fields | changes))


def test_the_summary_is_one_sentence() -> None:
    """Who writes how about what, and why a person is needed."""
    assert summary_of(an_answer(), SPEC) == (
        "A verified customer writes by e-mail about “Getting data out”; "
        "a person is needed: a person approves answers here."
    )
    unknown = an_answer(ticket=a_ticket(), route=a_route(intents=(), urgency="high"))
    assert summary_of(unknown).startswith(
        "An unverified sender writes in a file, urgently about something that was not recognised"
    )


def test_only_fields_the_intent_may_see_are_shown() -> None:
    """What a person needs for this request and no more; without an intent the name only."""
    shown = dict(packet(an_answer(), spec=SPEC).customer)
    assert shown == {"plan": "Team", "billing.next": "1 June", "name": "Ada"}
    assert dict(packet(an_answer()).customer) == {"name": "Ada"}


@pytest.mark.parametrize(
    "text",
    [
        "I tried another browser.",
        "We have already restarted the app twice.",
        "My colleague reinstalled it.",
        "Cleared the cache, no luck.",
        "I've asked the bank.",
    ],
)
def test_what_the_customer_did_is_told_in_their_words(text: str) -> None:
    """Whole sentences, from earlier messages too, and no questions or wishes."""
    around = f"The export fails. {text} Can I try something else? I want to try a refund."
    assert tried(a_ticket(text=around)) == (text,)
    earlier = (Message(author="customer", text=text), Message(author="bot", text="I tried."))
    assert tried(a_ticket(text="Still broken.", history=earlier)) == (text,)


def test_a_sound_draft_is_the_suggestion() -> None:
    """What nothing is said against may be sent as it is."""
    made = packet(an_answer(), spec=SPEC)
    assert made.suggested_reply == made.draft == an_answer().draft.text
    assert made.against == ()
    assert made.sources == ("Export a board (https://help.acme.example/export)",)


def test_a_blocked_sentence_is_left_out_of_the_suggestion() -> None:
    """The draft is shown with what is wrong; the suggestion is what is left, if it answers."""
    draft = a_draft(a_quote(), Sentence(text="It takes 3 days.", kind="computed"))
    blocked = Finding(check="proof", result="block", detail="a number", sentence=1)
    made = packet(an_answer(draft=draft, findings=(blocked,)))
    assert made.draft == draft.text
    assert made.suggested_reply == a_quote().text
    assert made.against == ("proof, sentence 2: a number",)
    assert "evidence for: a number" in made.lacked
    both = (blocked, Finding(check="proof", result="block", detail="x", sentence=0))
    assert packet(an_answer(draft=draft, findings=both)).suggested_reply == ""
    whole = (Finding(check="tone", result="block", detail="rude"),)
    assert packet(an_answer(findings=whole)).suggested_reply == ""


def test_what_the_writer_lacked_is_named() -> None:
    """Sources that could not be asked, articles that are missing, an unknown sender."""
    answer = an_answer(
        ticket=a_ticket(history=(Message(author="bot", text="Open the menu."),)),
        context=a_context(RECORD, missing=("customers: the file is broken",)),
        draft=Draft(action="escalate", reason="no passage answers it"),
        findings=(),
    )
    made = packet(answer, spec=SPEC)
    assert made.lacked == (
        "customers: the file is broken",
        "no article was found that speaks of this",
        "the sender is not verified, so no customer record was read",
        "no passage answers it",
    )
    assert (made.draft, made.suggested_reply) == ("", "")
    assert made.answered_before == ("Open the menu.",)
    assert made.why[0].code == "autonomy_review"
