"""What the stages took as a picture, and what happened when as a list. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from markupsafe import Markup

from firstline.records import Answer, Ticket
from firstline.store.feedback import StoredFeedback
from firstline.store.review_records import Decision, Review
from firstline.store.run_records import RunRecord
from firstline.web.tickets.views import StageView, Tone

WIDTH = 340
LEFT, RIGHT = 68, 76
ROW, BAR = 22, 12
SHORTEST = 3.0
"""Pixels of a stage that took next to nothing."""


def picture(stages: Sequence[StageView]) -> Markup:
    """Return the stages' times as one SVG element, each bar beginning where the last one ended.

    Bars show wall time; the darker part is processor time. Stages that were not timed are left out;
    nothing is drawn of none. Colours come from the style sheet, by class.
    """
    timed = [(stage, stage.wall_ms) for stage in stages if stage.wall_ms is not None]
    total = sum(wall for _, wall in timed)
    if not timed or total <= 0:
        return Markup("")
    room = WIDTH - LEFT - RIGHT - SHORTEST * len(timed)
    height = ROW * len(timed) + 4
    told = "; ".join(f"{stage.title} {wall:,.1f} ms" for stage, wall in timed)
    parts = [
        (
            f'<svg class="stage-times" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="12" aria-label="{escape(told)}">'
        )
    ]
    left = float(LEFT)
    for at, (stage, wall) in enumerate(timed):
        wide = SHORTEST + room * wall / total
        worked = min(1.0, (stage.cpu_ms or 0.0) / wall) * wide if wall else 0.0
        top = ROW * at + 4
        middle = top + BAR - 2
        parts.append(
            f'<text class="stage-name" x="{LEFT - 8}" y="{middle}" text-anchor="end">'
            f"{escape(stage.title)}</text>"
            f'<rect class="stage-wall" x="{left:.1f}" y="{top}" width="{wide:.1f}" '
            f'height="{BAR}" rx="3"/>'
            f'<rect class="stage-cpu" x="{left:.1f}" y="{top}" width="{worked:.1f}" '
            f'height="{BAR}" rx="3"/>'
            f'<text class="stage-took" x="{left + wide + 6:.1f}" y="{middle}">{wall:,.1f} ms</text>'
        )
        left += wide
    parts.append("</svg>")
    return Markup("").join(Markup(part) for part in parts)  # noqa: S704 - every text in it is escaped above


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a ticket."""

    at: datetime
    what: str
    detail: str = ""
    tone: Tone = ""


def events(
    ticket: Ticket,
    answer: Answer | None,
    record: RunRecord,
    *,
    outcome: str | None,
    reason: str | None,
    review: Review | None,
    decisions: Sequence[Decision],
    feedback: StoredFeedback | None,
) -> tuple[Event, ...]:
    """Return what happened, oldest first."""
    found = [Event(at=ticket.received_at, what="Received", detail=f"by {ticket.channel}")]
    if answer is not None and answer.context.evidence:
        fetched = max(item.fetched_at for item in answer.context.evidence)
        found.append(Event(at=fetched, what="Evidence read"))
    found.extend(
        Event(at=call.asked_at, what=f"{call.model} asked", detail=f"{call.purpose}: {call.state}")
        for call in record.calls
    )
    found.extend(
        Event(at=item.at, what=f"{item.kind.capitalize()} {item.state}", detail=item.detail)
        for item in record.deliveries
    )
    if record.ended_at is not None and outcome:
        code = (reason or "").replace("_", " ")
        found.append(Event(at=record.ended_at, what=f"Ended: {outcome}", detail=code))
    if review is not None:
        found.append(Event(at=review.entered_at, what="Entered the queue"))
    found.extend(
        Event(at=item.at, what=f"{item.by}: {item.kind}", detail=item.note[:120])
        for item in decisions
    )
    if feedback is not None:
        said = feedback.answer.replace("_", " ")
        found.append(Event(at=feedback.at, what=f"The customer says: {said}"))
    if record.reopened is not None:
        found.append(Event(at=record.reopened.at, what="The customer wrote again"))
    return tuple(sorted(found, key=lambda item: item.at))
