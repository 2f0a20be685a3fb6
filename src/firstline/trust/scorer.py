"""The score in use: evidence weighed by what people found, or by hand before they found much.

A score is fixed before it is certified: its weights and what it knows of each intent's history are
frozen in one record with a version, so that the same evidence always gets the same number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firstline.records import Answer, Intent, encode
from firstline.trust.calibration import Calibration, Card, card, fit
from firstline.trust.score import NEUTRAL_HISTORY, Features, features, prior, smoothed

PRIOR_VERSION = "prior-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRecord:
    """How the labelled replies of an intent did."""

    intent: Intent
    right: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """A score with everything it depends on."""

    calibration: Calibration | None = None
    """None: the prior, which nobody's labels have shaped."""
    records: tuple[IntentRecord, ...] = ()
    """Sorted by intent; what the feature `history` is made of."""

    @property
    def version(self) -> str:
        """A short hash of everything that decides a score."""
        if self.calibration is None:
            return PRIOR_VERSION
        body = self.calibration.version + "".join(encode(item) for item in self.records)
        return hashlib.sha256(body.encode()).hexdigest()[:12]

    @property
    def history(self) -> Mapping[Intent, float]:
        """Share of each intent's labelled replies that was right, smoothed."""
        return {item.intent: smoothed(item.right, item.count) for item in self.records}

    def features(self, answer: Answer) -> Features:
        """Return the features of a reply, with its intent's history."""
        return self.completed(features(answer), answer.route.intent)

    def completed(self, found: Features, intent: Intent | None) -> Features:
        """Return features with this score's history of an intent in them."""
        known = NEUTRAL_HISTORY if intent is None else self.history.get(intent, NEUTRAL_HISTORY)
        return {**found, "history": known}

    def score(self, answer: Answer) -> float:
        """Return the score of a reply, 0 to 1; 0 for a draft that is no answer."""
        if answer.draft.action != "answer":
            return 0.0
        return self.of(self.features(answer))

    def of(self, found: Features) -> float:
        """Return the score of these features."""
        return prior(found) if self.calibration is None else self.calibration.score(found)

    def card(self, rows: Sequence[Features], right: Sequence[bool]) -> Card:
        """Return how far the score can be believed, from labels it was not fitted on."""
        return card(self.calibration or _Prior.of(rows), rows, right)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prior:
    """The prior as something a card can be made of."""

    names: tuple[str, ...]
    means: tuple[float, ...]

    @classmethod
    def of(cls, rows: Sequence[Features]) -> _Prior:
        names = tuple(sorted({name for row in rows for name in row}))
        total = max(len(rows), 1)
        means = tuple(sum(row.get(name, 0.0) for row in rows) / total for name in names)
        return cls(names=names, means=means)

    def score(self, found: Features) -> float:
        return prior(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A labelled reply: what a score is fitted from."""

    features: Features
    """With any history; it is replaced."""
    intent: Intent
    right: bool


def fit_scorer(judged: Sequence[Judged]) -> Scorer:
    """Return the score that fits these labels best.

    While fitting, a reply's own label is left out of its intent's history: otherwise the history
    would tell the label, and would be believed far too much.

    Raises:
        NotFittedError: There are too few labels, or all are of one kind.
    """
    right: dict[Intent, int] = {}
    count: dict[Intent, int] = {}
    for one in judged:
        right[one.intent] = right.get(one.intent, 0) + one.right
        count[one.intent] = count.get(one.intent, 0) + 1
    rows = [
        {
            **one.features,
            "history": smoothed(right[one.intent] - one.right, count[one.intent] - 1),
        }
        for one in judged
    ]
    fitted = fit(rows, [one.right for one in judged])
    records = tuple(
        IntentRecord(intent=intent, right=right[intent], count=count[intent])
        for intent in sorted(count)
    )
    return Scorer(calibration=fitted, records=records)
