"""Decisions for tests, with everything that does not matter filled in."""

from __future__ import annotations

from typing import Any

from firstline.records import TicketId
from firstline.store.review_records import Decision
from tests.builders import NOON


def a_decision(kind: Any = "approve", **changes: Any) -> Decision:
    """Return a decision about a draft."""
    fields: dict[str, Any] = {
        "ticket": TicketId("t1"),
        "number": 2,
        "kind": kind,
        "by": "ann",
        "at": NOON,
        "intent": "export_data",
        "channel": "email",
        "held_for": "autonomy_review",
        "before_hash": "b",
    }
    return Decision(**(fields | changes))
