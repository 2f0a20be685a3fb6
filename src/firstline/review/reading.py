"""Reading what waits for people: the queue, and a ticket with everything known about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from firstline.errors import InputError
from firstline.pipeline.record import answer_from
from firstline.records import (
    Answer,
    Context,
    Draft,
    Reason,
    Route,
    Ticket,
    TicketId,
    Verdict,
)
from firstline.review.entries import Entrance
from firstline.review.packet import Packet, packet
from firstline.review.rates import Rates, rates
from firstline.review.stakes import Own
from firstline.store.feedback import REOPEN_WITHIN, FeedbackStore, Reopening, StoredFeedback
from firstline.store.review_queue import PAGE, Filter, QueuePage, ReviewQueue
from firstline.store.review_records import Decision, Review, ReviewRefused
from firstline.store.reviews import ReviewStore
from firstline.store.tickets import TicketStore
from firstline.workspace import Workspace

_NOT_STORED = "nothing is stored of what was done about it"


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """A ticket as a person sees it."""

    review: Review
    answer: Answer
    packet: Packet
    decisions: tuple[Decision, ...]
    overtaken: str
    """Why a reply to it is not wanted any more; empty while it is."""
    feedback: StoredFeedback | None


class ReviewReader:
    """Reads the reviews of one company."""

    def __init__(
        self,
        workspace: Workspace,
        engine: sa.Engine,
        *,
        now: Callable[[], datetime] = utc_now,
        own: Own | None = None,
    ) -> None:
        self.workspace = workspace
        self.store = ReviewStore(engine)
        self.waiting = ReviewQueue(engine)
        self.feedback = FeedbackStore(engine)
        self.tickets = TicketStore(engine)
        self.now = now
        self.own = own
        self.entrance = Entrance(self.store, self.waiting, own=own)

    def queue(
        self, wanted: Filter | None = None, *, offset: int = 0, limit: int = PAGE
    ) -> QueuePage:
        """Return a page of what waits for people, the costliest first."""
        now = self.now()
        self.entrance.admit()
        return self.waiting.page(now, wanted, offset=offset, limit=limit)

    def find(self, reference: str) -> TicketId:
        """Return the ticket with this id, the start of it, or its sender's own id.

        Raises:
            InputError: There is none, or more than one.
        """
        self.entrance.admit()
        found = self.waiting.find(reference)
        if len(found) == 1:
            return found[0]
        problem = "several tickets have this id" if found else "there is no ticket with this id"
        raise InputError(problem, fix="`firstline review` lists those that wait for a person")

    def case(self, ticket_id: TicketId) -> ReviewCase:
        """Return everything a person sees of a ticket; raises ReviewRefused when none waits."""
        review = self.review(ticket_id)
        answer = self.answer(ticket_id)
        overtaken = self.store.overtaken(ticket_id)
        return ReviewCase(
            review=review,
            answer=answer,
            packet=packet(answer, spec=self.workspace.intent(answer.route.intent)),
            decisions=self.store.decisions(ticket_id),
            overtaken=overtaken.problem if overtaken else "",
            feedback=self.feedback.of(ticket_id),
        )

    def rates(self, since: datetime, until: datetime) -> Rates:
        """Return what reviewing came to in a period."""
        return rates(self.waiting.decided(since, until))

    def reopened(self, since: datetime, until: datetime) -> tuple[Reopening, ...]:
        """Return the answers to which a customer came back in a period, oldest first."""
        self.feedback.mark_reopened(answered_since=since - REOPEN_WITHIN)
        return self.feedback.reopened(since, until)

    def review(self, ticket_id: TicketId) -> Review:
        """Return how a ticket stands; raises ReviewRefused when it does not wait for a person."""
        held = self.store.get(ticket_id)
        if held is None:
            self.entrance.admit()
            held = self.store.get(ticket_id)
        if held is None:
            problem, fix = "it does not wait for a person", "`firstline review` lists what does"
            raise ReviewRefused(problem, refusal="unknown", ticket=ticket_id, fix=fix)
        return held

    def answer(self, ticket_id: TicketId) -> Answer:
        """Return what the stages said about a ticket; raises InputError when there is none."""
        stored = self.tickets.load(ticket_id)
        if stored is None:
            raise InputError("there is no ticket with this id")
        if stored.decided:
            return answer_from(stored.ticket, self.tickets.stages(ticket_id))
        return _without_stages(stored.ticket, stored.reason or "")

    def language(self, ticket: Ticket) -> str:
        """Return the language a reply is to be written in."""
        known = ticket.language.code != "und"
        return ticket.language.code if known else self.workspace.settings.languages[0]


def _without_stages(ticket: Ticket, reason: str) -> Answer:
    """Return a ticket that failed before anything about it was stored."""
    return Answer(
        ticket=ticket,
        route=Route(
            handler="person", risk="high", urgency="normal", source="rule", reason=_NOT_STORED
        ),
        context=Context(evidence=(), tokens=0),
        draft=Draft(action="escalate", reason=_NOT_STORED, model="none"),
        findings=(),
        verdict=Verdict(
            action="escalate",
            score=0.0,
            reasons=(Reason(code=reason or "unknown", detail=_NOT_STORED),),
            autonomy="off",
        ),
    )
