"""How things stand at this moment: what waits, what is in doubt, whether models answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from firstline.store.database import reading
from firstline.store.metric_records import AGES, CallHealth, DeliveryDoubts, QueueState
from firstline.store.schema import delivery, inbox, model_call, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review

STUCK = timedelta(minutes=10)
"""A delivery that has been on its way for longer is in doubt."""
DECIDED = ("approve", "edit", "reject", "escalate", "take")
"""Decisions that take a ticket off the queue."""


class MomentStore:
    """Reads how things stand in one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def queue(self, now: datetime) -> QueueState:
        """Return what waits now, whatever its channel or intent."""
        # What is not snoozed has no time to wake at, and no time is before every time: said like
        # this, one index answers it.
        waits = sa.and_(
            review.c.state.in_(("waiting", "snoozed")), review.c.wakes_at <= instant(now)
        )
        since = review.c.entered_at
        marks = [instant(now - timedelta(hours=hours)) for hours in AGES]
        younger = [sa.func.sum(sa.case((since > mark, 1), else_=0)) for mark in marks]
        with self._reader.connect() as connection:
            states = {
                str(row[0]): int(row[1])
                for row in connection.execute(
                    sa.select(review.c.state, sa.func.count())
                    .where(review.c.state.in_(("snoozed", "handed", "approved")))
                    .group_by(review.c.state)
                )
            }
            groups = connection.execute(
                sa.select(
                    review.c.held_for,
                    review.c.sla_seconds,
                    sa.func.count(),
                    sa.func.min(since),
                    *younger,
                )
                .where(waits)
                .group_by(review.c.held_for, review.c.sla_seconds)
            ).all()
            overdue = connection.scalar(_overdue(groups, waits, now)) if groups else 0
            working = connection.execute(_WORKING).one()
        return _queue(states, groups, int(overdue or 0), working)

    def moved(self, since: datetime, until: datetime) -> tuple[int, int]:
        """Return how many tickets came before people, and how many they decided."""
        came = sa.select(sa.func.count()).where(
            review.c.entered_at >= instant(since), review.c.entered_at < instant(until)
        )
        done = sa.select(sa.func.count(decision.c.ticket.distinct())).where(
            decision.c.at >= instant(since),
            decision.c.at < instant(until),
            decision.c.kind.in_(DECIDED),
        )
        with self._reader.connect() as connection:
            return int(connection.scalar(came) or 0), int(connection.scalar(done) or 0)

    def doubts(self, now: datetime) -> DeliveryDoubts:
        """Return the deliveries that may be wrong."""
        week = instant(now - timedelta(days=7))
        uncertain = sa.select(sa.func.count()).where(delivery.c.state == "uncertain")
        stuck = sa.select(sa.func.count()).where(
            delivery.c.state == "sending", delivery.c.at < instant(now - STUCK)
        )
        sent = (
            delivery.c.state == "sent",
            delivery.c.kind == "reply",
            delivery.c.at >= week,
        )
        often = (
            sa.select(delivery.c.inbox, delivery.c.conversation)
            .where(*sent)
            .group_by(delivery.c.inbox, delivery.c.conversation)
            .having(sa.func.count() > 1)
            .subquery()
        )
        twice = (
            sa.select(sa.literal(1))
            .select_from(delivery)
            .join(
                often,
                sa.and_(
                    often.c.inbox == delivery.c.inbox,
                    often.c.conversation == delivery.c.conversation,
                ),
            )
            .join(ticket, ticket.c.id == delivery.c.ticket)
            .where(*sent)
            .group_by(delivery.c.inbox, delivery.c.conversation, ticket.c.content)
            .having(sa.func.count() > 1)
            .subquery()
        )
        with self._reader.connect() as connection:
            counts = [
                int(connection.scalar(query) or 0)
                for query in (
                    uncertain,
                    stuck,
                    sa.select(sa.func.count()).select_from(twice),
                )
            ]
        return DeliveryDoubts(uncertain=counts[0], stuck=counts[1], duplicates=counts[2])

    def call_health(self, since: datetime) -> CallHealth:
        """Return how questions asked since then ended; those on their way left out."""
        query = (
            sa.select(model_call.c.state, model_call.c.failure, sa.func.count().label("calls"))
            .where(model_call.c.asked_at >= instant(since), model_call.c.state != "asked")
            .group_by(model_call.c.state, model_call.c.failure)
        )
        with self._reader.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return CallHealth(
            calls=sum(int(row["calls"]) for row in rows),
            failures={
                row["failure"] or "unknown": int(row["calls"])
                for row in rows
                if row["state"] == "failed"
            },
        )


_WORKING = (
    sa.select(
        sa.func.count(),
        sa.func.min(
            sa.case(
                (ticket.c.received_at > inbox.c.created_at, ticket.c.received_at),
                else_=inbox.c.created_at,
            )
        ),
    )
    .select_from(ticket.join(inbox, inbox.c.id == ticket.c.inbox))
    .where(ticket.c.outcome.is_(None))
)


def _overdue(
    groups: Sequence[Sequence[Any]], waits: sa.ColumnElement[bool], now: datetime
) -> sa.Select[Any]:
    """Return the query for what waits longer than it should: one comparison a time to answer."""
    late = [
        sa.and_(
            review.c.sla_seconds == seconds,
            review.c.entered_at < instant(now - timedelta(seconds=seconds)),
        )
        for seconds in sorted({row[1] for row in groups})
    ]
    return sa.select(sa.func.count()).select_from(review).where(waits, sa.or_(*late))


def _queue(
    states: Mapping[str, int], groups: Sequence[Sequence[Any]], overdue: int, working: Sequence[Any]
) -> QueueState:
    reasons: dict[str, int] = {}
    for row in groups:
        reasons[row[0]] = reasons.get(row[0], 0) + row[2]
    waiting = sum(reasons.values())
    younger = [sum(int(row[4 + at]) for row in groups) for at in range(len(AGES))]
    bounds = [0, *younger, waiting]
    oldest = min((row[3] for row in groups), default=None)
    return QueueState(
        waiting=waiting,
        snoozed=int(states.get("snoozed", 0)),
        handed=int(states.get("handed", 0)),
        approved=int(states.get("approved", 0)),
        oldest=None if oldest is None else datetime.fromisoformat(oldest),
        overdue=overdue,
        ages=tuple(high - low for low, high in pairwise(bounds)),
        reasons=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        working=int(working[0]),
        working_since=None if working[1] is None else datetime.fromisoformat(working[1]),
    )
