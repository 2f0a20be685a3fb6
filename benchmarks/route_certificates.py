"""Do routing certificates hold on recorded data? 200 halves: certify on one, count on the other.

    FIRSTLINE_SHARED_DATA=... python -m benchmarks.route_certificates

A certificate for "route without asking a model" promises that at most alpha of what is routed so
goes the wrong way, messages out of scope included. The classifier learns from one part of a set,
the grid of thresholds is laid by the scores of a second part, and the rest is halved 200 times.
The other half is finite, so part of the broken promises below is its own noise.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from benchmarks.routing import Remembering, case_of, lines
from firstline.evals.route import RouteCase
from firstline.knowledge import find_encoder
from firstline.records import OUT_OF_SCOPE
from firstline.routing import Classifier
from firstline.trust.thresholds import Grid, choose, grid_of

SPLITS = 200
DELTA = 0.05
ALPHAS = (0.02, 0.05)
Scored = tuple[NDArray[np.float64], NDArray[np.bool_]]


def main() -> int:
    """Print one table."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FIRSTLINE_SHARED_DATA", "."))
    if not (data / "routing_banking77").is_dir() or not (data / "routing_clinc150").is_dir():
        print("The public data is not here (FIRSTLINE_SHARED_DATA): nothing was measured.")
        return 0
    print("| set | promise | rule | broken | no certificate | routed | oracle |")
    print("|---|---|---|---|---|---|---|")
    chance = random.Random(5)  # noqa: S311 - drawing test messages
    for name, learn, refer, sample in (_banking(data, chance), _clinc(data, chance)):
        classifier, encoder = _learnt(learn)
        grid = grid_of(_scored(classifier, encoder, refer)[0])
        _rows(name, grid, _scored(classifier, encoder, sample))
    return 0


Parts = tuple[str, list[RouteCase], list[RouteCase], list[RouteCase]]


def _banking(data: Path, chance: random.Random) -> Parts:
    cases = [case_of(entry) for entry in lines(data / "routing_banking77")]
    chance.shuffle(cases)
    return "banking77", cases[:4000], cases[4000:6000], cases[6000:]


def _clinc(data: Path, chance: random.Random) -> Parts:
    parts: dict[str, list[RouteCase]] = {}
    for entry in lines(data / "routing_clinc150"):
        parts.setdefault(entry["part"], []).append(case_of(entry))
    train = parts["train"]
    chance.shuffle(train)
    foreign = parts["oos_val"] + parts["oos_train"]
    return "clinc150 + 200 out of scope", train[:9000], train[9000:11000], parts["val"] + foreign


def _learnt(learn: Sequence[RouteCase]) -> tuple[Classifier, Remembering]:
    plain = find_encoder()
    if plain is None:
        raise SystemExit("This benchmark needs the sentence encoder.")
    encoder = Remembering(plain)
    return Classifier.fit([(case.text, case.label) for case in learn], encoder), encoder


def _scored(classifier: Classifier, encoder: Remembering, cases: Sequence[RouteCase]) -> Scored:
    """Return how sure the classifier is of each message, and whether it is wrong."""
    scores, wrong = [], []
    for case in cases:
        told = classifier.classify(case.text, encoder.encode([case.text])[0])
        best = told.intents[0] if told.intents else None
        scores.append((best.probability if best else 0.0) * told.in_scope)
        wrong.append(best is None or best.intent != case.label or case.label == OUT_OF_SCOPE)
    return np.asarray(scores), np.asarray(wrong)


def _rows(name: str, grid: Grid, scored: Scored) -> None:
    scores, wrong = scored
    for alpha in ALPHAS:
        draw = np.random.default_rng(9)
        found: dict[str, list[tuple[float | None, float]]] = {"certificate": [], "naive": []}
        best = []
        for _ in range(SPLITS):
            order = draw.permutation(scores.size)
            here, there = order[: scores.size // 2], order[scores.size // 2 :]
            chosen = choose(scores[here], wrong[here], grid, alpha=alpha, delta=DELTA)
            certified = None if chosen is None else chosen.threshold
            for rule, threshold in (
                ("certificate", certified),
                ("naive", _naive(scores[here], wrong[here], grid, alpha)),
            ):
                found[rule].append(_outcome(threshold, scores[there], wrong[there]))
            best.append(_oracle(scores[there], wrong[there], alpha))
        for rule, outcomes in found.items():
            broken = np.mean([error is not None and error > alpha for error, _ in outcomes])
            none = np.mean([error is None for error, _ in outcomes])
            sent = np.mean([share for _, share in outcomes])
            print(
                f"| {name} | <= {alpha:.0%} wrong | {rule} | {broken:.1%} | {none:.0%} "
                f"| {sent:.0%} | {np.mean(best):.0%} |",
                flush=True,
            )


def _outcome(
    threshold: float | None, scores: NDArray[np.float64], wrong: NDArray[np.bool_]
) -> tuple[float | None, float]:
    """Return the error among what a threshold lets through, and its share."""
    if threshold is None:
        return None, 0.0
    above = scores >= threshold
    return (float(wrong[above].mean()) if above.any() else 0.0), float(above.mean())


def _naive(
    scores: NDArray[np.float64], wrong: NDArray[np.bool_], grid: Grid, alpha: float
) -> float | None:
    good = [
        threshold
        for threshold in grid.thresholds
        if (scores >= threshold).any() and wrong[scores >= threshold].mean() <= alpha
    ]
    return min(good, default=None)


def _oracle(scores: NDArray[np.float64], wrong: NDArray[np.bool_], alpha: float) -> float:
    """Return the largest share within the promise, for one who knows all labels."""
    order = np.argsort(-scores)
    errors = np.cumsum(wrong[order]) / np.arange(1, scores.size + 1)
    within = np.flatnonzero(errors <= alpha)
    return float((within[-1] + 1) / scores.size) if within.size else 0.0


if __name__ == "__main__":
    raise SystemExit(main())
