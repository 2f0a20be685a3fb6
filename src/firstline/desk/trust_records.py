"""What is asked of a certification, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from firstline.records import Intent
from firstline.trust.calibration import Card
from firstline.trust.certificate import Basis, Certificate, Refusal, Scope
from firstline.trust.costs import CostPoint, Prices
from firstline.trust.scorer import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be certified."""

    alpha: float
    delta: float
    valid_days: int
    now: datetime
    issue: bool = True
    """False: only show what would come of it."""
    refit: bool = False
    """Weigh the evidence anew, although certificates rest on the score in use."""

    @property
    def today(self) -> date:
        """The UTC date."""
        return self.now.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What could go out at another promise. For orientation: it is no certificate."""

    alpha: float
    threshold: float | None
    """None: these labels do not show that much."""
    of_drafts: float
    """Share of the drafts that nothing else would hold."""
    of_tickets: float
    """Share of all tickets of the scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostView:
    """What sending costs by these labels, in dollars a draft. Arithmetic, not a promise."""

    usual: Prices
    by_intent: tuple[tuple[Intent, Prices], ...]
    """Those of the scope's intents that have prices of their own."""
    nothing: CostPoint
    cheapest: CostPoint
    certified: CostPoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeReport:
    """What came of a scope."""

    scope: Scope
    outcome: Certificate | Refusal
    stands: bool
    """Whether the certificate was there before and still holds."""
    look: int
    """How many times labels of the scope have been looked at; 0: never."""
    tickets: int
    drafts: int
    releasable: int
    labels: int
    """That certify, of drafts that nothing else would hold."""
    wrong: int
    unclear: int
    """Of the wrong ones, those of which nobody could tell."""
    to_label: int
    """About how many more drafts would have to be labelled; 0 if labels would not help."""
    waiting: int
    """Drawn and not labelled."""
    expected: tuple[Expected, ...]
    cost: CostView | None
    scores: tuple[float, ...]
    bad: tuple[bool, ...]
    """Of those labels, for pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustReport:
    """What `firstline certify` says."""

    asked: Asked
    basis: Basis
    scorer: Scorer
    score_note: str
    card: Card | None
    fitting: int
    certifying: int
    """Labelled drafts that the score was not fitted on."""
    scopes: tuple[ScopeReport, ...]
    voided: tuple[tuple[Certificate, str], ...]
    """Certificates that hold no longer, and why."""
    left_out: Mapping[str, int]
    other_drafts: int
    """Decided tickets whose draft was made under something else."""
    unknown_drafts: int
    """Decided tickets of which it is not recorded what was in use."""

    @property
    def complete(self) -> bool:
        """Whether every scope has a certificate."""
        return all(isinstance(one.outcome, Certificate) for one in self.scopes)

    def as_json(self) -> dict[str, Any]:
        """Return the report as `certify --json` prints it."""
        return {
            "today": self.asked.today.isoformat(),
            "alpha": self.asked.alpha,
            "delta": self.asked.delta,
            "issued": self.asked.issue,
            "basis": asdict(self.basis),
            "score": {
                "version": self.scorer.version,
                "note": self.score_note,
                "fitting_labels": self.fitting,
                "certifying_labels": self.certifying,
                "card": None if self.card is None else asdict(self.card),
            },
            "scopes": [scope_json(one) for one in self.scopes],
            "voided": [
                {"id": one.id, "scope": one.scope.name, "reason": why} for one, why in self.voided
            ],
            "left_out": dict(self.left_out),
            "other_drafts": self.other_drafts,
            "unknown_drafts": self.unknown_drafts,
        }


def certificate_json(one: Certificate) -> dict[str, Any]:
    """Return a certificate as JSON."""
    return {
        "id": one.id,
        "alpha": one.alpha,
        "delta": one.delta,
        "n": one.count,
        "k": one.errors,
        "bound": one.bound,
        "threshold": one.threshold,
        "coverage": one.coverage,
        "basis": asdict(one.basis),
        "issued": one.issued.isoformat(),
        "expires": one.expires.isoformat(),
        "carried_from": one.carried_from or None,
    }


def scope_json(one: ScopeReport) -> dict[str, Any]:
    """Return what came of a scope as JSON."""
    outcome = one.outcome
    found: dict[str, Any] = {"certificate": None, "missing": None}
    if isinstance(outcome, Certificate):
        found["certificate"] = certificate_json(outcome)
    else:
        found["missing"] = {
            "code": outcome.code,
            "detail": outcome.detail,
            "clean_labels": outcome.missing,
            "drafts_to_label": one.to_label,
        }
    return {
        "scope": one.scope.name,
        "intents": list(one.scope.intents),
        "channel": one.scope.channel,
        "language": one.scope.language,
        **found,
        "stands": one.stands,
        "look": one.look,
        "tickets": one.tickets,
        "drafts": one.drafts,
        "releasable": one.releasable,
        "labels": one.labels,
        "wrong": one.wrong,
        "unclear": one.unclear,
        "waiting": one.waiting,
        "expected": [asdict(item) for item in one.expected],
        "cost": None if one.cost is None else asdict(one.cost),
    }
