"""How often answers rest on what: counted, and listed a page at a time.

What a reply rests on is in `use`; whether the customer has it, the delivery ledger says. The
states are those of `uses.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store.database import reading
from firstline.store.listing_tables import listed
from firstline.store.schema import delivery, ticket
from firstline.store.trust_tables import review, use
from firstline.store.uses import LEFT, WAITS, ReplyState

PASSAGE = "passage"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUse:
    """How many answers rest on something."""

    sent: int = 0
    drafts: int = 0
    last: datetime | None = None
    """When the latest of them was sent; of a draft, when its ticket came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestingTicket:
    """A ticket whose answer rests on something."""

    ticket: TicketId
    external_id: str
    state: ReplyState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RestingPage:
    """A page of them, sent ones first, newest first."""

    tickets: tuple[RestingTicket, ...]
    sent: int
    drafts: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.sent + self.drafts


class UseCounts:
    """The uses of one database, counted. Every method is one query or two, and changes nothing."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def by_document(self) -> Mapping[str, SourceUse]:
        """Return how many answers rest on each document. Reads all uses."""
        return {row.source: _counted(row) for row in self._grouped(use.c.source)}

    def by_passage(self, document: str) -> Mapping[tuple[str, str], SourceUse]:
        """Return how many answers rest on each passage of a document, by its id and version."""
        rows = self._grouped(use.c.evidence, use.c.version, where=use.c.source == document)
        return {(row.evidence, row.version): _counted(row) for row in rows}

    def resting(self, document: str, *, limit: int, offset: int = 0) -> RestingPage:
        """Return a page of the answers that rest on a document."""
        named = sa.and_(use.c.kind == PASSAGE, use.c.source == document)
        found = _stated(sa.select(use.c.ticket).where(named).distinct().subquery())
        states = sa.select(found.c.state, sa.func.count().label("count")).group_by(found.c.state)
        paged = (
            sa.select(found)
            .order_by(found.c.state.desc(), found.c.at.desc(), found.c.ticket.desc())
            .limit(limit)
            .offset(offset)
            .subquery()
        )
        shown = (
            sa.select(paged, ticket.c.external_id)
            .join(ticket, ticket.c.id == paged.c.ticket)
            .order_by(paged.c.state.desc(), paged.c.at.desc(), paged.c.ticket.desc())
        )
        with self._reader.connect() as connection:
            counts = {row.state: int(row[1]) for row in connection.execute(states)}
            rows = connection.execute(shown).all()
        return RestingPage(
            tickets=tuple(_resting(row) for row in rows),
            sent=counts.get("sent", 0),
            drafts=counts.get("draft", 0),
        )

    def _grouped(
        self, *columns: sa.ColumnElement[str], where: sa.ColumnElement[bool] | None = None
    ) -> list[sa.Row[Any]]:
        once = sa.select(use.c.ticket, *columns).where(use.c.kind == PASSAGE).distinct()
        if where is not None:
            once = once.where(where)
        found = _stated(once.subquery(), every=where is None)
        names = [found.c[column.name] for column in columns]
        query = sa.select(
            *names,
            sa.func.sum(sa.case((found.c.state == "sent", 1), else_=0)).label("sent"),
            sa.func.sum(sa.case((found.c.state == "draft", 1), else_=0)).label("drafts"),
            sa.func.max(found.c.at).label("last"),
        ).group_by(*names)
        with self._reader.connect() as connection:
            return list(connection.execute(query))


def _stated(used: sa.Subquery, *, every: bool = False) -> sa.Subquery:
    """Return the rows of `used`, which has a column `ticket`, with state and time of the reply.

    Replies that nobody gets any more are left out. `listed` is read in the place of `ticket`,
    whose rows hold whole messages: there is one of each.

    Args:
        used: The rows.
        every: Whether these are most of all tickets. Deliveries are then read once from end to
            end, else looked up a ticket.
    """
    left = (delivery.c.kind == "reply", delivery.c.state.in_(LEFT))
    source = used.join(listed, listed.c.ticket == used.c.ticket)
    source = source.outerjoin(review, review.c.ticket == used.c.ticket)
    sent_at: sa.ColumnElement[str]
    if every:
        out = (
            sa.select(delivery.c.ticket, sa.func.max(delivery.c.at).label("at"))
            .where(*left)
            .group_by(delivery.c.ticket)
            .subquery()
        )
        source, sent_at = source.outerjoin(out, out.c.ticket == used.c.ticket), out.c.at
    else:
        latest = sa.select(sa.func.max(delivery.c.at))
        sent_at = latest.where(delivery.c.ticket == used.c.ticket, *left).scalar_subquery()
    all_of_them = (
        sa.select(
            *used.c,
            sent_at.label("sent_at"),
            listed.c.outcome,
            listed.c.received_at,
            review.c.state.label("review_state"),
        )
        .select_from(source)
        .subquery()
    )
    waits = sa.and_(
        all_of_them.c.outcome.not_in(("sent", "clarify")),
        sa.or_(all_of_them.c.review_state.is_(None), all_of_them.c.review_state.in_(WAITS)),
    )
    return (
        sa.select(
            *(all_of_them.c[column.name] for column in used.c),
            sa.case((all_of_them.c.sent_at.is_not(None), "sent"), else_="draft").label("state"),
            sa.func.coalesce(all_of_them.c.sent_at, all_of_them.c.received_at).label("at"),
        )
        .where(sa.or_(all_of_them.c.sent_at.is_not(None), waits))
        .subquery()
    )


def _counted(row: sa.Row[Any]) -> SourceUse:
    return SourceUse(
        sent=int(row.sent), drafts=int(row.drafts), last=datetime.fromisoformat(row.last)
    )


def _resting(row: sa.Row[Any]) -> RestingTicket:
    return RestingTicket(
        ticket=TicketId(row.ticket),
        external_id=row.external_id,
        state=row.state,
        at=datetime.fromisoformat(row.at),
    )
