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

from firstline.records import Ticket, TicketId, decode
from firstline.store.database import reading
from firstline.store.listing_tables import listed
from firstline.store.queue_indexes import UNLISTED
from firstline.store.review_records import Decision, Review, ReviewState
from firstline.store.review_rows import decision_of, review_of
from firstline.store.review_search import says
from firstline.store.schema import stage, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review

AGE_CAP = 5.0
"""Times to answer after which age counts no further: what is hopelessly late stays comparable."""
PAGE = 50
_READ_FOR_ENTRY = ("route", "gate")
_SHORTEST_PREFIX = 4
OPENING = 160
"""Characters of a text that a list shows."""
_LAST = "\U0010ffff"
"""Sorts after every letter an id may go on with."""
_PAGE = (
    sa.select(review, ticket.c.external_id, ticket.c.body.label("ticket_body"))
    .join(ticket, ticket.c.id == review.c.ticket)
    .where(review.c.ticket.in_(sa.bindparam("ids", expanding=True)))
)


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
    text: str = ""
    """Words that stand in its subject, text, customer or ids; all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A ticket of the queue with its place."""

    review: Review
    external_id: str
    subject: str
    """Masked, as stored; for people who may see tickets."""
    opening: str
    """How its text begins; masked as well."""
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
        wanted = wanted or Filter()
        where = [*_where(wanted, now), *self._found_by(wanted.text)]
        rank = _priority(now)
        # Ordered on what one index holds; whole reviews and tickets are read of this page only.
        ranked = (
            sa.select(review.c.ticket, rank.label("priority"))
            .where(*where)
            .order_by(rank.desc(), review.c.received, review.c.ticket)
            .offset(offset)
            .limit(limit)
        )
        if wanted.text:  # looking through the texts costs more than counting on the way
            ranked = ranked.add_columns(sa.func.count().over().label("total"))
        counted = sa.select(sa.func.count()).select_from(review).where(*where)
        with self._reader.connect() as connection:
            rows = connection.execute(ranked).all()
            order = {row.ticket: row.priority for row in rows}
            if rows and wanted.text:
                total = rows[0].total
            else:
                whole = offset == 0 and len(rows) < limit
                total = len(rows) if whole else connection.scalar(counted)
            found = {row.ticket: row for row in connection.execute(_PAGE, {"ids": list(order)})}
        items = tuple(_waiting(found[name], order[name]) for name in order if name in found)
        return QueuePage(items=items, total=total or 0)

    def _found_by(self, text: str) -> list[sa.ColumnElement[bool]]:
        """Return what must hold of a review whose ticket has the words of a search."""
        found = says(text, dialect=self._reader.dialect.name)
        if not found:
            return []
        # With an offset it is asked of the open reviews one by one: a planner that expects few
        # hits would go through all tickets there are instead.
        held = sa.select(ticket.c.id).where(ticket.c.id == review.c.ticket, *found)
        return [held.correlate(review).offset(0).exists()]

    def find(self, reference: str) -> tuple[TicketId, ...]:
        """Return the tickets with this id, the start of it, or their sender's own id; at most 2."""
        named = [ticket.c.id == reference, ticket.c.external_id == reference]
        if len(reference) >= _SHORTEST_PREFIX:
            named.append(self._begins_with(reference))
        # One look a condition, each on its own index: an `OR` of them reads every ticket.
        looks = [sa.select(ticket.c.id).where(condition).limit(2).subquery() for condition in named]
        query = sa.union(*(sa.select(look.c.id) for look in looks)).limit(2)
        with self._reader.connect() as connection:
            return tuple(TicketId(key) for key in connection.scalars(query))

    def _begins_with(self, reference: str) -> sa.ColumnElement[bool]:
        """Return what an index answers where `LIKE` need not: whether an id begins so."""
        after = reference + _LAST
        bounds: tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]
        if self._reader.dialect.name == "postgresql":
            bounds = (ticket.c.id.op("~>=~")(reference), ticket.c.id.op("~<=~")(after))
        else:
            bounds = (ticket.c.id >= reference, ticket.c.id <= after)
        return sa.and_(*bounds)

    def unlisted(self, *, limit: int = 500) -> tuple[Ended, ...]:
        """Return tickets that ended with a person and have no review yet, at most so many."""
        query = (
            sa.select(ticket.c.id, ticket.c.body, ticket.c.reason, ticket.c.ended_at)
            .join(listed, listed.c.ticket == ticket.c.id)
            .where(UNLISTED)
        )
        with self._reader.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
            said = _bodies(connection, [row.id for row in rows]) if rows else {}
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
    # What is not snoozed has no time to wake at, and no time is before every time.
    workable = sa.and_(review.c.state.in_(("waiting", "snoozed")), review.c.wakes_at <= moment)
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


def _waiting(row: sa.Row[Any], priority: float) -> Waiting:
    held = review_of(row)
    record = decode(Ticket, row.ticket_body)
    return Waiting(
        review=held,
        external_id=row.external_id,
        subject=record.subject,
        opening=record.text[:OPENING],
        priority=priority,
        due_at=held.received_at + timedelta(seconds=held.sla_seconds),
    )
