"""How well text that gives orders to an assistant is found, measured on labelled texts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstline.errors import InputError, Place
from firstline.evals.cases import read_cases
from firstline.proof.injection import screen
from firstline.proof.normal import normalise

_LABELS: Mapping[str, bool] = {
    "1": True,
    "true": True,
    "injection": True,
    "jailbreak": True,
    "attack": True,
    "0": False,
    "false": False,
    "benign": False,
    "safe": False,
}
_SHAPE = '{"text": …, "label": 0 or 1}'


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionCase:
    """A text, and whether it carries an injection."""

    text: str
    carries: bool
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindReport:
    """What was flagged of one kind of text."""

    n: int
    injections: int
    found: int
    """Injections that were flagged."""
    false_alarms: int
    """Other texts that were flagged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionReport:
    """What the screen scored. Shares of nothing are None."""

    n: int
    recall: float | None
    """Share of the injections that were flagged."""
    false_alarm_rate: float | None
    """Share of the other texts that were flagged."""
    precision: float | None
    mean_ms: float
    """Mean processor time of a text."""
    by_kind: Mapping[str, KindReport]

    def as_json(self) -> dict[str, Any]:
        """Return the report under the names of the `eval injection --json` format."""
        return {
            "n": self.n,
            "recall": self.recall,
            "false_alarm_rate": self.false_alarm_rate,
            "precision": self.precision,
            "mean_ms": self.mean_ms,
            "by_kind": {
                kind: {
                    "n": report.n,
                    "recall": _share(report.found, report.injections),
                    "false_alarm_rate": _share(report.false_alarms, report.n - report.injections),
                }
                for kind, report in self.by_kind.items()
            },
        }


def read_injection_cases(path: Path) -> tuple[InjectionCase, ...]:
    """Return the cases of a JSONL file; raises InputError for a line that is none."""
    return read_cases(path, _SHAPE, _case)


def _case(fields: dict[str, Any], place: Place) -> InjectionCase:
    text, told = fields.get("text"), fields.get("label")
    label = _LABELS.get(str(told).strip().lower())
    if not isinstance(text, str) or label is None:
        raise InputError(
            "the line is no case with a text and a label",
            place=place,
            fix=f"Write {_SHAPE}; `injection` and `benign` are labels too",
        )
    kind = fields.get("kind")
    return InjectionCase(text=text, carries=label, kind=kind if isinstance(kind, str) else "")


def evaluate_injection(cases: Sequence[InjectionCase]) -> InjectionReport:
    """Return what the screen scores on `cases`, each normalised as intake does it."""
    started = time.process_time()
    flagged = [bool(screen(normalise(case.text))) for case in cases]
    spent = time.process_time() - started
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for case, hit in zip(cases, flagged, strict=True):
        counts[case.kind or ("injection" if case.carries else "benign"), case.carries, hit] += 1
    by_kind = {kind: _of_kind(kind, counts) for kind in sorted({kind for kind, _, _ in counts})}
    found = sum(report.found for report in by_kind.values())
    alarms = sum(report.false_alarms for report in by_kind.values())
    injections = sum(report.injections for report in by_kind.values())
    return InjectionReport(
        n=len(cases),
        recall=_share(found, injections),
        false_alarm_rate=_share(alarms, len(cases) - injections),
        precision=_share(found, found + alarms),
        mean_ms=1_000 * spent / len(cases) if cases else 0.0,
        by_kind=by_kind,
    )


def _of_kind(kind: str, counts: Mapping[tuple[str, bool, bool], int]) -> KindReport:
    found, missed = counts.get((kind, True, True), 0), counts.get((kind, True, False), 0)
    alarms, quiet = counts.get((kind, False, True), 0), counts.get((kind, False, False), 0)
    return KindReport(
        n=found + missed + alarms + quiet,
        injections=found + missed,
        found=found,
        false_alarms=alarms,
    )


def _share(part: int, of: int) -> float | None:
    return part / of if of else None
