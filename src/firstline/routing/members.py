"""Fitting the members of the classifier.

The only module that imports scikit-learn, and it does so late: a process that finds its
classifier in the cache never pays for it. Everything is seeded.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firstline.routing.lesson import Indices, Lesson
from firstline.routing.scoring import Floats, Meaning, Wording, unit

SEED: Final = 20
REGRESSION_C: Final = 20.0
WORDING_C: Final = 1.0
FOREIGN_C: Final = 1.0
BALANCE: Final = 0.5
"""How far rare intents are lifted: 0 not at all, 1 to the weight of the common ones."""


def fit_wording(lesson: Lesson, chosen: Indices) -> Wording:
    """Fit the linear machine on the n-grams of the chosen texts."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - see the module's head
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - as above

    rows = [lesson.rows[place] for place in chosen]
    owners = lesson.owners[chosen]
    present = np.unique(owners)
    weights = np.zeros((len(lesson.index.keys), len(lesson.labels)), dtype=np.float32)
    bias = np.full(len(lesson.labels), -1.0, dtype=np.float32)
    if len(present) > 1:
        ends = np.cumsum([0] + [len(row.columns) for row in rows])
        values = np.concatenate([row.values for row in rows]).astype(np.float64)
        columns = np.concatenate([row.columns for row in rows])
        table = csr_matrix((values, columns, ends), shape=(len(rows), len(weights)))
        machine = LinearSVC(C=WORDING_C, tol=1e-2, random_state=SEED)
        machine = _fitted(machine, table, owners, _rarity(owners)[owners])
        slope, offset = _per_intent(machine.coef_, machine.intercept_, scale=1.0)
        weights[:, present], bias[present] = slope.T, offset
    return Wording(weights=weights, bias=bias)


def fit_meaning(lesson: Lesson, chosen: Indices, foreign: Floats | None) -> Meaning:
    """Fit all that is learnt from the vectors of the chosen texts."""
    assert lesson.vectors is not None  # noqa: S101 - for the type checker; callers look first
    vectors, owners = lesson.vectors[chosen], lesson.owners[chosen]
    count, dim = len(lesson.labels), vectors.shape[1]
    present = np.unique(owners)
    rarity = _rarity(owners, count)
    weights, bias = _regression(vectors, owners, rarity, count)
    means = np.zeros((count, dim), dtype=np.float32)
    np.add.at(means, owners, vectors)
    means[present] /= np.bincount(owners, minlength=count)[present][:, None]
    # With a single intent there is nothing to see it apart from.
    centre = vectors.mean(axis=0) if len(present) > 1 else np.zeros(dim, dtype=np.float32)
    prototypes = np.zeros_like(means)
    prototypes[present] = unit(means[present] - centre)
    direction, offset = _foreign_direction(vectors, foreign)
    return Meaning(
        weights=weights,
        bias=bias,
        examples=vectors,
        owners=owners,
        rarity=rarity,
        centre=centre,
        prototypes=prototypes,
        foreign=direction,
        foreign_bias=offset,
    )


def _regression(
    vectors: Floats, owners: NDArray[np.int32], rarity: Floats, count: int
) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - see the module's head

    present = np.unique(owners)
    weights = np.zeros((vectors.shape[1], count), dtype=np.float32)
    # An intent without a text in this fold must not win.
    bias = np.full(count, -20.0, dtype=np.float32)
    if len(present) == 1:
        bias[present] = 0.0
        return weights, bias
    model = _fitted(
        LogisticRegression(C=REGRESSION_C, max_iter=200), vectors, owners, rarity[owners]
    )
    slope, offset = _per_intent(model.coef_, model.intercept_, scale=0.5)
    weights[:, present], bias[present] = slope.T, offset
    return weights, bias


def _foreign_direction(vectors: Floats, foreign: Floats | None) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - see the module's head

    if foreign is None or not len(foreign):
        return np.zeros(vectors.shape[1], dtype=np.float32), 0.0
    both = np.vstack([vectors, foreign])
    is_foreign = np.repeat(np.array([0, 1], dtype=np.int32), [len(vectors), len(foreign)])
    weight = _rarity(is_foreign)[is_foreign]
    model = _fitted(LogisticRegression(C=FOREIGN_C, max_iter=200), both, is_foreign, weight)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def _fitted(model: Any, rows: Any, owners: NDArray[np.int32], weight: Floats) -> Any:
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - see the module's head

    with warnings.catch_warnings():
        # A member stopped early is still good; cross-validation weighs it as it is.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, owners, sample_weight=weight)


def _rarity(owners: NDArray[np.int32], count: int | None = None) -> Floats:
    """Return what an example of each intent weighs; 1 on average over the examples."""
    sizes = np.bincount(owners, minlength=count or 0)
    weight = np.maximum(sizes, 1) ** -BALANCE
    return np.asarray(weight * len(owners) / (sizes * weight).sum(), dtype=np.float32)


def _per_intent(
    slope: NDArray[np.floating], offset: NDArray[np.floating], *, scale: float
) -> tuple[Floats, Floats]:
    """Give each intent its own row; scikit-learn describes two intents by a single one."""
    if len(slope) == 1:
        slope = np.concatenate([-slope, slope]) * scale
        offset = np.concatenate([-offset, offset]) * scale
    return slope.astype(np.float32), offset.astype(np.float32)
