"""Drift of typography is mended; a change of words is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.answers import AnswerParts
from firstline.claude.exact_quotes import exact_text, with_exact_quotes
from firstline.proof.quotes import quoted_units
from firstline.records import EvidenceId, Sentence
from tests.builders import a_passage

SOURCE = (
    "You can export a board. It’s part of all plans – also “Free”.\n\n"
    "1. Open the board menu.\n2. Choose Export > CSV\n3. Choose Download\n\n"
    "Files above 5 MB & more than 20,000 rows are split. Guests cannot export."
)


@pytest.mark.parametrize(
    ("copied", "exact"),
    [
        ('It\'s part of all plans - also "Free".', "It’s part of all plans – also “Free”."),
        ("you can export a board", "You can export a board."),
        ("Files above 5 MB &amp; more than 20,000 rows are split.", None),
        ("Open the board menu.", "1. Open the board menu."),
        ("- Open the board menu.", "1. Open the board menu."),
        ("Choose Export &gt; CSV.", "2. Choose Export > CSV"),
        (
            "1. Open the board menu. 2. Choose Export > CSV 3. Choose Download",
            "1. Open the board menu.\n2. Choose Export > CSV\n3. Choose Download",
        ),
        (
            "Open the board menu. Choose Export > CSV.",
            "1. Open the board menu.\n2. Choose Export > CSV",
        ),
    ],
)
def test_the_sources_spelling_takes_the_place(copied: str, exact: str | None) -> None:
    """Blanks, quotation marks, dashes, entities, list numbers and full stops may differ."""
    wanted = exact or "Files above 5 MB & more than 20,000 rows are split."
    found = exact_text(copied, SOURCE)
    assert found == wanted
    assert quoted_units(found, SOURCE)


@pytest.mark.parametrize(
    "text",
    [
        "Guests can export.",
        "export a board.",
        "You can export a board. Guests cannot export.",
        "Files above 5 MB are split.",
        "Files above 50 MB & more than 20,000 rows are split.",
        "…",
        "",
    ],
)
def test_other_words_are_left_for_the_proof(text: str) -> None:
    """A part, a mixture, a gap or another number is no copy."""
    assert exact_text(text, SOURCE) is None


@given(st.text(max_size=80), st.text(max_size=200))
def test_what_is_put_in_is_always_a_quote(text: str, source: str) -> None:
    """For any text and source, what comes back are whole consecutive units of the source."""
    found = exact_text(text, source)
    assert found is None or quoted_units(found, source)


def answer(*sentences: Sentence) -> AnswerParts:
    """Return an answer of these sentences."""
    return AnswerParts(action="answer", sentences=sentences, reason="x")


def test_a_wrong_citation_is_set_right() -> None:
    """The evidence that holds the words is named; a named one that holds them too stays."""
    first = a_passage("Open the menu.", id=EvidenceId("a#1"))
    second = a_passage("Open the menu. Choose Export.", id=EvidenceId("b#1"))
    mended = with_exact_quotes(
        answer(
            Sentence(text="choose export", kind="quote", evidence=(first.id,)),
            Sentence(text="open the menu", kind="record", evidence=(second.id,)),
        ),
        (first, second),
    )
    assert mended.sentences == (
        Sentence(text="Choose Export.", kind="quote", evidence=(second.id,)),
        Sentence(text="Open the menu.", kind="quote", evidence=(second.id,)),
    )


def test_internal_text_and_questions_are_not_touched() -> None:
    """What may not be quoted is never put in, and a question is not a quote."""
    secret = a_passage("Offer them a discount.", audience="internal")
    public = a_passage("Which board do you mean?", id=EvidenceId("c#1"))
    given_answer = answer(
        Sentence(text="offer them a discount", kind="quote", evidence=(secret.id,)),
        Sentence(text="which board do you mean", kind="question"),
    )
    assert with_exact_quotes(given_answer, (secret, public)) == given_answer


def test_a_template_is_not_put_in_for_its_filling() -> None:
    """A sentence with slots is no sentence a customer may read."""
    policy = a_passage("You are on the {plan} plan.", kind="policy")
    given_answer = answer(
        Sentence(text="You are on the {plan} plan", kind="record", evidence=(policy.id,))
    )
    assert with_exact_quotes(given_answer, (policy,)) == given_answer
