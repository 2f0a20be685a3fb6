"""Marks: the text is always there again once the tags are gone, and nothing in it is markup."""

from __future__ import annotations

from itertools import pairwise

import pytest
import re2 as re
from hypothesis import given
from hypothesis import strategies as st

from firstline.web.review.marks import STRENGTH, Mark, MarkKind, flattened, marked, shifted

TAG = re.compile(r"</?mark(?: class=\"[a-z]\")?>")
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ("<script>alert(1)</script>", "a & b", "</mark><img src=x onerror=alert(1)>", "'\"><b>")
)
MARKS = st.lists(
    st.builds(
        Mark,
        start=st.integers(-5, 70),
        end=st.integers(-5, 70),
        kind=st.sampled_from(STRENGTH),
    ),
    max_size=12,
)


def unescaped(markup: str) -> str:
    """Return markup without our tags, as a browser would read it."""
    text = str(TAG.sub("", markup))
    assert "<" not in text
    assert ">" not in text
    for name, sign in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#34;", '"'),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ):
        text = text.replace(name, sign)
    return text


@given(TEXTS, MARKS)
def test_without_its_tags_the_text_is_there_again(text: str, marks: list[Mark]) -> None:
    """Whatever is marked, no character is lost, doubled or read as markup."""
    assert unescaped(marked(text, marks)) == text


@given(st.text(alphabet="abc <>&", max_size=40), MARKS)
def test_striptags_gives_the_words_back(text: str, marks: list[Mark]) -> None:
    """`striptags` gives the text back, with blanks as it makes them."""
    assert marked(text, marks).striptags() == " ".join(text.split())


@given(MARKS, st.integers(0, 60))
def test_flattened_marks_are_in_order_and_apart(marks: list[Mark], length: int) -> None:
    """Marks end up inside the text, in order, none over another."""
    found = flattened(marks, length)
    for mark in found:
        assert 0 <= mark.start < mark.end <= length
    for one, other in pairwise(found):
        assert one.end <= other.start
        assert one.end < other.start or one.kind != other.kind


@given(MARKS, st.integers(0, 60))
def test_the_strongest_mark_shows(marks: list[Mark], length: int) -> None:
    """Each character has the strongest of the marks over it."""
    shown = {
        at: mark.kind for mark in flattened(marks, length) for at in range(mark.start, mark.end)
    }
    for at in range(length):
        over = [mark.kind for mark in marks if mark.start <= at < mark.end]
        assert shown.get(at) == (max(over, key=STRENGTH.index) if over else None)


@pytest.mark.parametrize("kind", STRENGTH)
def test_every_kind_has_a_tag(kind: MarkKind) -> None:
    """A mark says by its class what it stands for; words that match need none."""
    found = marked("a", [Mark(0, 1, kind)])
    assert found == ("<mark>a</mark>" if kind == "word" else f'<mark class="{kind[0]}">a</mark>')


def test_marks_move_with_their_text() -> None:
    """Marks of a whole are marks of its part once moved; what is outside falls away."""
    whole = [Mark(0, 3), Mark(4, 9)]
    assert marked("hello", shifted(whole, -4)) == "<mark>hello</mark>"
