"""Tests of firstline.knowledge.scoring."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.knowledge.lexicon import Matches
from firstline.knowledge.scoring import answerable, ranking


def matches(*coverage: float, words: int = 4) -> Matches:
    """Return matches with that coverage and a BM25 in proportion."""
    values = np.array(coverage, np.float32)
    return Matches(coverage=values, bm25=values * 10, words=words, weight=10.0)


def test_ranking_adds_words_to_meaning() -> None:
    """With equal meaning, the passage that names the query's words comes first."""
    scores = ranking(matches(0.2, 0.8), np.array([0.5, 0.5], np.float32))
    assert scores == pytest.approx([0.5 + 0.08 + 0.0125, 0.5 + 0.32 + 0.05])


def test_ranking_without_an_encoder() -> None:
    """Without meaning, words alone decide, and no match scores zero."""
    assert ranking(matches(0.0, 0.5, 1.0), None) == pytest.approx([0, 0.75, 1.5])


def test_ranking_when_no_word_matches() -> None:
    """Meaning alone decides when no word matches."""
    assert ranking(matches(0, 0), np.array([0.1, 0.2], np.float32)) == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize("cosine", [None, 0.5])
def test_answerable_grows_with_the_evidence(cosine: float | None) -> None:
    """More covered words and more likeness never make an answer less likely."""
    known = matches(1.0)
    values = [
        answerable(cosine=cosine, coverage=share, bm25=share * 20, matches=known)
        for share in (0.0, 0.3, 0.6, 1.0)
    ]
    assert values == sorted(values)
    assert 0 <= values[0] < 0.5 < values[-1] <= 1


def test_one_word_of_one_is_weaker_than_four_of_four() -> None:
    """A single matching word is not taken for a full match."""
    one, four = matches(1.0, words=1), matches(1.0, words=4)
    assert answerable(cosine=0.5, coverage=1, bm25=9, matches=one) < answerable(
        cosine=0.5, coverage=1, bm25=9, matches=four
    )


def test_an_empty_query_is_not_answerable() -> None:
    """Words-only search answers nothing when no word was asked."""
    empty = Matches(
        coverage=np.zeros(1, np.float32), bm25=np.zeros(1, np.float32), words=0, weight=0.0
    )
    assert answerable(cosine=None, coverage=0, bm25=0, matches=empty) == 0
