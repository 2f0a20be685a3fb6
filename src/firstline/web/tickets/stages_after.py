"""What came after the verdict: delivery, people, and what was heard of it later. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from firstline.pipeline.endings import RELEASED
from firstline.records import Answer, Receipt
from firstline.store.commitments import StoredCommitment
from firstline.store.feedback import StoredFeedback
from firstline.store.labels import StoredLabel
from firstline.store.review_records import Decision, Review
from firstline.store.run_records import RunRecord
from firstline.web.tickets.views import (
    Block,
    Cell,
    Facts,
    Item,
    Items,
    StageView,
    Tone,
    badge,
    fact,
)

DELIVERY: dict[str, Tone] = {
    "sent": "good",
    "sending": "warn",
    "uncertain": "bad",
    "cancelled": "warn",
}
WORDS = {
    "sent": "the channel has it",
    "sending": "claimed; a worker is sending it or was stopped in the middle",
    "uncertain": "the channel cannot tell whether it arrived",
    "cancelled": "it was not wanted any more",
}
DECIDED: dict[str, Tone] = {
    "approve": "good",
    "edit": "good",
    "reject": "bad",
    "escalate": "warn",
    "take": "warn",
    "returned": "bad",
}
SAID: dict[str, Tone] = {"yes": "good", "no": "bad", "more_help": "warn"}
COMMITMENT: dict[str, Tone] = {"open": "warn", "kept": "good", "broken": "bad"}


def deliver_view(
    answer: Answer | None,
    outcome: str | None,
    record: RunRecord,
    receipt: Receipt | None,
    wall_ms: float | None,
) -> StageView:
    """Explain what left, and what became of it."""
    rows = record.deliveries
    items = tuple(
        Item(
            key=item.key,
            badges=(badge(item.kind, "quiet"), badge(item.state, DELIVERY.get(item.state, ""))),
            text=WORDS.get(item.state, item.state),
            note=(
                *((Cell(value=item.detail),) if item.detail else ()),
                Cell(value=item.key, look="code"),
                Cell(value=item.at, look="time"),
            ),
        )
        for item in rows
    )
    facts = [fact("Goes to", f"inbox of kind {record.inbox_kind}")]
    if receipt is not None:
        facts.append(fact("Receipt", receipt.state, "badge", tone=DELIVERY.get(receipt.state, "")))
        facts.append(fact("Settled", receipt.at, "time"))
        if receipt.detail:
            facts.append(fact("The channel says", receipt.detail))
    blocks: list[Block] = [Facts(facts=tuple(facts))]
    if items:
        blocks.append(Items(title="The delivery ledger", items=items))
    states = [item.state for item in rows]
    return StageView(
        key="deliver",
        title="Deliver",
        lead="At most once, and only what is still wanted.",
        reads="the verdict, or what a person released",
        headline=_delivered(record),
        tone=DELIVERY.get(states[-1], "") if states else "quiet",
        idle=tuple(_deliver_idle(answer, outcome, record)),
        wall_ms=wall_ms,
        blocks=tuple(blocks),
    )


def _delivered(record: RunRecord) -> str:
    if not record.deliveries:
        return "Nothing was delivered."
    said = ", ".join(f"{item.kind} {item.state}" for item in record.deliveries)
    return f"{said.capitalize()}."


def _deliver_idle(answer: Answer | None, outcome: str | None, record: RunRecord) -> Iterator[str]:
    if record.deliveries:
        return
    if answer is None:
        yield "Delivered nothing: nothing was decided about it."
        return
    match answer.verdict.action:
        case "review":
            yield "Delivered nothing by itself: the verdict was that a person looks first."
        case "escalate" if answer.ticket.flags:
            yield "Sent no notice: automatic mail and the like never gets one."
        case "escalate" if not answer.verdict.autonomy.startswith(RELEASED):
            yield ("Sent no notice: at this level of autonomy nothing goes out without a person.")
        case _ if outcome is None:
            yield "Delivered nothing yet: it waits for its turn."
        case _:
            yield "Delivered nothing: the ledger has no row for it, so nothing was claimed."


def people_view(
    answer: Answer | None, review: Review | None, decisions: tuple[Decision, ...], now: datetime
) -> StageView:
    """Explain who looked and what they decided."""
    items = tuple(_decision(item) for item in decisions)
    blocks: list[Block] = []
    if review is not None:
        blocks.append(_review(review, now))
    if items:
        blocks.append(Items(title="Decisions, oldest first", items=items))
    last = decisions[-1] if decisions else None
    headline = "No person was asked."
    if last is not None:
        headline = f"{last.by}: {last.kind}."
    elif review is not None:
        headline = "Waits for a person."
    return StageView(
        key="people",
        title="People",
        lead="What people decided about it.",
        reads="all of the above, as a packet",
        headline=headline,
        tone=DECIDED.get(last.kind, "") if last else "warn" if review else "quiet",
        idle=tuple(_people_idle(answer, review, decisions)),
        blocks=tuple(blocks),
    )


def _review(review: Review, now: datetime) -> Facts:
    held = review.held_by(now)
    return Facts(
        title="Its place in the queue",
        facts=(
            fact("State", review.state, "badge"),
            fact("Held for", review.held_for, "words"),
            fact("Held by", held or "nobody"),
            *((fact("Assigned to", review.assignee),) if review.assignee else ()),
            *((fact("Team", review.team),) if review.team else ()),
            *((fact("Wakes", review.wakes_at, "time"),) if review.wakes_at else ()),
            fact("Expected loss if sent unread", review.loss, "money"),
            fact("Entered", review.entered_at, "time"),
            fact("Version", review.version, "number"),
        ),
    )


def _decision(item: Decision) -> Item:
    note: list[Cell] = [Cell(value=item.at, look="time")]
    if item.reason:
        note.append(Cell(value=item.reason, look="words"))
    if item.target:
        note.append(Cell(value=f"to {item.target}"))
    if item.distance is not None and item.kind == "edit":
        note.append(Cell(value=f"{item.distance:.0%} of the words changed"))
    note.extend(Cell(value=f"overruled {check}", tone="warn") for check in item.overridden)
    note.append(Cell(value=f"waited {_length(item.waited_seconds)}"))
    return Item(
        key=f"{item.number}",
        badges=(badge(item.kind, DECIDED.get(item.kind, "")), badge(item.by, "quiet")),
        text=item.note,
        note=tuple(note),
        long=item.text,
    )


def _people_idle(
    answer: Answer | None, review: Review | None, decisions: tuple[Decision, ...]
) -> Iterator[str]:
    if review is None and not decisions:
        released = answer is not None and answer.verdict.action in ("send", "clarify")
        why = "it was answered by itself" if released else "it has not come to the queue yet"
        yield f"Nobody decided anything: {why}."
    elif not decisions:
        yield "Nobody has decided anything yet."


def after_view(
    record: RunRecord,
    commitments: tuple[StoredCommitment, ...],
    feedback: StoredFeedback | None,
    labels: tuple[StoredLabel, ...],
) -> StageView:
    """Explain what was heard of it afterwards."""
    blocks: list[Block] = []
    if commitments:
        blocks.append(Items(title="Promises", items=tuple(map(_commitment, commitments))))
    if labels:
        blocks.append(Items(title="Labels", items=tuple(map(_label, labels))))
    facts = []
    if feedback is not None:
        facts.append(
            fact(
                "The customer says it helped",
                feedback.answer,
                "badge",
                tone=SAID.get(feedback.answer, ""),
            )
        )
        facts.append(fact("Said", feedback.at, "time"))
    if record.reopened is not None:
        href = f"/tickets/{record.reopened.by_ticket}"
        after = _length(record.reopened.after.total_seconds())
        facts.append(fact("The customer came back", f"{after} after the answer", href=href))
    if record.reopens is not None:
        facts.append(
            fact("Comes back to", record.reopens, "code", href=f"/tickets/{record.reopens}")
        )
    if record.audited is not None:
        drawn = record.audited
        said = {None: "not labelled yet", True: "wrong", False: "right"}[drawn.wrong]
        facts.append(fact("Drawn to be audited", f"with probability {drawn.probability:.1%}"))
        facts.append(fact("Found", said))
    if facts:
        blocks.insert(0, Facts(facts=tuple(facts)))
    said_so = [
        name
        for name, there in (
            ("promises", commitments),
            ("feedback", feedback),
            ("labels", labels),
            ("a reply by the customer", record.reopened),
            ("an audit", record.audited),
        )
        if there
    ]
    return StageView(
        key="after",
        title="Afterwards",
        lead="Promises, what the customer said, labels, audits.",
        reads="what was delivered",
        headline=f"Heard since: {', '.join(said_so)}." if said_so else "Nothing was heard of it.",
        tone="" if said_so else "quiet",
        idle=tuple(_after_idle(record, commitments, feedback, labels)),
        blocks=tuple(blocks),
    )


def _commitment(item: StoredCommitment) -> Item:
    due = () if item.due_at is None else (Cell(value=item.due_at, look="time"),)
    return Item(
        key=item.id,
        badges=(badge(item.state, COMMITMENT.get(item.state, "quiet")),),
        text=item.what,
        note=(
            Cell(value=f"owed by {item.owner or 'nobody named'}"),
            *((Cell(value=f"by {item.by}"),) if item.by else ()),
            *due,
            *((Cell(value=item.rule, look="code"),) if item.rule else ()),
            *((Cell(value=item.note),) if item.note else ()),
        ),
    )


def _label(item: StoredLabel) -> Item:
    tone: Tone = "quiet" if item.wrong is None else "bad" if item.wrong else "good"
    said = "cannot tell" if item.wrong is None else "wrong" if item.wrong else "right"
    blind = (Cell(value="blind"),) if item.blind else ()
    return Item(
        key=f"{item.kind} {item.by} {item.number}",
        badges=(badge(said, tone), badge(item.kind, "quiet")),
        text=item.reason,
        note=(Cell(value=item.by), *blind, Cell(value=item.at, look="time")),
    )


def _after_idle(
    record: RunRecord,
    commitments: tuple[StoredCommitment, ...],
    feedback: StoredFeedback | None,
    labels: tuple[StoredLabel, ...],
) -> Iterator[str]:
    if not commitments:
        yield "Owes nothing: no promise was delivered."
    if feedback is None:
        yield "Heard nothing: the customer has not said whether it helped."
    if record.reopened is None:
        yield "Was not reopened: the customer has not come back to an answer."
    if not labels:
        yield "Taught nothing: nobody has labelled the draft."


def _length(seconds: float) -> str:
    minutes = int(seconds // 60)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d"
    if hours:
        return f"{hours} h"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"
