"""A reply as a person left it: what is still the draft's, and what is theirs."""

from __future__ import annotations

import pytest

from firstline.errors import InputError
from firstline.proof.proofs import Gap, SentenceProof, Support
from firstline.records import Draft, EvidenceId, Sentence
from firstline.review.edits import LONGEST, digest, edited, with_proofs
from tests.builders import a_draft, a_quote

HELLO = Sentence(text="Hello,", kind="courtesy")
STEPS = a_quote("1. Open the menu.\n2. Choose Export.\n\nIt takes 5 minutes.")
DRAFT = a_draft(HELLO, STEPS, a_quote("The link works for 7 days."))


def test_an_untouched_reply_keeps_every_sentence() -> None:
    """Kinds and evidence stay, also of a sentence with an empty line in it."""
    made = edited(DRAFT, DRAFT.text, "en")
    assert made.draft.sentences == DRAFT.sentences
    assert (made.changed, made.distance, made.reason) == (frozenset(), 0.0, "wording")


def test_a_changed_sentence_is_the_persons_own() -> None:
    """It names no evidence any more; the others keep theirs."""
    text = DRAFT.text.replace("Hello,", "Hi Priya,").replace("works for", "stays valid for")
    made = edited(DRAFT, text, "en")
    assert made.changed == {0, 2}
    assert made.draft.sentences[1] == STEPS
    assert made.draft.sentences[2] == Sentence(
        text="The link stays valid for 7 days.", kind="computed"
    )
    assert made.reason == "wording"
    assert 0 < (made.distance or 0) < 0.5


@pytest.mark.parametrize(
    ("old", "new"),
    [("7 days", "14 days"), ("works", "does not work"), ("The link", "Only the link")],
)
def test_a_changed_value_or_a_denial_is_more_than_wording(old: str, new: str) -> None:
    """One number or one "not" makes another statement of a sentence."""
    assert edited(DRAFT, DRAFT.text.replace(old, new), "en").reason == "facts"


def test_without_a_draft_all_is_written() -> None:
    """There is nothing it could be far from."""
    made = edited(None, "We have looked at it.\r\n\r\nIt is fixed.", "de")
    assert [item.text for item in made.draft.sentences] == ["We have looked at it.", "It is fixed."]
    assert (made.distance, made.reason) == (None, "written")
    assert made.changed == {0, 1}
    assert (made.draft.model, made.draft.language, made.draft.action) == ("person", "de", "answer")


def test_a_question_that_became_an_answer_is_one() -> None:
    """A draft that only asked stays a question while it asks."""
    asks = a_draft(Sentence(text="Which board?", kind="question"), action="clarify")
    assert edited(asks, "Which board is it?", "en").draft.action == "clarify"
    assert edited(asks, "It is fixed.", "en").draft.action == "answer"


@pytest.mark.parametrize("text", ["", " \n\n\t", "\u200b", "x" * (LONGEST + 1)])
def test_an_empty_or_endless_reply_is_refused(text: str) -> None:
    """Nobody gets nothing, or a book."""
    with pytest.raises(InputError, match=r"empty|longer"):
        edited(DRAFT, text, "en")


def test_a_proven_sentence_gets_its_evidence() -> None:
    """What a person's sentence was proven by is kept; an unproven one names nothing."""
    made = edited(DRAFT, "The link is good for 7 days.\n\nTrust me.", "en")
    found = Support(evidence=EvidenceId("export-csv#1"), start=0, end=3)
    proofs = (
        SentenceProof(how="paraphrase", supports=(found, found)),
        SentenceProof(how="paraphrase", gaps=(Gap(code="unsupported", detail=""),)),
    )
    draft: Draft = with_proofs(made, proofs)
    assert [item.evidence for item in draft.sentences] == [("export-csv#1",), ()]


def test_nothing_has_no_digest() -> None:
    """A hash says that there was a text."""
    assert digest("") == ""
    assert len(digest("x")) == 64
