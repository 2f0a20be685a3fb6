"""How well a passage matches a query, and whether anything here answers it. Pure.

Constants were tuned on ten knowledge bases (documentation, hotel and restaurant FAQs, a bank, a
government service, encyclopaedia passages); docs/knowledge.md has the figures.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from firstline.knowledge.lexicon import K1, Matches, Scores

COVERAGE_WEIGHT: Final = 0.4
BM25_WEIGHT: Final = 0.05
LEXICAL_BM25_WEIGHT: Final = 0.5


def ranking(matches: Matches, cosine: Scores | None) -> Scores:
    """Return the score to rank passages by, shape (passages,).

    `cosine + 0.4 * coverage + 0.05 * bm25 / max(bm25)`; without an encoder
    `coverage + 0.5 * bm25 / max(bm25)`. Coverage names what the query is about (a product, a
    place) where the cosine only says what kind of question it is.
    """
    best = float(matches.bm25.max(initial=0.0))
    relative = matches.bm25 / np.float32(best) if best > 0 else matches.bm25
    if cosine is None:
        return matches.coverage + np.float32(LEXICAL_BM25_WEIGHT) * relative
    weighted = np.float32(COVERAGE_WEIGHT) * matches.coverage
    score: Scores = cosine + weighted + np.float32(BM25_WEIGHT) * relative
    return score


def answerable(*, cosine: float | None, coverage: float, bm25: float, matches: Matches) -> float:
    """Return 0 to 1: how likely the knowledge base answers the query at all.

    A logistic regression on two numbers; more of them did not carry over to knowledge bases
    that were left out of the fit.

    Args:
        cosine: The highest cosine of any passage; None without an encoder.
        coverage: Of the best passage.
        bm25: Of the best passage.
        matches: The query's own numbers.
    """
    # One matching word out of one says less than four out of four.
    trust = matches.words / (matches.words + 1)
    if cosine is not None:
        return _logistic(8.8 * cosine + 3.5 * coverage * trust - 5.75)
    if not matches.weight:
        return 0.0
    return _logistic(11.85 * trust * bm25 / ((K1 + 1) * matches.weight) - 2.55)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
