"""Short texts sorted into groups of one meaning: the same input gives the same groups.

Average linkage on what two texts share: the cosine of their vectors, and the words they have in
common weighted by rarity. On 500 messages with known topics from each of four collections, 60 to
88 % of a message's group are of its topic and hold 51 to 85 % of that topic (BCubed precision and
recall); by words alone 48 to 74 % and 42 to 62 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firstline.knowledge.lexicon import Stemmer

LEXICAL_SHARE: Final = 0.2
ALIKE: Final = 0.44
"""Mean likeness within a group, with vectors."""
ALIKE_BY_WORDS: Final = 0.15
"""The same without vectors."""
MOST: Final = 2_000
"""Texts that can be grouped at once; memory grows with their square (32 MB)."""

Vectors = NDArray[np.float32]
_Matrix = NDArray[np.float64]


def grouped(texts: Sequence[str], vectors: Vectors | None) -> tuple[tuple[int, ...], ...]:
    """Return groups of positions in `texts`, the largest first, each from its most typical text on.

    Args:
        texts: At most MOST.
        vectors: Their unit vectors, shape (texts, dim), or None to go by words.
    """
    if len(texts) > MOST:
        raise ValueError(f"{len(texts)} texts cannot be grouped at once; {MOST} can")
    if len(texts) <= 1:
        return tuple((at,) for at in range(len(texts)))
    likeness = _likeness(texts, vectors)
    alike = ALIKE_BY_WORDS if vectors is None else ALIKE
    members: dict[int, list[int]] = {}
    for at, name in enumerate(_linked(likeness, alike)):
        members.setdefault(int(name), []).append(at)
    groups = (_typical_first(group, likeness) for group in members.values())
    return tuple(sorted(groups, key=lambda group: (-len(group), min(group))))


def _likeness(texts: Sequence[str], vectors: Vectors | None) -> _Matrix:
    weights = _word_weights(texts)
    lexical: _Matrix = weights @ weights.T
    if vectors is None:
        return lexical
    exact = vectors.astype(np.float64)
    mixed: _Matrix = (1 - LEXICAL_SHARE) * (exact @ exact.T) + LEXICAL_SHARE * lexical
    return mixed


def _word_weights(texts: Sequence[str]) -> _Matrix:
    """Return unit rows of the texts' content words, weighted by rarity among these texts."""
    stemmer = Stemmer()
    try:
        found = [stemmer.content_words(text) for text in texts]
    finally:
        stemmer.close()
    places = {word: at for at, word in enumerate(sorted({w for words in found for w in words}))}
    rows = np.zeros((len(texts), max(len(places), 1)))
    for at, words in enumerate(found):
        rows[at, [places[word] for word in words]] = 1.0
    spread = rows.sum(axis=0)
    rows *= np.array([log(1 + len(texts) / max(count, 1.0)) for count in spread])
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1.0), np.float64)


def _linked(likeness: _Matrix, alike: float) -> NDArray[Any]:
    # Imported here: it takes a second, and only this needs it.
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 - as said above

    # Rounded, so that a machine's last digit does not decide where a text goes.
    distance = np.round(np.clip(1.0 - likeness, 0.0, None), 6)
    np.fill_diagonal(distance, 0.0)
    linkage = AgglomerativeClustering(
        n_clusters=None,
        metric="precomputed",
        linkage="average",
        distance_threshold=1.0 - alike,
    )
    return np.asarray(linkage.fit_predict(distance))


def _typical_first(group: Sequence[int], likeness: _Matrix) -> tuple[int, ...]:
    """Return a group's members, those most like the others first."""
    typical = likeness[np.ix_(group, group)].mean(axis=1).round(6)
    order = sorted(range(len(group)), key=lambda at: (-typical[at], group[at]))
    return tuple(group[at] for at in order)
