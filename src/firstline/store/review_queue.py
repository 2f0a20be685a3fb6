"""The queue of reviews: what waits for a person, what costs most first.

    priority = expected loss + delay x age / time to answer      (dollars)

The first part is what the draft would cost if it went out unread, the second grows with the age of
the ticket and is at most AGE_CAP times the cost of letting it wait for its whole time. It is
computed by the database when it is asked, because age changes while nobody writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from firstline.records import Outcome, Ticket, TicketId, decode
from firstline.store.database import reading
from firstline.store.review_records import Decision, Review, ReviewState
from firstline.store.review_rows import decision_of, review_of
from firstline.store.schema import stage, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review

AGE_CAP = 5.0
"""Times to answer after which age counts no further: what is hopelessly late stays comparable."""
PAGE = 50
ENDED_WITH_A_PERSON: tuple[Outcome, ...] = ("review", "escalate")
_READ_FOR_ENTRY = ("route", "gate")
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What of the queue is wanted; None: all."""

    intent: str | None = None
    reason: str | None = None
    """Why the ticket is before a person."""
    channel: str | None = None
    assignee: str | None = None
    """A person who holds or has it, or a team."""
    state: ReviewState | None = None
    """None: what can be worked on now, and for an assignee also what they were handed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A ticket of the queue with its place."""

    review: Review
    external_id: str
    subject: str
    """Masked, as stored; for people who may see tickets."""
    priority: float
    """Dollars."""
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """A page of the queue."""

    items: tuple[Waiting, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A ticket that ended with a person and is not in the queue yet."""

    ticket: Ticket
    reason: str
    ended_at: datetime
    route: str
    """Encoded; empty when it failed before it was routed."""
    verdict: str


class ReviewQueue:
    """Reads the queue of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def page(
        self, now: datetime, wanted: Filter | None = None, *, offset: int = 0, limit: int = PAGE
    ) -> QueuePage:
        """Return a page, the costliest first."""
        where = _where(wanted or Filter(), now)
        rank = _priority(now)
        query = (
            sa.select(
                review,
                ticket.c.external_id,
                ticket.c.body.label("ticket_body"),
                rank.label("priority"),
            )
            .join(ticket, ticket.c.id == review.c.ticket)
            .where(*where)
            .order_by(rank.desc(), review.c.received, review.c.ticket)
            .offset(offset)
            .limit(limit)
        )
        with self._reader.connect() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(review).where(*where))
            items = tuple(_waiting(row) for row in connection.execute(query))
        return QueuePage(items=items, total=total or 0)

    def find(self, reference: str) -> tuple[TicketId, ...]:
        """Return the tickets with this id, the start of it, or their sender's own id; at most 2."""
        named = [ticket.c.id == reference, ticket.c.external_id == reference]
        if len(reference) >= _SHORTEST_PREFIX:
            named.append(ticket.c.id.startswith(reference, autoescape=True))
        query = sa.select(ticket.c.id).where(sa.or_(*named)).limit(2)
        with self._reader.connect() as connection:
            return tuple(TicketId(key) for key in connection.scalars(query))

    def unlisted(self, *, since: datetime | None = None, limit: int = 500) -> tuple[Ended, ...]:
        """Return tickets that ended with a person and have no review yet.

        Args:
            since: Only those that ended at or after it.
            limit: How many at most.
        """
        query = sa.select(ticket.c.id, ticket.c.body, ticket.c.reason, ticket.c.ended_at).where(
            ticket.c.outcome.in_(ENDED_WITH_A_PERSON),
            ~sa.exists().where(review.c.ticket == ticket.c.id).correlate(ticket),
        )
        if since is not None:
            query = query.where(ticket.c.ended_at >= instant(since))
        with self._reader.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
            said = _bodies(connection, [row.id for row in rows])
        return tuple(
            Ended(
                ticket=decode(Ticket, row.body),
                reason=row.reason or "",
                ended_at=datetime.fromisoformat(row.ended_at),
                route=said.get((row.id, "route"), ""),
                verdict=said.get((row.id, "gate"), ""),
            )
            for row in rows
        )

    def decided(self, since: datetime, until: datetime) -> Iterator[Decision]:
        """Yield the decisions of a period, oldest first."""
        query = (
            sa.select(decision)
            .where(decision.c.at >= instant(since), decision.c.at < instant(until))
            .order_by(decision.c.at, decision.c.ticket, decision.c.number)
        )
        with self._reader.connect() as connection:
            for row in connection.execute(query):
                yield decision_of(row)

    def waiting_by_reason(self, now: datetime) -> dict[str, int]:
        """Return how many tickets wait, by why they are before a person."""
        query = (
            sa.select(review.c.held_for, sa.func.count().label("tickets"))
            .where(*_where(Filter(), now))
            .group_by(review.c.held_for)
        )
        with self._reader.connect() as connection:
            return {row.held_for: row.tickets for row in connection.execute(query)}


def _bodies(connection: sa.Connection, ids: Sequence[str]) -> dict[tuple[str, str], str]:
    query = sa.select(stage.c.ticket, stage.c.stage, stage.c.body).where(
        stage.c.ticket.in_(ids), stage.c.stage.in_(_READ_FOR_ENTRY)
    )
    return {(row.ticket, row.stage): row.body for row in connection.execute(query)}


def _priority(now: datetime) -> sa.ColumnElement[float]:
    at = sa.literal(now.timestamp(), sa.Float)
    share = (at - review.c.received) / review.c.sla_seconds
    capped = sa.case((share > AGE_CAP, AGE_CAP), (share < 0, 0.0), else_=share)
    return review.c.loss + review.c.delay * capped


def _where(wanted: Filter, now: datetime) -> list[sa.ColumnElement[bool]]:
    moment = instant(now)
    woken = sa.and_(review.c.state == "snoozed", review.c.wakes_at <= moment)
    workable = sa.or_(review.c.state == "waiting", woken)
    conditions = [
        column == value
        for column, value in (
            (review.c.intent, wanted.intent),
            (review.c.held_for, wanted.reason),
            (review.c.channel, wanted.channel),
        )
        if value is not None
    ]
    if wanted.assignee is not None:
        who = wanted.assignee
        held = sa.and_(review.c.holder == who, review.c.held_until > moment)
        conditions.append(sa.or_(held, review.c.assignee == who, review.c.team == who))
        workable = sa.or_(workable, review.c.state == "handed")
    conditions.append(workable if wanted.state is None else review.c.state == wanted.state)
    return conditions


def _waiting(row: sa.Row[Any]) -> Waiting:
    held = review_of(row)
    return Waiting(
        review=held,
        external_id=row.external_id,
        subject=decode(Ticket, row.ticket_body).subject,
        priority=float(row.priority),
        due_at=held.received_at + timedelta(seconds=held.sla_seconds),
    )
