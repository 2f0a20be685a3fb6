"""Trying a question on a small company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk.small_company import make_company

from firstline.desk import Desk, open_desk
from firstline.knowledge.lexicon import Stemmer
from firstline.records import Audience, EvidenceId
from firstline.web.knowledge.trial import Trial, Trier

Ask = Callable[..., Trial | None]


@pytest.fixture(scope="module", name="desk")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = make_company(tmp_path_factory.mktemp("ask") / "tiny")
    with open_desk(folder) as desk:
        yield desk


@pytest.fixture(scope="module")
def ask(desk: Desk) -> Ask:
    """Return what tries a question on a small company."""
    trier = Trier(desk.opened.parts, Stemmer())

    def answer(text: str, audience: Audience | None = "public") -> Trial | None:
        return trier.answer(text, audience=audience)

    return answer


def test_what_is_found_and_said_agree(ask: Ask) -> None:
    """The best passage is among those the writer gets, and the reply quotes it."""
    tried = ask("How do I export a board to CSV?")
    assert tried is not None
    assert tried.enough == "yes"
    assert tried.answerable >= tried.minimum
    assert tried.found[0].used
    assert tried.found[0].id == "export#1"
    assert "Choose CSV" in tried.draft.text
    assert tried.findings == ()
    assert {word.text for word in tried.words if word.first} == {"export", "board", "CSV"}


def test_words_that_no_passage_has_are_told(ask: Ask) -> None:
    """Each word of meaning is told with where it is found."""
    tried = ask("Are refunds paid to a Zanzibar giraffe?")
    assert tried is not None
    told = {word.text: (word.first, word.anywhere) for word in tried.words}
    assert told["refunds"] == (True, True)
    assert told["giraffe"] == (False, False)


def test_internal_articles_are_found_only_for_the_team(ask: Ask) -> None:
    """Asked for, they are shown; the reply never rests on them."""
    question = "Are formulas kept in an Excel spreadsheet?"
    public, everything = ask(question), ask(question, None)
    assert public is not None
    assert everything is not None
    assert {hit.audience for hit in public.found} <= {"public"}
    assert everything.found[0].audience == "internal"
    assert not everything.found[0].used
    assert "Formulas" not in everything.draft.text


def test_personal_data_is_masked_before_anything_is_searched(ask: Ask) -> None:
    """A card number in a question is never shown again."""
    tried = ask("Refund my card 4111 1111 1111 1111 please")
    assert tried is not None
    assert "4111 1111" not in tried.question


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\n\n"])
def test_nothing_asked_is_nothing_found(ask: Ask, text: str) -> None:
    """A question without a visible letter is none."""
    assert ask(text) is None


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.text(max_size=200))
def test_marks_change_no_text(ask: Ask, desk: Desk, text: str) -> None:
    """Whatever is asked, what is shown of a passage is the passage, with marks."""
    tried = ask(f"{text} refunds")
    for hit in tried.found if tried else ():
        passage = desk.opened.parts.knowledge.passage(EvidenceId(hit.id))
        assert passage is not None
        shown = str(hit.text).replace("<mark>", "").replace("</mark>", "")
        assert unescape(shown) == passage.text
