"""What people can do with the tickets that wait for them. The console and the commands call this.

Every method that changes something takes the version its caller saw. Without one, the caller's
live claim is used, or the ticket is claimed first: for commands, where nobody looked for long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from firstline.errors import InputError
from firstline.pipeline.parts import Parts
from firstline.pipeline.record import answer_from
from firstline.records import (
    Answer,
    Context,
    Draft,
    Outcome,
    Reason,
    Route,
    Ticket,
    TicketId,
    Verdict,
    encode,
)
from firstline.review.edits import Edited, digest, edited
from firstline.review.entries import Entrance
from firstline.review.examination import Examined, examine
from firstline.review.outcomes import NOTHING_OWED, REJECT_REASONS, RejectReason
from firstline.review.packet import Packet, packet
from firstline.review.rates import Rates, rates
from firstline.review.stakes import Own, stakes_of
from firstline.store.feedback import FeedbackAnswer, FeedbackStore, StoredFeedback
from firstline.store.outbox import Kind
from firstline.store.review_queue import PAGE, Filter, QueuePage, ReviewQueue
from firstline.store.review_records import (
    LEASE,
    Change,
    Decision,
    DecisionKind,
    Review,
    ReviewEntry,
    ReviewRefused,
)
from firstline.store.reviews import ReviewStore
from firstline.store.tickets import TicketStore
from firstline.workspace import Workspace

SHADOW = "shadow"
MORE_HELP = "more_help"
LONGEST_NOTE = 2_000
"""Characters of a note or a name."""


class Reviews(ReviewReader):
    """The reviews of one company, and what may be done with them."""

    def claim(self, ticket_id: TicketId, by: str, *, lease: timedelta = LEASE) -> Review:
        """Give a ticket to one person for a while."""
        self.entrance.admit(self.now())
        return self.store.claim(ticket_id, _named(by), self.now(), lease=lease)

    def renew(
        self, ticket_id: TicketId, by: str, version: int, *, lease: timedelta = LEASE
    ) -> Review:
        """Hold a claimed ticket longer."""
        return self.store.renew(ticket_id, by, version, self.now(), lease=lease)

    def release(self, ticket_id: TicketId, by: str, *, version: int | None = None) -> Review:
        """Give a claimed ticket back."""
        seen = self.review(ticket_id).version if version is None else version
        return self.store.release(ticket_id, by, seen, self.now())

    async def approve(
        self,
        ticket_id: TicketId,
        by: str,
        *,
        parts: Parts,
        version: int | None = None,
        override: str = "",
    ) -> Decision:
        """Release a draft as it is, after the checks have looked at it once more.

        Args:
            override: Why a check that blocks it is overruled.

        Raises:
            ReviewRefused: Somebody else has it, it was overtaken, its evidence changed, a check
                blocks it, or there is no draft.
        """
        held = self._held(ticket_id, by, version)
        answer = self.answer(ticket_id)
        draft = _usable(answer)
        if draft is None:
            problem, fix = (
                "there is no draft to approve",
                "Write a reply with edit, or take it over",
            )
            raise ReviewRefused(problem, refusal="no_draft", ticket=ticket_id, fix=fix)
        made = Edited(draft=draft, changed=frozenset(), distance=0.0, reason="")
        found = await examine(answer, made, parts=parts, override=override, unchanged=True)
        return self._release_reply("approve", held, by, answer, made, found, override)

    async def edit(
        self,
        ticket_id: TicketId,
        by: str,
        text: str,
        *,
        parts: Parts,
        version: int | None = None,
        override: str = "",
    ) -> Decision:
        """Release a reply that a person wrote or changed, after the checks have looked at it.

        Raises:
            ReviewRefused: As `approve`.
            InputError: The reply is empty or too long.
        """
        held = self._held(ticket_id, by, version)
        answer = self.answer(ticket_id)
        made = edited(_usable(answer), text, self.language(answer.ticket))
        found = await examine(answer, made, parts=parts, override=override)
        return self._release_reply("edit", held, by, answer, made, found, override)

    def reject(
        self,
        ticket_id: TicketId,
        by: str,
        *,
        reason: RejectReason,
        note: str = "",
        version: int | None = None,
    ) -> Decision:
        """Leave a draft. Unless nothing is owed, whoever rejects it then answers by hand.

        Raises:
            ReviewRefused: Somebody else has it.
            InputError: There is no such reason.
        """
        if reason not in REJECT_REASONS:
            raise InputError(
                f"there is no reason {reason!r}", fix=f"Use one of {', '.join(REJECT_REASONS)}"
            )
        owed = reason not in NOTHING_OWED
        change = self._change("reject", ticket_id, by, version, note=note)
        ended: Outcome = "escalate" if owed else "review"
        change = replace(
            change,
            state="handed" if owed else "closed",
            assignee=by if owed else "",
            reason=reason,
            outcome=ended,
            outcome_reason=f"rejected_{reason}",
        )
        return self.store.decide(change, self.now())

    def escalate(
        self,
        ticket_id: TicketId,
        by: str,
        *,
        team: str,
        note: str,
        notify: bool = True,
        version: int | None = None,
    ) -> Decision:
        """Hand a ticket to a team. The customer is told, where anybody may be told anything.

        Args:
            team: Who gets it.
            note: Why.
            notify: Whether the company's line of a handoff is delivered. Automatic mail never
                gets one, nor does anybody of a ticket in shadow.

        Raises:
            ReviewRefused: Somebody else has it.
            InputError: Team or reason is missing.
        """
        if not team.strip() or not note.strip():
            raise InputError("an escalation names a team and a reason")
        change = self._change("escalate", ticket_id, by, version, note=note)
        answer = self.answer(ticket_id)
        tell = notify and not answer.ticket.flags and not _in_shadow(answer)
        notice = self.workspace.voice.handoff if tell else ""
        change = replace(
            change,
            state="handed",
            team=_named(team),
            target=_named(team),
            delivers="notice" if notice else "",
            text=notice,
            after_hash=digest(notice),
            outcome="escalate",
            outcome_reason="escalated",
        )
        return self.store.decide(change, self.now())

    def take(
        self, ticket_id: TicketId, by: str, *, note: str = "", version: int | None = None
    ) -> Decision:
        """Take a ticket over, to answer it where the customer wrote; nobody else gets it then."""
        change = self._change("take", ticket_id, by, version, note=note)
        change = replace(
            change,
            state="handed",
            assignee=by,
            target=by,
            outcome="escalate",
            outcome_reason="taken_over",
        )
        return self.store.decide(change, self.now())

    def snooze(
        self,
        ticket_id: TicketId,
        by: str,
        until: datetime,
        *,
        note: str = "",
        version: int | None = None,
    ) -> Decision:
        """Leave a ticket until a time; raises InputError when that has passed."""
        if until <= self.now():
            raise InputError("the time to wake it has passed", fix="Name a later one")
        change = self._change("snooze", ticket_id, by, version, note=note)
        change = replace(
            change, state="snoozed", wakes_at=until, target=until.astimezone(UTC).isoformat()
        )
        return self.store.decide(change, self.now())

    def reopen(
        self, ticket_id: TicketId, by: str, *, note: str = "", version: int | None = None
    ) -> Decision:
        """Put a ticket that was done with, or that somebody has, back into the queue."""
        held = self.review(ticket_id)
        change = replace(
            self._plain("reopen", held, by, note),
            version=held.version if version is None else version,
            state="waiting",
            assignee="",
            team="",
            outcome="review",
            outcome_reason="reopened",
        )
        return self.store.reopen(change, self.now())

    def customer_says(self, ticket_id: TicketId, answer: FeedbackAnswer) -> StoredFeedback | None:
        """Keep what a customer says about a reply; who needs more help gets a person.

        None when there is no such ticket. The ticket stays answered: it was.
        """
        now = self.now()
        kept = self.feedback.record(ticket_id, answer, now)
        if kept is not None and answer == MORE_HELP:
            self._call_a_person(ticket_id, now)
        return kept

    def _call_a_person(self, ticket_id: TicketId, now: datetime) -> None:
        held = self.store.get(ticket_id)
        if held is None:
            self.store.add([self._entry_after(self.answer(ticket_id), now)])
        elif held.state in ("answered", "closed"):
            change = replace(
                self._plain("reopen", held, "customer", ""),
                version=held.version,
                state="waiting",
                assignee="",
                team="",
                reason=MORE_HELP,
            )
            try:
                self.store.reopen(change, now)
            except ReviewRefused:
                return  # somebody reopened it in this very moment

    def _entry_after(self, answer: Answer, now: datetime) -> ReviewEntry:
        """Return the place of an answered ticket whose customer asks for a person."""
        ticket, route = answer.ticket, answer.route
        stakes = stakes_of(route.intent, route.risk, route.urgency, self.own)
        return ReviewEntry(
            ticket=ticket.id,
            inbox=ticket.inbox,
            conversation=ticket.conversation,
            channel=ticket.channel,
            intent=route.intent or "",
            held_for=MORE_HELP,
            urgency=route.urgency,
            score=0.0,
            loss=stakes.loss(0.0),
            delay=stakes.delay,
            received_at=now,
            sla=stakes.sla,
            entered_at=now,
        )

    def _release_reply(
        self,
        kind: DecisionKind,
        held: Review,
        by: str,
        answer: Answer,
        made: Edited,
        found: Examined,
        override: str,
    ) -> Decision:
        """Store a reply that may leave; of a ticket in shadow it is only recorded."""
        draft = _usable(answer)
        leaves = not _in_shadow(answer)
        asks = found.draft.action == "clarify"
        delivers: Kind = "question" if asks else "reply"
        change = replace(
            self._plain(kind, held, by, override.strip()),
            state="approved" if leaves else "closed",
            assignee="",
            team="",
            reason=made.reason,
            before_hash=digest(draft.text) if draft else "",
            after_hash=digest(found.draft.text),
            distance=made.distance,
            overridden=found.overridden,
            delivers=delivers if leaves else "",
            text=found.draft.text,
            draft=encode(found.draft),
            evidence="" if found.context == answer.context else encode(found.context),
        )
        if not leaves:
            change = replace(change, outcome="review", outcome_reason=f"{kind}_in_shadow")
        return self.store.decide(change, self.now())

    def _change(
        self, kind: DecisionKind, ticket_id: TicketId, by: str, version: int | None, *, note: str
    ) -> Change:
        draft = _usable(self.answer(ticket_id))
        change = self._plain(kind, self._held(ticket_id, by, version), by, note)
        return replace(change, before_hash=digest(draft.text) if draft else "")

    def _plain(self, kind: DecisionKind, held: Review, by: str, note: str) -> Change:
        """Return a decision that changes nothing of a review yet."""
        if len(note) > LONGEST_NOTE:
            raise InputError(f"the note is longer than {LONGEST_NOTE} characters")
        return Change(
            ticket=held.ticket,
            kind=kind,
            by=_named(by),
            version=held.version,
            state=held.state,
            assignee=held.assignee,
            team=held.team,
            note=note,
        )

    def _held(self, ticket_id: TicketId, by: str, version: int | None) -> Review:
        """Return a review in the version the caller saw, or claimed now."""
        held = self.review(ticket_id)
        if version is not None:
            return replace(held, version=version)
        if held.held_by(self.now()) == by:
            return held
        return self.store.claim(ticket_id, _named(by), self.now())

def _usable(answer: Answer) -> Draft | None:
    """Return the draft a person may approve or edit, if somebody wrote one."""
    draft = answer.draft
    return draft if draft.action != "escalate" and draft.sentences else None


def _in_shadow(answer: Answer) -> bool:
    return answer.verdict.autonomy == SHADOW


def _named(name: str) -> str:
    """Return a person's or team's name as it is kept."""
    kept = " ".join(name.split())
    if not kept or len(kept) > LONGEST_NOTE:
        raise InputError("a name is missing or too long", fix="Say who decides with --by")
    return kept


