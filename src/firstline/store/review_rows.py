"""Reviews and decisions as rows, what a claim asks of a row, and why it is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store.review_records import (
    CLAIMABLE,
    Change,
    Decision,
    Review,
    ReviewEntry,
    ReviewRefused,
)
from firstline.store.schema import delivery, ticket
from firstline.store.tickets import NEWER, instant
from firstline.store.trust_tables import review, staff_reply

Condition = sa.ColumnElement[bool]
_ENDED_AS = {
    "approved": ("its reply is approved and on its way", "Wait for the delivery, then reopen it"),
    "answered": ("it is answered", "Reopen it first"),
    "closed": ("it is closed", "Reopen it first"),
}
_ANOTHER = "Show the ticket and decide on what it is now"


def may_claim(who: str, now: datetime) -> tuple[Condition, ...]:
    """Return what must hold of a review that `who` may claim."""
    free = sa.or_(
        review.c.holder == "", review.c.holder == who, review.c.held_until <= instant(now)
    )
    return (review.c.state.in_(CLAIMABLE), review.c.assignee.in_(("", who)), free)


def holds(who: str, version: int, now: datetime) -> tuple[Condition, ...]:
    """Return what must hold of a review that `who` holds in this version."""
    return (
        review.c.state.in_(CLAIMABLE),
        review.c.version == version,
        review.c.holder == who,
        review.c.held_until > instant(now),
    )


def why_not(
    connection: sa.Connection, ticket_id: TicketId, who: str, version: int | None, now: datetime
) -> ReviewRefused:
    """Return why a review cannot be changed by `who` (who saw `version`)."""
    row = connection.execute(sa.select(review).where(review.c.ticket == ticket_id)).one_or_none()
    if row is None:
        problem = "nothing waits for a person here"
        fix = "`firstline review` lists what does"
        return ReviewRefused(problem, refusal="unknown", ticket=ticket_id, fix=fix)
    held = review_of(row)
    if held.state in _ENDED_AS:
        problem, fix = _ENDED_AS[held.state]
        return ReviewRefused(problem, refusal="not_open", ticket=ticket_id, fix=fix)
    if held.assignee not in ("", who):
        problem = f"{held.assignee} took it over"
        fix = "Reopen it to take it from them"
        return ReviewRefused(problem, refusal="taken", ticket=ticket_id, fix=fix)
    holder = held.held_by(now)
    if holder not in ("", who):
        until = held.held_until.isoformat(timespec="minutes") if held.held_until else ""
        problem = f"{holder} holds it until {until}"
        return ReviewRefused(problem, refusal="held", ticket=ticket_id, fix="Take another one")
    if version is not None and held.version != version:
        problem = f"it changed since you looked (version {version}, now {held.version})"
        return ReviewRefused(problem, refusal="changed", ticket=ticket_id, fix=_ANOTHER)
    problem = "you do not hold it, or your claim ran out"
    return ReviewRefused(problem, refusal="not_held", ticket=ticket_id, fix="Claim it first")


def overtaken(connection: sa.Connection, ticket_id: TicketId) -> ReviewRefused | None:
    """Return why a reply to a ticket is not wanted any more, or None while it is."""
    row = connection.execute(
        sa.select(ticket.c.inbox, ticket.c.conversation, ticket.c.received_at).where(
            ticket.c.id == ticket_id
        )
    ).one()
    place = {"inbox": row.inbox, "conversation": row.conversation, "at": row.received_at}
    if connection.scalar(NEWER, place):
        problem = "the customer wrote again; this reply would not answer their newest message"
        fix = "Answer the newer ticket, and reject this one as superseded"
        return ReviewRefused(problem, refusal="newer_message", ticket=ticket_id, fix=fix)
    by = connection.scalar(
        sa.select(staff_reply.c.by)
        .where(
            staff_reply.c.inbox == row.inbox,
            staff_reply.c.conversation == row.conversation,
            staff_reply.c.at >= row.received_at,
        )
        .limit(1)
    )
    if by is not None:
        problem = f"{by or 'a person'} has answered the customer already"
        fix = "Reject this one as superseded"
        return ReviewRefused(problem, refusal="person_replied", ticket=ticket_id, fix=fix)
    sent = sa.select(sa.func.count()).where(
        delivery.c.key.in_([f"{ticket_id}:{kind}" for kind in ("reply", "question")]),
        delivery.c.state == "sent",
    )
    if connection.scalar(sent):
        problem = "a reply to this message was sent already"
        fix = "Take it over and write to the customer where they wrote"
        return ReviewRefused(problem, refusal="already_sent", ticket=ticket_id, fix=fix)
    return None


def entry_row(item: ReviewEntry) -> dict[str, Any]:
    """Return the row of a ticket that enters the queue."""
    return {
        "ticket": item.ticket,
        "inbox": item.inbox,
        "conversation": item.conversation,
        "channel": item.channel,
        "intent": item.intent,
        "held_for": item.held_for,
        "urgency": item.urgency,
        "score": item.score,
        "loss": item.loss,
        "delay": item.delay,
        "received": item.received_at.timestamp(),
        "sla_seconds": max(item.sla.total_seconds(), 1.0),
        "entered_at": instant(item.entered_at),
        "state": "waiting",
        "version": 0,
    }


def review_of(row: sa.Row[Any]) -> Review:
    """Return a row as a review."""
    return Review(
        ticket=TicketId(row.ticket),
        inbox=row.inbox,
        conversation=row.conversation,
        channel=row.channel,
        intent=row.intent,
        held_for=row.held_for,
        urgency=row.urgency,
        score=row.score,
        loss=row.loss,
        delay=row.delay,
        received_at=datetime.fromtimestamp(row.received, UTC),
        sla_seconds=row.sla_seconds,
        entered_at=datetime.fromisoformat(row.entered_at),
        state=row.state,
        version=row.version,
        holder=row.holder,
        held_until=_time(row.held_until),
        claimed_at=_time(row.claimed_at),
        assignee=row.assignee,
        team=row.team,
        wakes_at=_time(row.wakes_at),
        pending=row.pending,
    )


def made_of(change: Change, before: Review, number: int, now: datetime) -> Decision:
    """Return the decision that a change makes of a review as it was before."""
    held = (now - before.claimed_at).total_seconds() if before.claimed_at else 0.0
    return Decision(
        ticket=change.ticket,
        number=number,
        kind=change.kind,
        by=change.by,
        at=now,
        intent=before.intent,
        channel=before.channel,
        held_for=before.held_for,
        reason=change.reason,
        note=change.note,
        before_hash=change.before_hash,
        after_hash=change.after_hash,
        distance=change.distance,
        overridden=change.overridden,
        waited_seconds=max(0.0, (now - before.entered_at).total_seconds()),
        held_seconds=max(0.0, held),
        target=change.target,
        delivers=change.delivers,
        text=change.text,
    )


def decision_row(made: Decision, draft: str, evidence: str) -> dict[str, Any]:
    """Return the row of a decision."""
    return {
        "ticket": made.ticket,
        "number": made.number,
        "kind": made.kind,
        "by": made.by,
        "at": instant(made.at),
        "intent": made.intent,
        "channel": made.channel,
        "held_for": made.held_for,
        "reason": made.reason,
        "note": made.note,
        "before_hash": made.before_hash,
        "after_hash": made.after_hash,
        "distance": made.distance,
        "overridden": " ".join(made.overridden),
        "waited_seconds": made.waited_seconds,
        "held_seconds": made.held_seconds,
        "target": made.target,
        "delivers": made.delivers,
        "text": made.text,
        "draft": draft,
        "evidence": evidence,
    }


def decision_of(row: sa.Row[Any]) -> Decision:
    """Return a row as a decision."""
    return Decision(
        ticket=TicketId(row.ticket),
        number=row.number,
        kind=row.kind,
        by=row.by,
        at=datetime.fromisoformat(row.at),
        intent=row.intent,
        channel=row.channel,
        held_for=row.held_for,
        reason=row.reason,
        note=row.note,
        before_hash=row.before_hash,
        after_hash=row.after_hash,
        distance=row.distance,
        overridden=tuple(row.overridden.split()),
        waited_seconds=row.waited_seconds,
        held_seconds=row.held_seconds,
        target=row.target,
        delivers=row.delivers,
        text=row.text,
    )


def time_text(moment: datetime | None) -> str:
    """Return a time as it is kept; empty for none."""
    return "" if moment is None else instant(moment)


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
