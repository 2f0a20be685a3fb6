"""Fit the weights of the injection screen, and say how well they carry over.

Usage: python -m benchmarks.fit_injection [DATA_FOLDER] [--check]

Prints Markdown tables of a four-fold cross-validation by group (attack case, attack category,
conversation) and of each attack source left out as a whole; then fits on everything and writes
`src/firstline/proof/injection/weights.bin`. With --check nothing is written.
"""

from __future__ import annotations

import argparse
import os
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import firstline.proof.injection as package
from benchmarks.injection_data import Example, cut, examples, marks
from firstline.proof.injection.features import COLUMNS, columns, surroundings
from firstline.proof.injection.model import FILE, SHRINK, Head, Model, encoded
from firstline.proof.injection.screen import FEWEST_STRAY, FEWEST_WORDS, phrase_places

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

FOLDS = 4
SEEDS = (7, 8, 9, 10, 11)
ROUNDS = 3
KEPT = 3
"""Windows of an attack that are learnt from, when it is not known which of them attack."""
REGULARISATION = 30.0
ATTACK_THRESHOLD = -0.35
STRAY_THRESHOLD = 0.4
NOWHERE = -9.0
DATA = Path(__file__).parent.parent.parent / "shared" / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All windows of all examples."""

    examples: Sequence[Example]
    own: Any
    """Sparse, one row a window: the columns of the window."""
    placed: Any
    """Sparse, one row a window: those of its surroundings too."""
    owner: NDArray[np.int64]
    """Index of the example of each window."""
    label: NDArray[np.int64]
    words: NDArray[np.int64]
    amid: Mask
    """Whether a window stands amid a longer text and asks for something."""
    phrases: Mask
    """Whether the phrases alone find an example."""


def table_of(found: Sequence[Example]) -> Table:
    """Return every window of the examples as hashed columns."""
    own, placed = _Rows(), _Rows()
    owner: list[int] = []
    label: list[int] = []
    words: list[int] = []
    amid: list[bool] = []
    for at, example in enumerate(found):
        parts = cut(example)
        for part, around, mark in zip(
            parts, surroundings(parts), marks(example, parts), strict=True
        ):
            alone = columns(part)
            own.add(alone)
            placed.add(alone | around)
            owner.append(at)
            label.append(mark)
            words.append(part.words)
            amid.append(bool(around) and part.words >= FEWEST_STRAY and part.asks)
    return Table(
        examples=found,
        own=own.matrix(),
        placed=placed.matrix(),
        owner=np.array(owner),
        label=np.array(label),
        words=np.array(words),
        amid=np.array(amid),
        phrases=np.array([bool(phrase_places(item.text)) for item in found]),
    )


class _Rows:
    """Builds a sparse matrix row by row."""

    def __init__(self) -> None:
        self._columns: list[int] = []
        self._ends = [0]
        self._values: list[float] = []

    def add(self, found: set[int] | frozenset[int]) -> None:
        self._columns.extend(sorted(found))
        self._values.extend([1.0 / float(np.sqrt(len(found) + SHRINK))] * len(found))
        self._ends.append(len(self._columns))

    def matrix(self) -> Any:
        return sparse.csr_matrix(
            (np.array(self._values), np.array(self._columns), np.array(self._ends)),
            shape=(len(self._ends) - 1, COLUMNS),
        )


def fit_attack(table: Table, train: Mask) -> tuple[Vector, float]:
    """Return the weights that tell attacks, by multiple-instance rounds.

    Which windows of an attack attack is known for some sources only: first all of them are
    learnt from, then those few that score highest (Andrews et al., NIPS 2002, MI-SVM).
    """
    task = np.array([item.task for item in table.examples])
    weight = np.array([item.weight for item in table.examples])[table.owner]
    use = train[table.owner] & ~task[table.owner] & (table.words >= FEWEST_WORDS)
    positive = use & (table.label == 1)
    counts = np.bincount(table.owner[positive], minlength=len(table.examples))
    found, constant = np.zeros(COLUMNS), 0.0
    for turn in range(ROUNDS):
        weights = np.where(use, weight, 0.0)
        chosen = np.flatnonzero(positive)
        if turn:
            scores = table.own @ found + constant
            weights[positive] = 0.0
            chosen = _best(chosen[np.argsort(-scores[chosen], kind="stable")], table.owner)
        most = KEPT if turn else 10**6
        weights[chosen] = weight[chosen] / np.sqrt(np.minimum(counts[table.owner[chosen]], most))
        found, constant = _logistic(table.own, table.label, weights)
    return found, constant


def _best(ranked: NDArray[np.int64], owner: NDArray[np.int64]) -> NDArray[np.int64]:
    seen: Counter[int] = Counter()
    kept: list[int] = []
    for at in ranked:
        if seen[owner[at]] < KEPT:
            seen[owner[at]] += 1
            kept.append(int(at))
    return np.array(kept, dtype=np.int64)


def fit_stray(table: Table, train: Mask) -> tuple[Vector, float]:
    """Return the weights that tell a request that has no place in its text."""
    task = np.array([item.task for item in table.examples])
    hard = np.array([item.source == "NotInject" for item in table.examples])
    weight = np.array([item.weight for item in table.examples])[table.owner]
    use = train[table.owner] & ~hard[table.owner] & table.amid
    use &= (table.label == 0) | task[table.owner]
    return _logistic(table.placed, table.label, np.where(use, weight, 0.0))


def _logistic(matrix: Any, label: NDArray[np.int64], weights: Vector) -> tuple[Vector, float]:
    used = weights > 0.0
    model = LogisticRegression(C=REGULARISATION, max_iter=80, tol=1e-3)
    model.fit(matrix[used], label[used], sample_weight=weights[used])
    return model.coef_[0], float(model.intercept_[0])


def scores_of(
    table: Table, attack: tuple[Vector, float], stray: tuple[Vector, float]
) -> tuple[Vector, Vector]:
    """Return the highest score of any window, for each example and each head."""
    first = table.own @ attack[0] + attack[1]
    second = table.placed @ stray[0] + stray[1]
    first[table.words < FEWEST_WORDS] = NOWHERE
    second[~table.amid] = NOWHERE
    return _highest(table, first), _highest(table, second)


def _highest(table: Table, scores: Vector) -> Vector:
    found = np.full(len(table.examples), NOWHERE)
    np.maximum.at(found, table.owner, scores)
    return found


def averaged(
    tables: Sequence[Table], keep: Callable[[Example], bool]
) -> tuple[tuple[Vector, float], tuple[Vector, float]]:
    """Return both heads, the mean of those of each sample: less depends on what was drawn."""
    fits = []
    for table in tables:
        train = np.array([keep(item) for item in table.examples])
        fits.append((fit_attack(table, train), fit_stray(table, train)))
    first, second = (
        (
            np.mean([fit[head][0] for fit in fits], axis=0),
            float(np.mean([fit[head][1] for fit in fits])),
        )
        for head in (0, 1)
    )
    return first, second


def cross_validated(tables: Sequence[Table]) -> Mask:
    """Return for each example whether it is found by weights that never saw its group."""
    table = tables[0]
    folds = np.array([fold_of(item) for item in table.examples])
    found = table.phrases.copy()
    for number in range(FOLDS):
        fits = averaged(tables, lambda item, number=number: fold_of(item) != number)  # type: ignore[misc]  # mypy cannot type a default of a lambda
        test = folds == number
        found[test] |= flagged(table, *fits)[test]
    return found


def fold_of(item: Example) -> int:
    """Return the fold of an example's group."""
    return crc32(item.group.encode()) % FOLDS


def flagged(table: Table, attack: tuple[Vector, float], stray: tuple[Vector, float]) -> Mask:
    """Return which examples the weights find."""
    first, second = scores_of(table, attack, stray)
    found: Mask = (first > ATTACK_THRESHOLD) | (second > STRAY_THRESHOLD)
    return found


def left_out(tables: Sequence[Table]) -> dict[str, Mask]:
    """Return for each public attack source what weights find that never saw that source."""
    table = tables[0]
    sources = sorted({item.source for item in table.examples if item.public and item.label})
    found = {}
    for source in sources:
        test = np.array([item.source == source for item in table.examples])
        fits = averaged(tables, lambda item, source=source: item.source != source)  # type: ignore[misc]  # mypy cannot type a default of a lambda
        found[source] = (flagged(table, *fits) | table.phrases) & test
    return found


def print_tables(table: Table, found: Mask, alone: dict[str, Mask]) -> None:
    """Print recall and false alarms by source."""
    public = np.array([bool(item.public and item.label) for item in table.examples])
    print(f"Recall on the labelled pool: {100 * found[public].mean():.1f} %\n")
    print("| source | label | texts | flagged | phrases alone | source left out |")
    print("|---|---|---|---|---|---|")
    cells: defaultdict[tuple[int, str, str], list[int]] = defaultdict(list)
    for at, item in enumerate(table.examples):
        cells[(item.label, item.source, item.kind)].append(at)
    for (label, source, kind), places in sorted(cells.items()):
        whole = alone.get(source)
        out = f"{100 * whole[places].mean():.1f} %" if whole is not None else ""
        print(
            f"| {source} {kind} | {label} | {len(places)} | {100 * found[places].mean():.1f} % "
            f"| {100 * table.phrases[places].mean():.1f} % | {out} |"
        )


def quantised(fit: tuple[Vector, float], threshold: float) -> Head:
    """Return a head with 16-bit weights."""
    largest = float(np.abs(fit[0]).max()) or 1.0
    scale = largest / 32_767.0
    weights = array("h", np.rint(fit[0] / scale).astype(np.int16).tobytes())
    return Head(weights=weights, scale=scale, constant=fit[1], threshold=threshold)


def main() -> None:
    """Check, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default=os.environ.get("FIRSTLINE_SHARED_DATA", ""))
    parser.add_argument("--check", action="store_true", help="write nothing")
    told = parser.parse_args()
    data = Path(told.data) if told.data else DATA
    tables = [table_of(examples(data, seed=seed)) for seed in SEEDS]
    print_tables(tables[0], cross_validated(tables), left_out(tables))
    if told.check:
        return
    attack, stray = averaged(tables, lambda _: True)
    model = Model(
        attack=quantised(attack, ATTACK_THRESHOLD), stray=quantised(stray, STRAY_THRESHOLD)
    )
    target = Path(package.__file__).with_name(FILE)
    target.write_bytes(encoded(model))
    print(f"\nWrote {target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
