"""Tests of firstline.knowledge.passages."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from firstline.knowledge import Document, split
from firstline.knowledge.passages import BLOCK_WORDS, TARGET_WORDS, UNIT_CHARACTERS
from firstline.proof.sentence_ends import sentences
from firstline.records import DocumentId


def made(text: str, title: str = "Guide") -> Document:
    """Return a document with that text."""
    return Document(id=DocumentId("guide"), title=title, text=text)


def test_a_passage_carries_what_its_document_says() -> None:
    """Passages are numbered and repeat title, address, audience and date of their document."""
    document = Document(
        id=DocumentId("a/b"),
        title="Guide",
        text="# Guide\nOne.\n## Part\n### Detail\nTwo.",
        audience="internal",
        url="https://help.acme.example/a",
        updated=date(2026, 5, 1),
    )
    first, second = split(document)
    assert (first.id, first.heading, first.text) == ("a/b#1", "", "One.")
    assert (second.id, second.heading, second.text) == ("a/b#2", "Part > Detail", "Two.")
    assert second.searchable == "Guide. Part > Detail. Two."
    assert (second.audience, second.url, second.updated) == (
        "internal",
        "https://help.acme.example/a",
        date(2026, 5, 1),
    )


def test_long_prose_is_cut_between_sentences() -> None:
    """Every passage of a long text is a run of whole sentences of about the target length."""
    text = " ".join(f"Sentence number {n} has exactly seven words." for n in range(100))
    passages = split(made(text))
    assert len(passages) > 3
    assert all(len(passage.text.split()) <= TARGET_WORDS for passage in passages)
    assert [s for passage in passages for s in sentences(passage.text)] == sentences(text)


def test_a_list_stays_whole_with_its_lead_in() -> None:
    """A list that fits one passage is not cut, and the sentence announcing it comes along."""
    steps = "\n".join(f"{n}. Press the button that says number {n} now." for n in range(1, 16))
    filler = " ".join(f"Filler sentence {n} is here." for n in range(20))
    passages = split(made(f"{filler}\n\nTo export a board:\n\n{steps}"))
    assert len(passages) == 2
    assert passages[1].text.startswith("To export a board:\n\n1. Press")
    assert passages[1].text.endswith("number 15 now.")


def test_a_list_too_long_for_a_passage_is_cut_between_items() -> None:
    """Items of a long list stay whole."""
    items = [f"- Item number {n} with a few more words." for n in range(100)]
    passages = split(made("\n".join(items)))
    assert [line for passage in passages for line in passage.text.split("\n")] == items
    assert all(len(passage.text.split()) <= BLOCK_WORDS for passage in passages)


def test_a_first_line_that_repeats_the_title_is_dropped() -> None:
    """The title is not quoted as if it were a sentence of the article."""
    assert [p.text for p in split(made("Guide\n\nOpen the board."))] == ["Open the board."]
    assert [p.text for p in split(made("Guide"))] == ["Guide"]


def test_sections_that_lead_elsewhere_are_not_passages() -> None:
    """Lists of related articles are left out, unless there is nothing else."""
    links = "## See also\n- [Other](https://a.example)"
    assert [p.text for p in split(made(f"Words.\n\n{links}"))] == ["Words."]
    assert len(split(made(links))) == 1


def test_the_version_follows_the_content() -> None:
    """A passage keeps its version while other passages change, and gets a new one with its own."""
    before = split(made("## A\nOne.\n## B\nTwo."))
    after = split(made("## A\nOne.\n## B\nTwo, changed."))
    assert before[0].version == after[0].version
    assert before[1].version != after[1].version


def test_endless_words_are_cut() -> None:
    """Data without sentences or spaces does not make a passage of any length."""
    passages = split(made("x" * (UNIT_CHARACTERS * 3) + " " + "word " * 2000))
    assert all(len(passage.text) <= UNIT_CHARACTERS + 1 for passage in passages)


@given(
    st.lists(st.text(alphabet="abc .!?|#-*1\n", min_size=1, max_size=60), min_size=1, max_size=30)
)
def test_passages_hold_only_words_of_the_document(parts: list[str]) -> None:
    """Splitting any text gives no empty passage, no repeated id and no letter of its own."""
    text = "\n".join(parts)
    passages = split(made(text))
    assert len({passage.id for passage in passages}) == len(passages)
    assert all(passage.text.strip() for passage in passages)
    letters = sum(passage.text.count("a") for passage in passages)
    headings = sum(line.count("a") for line in text.split("\n"))
    assert letters <= headings
