"""What a decision says about the draft it was made on: the label that trust is earned with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, assert_never, get_args

from firstline.errors import InputError
from firstline.store.review_records import Decision

Worth = Literal["right", "wrong", "unclear"]
RejectReason = Literal[
    "wrong",
    "incomplete",
    "outdated",
    "off_topic",
    "tone",
    "unsafe",
    "wrong_intent",
    "no_reply_needed",
    "superseded",
    "other",
]
REJECT_REASONS: Final[tuple[RejectReason, ...]] = get_args(RejectReason)
SUPERSEDED: Final = "superseded"
NOTHING_OWED: Final[frozenset[RejectReason]] = frozenset({"superseded", "no_reply_needed"})
"""Reasons after which nobody has to answer the customer any more."""
FACTS: Final = "facts"
"""The reason of an edit that changes a value or turns a statement round."""
WORDING: Final = "wording"
WRITTEN: Final = "written"
SMALL_EDIT: Final = 0.15
"""Share of words up to which an edit is a matter of taste: a name, a greeting, one clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLabel:
    """What a person found a draft to be worth."""

    worth: Worth
    reason: str
    """A stable code: `approved`, `small_edit`, `edited`, `rejected_wrong`, `escalated` …"""


def label_of(decision: Decision) -> DecisionLabel | None:
    """Return what a decision says about its draft, or None when it says nothing.

    Approved as it was: right. Edited: right up to SMALL_EDIT as long as no value and no "not" was
    changed, for one wrong number is a wrong answer; otherwise wrong. Rejected: wrong, unless only
    because something newer took its place. Given to somebody else, or written where there was no
    draft: unclear.
    """
    match decision.kind:
        case "approve":
            return DecisionLabel(worth="right", reason="approved")
        case "edit":
            return _edited(decision)
        case "reject":
            if decision.reason == SUPERSEDED or not decision.before_hash:
                return DecisionLabel(worth="unclear", reason=f"rejected_{decision.reason}")
            return DecisionLabel(worth="wrong", reason=f"rejected_{decision.reason}")
        case "escalate":
            return DecisionLabel(worth="unclear", reason="escalated")
        case "take":
            return DecisionLabel(worth="unclear", reason="taken_over")
        case "snooze" | "reopen" | "returned":
            return None
        case _:
            assert_never(decision.kind)


def _edited(decision: Decision) -> DecisionLabel:
    if not decision.before_hash or decision.distance is None:
        return DecisionLabel(worth="unclear", reason="no_draft")
    if decision.reason == FACTS:
        return DecisionLabel(worth="wrong", reason="edited_facts")
    if decision.distance <= SMALL_EDIT:
        return DecisionLabel(worth="right", reason="small_edit")
    return DecisionLabel(worth="wrong", reason="edited")


def reject_reason(written: str) -> RejectReason:
    """Return a reason as a person wrote it; raises InputError when there is none like it."""
    for known in REJECT_REASONS:
        if written.strip().lower().replace(" ", "_").replace("-", "_") == known:
            return known
    raise InputError(f"there is no reason {written!r}", fix=f"Use {', '.join(REJECT_REASONS)}")
