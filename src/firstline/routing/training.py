"""Learning intents from examples: fit the members, and calibrate them by cross-validation.

The same examples and the same encoder give the same classifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firstline.routing.learnt import Learnt
from firstline.routing.lesson import Indices, Lesson, SentenceEncoder, prepare
from firstline.routing.members import SEED, fit_meaning, fit_wording
from firstline.routing.scoring import (
    Doubles,
    Opinions,
    Scale,
    Wording,
    log_softmax,
    read_both,
    read_wording,
)
from firstline.routing.spelling import Spelling

Progress = Callable[[int, int], None]
"""Told how many steps are done, of how many."""

BLEND_BOTH: Final = (1.5, 0.3, 0.5)
"""Where the weights of regression, neighbours and wording start, and stay without evidence."""
BLEND_TEXT: Final = (3.0,)
PRIOR_WEIGHT: Final = 2.0
"""How many examples it takes to move a weight off its start by a factor of e."""
SMALLEST_BLEND, LARGEST_BLEND = 0.01, 20.0
FEW, MANY = 600, 4000
"""Up to FEW examples there are ten folds, up to MANY five; beyond, one part is held out once."""
MOST_HELD_OUT: Final = 3000
TYPICAL_BOTH: Final = (4.8, 5.9, 6.6, 7.2, 7.6, 8.0, 8.3, 8.7, 9.1, 9.6)
TYPICAL_TEXT: Final = (0.0, 0.8, 1.4, 1.9, 2.3, 2.7, 3.2, 3.6, 4.1, 4.7)
"""Raw scope of in-scope messages elsewhere, at their 5, 15, ... 95 % quantiles."""
TYPICAL_FADES: Final = 300
MOST_TYPICAL: Final = 5
"""The typical scopes stand in, up to five times over, until a company has this many examples."""


def learn(
    examples: Sequence[tuple[str, str]],
    encoder: SentenceEncoder | None,
    *,
    progress: Progress | None = None,
) -> Learnt:
    """Fit all members on the examples and calibrate them.

    Raises:
        WorkspaceError: No example says anything, so there is nothing to learn.
    """
    lesson = prepare(examples, encoder)
    folds = tuple(_folds(lesson))
    told = progress or _silent
    steps = len(folds) + 1
    told(0, steps)
    tests = []
    for done, (taught, held) in enumerate(folds, start=1):
        tests.append(_tested(lesson, taught, held))
        told(done, steps)
    every = np.arange(len(lesson.texts))
    wording = fit_wording(lesson, every)
    meaning = None if lesson.vectors is None else fit_meaning(lesson, every, lesson.foreign)
    text_blend, text_scale = _calibrated(
        [(test.owners, test.text) for test in tests], BLEND_TEXT, TYPICAL_TEXT
    )
    blend, scale = text_blend, text_scale
    if meaning is not None:
        both = [(test.owners, test.both) for test in tests if test.both is not None]
        blend, scale = _calibrated(both, BLEND_BOTH, TYPICAL_BOTH)
    told(steps, steps)
    return Learnt(
        labels=lesson.labels,
        encoder_name=None if encoder is None else encoder.name,
        index=lesson.index,
        spelling=Spelling.of(lesson.texts),
        # Half precision: twice as fast to load, and the margins differ by less than 0.001.
        wording=Wording(weights=wording.weights.astype(np.float16), bias=wording.bias),
        text_blend=text_blend,
        text_scale=text_scale,
        meaning=meaning,
        blend=blend,
        scale=scale,
    )


def _silent(done: int, total: int) -> None:
    del done, total


@dataclass(frozen=True, slots=True)
class _Test:
    """What members that had not seen some examples said about them."""

    owners: NDArray[np.int32]
    text: Opinions
    both: Opinions | None


def _folds(lesson: Lesson) -> Iterator[tuple[Indices, Indices]]:
    """Yield which texts to learn from and which to be tested on."""
    count = 10 if lesson.named <= FEW else 5
    rng = np.random.default_rng(SEED)
    shuffled = rng.permutation(lesson.named)
    fold_of: dict[int, int] = {}
    # Dealt out intent by intent, so that every fold has its share of each.
    for place in shuffled[np.argsort(lesson.owners[shuffled], kind="stable")]:
        fold_of.setdefault(int(lesson.twins[place]), len(fold_of) % count)
    fold = np.array([fold_of.get(int(twin), -1) for twin in lesson.twins])
    fold[lesson.named :] = -1
    for number in range(count if lesson.named <= MANY else 1):
        taught = np.flatnonzero(fold != number)
        held = np.flatnonzero(fold == number)[:MOST_HELD_OUT]
        held = held[np.isin(lesson.owners[held], lesson.owners[taught])]
        if len(held):
            yield taught, held


def _tested(lesson: Lesson, taught: Indices, held: Indices) -> _Test:
    rows = [lesson.rows[place] for place in held]
    wording = fit_wording(lesson, taught)
    both = None
    if lesson.vectors is not None:
        meaning = fit_meaning(lesson, taught, lesson.foreign)
        both = read_both(wording, meaning, rows, lesson.vectors[held])
    return _Test(owners=lesson.owners[held], text=read_wording(wording, rows), both=both)


def _calibrated(
    tests: Sequence[tuple[NDArray[np.int32], Opinions]],
    start: tuple[float, ...],
    typical: tuple[float, ...],
) -> tuple[Doubles, Scale]:
    if not tests:
        return np.array(start), Scale.of(np.array(typical))
    scopes = np.concatenate([opinions.scope for _, opinions in tests])
    stand_ins = np.tile(typical, min(MOST_TYPICAL, TYPICAL_FADES // len(scopes)))
    scopes = np.concatenate([scopes, stand_ins])
    owners = np.concatenate([owners for owners, _ in tests])
    logs = np.concatenate([opinions.logs for _, opinions in tests])
    return best_blend(logs, owners, np.array(start)), Scale.of(scopes)


def best_blend(logs: Doubles, owners: NDArray[np.int32], start: Doubles) -> Doubles:
    """Return the weights under which the pooled probabilities fit the truth best.

    Minimises the negative log-likelihood plus a normal prior on the logarithm of each weight,
    so that weights stay positive and a handful of examples cannot move them far.

    Args:
        logs: Log-probabilities, shape (examples, members, intents).
        owners: The true intents, shape (examples,).
        start: Weights to begin with, shape (members,).
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - scipy is needed for learning only

    places = np.arange(len(owners))
    of_truth = logs[places, :, owners]

    def loss(tilt: Doubles) -> tuple[float, Doubles]:
        blend = start * np.exp(tilt)
        pooled = log_softmax(np.einsum("m,nmk->nk", blend, logs))
        expected = np.einsum("nmk,nk->nm", logs, np.exp(pooled))
        slope = (expected - of_truth).sum(axis=0) * blend + PRIOR_WEIGHT * tilt
        value = -pooled[places, owners].sum() + PRIOR_WEIGHT / 2 * (tilt**2).sum()
        return float(value) / len(owners), slope / len(owners)

    bounds = [(np.log(SMALLEST_BLEND / s), np.log(LARGEST_BLEND / s)) for s in start]
    found = minimize(loss, np.zeros(len(start)), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(start * np.exp(found.x), dtype=np.float64)
