"""Cutting messages into sentences and clauses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.routing.segments import MOST_SEGMENTS, Segment, clauses_of, sentences_of


def texts(segments: tuple[Segment, ...]) -> list[str]:
    """Return the texts of segments."""
    return [segment.text for segment in segments]


def test_sentences_end_at_marks_and_lines() -> None:
    """Full stops, question marks and line breaks end a sentence; numbers with points do not."""
    message = "The export costs 3.50 now. Why?Nobody told me\nPlease check"
    assert texts(sentences_of(message)) == [
        "The export costs 3.50 now.",
        "Why?",
        "Nobody told me",
        "Please check",
    ]


@pytest.mark.parametrize(
    "courtesy",
    [
        "Hi there,",
        "Dear support team,",
        "Thanks so much!",
        "Kind regards,",
        "Have a nice day",
        "--",
    ],
)
def test_courtesies_are_left_out(courtesy: str) -> None:
    """Greetings, thanks and closings are no part of what is asked."""
    assert texts(sentences_of(f"{courtesy}\nMy export is empty.")) == ["My export is empty."]


@pytest.mark.parametrize(
    "asking",
    [
        "Thanks, but the export is still empty.",
        "Hi my card was charged twice",
        "Thank you, can I pay later",
    ],
)
def test_a_courtesy_that_asks_stays(asking: str) -> None:
    """Friendly words around a request do not hide it."""
    assert texts(sentences_of(asking)) == [asking]


@pytest.mark.parametrize(
    ("message", "second"),
    [
        ("How do I export a board and how do I invite Ann?", "how do I invite Ann?"),
        ("Export is broken, also my invoice is wrong", "my invoice is wrong"),
        ("Export is broken. And another thing: my invoice is wrong", "my invoice is wrong"),
        ("Export is broken\n- my invoice is wrong", "my invoice is wrong"),
        ("1. Export is broken\n2) my invoice is wrong", "my invoice is wrong"),
        ("Der Export geht nicht. Außerdem ist die Rechnung falsch", "ist die Rechnung falsch"),
    ],
)
def test_clauses_begin_where_a_new_subject_is_announced(message: str, second: str) -> None:
    """Connectors and list marks part clauses, and are not part of them."""
    assert len(clauses_of(message)) == 2
    assert clauses_of(message)[1].text == second


def test_an_announcement_is_told() -> None:
    """A clause remembers whether words said that something new begins."""
    plain, announced = clauses_of("Export is broken. By the way, my invoice is wrong")
    assert not plain.announced
    assert announced.announced


def test_things_joined_by_and_stay_together() -> None:
    """A plain "and" between things or verbs parts nothing."""
    message = "I exported boards and cards and opened the file"
    assert texts(clauses_of(message)) == [message]


def test_very_many_sentences_are_capped() -> None:
    """Of a very long message the first and the last sentences are kept."""
    found = texts(sentences_of(" ".join(f"Sentence number {n}." for n in range(200))))
    assert len(found) == MOST_SEGMENTS
    assert found[0] == "Sentence number 0."
    assert found[-1] == "Sentence number 199."


@given(st.text(max_size=400))
@settings(deadline=None)
def test_offsets_point_at_the_text(message: str) -> None:
    """Segments are in order, do not overlap, and stand where they say."""
    for segments in (sentences_of(message), clauses_of(message)):
        end = 0
        for segment in segments:
            assert segment.start >= end
            assert message[segment.start : segment.end] == segment.text
            end = segment.end
