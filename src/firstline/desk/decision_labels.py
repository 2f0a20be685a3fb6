"""What reviewers decide is what they think of a draft: their decisions become labels.

They fit the score; a certificate rests on them only where the ticket was drawn blind as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from firstline.review.outcomes import Worth, label_of
from firstline.store.labels import NewLabel, add_labels
from firstline.store.review_queue import ReviewQueue
from firstline.store.review_records import Decision

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
WRONG: Mapping[Worth, bool | None] = {"right": False, "wrong": True, "unclear": None}


def take_in_decisions(engine: sa.Engine, now: datetime) -> int:
    """Write down the labels that decisions imply, each once; return how many were new.

    Args:
        engine: The company's database.
        now: Decisions before this are read.
    """
    found = [
        label
        for decision in ReviewQueue(engine).decided(BEGINNING, now)
        if (label := _label(decision)) is not None
    ]
    with engine.begin() as connection:
        added = add_labels(connection, found, now)
    return sum(one == "new" for one in added)


def _label(decision: Decision) -> NewLabel | None:
    told = label_of(decision)
    if told is None:
        return None
    return NewLabel(
        ticket=decision.ticket,
        kind="review",
        wrong=WRONG[told.worth],
        by=decision.by,
        reason=told.reason,
        distance=decision.distance,
    )
