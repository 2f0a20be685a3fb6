"""The label a decision gives, and what reviewing comes to."""

from __future__ import annotations

from typing import Any

import pytest

from firstline.errors import InputError
from firstline.review.outcomes import REJECT_REASONS, SMALL_EDIT, label_of, reject_reason
from firstline.review.rates import Rates, rates, saved_minutes
from tests.review.decisions import a_decision


@pytest.mark.parametrize(
    ("kind", "changes", "worth"),
    [
        ("approve", {"distance": 0.0}, "right"),
        ("edit", {"distance": SMALL_EDIT, "reason": "wording"}, "right"),
        ("edit", {"distance": SMALL_EDIT + 0.01, "reason": "wording"}, "wrong"),
        ("edit", {"distance": 0.01, "reason": "facts"}, "wrong"),
        ("edit", {"distance": None, "before_hash": "", "reason": "written"}, "unclear"),
        ("reject", {"reason": "outdated"}, "wrong"),
        ("reject", {"reason": "superseded"}, "unclear"),
        ("reject", {"reason": "wrong", "before_hash": ""}, "unclear"),
        ("escalate", {}, "unclear"),
        ("take", {}, "unclear"),
        ("snooze", {}, None),
        ("reopen", {}, None),
        ("returned", {}, None),
    ],
)
def test_the_label_of_a_decision(kind: Any, changes: dict[str, Any], worth: str | None) -> None:
    """Unchanged is right, a changed fact is wrong however small, a handover says nothing."""
    label = label_of(a_decision(kind, **changes))
    assert (label.worth if label else None) == worth
    assert label is None or label.reason


def test_a_reason_is_read_as_people_write_it() -> None:
    """Blanks, capitals and hyphens do not matter; an unknown one names those there are."""
    assert reject_reason(" Off-topic ") == "off_topic"
    assert all(reject_reason(reason) == reason for reason in REJECT_REASONS)
    with pytest.raises(InputError, match="no_reply_needed"):
        reject_reason("because")


def test_rates_count_decisions_by_reason() -> None:
    """Counts, medians, labels and the minutes saved; decisions that end nothing take no time."""
    found = rates(
        [
            a_decision(waited_seconds=600, held_seconds=180),
            a_decision(
                "edit",
                distance=0.5,
                reason="wording",
                overridden=("proof:number",),
                waited_seconds=1200,
                held_seconds=60,
            ),
            a_decision("edit", distance=0.1, reason="wording", held_for="anger"),
            a_decision("reject", reason="wrong", held_for="anger", waited_seconds=60),
            a_decision("snooze", waited_seconds=9e9),
        ]
    )
    assert found.decisions == {"approve": 1, "edit": 2, "reject": 1, "snooze": 1}
    assert found.by_reason["anger"] == {"edit": 1, "reject": 1}
    assert found.labels == {"right": 2, "wrong": 2}
    assert found.rejected_for == {"wrong": 1}
    assert found.overridden == {"proof:number": 1}
    assert found.median_distance == 0.3
    assert found.median_wait_minutes == 5.5
    assert found.median_held_minutes == 2.0
    assert found.minutes_saved == 5.0 + 6.0 * 0.5 + round(6.0 * 0.9, 1)


def test_no_decisions_have_no_medians() -> None:
    """Nothing is said of nothing."""
    assert rates([]) == Rates()


def test_only_a_draft_that_was_used_saves_time() -> None:
    """A reviewer who takes longer than writing would have taken saved nothing."""
    assert saved_minutes(a_decision("reject")) == 0.0
    assert saved_minutes(a_decision("edit", before_hash="")) == 0.0
    assert saved_minutes(a_decision(held_seconds=3600)) == 0.0
    assert saved_minutes(a_decision(held_seconds=0)) == 6.0
