"""A reply is proven sentence by sentence, each in the first way that holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.proof.statements.trials import labelled, passage, proofs, record, subject

from firstline.proof.checks.proven import proven
from firstline.proof.statements import prove

PAGE = passage(
    "Open the board menu and choose Export. The file comes by e-mail within 10 minutes.",
    title="Export a board",
)


def test_a_quote_says_where_it_stands() -> None:
    """A verbatim unit is a quote, with its offsets."""
    proof = labelled("Open the board menu and choose Export.", "quote", PAGE)
    assert (proof.how, proof.gaps) == ("quote", ())
    assert [(one.start, one.end) for one in proof.supports] == [(0, 38)]


def test_a_sentence_that_fails_its_own_way_may_be_a_paraphrase() -> None:
    """Other words for the same pass, half a sentence or a widened one does not."""
    assert labelled("The file arrives by email within ten minutes.", "quote", PAGE).gaps
    assert labelled("By email the file comes within ten minutes.", "quote", PAGE).gaps == ()
    assert labelled("The file comes by e-mail", "quote", PAGE).gaps[0].code == "cut_quote"


def test_policy_text_is_quoted_word_for_word() -> None:
    """A rule of the company in other words is no longer the rule."""
    rule = replace(PAGE, kind="policy")
    assert labelled("Choose Export in the menu of the board.", "quote", rule).gaps


def test_courtesies_of_our_own_are_the_agreed_ones() -> None:
    """What another system may say by way of courtesy is not ours to say."""
    assert labelled("I'm happy to help!", "courtesy").gaps
    assert labelled("Thanks for getting in touch.", "courtesy").gaps == ()


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("Thanks for reaching out!", "courtesy"),
        ("I'm sorry for the trouble.", "courtesy"),
        ("Let me know if you need anything else.", "courtesy"),
        ("Hi Anna,", "courtesy"),
        ("Best regards,", "courtesy"),
        ("Which board do you want to export?", "question"),
        ("Please reply with the name of the board.", "question"),
        ("You mentioned that the export is missing.", "courtesy"),
    ],
)
def test_talk_of_another_system_needs_no_evidence(text: str, how: str) -> None:
    """Thanks, sympathy, offers, questions and what the customer said state nothing."""
    proof = proofs(text, PAGE, asked="my export is missing")[0]
    assert (proof.how, proof.gaps) == (how, ())


@pytest.mark.parametrize(
    "text",
    [
        "I'm happy to say that we waived the fee.",
        "Sorry, your account was closed by our bank.",
        "Thank you, your replacement ships tomorrow.",
        "You mentioned that your laptop exploded in Berlin.",
    ],
)
def test_a_statement_in_the_dress_of_a_courtesy_is_proven_like_any_other(text: str) -> None:
    """A friendly beginning does not excuse what follows."""
    assert proofs(text, PAGE, asked="my export is missing")[0].gaps


def test_a_question_may_not_state_a_value() -> None:
    """A number that nothing shows is not slipped in by asking."""
    proof = proofs("Do you want the $49 credit on your card?", PAGE)[0]
    assert {gap.code for gap in proof.gaps} == {"question_states_value"}


def test_somebody_elses_record_proves_nothing() -> None:
    """Only the record of the customer who asks is evidence."""
    own = record(plan="Team")
    other = replace(record(plan="Business"), source="cus_2")
    found = prove(subject("Your plan is Business.", own, other))
    assert found[0].gaps


def test_findings_carry_code_sentence_and_span() -> None:
    """The check reports each gap with its sentence and offsets."""
    text = "Open the board menu and choose Export. The file comes by e-mail within 90 minutes."
    findings = proven(subject(text, PAGE))
    assert {(item.sentence, item.code, item.result) for item in findings} == {
        (1, "duration", "block")
    }
    assert findings[0].start is not None


def test_a_reply_beyond_all_measure_is_not_proven() -> None:
    """A reply that is too long to be looked at is blocked, not waved through."""
    assert proofs("Word. " * 20_000, PAGE)[0].gaps
