"""What a sentence and its evidence have in common: only what really matches is marked."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import NOON, a_passage

from firstline.proof.claims import Facts
from firstline.proof.proofs import How, SentenceProof, Support
from firstline.records import Evidence, EvidenceId
from firstline.web.review.marks import Mark
from firstline.web.review.matched import LONGEST, Matched, in_common, matched

FACTS = Facts(locale="en-AU", today=date(2026, 5, 4))
BEFORE = "This article is about boards. " * 8
TEXT = f"{BEFORE}A yearly plan is refunded in full within 30 days of the renewal. Ask the owner."
AT = TEXT.index("A yearly")
END = TEXT.index(" Ask the owner")


def words(text: str, marks: tuple[Mark, ...], kind: str = "word") -> list[str]:
    """Return the marked words of one kind."""
    return [text[mark.start : mark.end] for mark in marks if mark.kind == kind]


def found(text: str, *supports: Support, how: How = "paraphrase") -> Matched:
    """Return what a sentence has in common with the passage."""
    passage = a_passage(TEXT, id=EvidenceId("p#1"))
    record = Evidence(
        id=EvidenceId("record:c"),
        kind="record",
        source="c",
        version="1",
        fields=(("name", "Ruth Adler"), ("billing.next_invoice.amount", "A$270.00")),
        fetched_at=NOON,
    )
    proof = SentenceProof(how=how, supports=supports)
    return matched(text, proof, {item.id: item for item in (passage, record)}, FACTS)


def test_a_paraphrase_shows_the_words_and_values_that_meet() -> None:
    """Inflected words meet by their lemma, values by what they say."""
    said = "We refund the renewal completely if you ask within 30 days."
    place = found(said, Support(evidence=EvidenceId("p#1"), start=AT, end=END))
    assert len(place.places) == 1
    shown = place.places[0]
    assert "refunded" in words(shown.text, shown.marks)
    assert words(shown.text, shown.marks, "value") == ["within 30 days"]
    assert words(said, place.marks, "value") == ["within 30 days"]
    assert "refund" in words(said, place.marks)
    assert not shown.verbatim


def test_another_value_is_not_marked() -> None:
    """A number that is not the evidence's is left alone, so that the eye finds it."""
    said = "We refund the renewal within 45 days."
    ours, theirs = in_common(said, TEXT[AT:END], FACTS)
    assert words(said, ours, "value") == []
    assert words(TEXT[AT:END], theirs, "value") == []
    assert not any("45" in word for word in words(said, ours))


def test_a_quote_is_marked_as_a_whole_with_what_stands_around_it() -> None:
    """What was taken word for word is one mark; some words before and after are shown."""
    said = TEXT[AT:END]
    place = found(said, Support(evidence=EvidenceId("p#1"), start=AT, end=END), how="quote")
    shown = place.places[0]
    assert shown.verbatim
    assert words(shown.text, shown.marks, "quote") == [said]
    assert not shown.begins
    assert shown.ends
    assert shown.text in TEXT
    assert len(shown.text) < len(TEXT)


def test_a_field_shows_the_part_of_its_value_that_is_said() -> None:
    """Of a name the greeting says a part; only that is marked."""
    greeting = "Hello Ruth,"
    place = found(greeting, Support(evidence=EvidenceId("record:c"), field="name"), how="record")
    shown = place.places[0]
    assert shown.field == "name"
    assert words(shown.text, shown.marks) == ["Ruth"]
    assert words(greeting, place.marks) == ["Ruth"]


def test_an_amount_of_a_field_is_marked_as_a_value() -> None:
    """The next invoice's amount is a value in the record and in the sentence."""
    said = "Your next invoice is A$270."
    support = Support(evidence=EvidenceId("record:c"), field="billing.next_invoice.amount")
    place = found(said, support, how="record")
    assert words(said, place.marks, "value") == ["A$270"]
    assert words("A$270.00", place.places[0].marks, "value") == ["A$270.00"]


def test_a_source_line_names_its_evidence_and_shows_no_passage() -> None:
    """Where only the document is named there is nothing to mark."""
    place = found("Source: Boards", Support(evidence=EvidenceId("p#1")), how="quote")
    assert place.places[0].text == ""
    assert place.marks == ()


def test_evidence_that_is_not_there_shows_nothing() -> None:
    """A proof may name what was trimmed; no place is made up for it."""
    assert found("Anything.", Support(evidence=EvidenceId("gone"), end=5)) == Matched()


@given(st.text(max_size=80), st.text(max_size=80))
def test_marks_lie_within_their_texts(text: str, other: str) -> None:
    """Whatever is compared, a mark is a place in the text it belongs to."""
    ours, theirs = in_common(text, other, FACTS)
    assert all(0 <= mark.start < mark.end <= len(text) for mark in ours)
    assert all(0 <= mark.start < mark.end <= len(other) for mark in theirs)


def test_only_so_much_of_a_text_is_compared() -> None:
    """What lies beyond is not marked: a hostile text costs no more than a long one."""
    text = "word " * LONGEST
    ours, _ = in_common(text, text, FACTS)
    assert max(mark.end for mark in ours) <= LONGEST
