"""How well messages are routed, measured on messages with known intents."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firstline.errors import InputError, Place
from firstline.evals.cases import read_cases
from firstline.evals.search import auroc
from firstline.knowledge import Encoder
from firstline.records import OUT_OF_SCOPE
from firstline.routing import Classifier

BINS: Final = 15
COVERED_ACCURACY: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCase:
    """A message and the intent it has."""

    text: str
    label: str
    """An intent, or `oos`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentReport:
    """What one intent scored among the in-scope cases."""

    n: int
    """Cases that have it."""
    precision: float
    """0 when it was never told."""
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteReport:
    """What a classifier scored. Figures over no case are None."""

    n: int
    """All cases, in scope or not."""
    accuracy: float | None
    """Share of the in-scope cases whose most probable intent is right."""
    ece: float | None
    """Expected calibration error of that intent's probability, 15 equal bins (Guo et al. 2017)."""
    oos_auroc: float | None
    """How surely `in_scope` ranks an in-scope case above an out-of-scope one."""
    macro_f1: float | None
    """Mean F1 of the intents the cases have."""
    coverage_at_95: float | None
    """Largest share of the in-scope cases, most probable first, that is 95 % right. Chosen with
    the answers known: what a threshold could reach, not a promise."""
    p50_ms: float
    """Wall time of one message, with encoding it."""
    p99_ms: float
    cpu_ms: float
    """Mean processor time of one message."""
    unknown_labels: Mapping[str, int]
    """Labels of cases that the company does not have, with their number; these count as wrong."""
    per_intent: Mapping[str, IntentReport]

    def as_json(self) -> dict[str, Any]:
        """Return the report under the names of the `eval route --json` format."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "per_intent"}
        fields["unknown_labels"] = dict(self.unknown_labels)
        fields["per_intent"] = {
            label: {
                "n": report.n,
                "precision": report.precision,
                "recall": report.recall,
                "f1": report.f1,
            }
            for label, report in self.per_intent.items()
        }
        return fields


def read_route_cases(path: Path) -> tuple[RouteCase, ...]:
    """Return the cases of a JSONL file of `{"text": ..., "label": ...}` lines.

    Raises:
        InputError: The file cannot be read, a line is wrong, or there is no case in it.
    """
    return read_cases(path, '{"text": ..., "label": ...}', _case)


def _case(fields: dict[str, Any], place: Place) -> RouteCase:
    text, label = fields.get("text"), fields.get("label")
    if not isinstance(text, str) or not isinstance(label, str) or not label.strip():
        raise InputError(
            "this is not a routing case",
            place=place,
            fix='Write {"text": "a message", "label": "its intent"}; '
            'the label "oos" means that no intent covers it',
        )
    return RouteCase(text=text, label=label.strip())


@dataclass(frozen=True, slots=True)
class _Told:
    """What the classifier said about one case, and what that took."""

    intent: str
    probability: float
    in_scope: float
    wall_ms: float
    cpu_ms: float


def evaluate_route(
    classifier: Classifier, encoder: Encoder | None, cases: Sequence[RouteCase]
) -> RouteReport:
    """Return what a classifier scores on cases; one untimed message warms it up.

    A label the classifier does not know counts as wrong and is named in `unknown_labels`, so
    that a test set may be ahead of the company's intents.

    Raises:
        InputError: There are no cases, or the classifier knows none of their labels.
    """
    wanted = [case.label for case in cases if case.label != OUT_OF_SCOPE]
    unknown = Counter(label for label in wanted if label not in classifier.labels)
    if not cases:
        raise InputError("there are no routing cases", fix="Give at least one")
    if wanted and unknown.total() == len(wanted):
        raise InputError(
            f"none of the cases' labels is an intent of this company (first: {wanted[0]})",
            fix="Use the names of intents.yaml as labels",
        )
    _tell(classifier, encoder, cases[0].text)
    told = [_tell(classifier, encoder, case.text) for case in cases]
    inside = [answer for case, answer in zip(cases, told, strict=True) if _is_inside(case)]
    outside = [answer for case, answer in zip(cases, told, strict=True) if not _is_inside(case)]
    sure = np.array([answer.probability for answer in inside])
    right = np.array([a.intent == label for a, label in zip(inside, wanted, strict=True)], bool)
    per_intent = _per_intent(wanted, [answer.intent for answer in inside])
    walls = [answer.wall_ms for answer in told]
    return RouteReport(
        n=len(cases),
        accuracy=float(right.mean()) if inside else None,
        ece=calibration_error(sure, right) if inside else None,
        oos_auroc=auroc([a.in_scope for a in inside], [a.in_scope for a in outside]),
        macro_f1=float(np.mean([i.f1 for i in per_intent.values()])) if inside else None,
        coverage_at_95=coverage_at(COVERED_ACCURACY, sure, right) if inside else None,
        p50_ms=float(np.percentile(walls, 50)),
        p99_ms=float(np.percentile(walls, 99)),
        cpu_ms=float(np.mean([answer.cpu_ms for answer in told])),
        unknown_labels=dict(unknown),
        per_intent=per_intent,
    )


def _is_inside(case: RouteCase) -> bool:
    return case.label != OUT_OF_SCOPE


def _tell(classifier: Classifier, encoder: Encoder | None, text: str) -> _Told:
    cpu, wall = time.process_time(), time.perf_counter()
    vector = None if encoder is None else encoder.encode([text])[0]
    told = classifier.classify(text, vector, None if encoder is None else encoder.encode)
    return _Told(
        intent=told.intents[0].intent,
        probability=told.intents[0].probability,
        in_scope=told.in_scope,
        wall_ms=(time.perf_counter() - wall) * 1000,
        cpu_ms=(time.process_time() - cpu) * 1000,
    )


def _per_intent(wanted: Sequence[str], told: Sequence[str]) -> dict[str, IntentReport]:
    cases, claims = Counter(wanted), Counter(told)
    hits = Counter(want for want, tell in zip(wanted, told, strict=True) if want == tell)
    return {
        label: IntentReport(
            n=count,
            precision=hits[label] / claims[label] if claims[label] else 0.0,
            recall=hits[label] / count,
            f1=2 * hits[label] / (count + claims[label]),
        )
        for label, count in sorted(cases.items())
    }


def calibration_error(sure: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Return the mean gap between probability and accuracy over 15 equal-width bins.

    Each bin counts by its share of the cases; a probability of 1 is in the last bin.
    """
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    total = np.bincount(bins, minlength=BINS)
    gaps = np.bincount(bins, weights=sure - right, minlength=BINS)
    return float(np.abs(gaps).sum() / total.sum())


def coverage_at(accuracy: float, sure: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Return the largest share of cases above one threshold that is at least this accurate."""
    order = np.argsort(-sure, kind="stable")
    correct = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    # A threshold cannot part cases of equal probability.
    last_of_equals = np.append(np.diff(sure[order]) != 0, True)
    reached = np.flatnonzero((correct >= accuracy) & last_of_equals)
    return float((reached[-1] + 1) / len(right)) if len(reached) else 0.0
