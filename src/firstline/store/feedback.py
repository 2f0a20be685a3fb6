"""What customers say about replies, and which answers they came back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import TicketId
from firstline.store.database import reading
from firstline.store.schema import delivery, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import feedback, reopening

FeedbackAnswer = Literal["yes", "no", "more_help"]
ANSWERS: tuple[FeedbackAnswer, ...] = get_args(FeedbackAnswer)
REOPEN_WITHIN = timedelta(days=7)
"""A message on an answered conversation within this time says that the answer did not settle it."""
_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeedback:
    """What a customer says about a reply."""

    ticket: TicketId
    answer: FeedbackAnswer
    changes: int
    """How often the customer changed their mind."""
    first_at: datetime
    at: datetime
    """When this answer was first given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """An answered ticket whose customer wrote again."""

    ticket: TicketId
    by_ticket: TicketId
    after: timedelta
    """From the delivery of the answer to the new message."""
    at: datetime
    """When the new message came."""


class FeedbackStore:
    """The feedback of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    def record(
        self, ticket_id: TicketId, answer: FeedbackAnswer, now: datetime
    ) -> StoredFeedback | None:
        """Keep an answer; the last one counts. None when there is no such ticket.

        Giving the same answer again changes nothing.
        """
        at = instant(now)
        new = self._insert(feedback).values(
            ticket=ticket_id, answer=answer, changes=0, first_at=at, at=at
        )
        kept = new.on_conflict_do_update(
            index_elements=[feedback.c.ticket],
            set_={"answer": answer, "at": at, "changes": feedback.c.changes + 1},
            where=feedback.c.answer != answer,
        )
        known = sa.select(sa.func.count()).select_from(ticket).where(ticket.c.id == ticket_id)
        with self._engine.begin() as connection:
            if not connection.scalar(known):
                return None
            connection.execute(kept)
        return self.of(ticket_id)

    def of(self, ticket_id: TicketId) -> StoredFeedback | None:
        """Return what a customer says about a ticket's reply."""
        with self._reader.connect() as connection:
            row = connection.execute(
                sa.select(feedback).where(feedback.c.ticket == ticket_id)
            ).one_or_none()
        if row is None:
            return None
        return StoredFeedback(
            ticket=TicketId(row.ticket),
            answer=row.answer,
            changes=row.changes,
            first_at=datetime.fromisoformat(row.first_at),
            at=datetime.fromisoformat(row.at),
        )

    def counts(self, since: datetime, until: datetime) -> dict[FeedbackAnswer, int]:
        """Return how many replies were judged each way in a period."""
        query = (
            sa.select(feedback.c.answer, sa.func.count().label("replies"))
            .where(feedback.c.at >= instant(since), feedback.c.at < instant(until))
            .group_by(feedback.c.answer)
        )
        with self._reader.connect() as connection:
            found = {row.answer: row.replies for row in connection.execute(query)}
        return {answer: found.get(answer, 0) for answer in ANSWERS}

    def mark_reopened(
        self, *, within: timedelta = REOPEN_WITHIN, answered_since: datetime | None = None
    ) -> int:
        """Mark answered tickets whose customer wrote again in time; return how many are new.

        Args:
            within: How soon after the answer was delivered.
            answered_since: Look only at answers delivered since; None: at all of them. Whoever
                asks often gives the time of their last look less `within`.
        """
        reply, message = delivery, ticket
        query = (
            sa.select(reply.c.ticket, reply.c.at, message.c.id, message.c.received_at)
            .join(
                message,
                sa.and_(
                    message.c.inbox == reply.c.inbox,
                    message.c.conversation == reply.c.conversation,
                    message.c.received_at > reply.c.at,
                ),
            )
            .where(
                reply.c.kind == "reply",
                reply.c.state == "sent",
                ~sa.exists().where(reopening.c.ticket == reply.c.ticket).correlate(reply),
            )
            .order_by(message.c.received_at.desc())
        )
        if answered_since is not None:
            query = query.where(reply.c.at >= instant(answered_since - _SLACK))
        with self._engine.begin() as connection:
            # In descending order the last row of each ticket is its first new message.
            first = {row.ticket: row for row in connection.execute(query)}
            rows = []
            for row in first.values():
                came = datetime.fromisoformat(row.received_at)
                after = came - datetime.fromisoformat(row.at)
                if after <= within:
                    rows.append(
                        {
                            "ticket": row.ticket,
                            "by_ticket": row.id,
                            "after_seconds": after.total_seconds(),
                            "at": row.received_at,
                        }
                    )
            if rows:
                connection.execute(self._insert(reopening).on_conflict_do_nothing(), rows)
        return len(rows)

    def reopened(self, since: datetime, until: datetime) -> tuple[Reopening, ...]:
        """Return the answers to which a customer came back in a period, oldest first."""
        query = (
            sa.select(reopening)
            .where(reopening.c.at >= instant(since), reopening.c.at < instant(until))
            .order_by(reopening.c.at, reopening.c.ticket)
        )
        with self._reader.connect() as connection:
            return tuple(
                Reopening(
                    ticket=TicketId(row.ticket),
                    by_ticket=TicketId(row.by_ticket),
                    after=timedelta(seconds=row.after_seconds),
                    at=datetime.fromisoformat(row.at),
                )
                for row in connection.execute(query)
            )
