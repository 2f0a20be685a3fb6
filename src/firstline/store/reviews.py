"""Reviews: the tickets that wait for a person, who holds each, and what was decided.

| state    | meaning                                          | leaves it by                     |
|----------|--------------------------------------------------|----------------------------------|
| waiting  | anybody may claim it                             | a decision                       |
| snoozed  | as waiting, but not before its time              | a decision, or its time comes    |
| handed   | a person or team answers it by hand              | a decision, reopen               |
| approved | its reply is stored and waits to be delivered    | the delivery                     |
| answered | the reply was delivered                          | reopen                           |
| closed   | nothing more is to be done                       | reopen                           |

Every claim and decision is one `UPDATE … WHERE` that names the version it was made on, so of
several people who act at once exactly one succeeds. Decisions are only ever added.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import Context, Draft, Outcome, Receipt, TicketId, decode
from firstline.store.database import reading
from firstline.store.review_records import (
    FIRSTLINE,
    LEASE,
    REOPENABLE,
    ApprovedDelivery,
    Change,
    Decision,
    Review,
    ReviewEntry,
    ReviewRefused,
)
from firstline.store.review_rows import (
    decision_of,
    decision_row,
    entry_row,
    holds,
    made_of,
    may_claim,
    overtaken,
    review_of,
    time_text,
    why_not,
)
from firstline.store.schema import ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review, staff_reply

_GET = sa.select(review).where(review.c.ticket == sa.bindparam("id"))


class ReviewStore:
    """The reviews of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    @property
    def engine(self) -> sa.Engine:
        """The database."""
        return self._engine

    def add(self, entries: Sequence[ReviewEntry]) -> int:
        """Put tickets into the queue, each once; return how many were new."""
        if not entries:
            return 0
        known = self._insert(review).on_conflict_do_nothing().returning(review.c.ticket)
        with self._engine.begin() as connection:
            return sum(connection.scalar(known, entry_row(item)) is not None for item in entries)

    def get(self, ticket_id: TicketId) -> Review | None:
        """Return a review, or None."""
        with self._reader.connect() as connection:
            row = connection.execute(_GET, {"id": ticket_id}).one_or_none()
        return None if row is None else review_of(row)

    def claim(
        self, ticket_id: TicketId, who: str, now: datetime, *, lease: timedelta = LEASE
    ) -> Review:
        """Give a ticket to one person for a while. Claiming it again makes a new version.

        Raises:
            ReviewRefused: Somebody else holds it or took it over, or it is not open.
        """
        update = (
            review.update()
            .where(review.c.ticket == ticket_id, *may_claim(who, now))
            .values(
                version=review.c.version + 1,
                holder=who,
                held_until=instant(now + lease),
                claimed_at=instant(now),
            )
            .returning(review)
        )
        with self._engine.begin() as connection:
            row = connection.execute(update).one_or_none()
            if row is None:
                raise why_not(connection, ticket_id, who, None, now)
        return review_of(row)

    def renew(
        self,
        ticket_id: TicketId,
        who: str,
        version: int,
        now: datetime,
        *,
        lease: timedelta = LEASE,
    ) -> Review:
        """Hold a claimed ticket longer; raises ReviewRefused when the claim is lost."""
        values = {"held_until": instant(now + lease)}
        return self._held_change(ticket_id, who, version, now, values)

    def release(self, ticket_id: TicketId, who: str, version: int, now: datetime) -> Review:
        """Give a claimed ticket back; raises ReviewRefused when the claim is lost."""
        values = {"holder": "", "held_until": "", "claimed_at": ""}
        return self._held_change(ticket_id, who, version, now, values)

    def _held_change(
        self, ticket_id: TicketId, who: str, version: int, now: datetime, values: dict[str, str]
    ) -> Review:
        update = (
            review.update()
            .where(review.c.ticket == ticket_id, *holds(who, version, now))
            .values(values)
            .returning(review)
        )
        with self._engine.begin() as connection:
            row = connection.execute(update).one_or_none()
            if row is None:
                raise why_not(connection, ticket_id, who, version, now)
        return review_of(row)

    def decide(self, change: Change, now: datetime) -> Decision:
        """Write a decision of the ticket's holder down and do what it says, in one transaction.

        Raises:
            ReviewRefused: The claim is lost, the review has another version, or a reply is not
                wanted any more (newer message, a person's reply, an earlier delivery).
        """
        return self._decide(change, holds(change.by, change.version, now), now)

    def reopen(self, change: Change, now: datetime) -> Decision:
        """Put a ticket that was done with back into the queue; nobody need hold it.

        Raises:
            ReviewRefused: It is open, on its way, or has another version.
        """
        wanted = (review.c.version == change.version, review.c.state.in_(REOPENABLE))
        return self._decide(change, wanted, now)

    def _decide(
        self, change: Change, wanted: tuple[sa.ColumnElement[bool], ...], now: datetime
    ) -> Decision:
        with self._engine.begin() as connection:
            before = connection.execute(_locked(connection, change.ticket)).one_or_none()
            moved = connection.scalar(
                review.update()
                .where(review.c.ticket == change.ticket, *wanted)
                .values(
                    state=change.state,
                    version=review.c.version + 1,
                    holder="",
                    held_until="",
                    claimed_at="",
                    assignee=change.assignee,
                    team=change.team,
                    wakes_at=time_text(change.wakes_at),
                    pending=change.delivers,
                )
                .returning(review.c.version)
            )
            if before is None or moved is None:
                raise why_not(connection, change.ticket, change.by, change.version, now)
            if change.delivers in ("reply", "question"):
                _refuse_overtaken(connection, change.ticket)
            made = made_of(change, review_of(before), int(moved), now)
            _write_down(connection, made, change)
            _end_ticket(connection, change, now)
        return made

    def decisions(self, ticket_id: TicketId) -> tuple[Decision, ...]:
        """Return what was decided about a ticket, oldest first."""
        query = (
            sa.select(decision).where(decision.c.ticket == ticket_id).order_by(decision.c.number)
        )
        with self._reader.connect() as connection:
            return tuple(decision_of(row) for row in connection.execute(query))

    def note_staff_reply(self, inbox: str, conversation: str, by: str, at: datetime) -> None:
        """Note that a person answered past Firstline; drafts for older messages are then stale."""
        with self._engine.begin() as connection:
            self.note_staff_reply_on(connection, inbox, conversation, by, at)

    def note_staff_reply_on(
        self, connection: sa.Connection, inbox: str, conversation: str, by: str, at: datetime
    ) -> None:
        """Note it in a transaction of the caller's."""
        row = {"inbox": inbox, "conversation": conversation, "by": by, "at": instant(at)}
        connection.execute(self._insert(staff_reply).values(row).on_conflict_do_nothing())

    def overtaken(self, ticket_id: TicketId) -> ReviewRefused | None:
        """Return why a reply to a ticket is not wanted any more, or None while it is."""
        with self._reader.connect() as connection:
            return overtaken(connection, ticket_id)

    def pending(self, *, limit: int = 200) -> tuple[tuple[TicketId, int], ...]:
        """Return what waits to be delivered, as ticket and version."""
        newest = (
            sa.select(sa.func.max(decision.c.number))
            .where(decision.c.ticket == review.c.ticket, decision.c.delivers != "")
            .scalar_subquery()
        )
        waits = review.c.pending > ""  # ">" and not "!=": an index serves it
        query = sa.select(review.c.ticket, newest.label("number")).where(waits).limit(limit)
        with self._reader.connect() as connection:
            rows = connection.execute(query).all()
        return tuple((TicketId(row.ticket), row.number) for row in rows if row.number is not None)

    def approved_delivery(self, ticket_id: TicketId) -> ApprovedDelivery | None:
        """Return what waits to be delivered for a ticket, or None."""
        query = (
            sa.select(decision)
            .join(review, review.c.ticket == decision.c.ticket)
            .where(
                decision.c.ticket == ticket_id,
                decision.c.delivers == review.c.pending,
                review.c.pending != "",
            )
            .order_by(decision.c.number.desc())
            .limit(1)
        )
        with self._reader.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return ApprovedDelivery(
            ticket=TicketId(row.ticket),
            number=row.number,
            kind=row.delivers,
            text=row.text,
            draft=decode(Draft, row.draft) if row.draft else None,
            context=decode(Context, row.evidence) if row.evidence else None,
            by=row.by,
            at=datetime.fromisoformat(row.at),
            decided=row.kind,
        )

    def settle(self, sent: ApprovedDelivery, receipt: Receipt, now: datetime) -> None:
        """Write down what became of a delivery. Doing so again changes nothing.

        What could not be delivered is before a person again.
        """
        done = receipt.state == "sent"
        if sent.kind == "notice":
            values: dict[str, Any] = {"pending": ""}
        elif done:
            values = {"pending": "", "state": "answered"}
        else:
            values = {"pending": "", "state": "waiting", "version": review.c.version + 1}
        update = (
            review.update()
            .where(review.c.ticket == sent.ticket, review.c.pending == sent.kind)
            .values(values)
            .returning(review)
        )
        with self._engine.begin() as connection:
            row = connection.execute(update).one_or_none()
            if row is None or sent.kind == "notice":
                return
            change = _settled(sent, receipt)
            if not done:
                made = made_of(change, review_of(row), row.version, now)
                _write_down(connection, made, change)
            _end_ticket(connection, change, now)


def _locked(connection: sa.Connection, ticket_id: TicketId) -> sa.Select[Any]:
    """Return the query for a review that nobody else may change until the transaction ends."""
    query = sa.select(review).where(review.c.ticket == ticket_id)
    return query.with_for_update() if connection.dialect.name == "postgresql" else query


def _refuse_overtaken(connection: sa.Connection, ticket_id: TicketId) -> None:
    refused = overtaken(connection, ticket_id)
    if refused is not None:
        raise refused


def _write_down(connection: sa.Connection, made: Decision, change: Change) -> None:
    connection.execute(decision.insert().values(decision_row(made, change.draft, change.evidence)))


def _end_ticket(connection: sa.Connection, change: Change, now: datetime) -> None:
    if change.outcome is None:
        return
    connection.execute(
        ticket.update()
        .where(ticket.c.id == change.ticket)
        .values(outcome=change.outcome, reason=change.outcome_reason, ended_at=instant(now))
    )


def _settled(sent: ApprovedDelivery, receipt: Receipt) -> Change:
    """Return what a delivery made of its ticket."""
    if receipt.state == "sent":
        outcome: Outcome = "clarify" if sent.kind == "question" else "sent"
        reason = "approved" if sent.decided == "approve" else "edited"
    elif receipt.state == "cancelled":
        outcome, reason = "review", receipt.detail or "delivery_cancelled"
    else:
        outcome, reason = "review", "delivery_uncertain"
    return Change(
        ticket=sent.ticket,
        kind="returned",
        by=FIRSTLINE,
        version=sent.number,
        state="waiting",
        reason=reason,
        outcome=outcome,
        outcome_reason=reason,
    )
