"""Tests of firstline.knowledge.lexicon."""

from __future__ import annotations

import math

import numpy as np
import pytest

from firstline.knowledge.lexicon import K1, MAX_QUERY_WORDS, B, Matches, Postings, Stemmer, counted

TEXTS = ("refund refund card", "card arrives", "board")


def postings(texts: tuple[str, ...], stemmer: Stemmer) -> Postings:
    """Return the postings of some texts."""
    stems = stemmer.stems(texts)
    numbers = {stem: at for at, stem in enumerate(sorted({s for found in stems for s in found}), 1)}
    return Postings(numbers, [counted(found, numbers) for found in stems])


def matched(query: str, texts: tuple[str, ...] = TEXTS) -> Matches:
    """Return how a query matches some texts."""
    stemmer = Stemmer()
    return postings(texts, stemmer).match(stemmer.content_words(query))


def test_stems_join_the_forms_of_a_word() -> None:
    """Plural, tense, case and accents do not keep two words apart."""
    stems = Stemmer().stems(["Refunds refunded REFUNDING", "caf\u00e9 cafe"])
    assert [set(found) for found in stems] == [{"refund"}, {"cafe"}]


def test_stop_words_are_not_content() -> None:
    """Only words that say what a query is about are kept, each once."""
    assert Stemmer().content_words("How do I export my board? The BOARD!") == ["board", "export"]


def test_query_syntax_is_only_text() -> None:
    """What would be an operator or a quote to SQLite is read as words."""
    words = Stemmer().content_words('"refund" OR * NEAR(board) -card ) ; DROP TABLE')
    assert {"refund", "near", "board", "card", "drop", "tabl"} == set(words)


def test_the_number_of_words_is_capped() -> None:
    """A very long message does not make a very long search."""
    text = " ".join(f"word{n}" for n in range(1000))
    assert len(Stemmer().content_words(text)) == MAX_QUERY_WORDS


def test_coverage_weighs_words_by_rarity() -> None:
    """Coverage is the covered share of the summed inverse document frequencies."""
    found = matched("refund card")
    refund, card = math.log1p(2.5 / 1.5), math.log1p(1.5 / 2.5)
    assert found.coverage == pytest.approx([1, card / (refund + card), 0], abs=1e-6)
    assert found.words == 2
    assert found.weight == pytest.approx(refund + card)


def test_bm25_is_the_textbook_formula() -> None:
    """BM25 of one word equals the formula written out."""
    lengths = np.array([3, 2, 1])
    norm = K1 * (1 - B + B * lengths[0] / lengths.mean())
    expected = math.log1p(2.5 / 1.5) * 2 * (K1 + 1) / (2 + norm)
    assert matched("refund").bm25 == pytest.approx([expected, 0, 0], rel=1e-5)


def test_unknown_words_lower_the_coverage() -> None:
    """A word that is nowhere counts against every passage."""
    assert matched("board zeppelin").coverage[2] < 0.5


@pytest.mark.parametrize("query", ["", "how do I", "zeppelin"])
def test_nothing_matches_nothing(query: str) -> None:
    """Queries without a known content word match no passage."""
    found = matched(query)
    assert not found.coverage.any()
    assert not found.bm25.any()


def test_an_empty_index_can_be_asked() -> None:
    """No passages means no matches, not an error."""
    assert matched("refund", ()).coverage.shape == (0,)
