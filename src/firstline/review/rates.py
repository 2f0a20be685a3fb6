"""What reviewing came to in a period, for reports. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from firstline.review.outcomes import label_of
from firstline.review.stakes import MANUAL_MINUTES, REVIEW_MINUTES
from firstline.store.review_records import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What people decided, and how long it took."""

    decisions: Mapping[str, int] = field(default_factory=dict)
    """By kind."""
    by_reason: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By why the ticket was before a person, then by kind."""
    rejected_for: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    """Drafts found right, wrong and unclear."""
    overridden: Mapping[str, int] = field(default_factory=dict)
    """Checks that were overruled, by `check:code`."""
    median_distance: float | None = None
    """Of the edits: share of words changed; None when there were none."""
    median_wait_minutes: float | None = None
    """From entering the queue to the first decision that ends the wait."""
    median_held_minutes: float | None = None
    """From the claim to that decision."""
    minutes_saved: float = 0.0
    """Estimated against answering without a draft; see `saved_minutes`."""


def rates(decisions: Iterable[Decision]) -> Rates:
    """Return what reviewing came to."""
    kinds: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    rejected: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    overridden: Counter[str] = Counter()
    distances: list[float] = []
    ended: list[Decision] = []
    saved = 0.0
    for item in decisions:
        kinds[item.kind] += 1
        reasons.setdefault(item.held_for, Counter())[item.kind] += 1
        overridden.update(item.overridden)
        label = label_of(item)
        if label is not None:
            labels[label.worth] += 1
            ended.append(item)
        if item.kind == "reject":
            rejected[item.reason] += 1
        if item.kind == "edit" and item.distance is not None:
            distances.append(item.distance)
        saved += saved_minutes(item)
    waits = [item.waited_seconds / 60 for item in ended]
    held = [item.held_seconds / 60 for item in ended if item.held_seconds]
    return Rates(
        decisions=dict(kinds),
        by_reason={reason: dict(count) for reason, count in reasons.items()},
        rejected_for=dict(rejected),
        labels=dict(labels),
        overridden=dict(overridden),
        median_distance=round(median(distances), 4) if distances else None,
        median_wait_minutes=round(median(waits), 2) if waits else None,
        median_held_minutes=round(median(held), 2) if held else None,
        minutes_saved=round(saved, 1),
    )


def saved_minutes(item: Decision) -> float:
    """Return the minutes a draft spared its reviewer.

    MANUAL_MINUTES less the time it was held, at least REVIEW_MINUTES; of an edit the share of
    words that were kept counts. Everything else spared nothing.
    """
    if item.kind not in ("approve", "edit") or not item.before_hash:
        return 0.0
    kept = 1.0 - (item.distance or 0.0)
    spent = max(item.held_seconds / 60, REVIEW_MINUTES)
    return max(0.0, MANUAL_MINUTES - spent) * kept
