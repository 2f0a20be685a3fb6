"""Replies that came back: what was counted as sent did not arrive, and a person has to know."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store.review_records import FIRSTLINE, Change
from firstline.store.review_rows import decision_row, made_of, review_of
from firstline.store.schema import delivery, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review

REASON = "bounced"


def take_back(
    engine: sa.Engine, inbox: str, reference: str, status: str, now: datetime
) -> TicketId | None:
    """Cancel a delivery that came back, and put its ticket before a person.

    When a person had released it, it is in the queue again with a note of why.

    Args:
        engine: The database.
        inbox: Where the reply was sent from.
        reference: What sending it returned.
        status: The mail system's code, such as `5.1.1`; may be empty.
        now: The time.

    Returns:
        The ticket; None when no reply is known by this reference, or it was taken back before.
    """
    known = sa.select(delivery.c.key, delivery.c.ticket).where(
        delivery.c.inbox == inbox, delivery.c.detail == reference, delivery.c.state == "sent"
    )
    with engine.begin() as connection:
        row = connection.execute(known).one_or_none()
        if row is None:
            return None
        detail = f"{REASON} {status}".strip()
        connection.execute(
            delivery.update()
            .where(delivery.c.key == row.key, delivery.c.state == "sent")
            .values(state="cancelled", detail=detail, at=instant(now))
        )
        connection.execute(
            ticket.update()
            .where(ticket.c.id == row.ticket, ticket.c.outcome.in_(("sent", "clarify")))
            .values(outcome="review", reason=REASON, ended_at=instant(now))
        )
        _reopen(connection, TicketId(row.ticket), detail, now)
    return TicketId(row.ticket)


def _reopen(connection: sa.Connection, ticket_id: TicketId, detail: str, now: datetime) -> None:
    """Put the review of an answered ticket back into the queue, if there is one."""
    row = connection.execute(
        review.update()
        .where(review.c.ticket == ticket_id, review.c.state == "answered")
        .values(state="waiting", pending="", holder="", version=review.c.version + 1)
        .returning(review)
    ).one_or_none()
    if row is None:
        return
    change = Change(
        ticket=ticket_id,
        kind="returned",
        by=FIRSTLINE,
        version=row.version,
        state="waiting",
        reason=REASON,
        note=detail,
    )
    made = made_of(change, review_of(row), row.version, now)
    connection.execute(decision.insert().values(decision_row(made, "", "")))
