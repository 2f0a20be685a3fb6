"""What the classifier computes for a message: plain numpy, nothing is fitted here.

Three members each give every intent a score. *Regression* is multinomial logistic regression
on sentence vectors, *neighbours* counts the examples around the message, *wording* is a linear
machine on n-grams. They are pooled log-linearly, log p = sum of b_m * log p_m, normalised, with
weights b chosen by cross-validation. That calibrates at the same time: a single member with one
weight is temperature scaling (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.routing.features import Row

NEIGHBOUR_SHARPNESS = 20.0
"""An example 0.05 of cosine nearer counts e times as much."""
WORDING_SHARPNESS = 3.0
"""Turns margins of the linear machine, about -1 to 1, into log-odds."""
CLOSENESS_WEIGHT = 5.0
FAMILIAR_WEIGHT = 1.0
FOREIGN_WEIGHT = 0.5
TEXT_CERTAINTY_WEIGHT = 0.5
TEXT_MARGIN_WEIGHT = 2.0
TEXT_FAMILIAR_WEIGHT = 4.0

SCOPE_LEVELS = (0.0, 0.005, 0.02, 0.10, 0.50, 0.95, 1.0)
"""Quantiles of the company's own messages ..."""
SCOPE_VALUES = (0.0, 0.08, 0.20, 0.50, 0.85, 0.98, 1.0)
"""... and the `in_scope` shown there: about 2 % of them fall below 0.2, 10 % below 0.5."""

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def log_softmax(scores: NDArray[np.floating]) -> Doubles:
    """Return log-probabilities along the last axis."""
    wide = scores.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    return np.asarray(wide - np.log(np.exp(wide).sum(axis=-1, keepdims=True)))


def unit(rows: Floats) -> Floats:
    """Scale rows to length one; a row of zeros stays."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A linear machine on n-grams."""

    weights: NDArray[np.floating]
    """Shape (columns of the index, intents)."""
    bias: Floats
    """Shape (intents,)."""

    def margins(self, rows: Sequence[Row]) -> Floats:
        """Return raw margins, shape (rows, intents)."""
        found = [row.values @ self.weights[row.columns].astype(np.float32) for row in rows]
        return np.asarray(np.stack(found) + self.bias, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What is learnt from sentence vectors of `dim` numbers."""

    weights: Floats
    """Of the regression, shape (dim, intents)."""
    bias: Floats
    """Shape (intents,)."""
    examples: Floats
    """Unit rows, shape (examples, dim)."""
    owners: NDArray[np.int32]
    """The intent of each example."""
    rarity: Floats
    """What an example of each intent counts among neighbours, shape (intents,)."""
    centre: Floats
    """Mean of the examples, shape (dim,)."""
    prototypes: Floats
    """Unit rows: the mean of each intent seen from the centre, shape (intents, dim)."""
    foreign: Floats
    """Direction from the company's messages to out-of-scope ones, shape (dim,); zeros when
    no out-of-scope example is known."""
    foreign_bias: float

    def regression(self, vectors: Floats) -> Doubles:
        """Return log-probabilities of the regression, shape (rows, intents)."""
        return log_softmax(vectors @ self.weights + self.bias)

    def look_around(self, vectors: Floats) -> tuple[Doubles, Doubles]:
        """Return what the nearest examples say, and how near the company's subjects a row is.

        Returns:
            Log-probabilities, shape (rows, intents), and closeness, shape (rows,): cosine to
            the nearest example plus cosine to the nearest prototype, -2 to 2.
        """
        alike = vectors @ self.examples.T
        nearest = alike.max(axis=1)
        near = np.exp(NEIGHBOUR_SHARPNESS * (alike - nearest[:, None]))
        count = len(self.rarity)
        mass = np.stack([np.bincount(self.owners, weights=row, minlength=count) for row in near])
        logs = log_softmax(np.log(mass * self.rarity + 1e-9))
        seen = (unit(vectors - self.centre) @ self.prototypes.T).max(axis=1)
        return logs, (nearest + seen).astype(np.float64)

    def strangeness(self, vectors: Floats) -> Doubles:
        """Return log-odds of being out of scope, shape (rows,); 0 when no example tells."""
        return (vectors @ self.foreign + self.foreign_bias).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Opinions:
    """What the members say about some messages, before it is weighed."""

    logs: Doubles
    """Shape (messages, members, intents)."""
    scope: Doubles
    """Larger for messages that look like the company's business, shape (messages,). Log-odds
    by kind, arbitrary by zero point; `Scale` makes 0 to 1 of it."""

    def pooled(self, blend: Doubles) -> Doubles:
        """Return calibrated log-probabilities, shape (messages, intents)."""
        return log_softmax(np.einsum("m,nmk->nk", blend, self.logs))


def read_wording(wording: Wording, rows: Sequence[Row]) -> Opinions:
    """Judge messages by their words alone."""
    margins = wording.margins(rows)
    logs = log_softmax(margins * WORDING_SHARPNESS)
    familiar = np.array([row.familiar for row in rows])
    scope = TEXT_CERTAINTY_WEIGHT * logs.max(axis=1) + TEXT_MARGIN_WEIGHT * margins.max(axis=1)
    scope = scope + TEXT_FAMILIAR_WEIGHT * familiar
    return Opinions(logs=logs[:, None, :], scope=scope)


def read_both(wording: Wording, meaning: Meaning, rows: Sequence[Row], vectors: Floats) -> Opinions:
    """Judge messages by words and vectors."""
    regression = meaning.regression(vectors)
    neighbours, closeness = meaning.look_around(vectors)
    words = log_softmax(wording.margins(rows) * WORDING_SHARPNESS)
    familiar = np.array([row.familiar for row in rows])
    # The regression's raw probability is low between intents, closeness is low far from all of
    # them. A calibrated probability would rank worse than the raw one.
    scope = regression.max(axis=1) + CLOSENESS_WEIGHT * closeness + FAMILIAR_WEIGHT * familiar
    scope -= FOREIGN_WEIGHT * meaning.strangeness(vectors)
    return Opinions(logs=np.stack([regression, neighbours, words], axis=1), scope=scope)


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns raw scope into 0 to 1 by where the company's own messages fall."""

    marks: Doubles
    """Raw scope at each of SCOPE_LEVELS, strictly ascending."""

    @classmethod
    def of(cls, scopes: Doubles) -> Scale:
        """Measure the scale on messages known to be in scope, judged without knowing them."""
        marks = np.quantile(scopes, SCOPE_LEVELS)
        spread = max(float(marks[4] - marks[2]), 0.1)
        # The ends lie beyond what was seen, so that order is kept there too.
        marks[0], marks[-1] = marks[1] - 2 * spread, max(marks[-1], marks[-2] + spread / 4)
        return cls(marks=marks + np.arange(len(marks)) * 1e-6)

    def __call__(self, scope: float) -> float:
        """Return 0 to 1, ascending in `scope`."""
        return float(np.interp(scope, self.marks, SCOPE_VALUES))
