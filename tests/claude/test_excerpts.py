"""Cutting texts to whole sentences."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from firstline.claude.excerpts import asking, best_run, topics
from firstline.claude.tokens import estimate
from firstline.proof.quotes import quoted_units

TEXT = st.text(max_size=200) | st.lists(
    st.sampled_from(["Open it.", "How?", "\n", "1. Choose", "- a b", "| x | y", " ", "Save: "]),
    max_size=40,
).map(" ".join)


@given(TEXT, st.floats(-50, 120))
@example(". 0. CHOOSE", 4.0)
def test_a_run_is_whole_fits_and_can_be_quoted(text: str, room: float) -> None:
    """What is cut out of a passage is a quote of it, within its room."""
    run = best_run(text, topics("open choose save"), room)
    assert run in text
    assert not run or estimate(run) <= room + 1e-9
    assert not run.strip() or quoted_units(run, text)


@given(TEXT, st.floats(0, 120))
def test_a_message_keeps_its_questions_longest(text: str, room: float) -> None:
    """Something is always left of a message, and a question goes last."""
    cut = asking(text, room)
    assert bool(cut.strip()) == bool(text.strip())
    assert estimate(text) > room or cut == text


def test_a_run_prefers_the_rare_words_of_the_question() -> None:
    """The sentence about the custom fields is chosen, not the one about the board."""
    text = (
        "The board has one owner. The board has many guests. The board shows custom fields. "
        "The board has a name."
    )
    assert (
        best_run(text, topics("custom fields of the board"), 9) == "The board shows custom fields."
    )
    assert best_run(text, topics("invoices"), 9) == ""
