"""Turning evidence features into the probability that a reply is right.

A logistic regression with a ridge penalty, fitted by Newton's method: a handful of features and a
few hundred labels need nothing larger, and the weights can be read. The card beside it says how
far its probabilities can be believed and which features matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LEAST = 10
"""Labels of either kind below which nothing is fitted."""
PENALTY = 1.0
"""Ridge, in units of one label: strong enough that separable data give finite weights."""
_ROUNDS = 50
_CONVERGED = 1e-8
_NO_SPREAD = 1e-9
_BINS = 10


class NotFittedError(ValueError):
    """The labels cannot carry a fit; says why, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A fitted score. Weights are for standardised features."""

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    labels: int
    wrong: int

    @property
    def version(self) -> str:
        """A short hash of everything that decides a score."""
        body = json.dumps(
            [self.names, self.means, self.scales, self.weights, self.intercept], allow_nan=False
        )
        return hashlib.sha256(body.encode()).hexdigest()[:12]

    def score(self, features: Mapping[str, float]) -> float:
        """Return the probability that a reply with these features is right; absent ones are 0."""
        total = self.intercept
        for name, mean, scale, weight in zip(
            self.names, self.means, self.scales, self.weights, strict=True
        ):
            total += weight * (features.get(name, 0.0) - mean) / scale
        return 1 / (1 + exp(-max(-700.0, min(700.0, total))))


class Scoring(Protocol):
    """Anything that turns features into a score."""

    @property
    def names(self) -> tuple[str, ...]:
        """The features it looks at."""
        ...

    @property
    def means(self) -> tuple[float, ...]:
        """A usual value of each, by which one is made constant."""
        ...

    def score(self, features: Mapping[str, float], /) -> float:
        """Return the score."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Replies of similar score: what was said of them, and what was so."""

    count: int
    said: float
    """Mean score."""
    right: float
    """Share that was right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How far a score can be believed. Measured on labels it was not fitted on."""

    bins: tuple[Bin, ...]
    ece: float
    """Expected calibration error: mean distance between said and so, weighted by count."""
    brier: float
    auroc: float | None
    """Probability that a right reply scores above a wrong one; None when all are of one kind."""
    importance: tuple[tuple[str, float], ...]
    """What AUROC loses when a feature is made constant, most important first."""


def fit(rows: Sequence[Mapping[str, float]], right: Sequence[bool]) -> Calibration:
    """Return the score that fits the labels best.

    Raises:
        NotFittedError: There are too few labels, or all are of one kind.
    """
    wrong = len(right) - sum(right)
    if len(rows) != len(right):
        raise ValueError("there must be one label for each row")
    if min(wrong, len(right) - wrong) < LEAST:
        raise NotFittedError(
            f"{len(right)} labels, {wrong} of them wrong: a score is fitted from at least "
            f"{LEAST} right and {LEAST} wrong ones"
        )
    names = tuple(sorted({name for row in rows for name in row}))
    table = _table(rows, names)
    means, scales = table.mean(axis=0), table.std(axis=0)
    # A feature that never varies says nothing; dividing by its zero spread would say anything.
    scales = np.where(scales < _NO_SPREAD, 1.0, scales)
    weights = _newton((table - means) / scales, np.asarray(right, dtype=np.float64))
    return Calibration(
        names=names,
        means=tuple(float(value) for value in means),
        scales=tuple(float(value) for value in scales),
        weights=tuple(float(value) for value in weights[1:]),
        intercept=float(weights[0]),
        labels=len(right),
        wrong=wrong,
    )


def card(calibration: Scoring, rows: Sequence[Mapping[str, float]], right: Sequence[bool]) -> Card:
    """Return how a score does on labels it was not fitted on."""
    said = np.asarray([calibration.score(row) for row in rows], dtype=np.float64)
    so = np.asarray(right, dtype=bool)
    bins = _bins(said, so)
    total = max(len(rows), 1)
    whole = auroc(said, so)
    return Card(
        bins=bins,
        ece=sum(one.count * abs(one.said - one.right) for one in bins) / total,
        brier=float(np.mean((said - so) ** 2)) if len(rows) else 0.0,
        auroc=whole,
        importance=() if whole is None else _importance(calibration, rows, so, whole),
    )


def auroc(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve (ties count half), or None with one kind only."""
    good = int(right.sum())
    bad = right.size - good
    if not good or not bad:
        return None
    values, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    del values
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[right].sum() - good * (good + 1) / 2) / (good * bad))


def _table(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    table = np.asarray([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float64)
    if not np.isfinite(table).all():
        raise ValueError("a feature is not a number")
    return table


def _newton(table: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maximise the penalised likelihood; the intercept is not penalised."""
    design = np.hstack([np.ones((table.shape[0], 1)), table])
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        said = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (right - said) - penalty * weights
        curve = (design * (said * (1 - said))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        # A full step may overshoot where the curve is flat; none of a sound fit is longer.
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        weights = weights + step
        if float(np.abs(step).max()) < _CONVERGED:
            break
    return weights


def _bins(said: NDArray[np.float64], so: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Cut the replies into bins of equal count, lowest scores first."""
    order = np.argsort(said, kind="stable")
    parts = [part for part in np.array_split(order, min(_BINS, max(said.size, 1))) if part.size]
    return tuple(
        Bin(count=int(part.size), said=float(said[part].mean()), right=float(so[part].mean()))
        for part in parts
    )


def _importance(
    calibration: Scoring,
    rows: Sequence[Mapping[str, float]],
    right: NDArray[np.bool_],
    whole: float,
) -> tuple[tuple[str, float], ...]:
    found = []
    for name, mean in zip(calibration.names, calibration.means, strict=True):
        without = np.asarray([calibration.score({**row, name: mean}) for row in rows])
        found.append((name, whole - (auroc(without, right) or 0.0)))
    return tuple(sorted(found, key=lambda pair: -pair[1]))
