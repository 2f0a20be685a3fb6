"""What people can do with the tickets that wait for them. The console and the commands call this.

Every method that changes something takes the version its caller saw. Without one, the caller's
live claim is used, or the ticket is claimed first: for commands, where nobody looked for long.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from firstline.errors import InputError
from firstline.pipeline.parts import Parts
from firstline.records import Answer, Outcome, TicketId
from firstline.review.changes import change_of, in_shadow, named, reply_change, usable
from firstline.review.edits import Edited, digest, edited
from firstline.review.examination import examine
from firstline.review.outcomes import NOTHING_OWED, RejectReason
from firstline.review.reading import ReviewReader
from firstline.review.stakes import stakes_of
from firstline.store.feedback import FeedbackAnswer, StoredFeedback
from firstline.store.review_records import (
    LEASE,
    Change,
    Decision,
    DecisionKind,
    Review,
    ReviewEntry,
    ReviewRefused,
)

MORE_HELP = "more_help"
CUSTOMER = "customer"
"""Who reopens a ticket by asking for more help."""


class Reviews(ReviewReader):
    """The reviews of one company, and what may be done with them."""

    def claim(self, ticket_id: TicketId, by: str, *, lease: timedelta = LEASE) -> Review:
        """Give a ticket to one person for a while."""
        self.entrance.admit()
        return self.store.claim(ticket_id, named(by), self.now(), lease=lease)

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
        held, answer = await asyncio.to_thread(self._seen, ticket_id, by, version)
        draft = usable(answer)
        if draft is None:
            fix = "Write a reply with edit, or take it over"
            raise ReviewRefused(
                "there is no draft to approve", refusal="no_draft", ticket=ticket_id, fix=fix
            )
        made = Edited(draft=draft, changed=frozenset(), distance=0.0, reason="")
        found = await examine(answer, made, parts=parts, override=override, unchanged=True)
        change = change_of("approve", held, by, note=override.strip(), answer=answer)
        return await self._released(reply_change(change, answer, made, found))

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
        held, answer = await asyncio.to_thread(self._seen, ticket_id, by, version)
        made = edited(usable(answer), text, self.language(answer.ticket))
        found = await examine(answer, made, parts=parts, override=override)
        change = change_of("edit", held, by, note=override.strip(), answer=answer)
        return await self._released(reply_change(change, answer, made, found))

    async def _released(self, change: Change) -> Decision:
        return await asyncio.to_thread(self.store.decide, change, self.now())

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
        """
        owed = reason not in NOTHING_OWED
        change, _ = self._seen_change("reject", ticket_id, by, version, note=note)
        ended: Outcome = "escalate" if owed else "review"
        change = replace(
            change,
            state="handed" if owed else "closed",
            assignee=change.by if owed else "",
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
        change, answer = self._seen_change("escalate", ticket_id, by, version, note=note)
        tell = notify and not answer.ticket.flags and not in_shadow(answer)
        notice = self.workspace.voice.handoff if tell else ""
        change = replace(
            change,
            state="handed",
            team=named(team),
            target=named(team),
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
        change, _ = self._seen_change("take", ticket_id, by, version, note=note)
        change = replace(
            change,
            state="handed",
            assignee=change.by,
            target=change.by,
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
        change, _ = self._seen_change("snooze", ticket_id, by, version, note=note)
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
            change_of("reopen", held, by, note=note),
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
                change_of("reopen", held, CUSTOMER),
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

    def _held(self, ticket_id: TicketId, by: str, version: int | None) -> Review:
        """Return a review in the version the caller saw, or claimed now."""
        who, held = named(by), self.review(ticket_id)
        if version is not None:
            return replace(held, version=version)
        if held.held_by(self.now()) == who:
            return held
        return self.store.claim(ticket_id, who, self.now())

    def _seen(self, ticket_id: TicketId, by: str, version: int | None) -> tuple[Review, Answer]:
        return self._held(ticket_id, by, version), self.answer(ticket_id)

    def _seen_change(
        self, kind: DecisionKind, ticket_id: TicketId, by: str, version: int | None, *, note: str
    ) -> tuple[Change, Answer]:
        held, answer = self._seen(ticket_id, by, version)
        return change_of(kind, held, by, note=note, answer=answer), answer
