"""Dropping unproven sentences: when, what goes with them, and when nothing may go."""

from __future__ import annotations

import pytest

from firstline.pipeline.mending import Mended, is_unproven, limits, without_unproven
from firstline.records import Commitment, Draft, Finding, Sentence
from tests.builders import a_draft, a_passage, a_quote, passed

GREETING = Sentence(text="Hello,", kind="courtesy")
SOURCE = a_quote("Source: Export a board (https://help.acme.example/export)")
OPEN = "Open the board menu."
CHOOSE = "Choose Export."
LATE = "A large export takes up to two hours."


def unproven(*sentences: int, code: str = "duration") -> tuple[Finding, ...]:
    """Return findings that block these sentences and nothing else."""
    return tuple(
        Finding(check="proof", result="block", detail="not shown", code=code, sentence=at)
        for at in sentences
    )


def framed(*texts: str) -> Draft:
    """Return an answer of these sentences between the lines that code adds."""
    return a_draft(GREETING, *(a_quote(text) for text in texts), SOURCE)


def mended(draft: Draft, *bad: int, requests: tuple[str, ...] = ()) -> Mended:
    """Drop the sentences with these numbers, counted from the first of the body."""
    body = range(1, len(draft.sentences) - 1)
    found = unproven(*(at + 1 for at in bad))
    passages = (a_passage(),)
    return without_unproven(draft, found, body=body, evidence=passages, requests=requests)


@pytest.mark.parametrize(
    ("texts", "bad", "left", "said"),
    [
        ((OPEN, CHOOSE, LATE), (2,), (OPEN, CHOOSE), "dropped 1 of 3 sentences: duration"),
        ((LATE, OPEN), (0,), (OPEN,), "dropped 1 of 2 sentences: duration"),
        (
            (OPEN, LATE, "It is sent by e-mail then."),
            (1,),
            (OPEN,),
            "dropped 2 of 3 sentences: duration, with 1 that belong to them",
        ),
        (
            (OPEN, "Guests see every board.", "But only an admin may invite them."),
            (2,),
            (OPEN,),
            "dropped 2 of 3 sentences: duration, with 1 that belong to them",
        ),
        (
            (OPEN, "Guests see every board.", "However, an admin may hide one."),
            (1,),
            (OPEN,),
            "dropped 2 of 3 sentences: duration, with 1 that belong to them",
        ),
        (
            ("You need one of these:", "- a paid plan", "- admin rights", OPEN),
            (2,),
            (OPEN,),
            "dropped 3 of 4 sentences: duration, with 2 that belong to them",
        ),
    ],
)
def test_what_belongs_to_a_dropped_sentence_goes_with_it(
    texts: tuple[str, ...], bad: tuple[int, ...], left: tuple[str, ...], said: str
) -> None:
    """What leans on it, what it limits, and the rest of its list; nothing else."""
    result = mended(framed(*texts), *bad)
    assert result.draft is not None
    assert tuple(item.text for item in result.draft.sentences) == ("Hello,", *left, SOURCE.text)
    assert tuple(item.text for item in result.body) == left
    assert result.said == said


@pytest.mark.parametrize(
    ("texts", "bad", "why"),
    [
        ((LATE,), (0,), "the rest would not answer"),
        ((OPEN, "But only an admin may."), (1,), "the rest would not answer"),
        (("Unless you pay by card, it is sent.", OPEN), (0,), "the rest would not answer"),
        (("You may not export a board.", OPEN), (0,), "the rest would not answer"),
        (("1. Open the menu.", "2. Wait an hour.", LATE), (1,), "a step is not left out"),
    ],
)
def test_a_limit_is_never_dropped_alone(
    texts: tuple[str, ...], bad: tuple[int, ...], why: str
) -> None:
    """Where too little would be left, or half an instruction, the draft stays whole."""
    result = mended(framed(*texts), *bad)
    assert result.draft is None
    assert why in result.said


def test_every_request_keeps_a_fact() -> None:
    """A message that asks two things is not answered by what is left about one."""
    draft = framed("Open the board menu to export a board.", "An invoice comes every month.")
    asked = ("How do I export a board?", "Where is my invoice?")
    assert mended(draft, 1, requests=asked).draft is None
    assert mended(draft, 1, requests=asked[:1]).draft is not None
    assert mended(draft, 1, requests=asked[1:]).draft is None
    both = framed(*(item.text for item in draft.sentences[1:-1]), "A PDF takes a day.")
    assert mended(both, 2, requests=asked).draft is not None


def test_a_source_of_nothing_goes_as_well() -> None:
    """A document that nothing rests on any more is not named."""
    other = a_passage(id="guests#1", source="guests", title="Guests", url="")
    quoted = Sentence(text="Guests see all.", kind="quote", evidence=(other.id,))
    named = Sentence(text="Source: Guests", kind="quote", evidence=(other.id,))
    draft = a_draft(GREETING, a_quote(OPEN), quoted, SOURCE, named)
    result = without_unproven(
        draft, unproven(2), body=(1, 2), evidence=(a_passage(), other), requests=()
    )
    assert result.draft is not None
    assert result.draft.sentences == (GREETING, a_quote(OPEN), SOURCE)


def test_a_greeting_is_no_fact_and_not_dropped() -> None:
    """What code added is not what a writer may lose: an unproven line of it drops nothing."""
    draft = framed(OPEN, CHOOSE)
    found = unproven(0)
    result = without_unproven(draft, found, body=(1, 2), evidence=(a_passage(),), requests=())
    assert result.draft is None


def test_a_promise_goes_with_its_sentence_and_only_then() -> None:
    """A commitment that the rest does not make any more is not made; in doubt it stays."""
    promise = Commitment(who="we", what="refund the charge", by="Friday")
    other = Commitment(who="we", what="open the menu", by="now")
    sentences = (a_quote("We refund the charge by Friday."), a_quote(OPEN))
    draft = a_draft(*sentences, commitments=(promise, other))
    result = without_unproven(draft, unproven(0), body=(0, 1), evidence=(), requests=())
    assert result.draft is not None
    assert result.draft.commitments == (other,)


def test_only_unproven_sentences_of_an_answer_can_be_mended() -> None:
    """Another check's block, a check that could not run, and a question are no such case."""
    draft = framed(OPEN, LATE)
    assert is_unproven(draft, (*passed(), *unproven(2)))
    assert not is_unproven(draft, passed())
    other = Finding(check="links", result="block", detail="a link", sentence=2)
    assert not is_unproven(draft, (*unproven(2), other))
    crashed = Finding(check="proof", result="block", detail="it crashed", code="check_failed")
    assert not is_unproven(draft, (crashed,))
    assert not is_unproven(a_draft(action="clarify"), unproven(0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("But only on Business.", True),
        ("Guests can't export.", True),
        ("It is free unless you exceed the limit.", True),
        ("Choose Export.", False),
        ("Nothing is lost.", False),
    ],
)
def test_what_limits_is_told_by_its_words(text: str, expected: bool) -> None:
    """A negation, a condition, or a contrast."""
    assert limits(text) is expected
