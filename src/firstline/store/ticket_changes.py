"""Tickets in the order in which something happened to them, for whoever asks from time to time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from firstline.records import Outcome, Ticket, TicketId, decode
from firstline.store.database import reading
from firstline.store.review_records import ReviewState
from firstline.store.schema import inbox, model_call, stage, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import review

SETTLE = timedelta(seconds=2)
"""How long a change waits before it is told: transactions do not commit in the order of their
clocks, and a reader who has passed a time never looks back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A ticket and how it stands."""

    ticket: Ticket
    outcome: Outcome | None
    reason: str
    ended_at: datetime | None
    review: ReviewState | None
    """How it stands in the queue; None: it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the order of changes."""

    ended_at: str
    ticket: str


START = Place(ended_at="", ticket="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a ticket is."""

    outcome: Outcome | None
    reason: str
    review: ReviewState | None
    decided: bool
    """Whether there is a verdict."""
    writing: bool
    """Whether a model was asked."""


_COLUMNS = (
    ticket.c.id,
    ticket.c.body,
    ticket.c.outcome,
    ticket.c.reason,
    ticket.c.ended_at,
    review.c.state.label("review"),
)
_JOINED = ticket.outerjoin(review, review.c.ticket == ticket.c.id)
_ID: sa.BindParameter[str] = sa.bindparam("id")
_ONE: sa.Select[Any] = sa.select(*_COLUMNS).select_from(_JOINED).where(ticket.c.id == _ID)
_PROGRESS: sa.Select[Any] = (
    sa.select(
        ticket.c.outcome,
        ticket.c.reason,
        review.c.state.label("review"),
        sa.exists()
        .where(stage.c.ticket == ticket.c.id, stage.c.stage == "gate")
        .correlate(ticket)
        .label("decided"),
        sa.exists().where(model_call.c.ticket == ticket.c.id).correlate(ticket).label("writing"),
    )
    .select_from(_JOINED)
    .where(ticket.c.id == _ID)
)


class TicketChanges:
    """The tickets of one database, as others follow them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def of(self, ticket_id: TicketId) -> Standing | None:
        """Return a ticket as it stands, or None."""
        with self._reader.connect() as connection:
            row = connection.execute(_ONE, {"id": ticket_id}).one_or_none()
        return None if row is None else _standing(row)

    def progress(self, ticket_id: TicketId) -> Progress | None:
        """Return how far a ticket is, or None when there is none."""
        with self._reader.connect() as connection:
            row = connection.execute(_PROGRESS, {"id": ticket_id}).one_or_none()
        if row is None:
            return None
        return Progress(
            outcome=row.outcome,
            reason=row.reason or "",
            review=row.review,
            decided=bool(row.decided),
            writing=bool(row.writing),
        )

    def since(
        self, after: Place, now: datetime, *, kinds: Sequence[str], limit: int
    ) -> tuple[tuple[Standing, Place], ...]:
        """Return the tickets that ended, or ended otherwise, after a place, in order.

        Args:
            after: The last place that the caller has.
            now: The time; the last SETTLE are left for the next time.
            kinds: Kinds of inboxes; empty: all.
            limit: How many at most.
        """
        query: sa.Select[Any] = (
            sa.select(*_COLUMNS)
            .select_from(_JOINED)
            .where(
                sa.tuple_(ticket.c.ended_at, ticket.c.id)
                > sa.tuple_(sa.literal(after.ended_at), sa.literal(after.ticket)),
                ticket.c.ended_at < instant(now - SETTLE),
            )
            .order_by(ticket.c.ended_at, ticket.c.id)
            .limit(limit)
        )
        if kinds:
            wanted = sa.select(inbox.c.id).where(inbox.c.kind.in_(kinds))
            # As an expression, so that the order of changes is followed and not the inbox's index.
            query = query.where(sa.func.coalesce(ticket.c.inbox, "").in_(wanted))
        with self._reader.connect() as connection:
            rows = connection.execute(query).all()
        return tuple((_standing(row), Place(ended_at=row.ended_at, ticket=row.id)) for row in rows)


def _standing(row: sa.Row[Any]) -> Standing:
    return Standing(
        ticket=decode(Ticket, row.body),
        outcome=row.outcome,
        reason=row.reason or "",
        ended_at=None if row.ended_at is None else datetime.fromisoformat(row.ended_at),
        review=row.review,
    )
