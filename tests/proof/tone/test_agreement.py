"""Whether rules and writer agree on who answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.tone.replies import QUESTION, codes, foreign, ours, routed, workspace

from firstline.proof.checks.agreement import agreement, needless_handover
from firstline.proof.subject import Subject
from firstline.records import Reason

ANSWER = "Open the board menu and choose Export."


@pytest.mark.parametrize(
    "text",
    [
        "I'll pass this to a colleague.",
        "I have escalated your case to our billing team.",
        "A specialist will get back to you.",
        "Someone from our team will contact you shortly.",
        "You are being transferred to a human agent.",
        "Let me check with our engineering team.",
        "We have forwarded your message to the finance department.",
        "Your case has been escalated.",
        "One of our engineers will look into it.",
        "I'm connecting you with a specialist.",
    ],
)
def test_an_answer_that_hands_over_is_doubted(text: str) -> None:
    """The reply says that a colleague acts, and nobody told a colleague."""
    assert "handover_in_reply" in codes(agreement(foreign(f"Thanks. {text}")))


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "If this does not help, a person from our team will contact you.",
        "You can pass a card to a colleague in the card menu.",
        "I can transfer you to an agent if you like.",
        "Would you like me to connect you with a specialist?",
        "Your team can reply to comments.",
        "A member of your team can export the board.",
    ],
)
def test_offers_and_other_people_are_no_handover(text: str) -> None:
    """What is offered, or done by the customer's own people, hands nothing over."""
    assert "handover_in_reply" not in codes(agreement(foreign(text)))


def test_agreed_lines_and_quotes_do_not_hand_over() -> None:
    """The company's closing and its articles may speak of its people."""
    said = "A specialist will reply within one business day."
    assert codes(agreement(ours(("quote", said), evidence=said))) == set()
    closing = workspace()
    closing = replace(closing, voice=replace(closing.voice, closing=said))
    subject = ours(("computed", ANSWER), ("courtesy", said), evidence=ANSWER, company=closing)
    assert codes(agreement(subject)) == set()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("Let me speak to a real person.", "person_asked"),
        ("My lawyer will hear of this. How do I export?", "legal"),
        ("I want to die. How do I export?", "self_harm"),
        ("I will find you and I know where you live.", "threat"),
        ("Please delete my account.", "deletion_demanded"),
        ("I want my data erased.", "deletion_demanded"),
        ("Refund me now.", "money_demanded"),
        ("I want a full refund.", "money_demanded"),
        ("Please reverse that charge.", "money_demanded"),
    ],
)
def test_a_message_that_calls_for_a_person_is_doubted(asked: str, code: str) -> None:
    """Rules see a reason for a person, and the writer answers."""
    found = agreement(ours(("quote", ANSWER), asked=asked, evidence=ANSWER))
    assert code in codes(found)
    assert {item.result for item in found} == {"warn"}


@pytest.mark.parametrize(
    "asked",
    [
        QUESTION,
        "How do I delete my account?",
        "Can I get a refund after 30 days?",
        "What happens when I close my account?",
        "How long does a refund take?",
        "Can a person be on two boards?",
        "Do you have a template for a law firm?",
        "How do I kill the process?",
    ],
)
def test_a_question_how_something_is_done_is_no_demand(asked: str) -> None:
    """An article may answer how to delete or refund; nobody demanded that it be done."""
    assert codes(agreement(ours(("quote", ANSWER), asked=asked, evidence=ANSWER))) == set()


def test_another_system_may_be_allowed_to_refund() -> None:
    """What a foreign bot may do is not known here; what needs a person everywhere counts."""
    assert codes(agreement(foreign(ANSWER, asked="Refund me now."))) == set()
    assert "legal" in codes(agreement(foreign(ANSWER, asked="My lawyer will call.")))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("You could sue us in small claims court.", "legal_in_reply"),
        ("We will report you and close your account.", "threat_in_reply"),
        ("Please call a crisis helpline or Lifeline.", "self_harm_in_reply"),
    ],
)
def test_words_only_a_person_should_write(text: str, code: str) -> None:
    """A writer that speaks of courts, consequences or suicide goes before a person."""
    assert code in codes(agreement(foreign(text)))


def test_noted_signals_add_up() -> None:
    """One mild signal that the policy notes passes; two, or a grave one, do not."""
    company = workspace(signals={"anger": "note", "media": "note", "threat": "note"})

    def found(*kinds: str) -> set[str]:
        route = routed(*kinds)  # type: ignore[arg-type] # names of signals
        said = ours(("quote", ANSWER), evidence=ANSWER, route=route, company=company)
        return codes(agreement(said))

    assert found("anger") == set()
    assert found("anger", "media") == {"noted_signals"}
    assert found("threat") == {"noted_signals"}


def test_an_unsure_answer_is_doubted() -> None:
    """Low confidence and an answer do not go together."""
    subject = ours(("quote", ANSWER), evidence=ANSWER, confidence="low")
    assert codes(agreement(subject)) == {"unsure_answer"}


def handed_over(subject: Subject, answerable: float) -> Reason | None:
    """Return what the gate would be told."""
    assert subject.route is not None
    return needless_handover(
        subject.draft,
        subject.route,
        subject.asked,
        subject.workspace.settings,
        answerable=answerable,
    )


def test_an_ordinary_question_handed_over_is_named() -> None:
    """Rules see an answerable question, the writer hands over: the reviewer is told."""
    subject = ours(action="escalate", route=routed())
    reason = handed_over(subject, 0.9)
    assert reason is not None
    assert reason.code == "needless_handover"


@pytest.mark.parametrize("why", ["signals", "unsure", "demand", "answerable", "cause", "answers"])
def test_a_handover_with_a_reason_is_none_of_it(why: str) -> None:
    """Any reason for a person makes handing over right."""
    route = routed(*(("anger",) if why == "signals" else ()), unsure=why == "unsure")
    subject = ours(
        action="answer" if why == "answers" else "escalate",
        asked="Please delete my account, how long does it take?" if why == "demand" else QUESTION,
        route=route,
    )
    if why == "cause":
        subject = replace(subject, draft=replace(subject.draft, cause="model_timeout"))
    assert handed_over(subject, 0.2 if why == "answerable" else 0.9) is None


@given(st.text(max_size=400), st.text(max_size=300))
def test_any_text_can_be_read(reply: str, asked: str) -> None:
    """No text makes the check fail."""
    assert isinstance(agreement(foreign(reply, asked=asked)), tuple)
