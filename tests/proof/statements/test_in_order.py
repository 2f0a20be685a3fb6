"""Tests of firstline.proof.statements.in_order."""

from __future__ import annotations

from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.statements.in_order import in_order, most_shared
from firstline.proof.statements.words import Words, words_of

_TEXTS = st.lists(st.sampled_from("the board may be exported to csv within days".split())).map(
    " ".join
)


def _keys(read: Words) -> list[str]:
    return [lemma or word for lemma, word in zip(read.lemmas, read.words, strict=True)]


@given(_TEXTS, _TEXTS)
def test_two_texts_are_compared_as_sequences_of_words(one: str, other: str) -> None:
    """The short way for equal texts changes nothing, and the quick bound is never too low."""
    said, held = words_of(one), words_of(other)
    matcher = SequenceMatcher(None, _keys(said), _keys(held), autojunk=False)
    compared = in_order(said, held)
    assert compared.share() == matcher.ratio()
    assert list(compared.changes()) == matcher.get_opcodes()
    assert most_shared(said, held) >= matcher.ratio()
