"""How reviews look on the screen and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from firstline.cli.show import flat, out
from firstline.review.outcomes import label_of
from firstline.review.rates import Rates
from firstline.review.reading import ReviewCase
from firstline.store.feedback import FeedbackAnswer
from firstline.store.review_queue import QueuePage, Waiting
from firstline.store.review_records import Decision, Review

SUBJECT = 60
"""Characters of a subject in a list."""
SHORT_ID = 8
DELIVERED = {
    "sent": "delivered",
    "queued": "a worker delivers it",
    "cancelled": "not delivered: it is before a person again",
    "uncertain": "the channel cannot tell whether it arrived: it is before a person again",
}


def queue_json(page: QueuePage, now: datetime) -> dict[str, Any]:
    """Return a page of the queue."""
    return {"total": page.total, "reviews": [_waiting_json(item, now) for item in page.items]}


def _waiting_json(item: Waiting, now: datetime) -> dict[str, Any]:
    return review_json(item.review, now) | {
        "external_id": item.external_id,
        "subject": item.subject,
        "priority_usd": round(item.priority, 4),
        "due_at": item.due_at.isoformat(),
        "overdue": item.due_at <= now,
    }


def review_json(held: Review, now: datetime) -> dict[str, Any]:
    """Return how a ticket stands."""
    return {
        "ticket": held.ticket,
        "state": held.state,
        "version": held.version,
        "intent": held.intent or None,
        "reason": held.held_for,
        "channel": held.channel,
        "urgency": held.urgency,
        "score": held.score,
        "expected_loss_usd": held.loss,
        "received_at": held.received_at.isoformat(),
        "entered_at": held.entered_at.isoformat(),
        "holder": held.held_by(now) or None,
        "held_until": held.held_until.isoformat() if held.held_until else None,
        "assignee": held.assignee or None,
        "team": held.team or None,
        "wakes_at": held.wakes_at.isoformat() if held.wakes_at else None,
    }


def case_json(case: ReviewCase, now: datetime) -> dict[str, Any]:
    """Return a ticket as a person sees it."""
    packet = asdict(case.packet) | {"customer": dict(case.packet.customer)}
    return {
        "review": review_json(case.review, now),
        "packet": packet,
        "sentences": [
            {"text": item.text, "kind": item.kind, "evidence": list(item.evidence)}
            for item in case.answer.draft.sentences
        ],
        "overtaken": case.overtaken or None,
        "feedback": case.feedback.answer if case.feedback else None,
        "decisions": [decision_json(item) for item in case.decisions],
    }


def decision_json(made: Decision) -> dict[str, Any]:
    """Return a decision with the label it gives."""
    label = label_of(made)
    return {
        "ticket": made.ticket,
        "number": made.number,
        "decision": made.kind,
        "by": made.by,
        "at": made.at.isoformat(),
        "reason": made.reason or None,
        "note": made.note or None,
        "target": made.target or None,
        "distance": made.distance,
        "overridden": list(made.overridden),
        "before": made.before_hash or None,
        "after": made.after_hash or None,
        "delivers": made.delivers or None,
        "label": asdict(label) if label else None,
    }


def show_queue(page: QueuePage, now: datetime, number: int) -> None:
    """Print a page of the queue."""
    from rich.table import Table

    if not page.total:
        out.print("Nothing waits for a person.")
        return
    table = Table(show_edge=False, pad_edge=False, box=None)
    for name in ("ticket", "cost", "due", "held for", "intent", "subject", "who"):
        right, fixed = name == "cost", name in ("ticket", "cost", "due")
        table.add_column(
            name, justify="right" if right else "left", no_wrap=True, min_width=9 if fixed else 4
        )
    for item in page.items:
        held = item.review
        who = held.held_by(now) or held.assignee or held.team
        table.add_row(
            held.ticket[:SHORT_ID],
            f"${item.priority:.2f}",
            _due(item.due_at, now),
            flat(held.held_for),
            flat(held.intent or "-"),
            flat(item.subject or f"({item.external_id})")[:SUBJECT],
            flat(who),
        )
    out.print(table)
    pages = f", page {number}" if number > 1 or len(page.items) < page.total else ""
    out.print(f"{page.total} wait for a person{pages}")


def _due(at: datetime, now: datetime) -> str:
    if at <= now:
        return f"[red]late {_length(now - at)}[/]"
    return f"in {_length(at - now)}"


def _length(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    hours, days = minutes // 60, minutes // 1440
    return f"{days} d" if days else f"{hours} h" if hours else f"{minutes} min"


def show_case(case: ReviewCase, now: datetime) -> None:
    """Print a ticket with everything a person needs to answer it."""
    packet, held = case.packet, case.review
    out.print(flat(packet.summary), markup=False, style="bold")
    who = held.held_by(now) or held.assignee or held.team or "nobody"
    state = f"{held.state}, version {held.version}, held by {who}"
    out.print(flat(f"ticket {held.ticket}: {state}"), markup=False)
    if case.overtaken:
        out.print(flat(f"No reply is wanted any more: {case.overtaken}"), markup=False, style="red")
    reasons = [f"{item.code}: {item.detail}" for item in packet.why]
    message = f"{packet.subject}\n\n{packet.message}" if packet.subject else packet.message
    _part("Why", reasons)
    _part("Message", [message])
    _part("The customer tried", packet.tried)
    _part("Answered before", packet.answered_before)
    _part("Customer", [f"{path}: {value}" for path, value in packet.customer])
    _part("Draft", [packet.draft] if packet.draft else [])
    _part("Against it", packet.against)
    if packet.suggested_reply not in ("", packet.draft):
        _part("Suggested reply", [packet.suggested_reply])
    _part("Articles", packet.sources)
    _part("Lacking", packet.lacked)
    _part("Decided", [decision_words(item, "") for item in case.decisions])
    if case.feedback:
        _part("The customer says", [case.feedback.answer])


def _part(title: str, lines: Iterable[str]) -> None:
    shown = [line for line in lines if line]
    if not shown:
        return
    out.print(f"\n[bold]{title}[/]")
    for line in shown:
        for row in flat(line).splitlines():
            out.print(f"  {row}", markup=False)


def show_rates(found: Rates, days: int) -> None:
    """Print what reviewing came to."""
    total = sum(found.decisions.values())
    out.print(f"{total} decisions in {days} days: {_counted(found.decisions)}")
    for reason, kinds in sorted(found.by_reason.items()):
        out.print(flat(f"  {reason}: {_counted(kinds)}"), markup=False)
    if found.rejected_for:
        out.print(flat(f"rejected for: {_counted(found.rejected_for)}"), markup=False)
    out.print(f"drafts found: {_counted(found.labels) or 'none'}")
    if found.median_distance is not None:
        out.print(f"median edit: {found.median_distance:.0%} of the words")
    if found.median_wait_minutes is not None:
        out.print(f"median time to decision: {found.median_wait_minutes:.1f} minutes")
    out.print(f"saved, estimated: {found.minutes_saved:.0f} minutes")


def show_feedback(said: Mapping[FeedbackAnswer, int], reopened: int) -> None:
    """Print what customers said, and how many came back."""
    words = ", ".join(f"{answer.replace('_', ' ')} {count}" for answer, count in said.items())
    out.print(f"customers say it helped: {words}; {reopened} wrote again after an answer")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


def claim_words(held: Review) -> str:
    """Return who holds a ticket."""
    short = held.ticket[:SHORT_ID]
    if held.holder and held.held_until:
        until = f"{held.held_until:%H:%M} UTC"
        return flat(f"{short}: {held.holder} holds it until {until}, version {held.version}")
    return flat(f"{short}: nobody holds it, version {held.version}")


def decision_words(made: Decision, delivery: str) -> str:
    """Return what was decided, in a line."""
    parts = [f"{made.ticket[:SHORT_ID]}: {made.kind} by {made.by}"]
    if made.kind == "edit" and made.distance is not None:
        parts.append(f"{made.distance:.0%} of the words changed")
    elif made.reason:
        parts.append(made.reason)
    if made.target:
        parts.append(f"to {made.target}")
    if made.overridden:
        parts.append(f"overruled {', '.join(made.overridden)}")
    if made.note:
        parts.append(f"“{made.note}”")
    if delivery:
        parts.append(DELIVERED.get(delivery, delivery))
    return flat(", ".join(parts))
