"""Phrases are found however they are inflected or dressed up, and not in other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.policy.phrases import Phrases, encodable, place_of, stem, tokens_of


def found(phrase: str, text: str) -> bool:
    """Return whether a text holds a phrase."""
    phrases = Phrases([phrase])
    return bool(list(phrases.find(tokens_of(text))) or phrases.hidden_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "We guarantee it.",
        "so WE   GUARANTEED\nthat",
        "we’re here: we guarantees",
        "“we guaranteeing”",
        "we guar\u00adantee it",
        "we\u200b guar\u200bantee it",
        "w\u0435 gu\u0430rantee it",
        "\uff57\uff45 \uff47\uff55\uff41\uff52\uff41\uff4e\uff54\uff45\uff45",
        "we g u a r a n t e e it",
        "we g.u.a.r.a.n.t.e.e it",
        "we gu*aran*tee it",
        "w\u00e9 gu\u00e4rantee it",
        "we gu4r4nt33 it",
    ],
)
def test_a_phrase_is_found_in_every_dress(text: str) -> None:
    """Inflection, case, spacing, marks, look-alikes and invisible signs do not hide it."""
    assert found("we guarantee", text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("we guarantee", "We have a guarantee."),
        ("calm down", "Please stay calm. Down the page you find it."),
        ("as an AI", "It was an aid."),
        ("STAY20", "You may stay 20 days."),
        ("off the record", "Take it off the recorder."),
        ("we will … refund", "We will look into it. You asked for a refund."),
        ("we will … refund", "We will a b c d e f g refund."),
    ],
)
def test_other_words_are_not_a_phrase(phrase: str, text: str) -> None:
    """Neither parts of words nor words of two sentences make one."""
    assert not found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("we will … refund", "We'll gladly and at once refund you."),
        ("do not … worry", "Don't you worry."),
        ("apply the credit", "We applied the credits."),
        ("cancelling", "It was cancelled."),
    ],
)
def test_gaps_short_forms_and_endings_are_read(phrase: str, text: str) -> None:
    """A gap stands for a few words, a short form for its long one."""
    assert found(phrase, text)


def test_a_place_covers_the_words_as_written() -> None:
    """The span of a phrase is that of its words in the text."""
    text = "Well, «we ’re» now guaranteeing\u00a0it."
    tokens = tokens_of(text)
    (hit,) = Phrases(["now guarantee it"]).find(tokens)
    start, end = place_of(text, tokens, hit.start, hit.end)
    assert text[start:end] == "now guaranteeing\u00a0it."


@pytest.mark.parametrize(
    "words",
    [
        "guarantee guarantees guaranteed guaranteeing",
        "apply applies applied applying",
        "cancel cancels cancelled cancelling canceled",
        "refund refunds refunded refunding",
        "promise promises promised promising",
    ],
)
def test_inflections_share_a_stem(words: str) -> None:
    """The forms of a word are one to a policy."""
    assert len({stem(word) for word in words.split()}) == 1


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Any text has words, and a phrase made of it is found in it unless nothing is left of it."""
    plain = encodable(text)
    tokens = tokens_of(plain)
    assert len(tokens.stems) == len(tokens.pieces)
    Phrases([plain]).hidden_in(plain)
    for hit in Phrases(["the account", plain[:20]]).find(tokens):
        start, end = place_of(plain, tokens, hit.start, hit.end)
        assert 0 <= start < end <= len(plain)
