"""What a decision makes of a review, before it is written down. Pure."""

from __future__ import annotations

from dataclasses import replace

from firstline.errors import InputError
from firstline.records import Answer, Draft, encode
from firstline.review.edits import Edited, digest
from firstline.review.examination import Examined
from firstline.store.outbox import Kind
from firstline.store.review_records import Change, DecisionKind, Review

SHADOW = "shadow"
LONGEST_NOTE = 2_000
"""Characters of a note."""
LONGEST_NAME = 200


def change_of(
    kind: DecisionKind, held: Review, by: str, *, note: str = "", answer: Answer | None = None
) -> Change:
    """Return a decision that leaves a review as it is yet.

    Raises:
        InputError: The note is too long, or nobody says it.
    """
    if len(note) > LONGEST_NOTE:
        raise InputError(f"the note is longer than {LONGEST_NOTE} characters")
    draft = usable(answer) if answer else None
    return Change(
        ticket=held.ticket,
        kind=kind,
        by=named(by),
        version=held.version,
        state=held.state,
        assignee=held.assignee,
        team=held.team,
        note=note,
        before_hash=digest(draft.text) if draft else "",
    )


def reply_change(change: Change, answer: Answer, made: Edited, found: Examined) -> Change:
    """Return the release of a reply; of a ticket in shadow it is only recorded."""
    leaves = not in_shadow(answer)
    delivers: Kind = "question" if found.draft.action == "clarify" else "reply"
    change = replace(
        change,
        state="approved" if leaves else "closed",
        assignee="",
        team="",
        reason=made.reason,
        after_hash=digest(found.draft.text),
        distance=made.distance,
        overridden=found.overridden,
        delivers=delivers if leaves else "",
        text=found.draft.text,
        draft=encode(found.draft),
        evidence="" if found.context == answer.context else encode(found.context),
    )
    if leaves:
        return change
    return replace(change, outcome="review", outcome_reason=f"{change.kind}_in_shadow")


def usable(answer: Answer) -> Draft | None:
    """Return the draft a person may approve or edit, if somebody wrote one."""
    draft = answer.draft
    return draft if draft.action != "escalate" and draft.sentences else None


def in_shadow(answer: Answer) -> bool:
    """Whether a ticket's answers are only recorded: its people answer elsewhere."""
    return answer.verdict.autonomy == SHADOW


def named(name: str) -> str:
    """Return a person's or team's name as it is kept; raises InputError when there is none."""
    kept = " ".join(name.split())
    if not kept or len(kept) > LONGEST_NAME:
        raise InputError("a name is missing or too long", fix="Say who decides with --by")
    return kept
