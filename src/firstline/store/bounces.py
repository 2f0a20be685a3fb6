"""Replies that came back: what was counted as sent did not arrive, and a person has to know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store.outbox import FOUND
from firstline.store.review_records import FIRSTLINE, Change
from firstline.store.review_rows import decision_row, made_of, review_of
from firstline.store.schema import delivery, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review

REASON = "bounced"
SETTLING: Final = timedelta(minutes=10)
"""How long a delivery under way may take to be settled, with a crash in between."""


class NotSettledError(Exception):
    """What came back is not known yet to have left: it is to be reported again."""


def _nothing(_key: str) -> bool:
    return False


def take_back(
    engine: sa.Engine,
    inbox: str,
    reference: str,
    status: str,
    now: datetime,
    *,
    sent_as: Callable[[str], bool] = _nothing,
) -> TicketId | None:
    """Cancel a delivery that came back, and put its ticket before a person.

    When a person had released it, it is in the queue again with a note of why.

    Args:
        engine: The database.
        inbox: Where the reply was sent from.
        reference: What sending it returned.
        status: The mail system's code, such as `5.1.1`; may be empty.
        now: The time.
        sent_as: Whether a delivery's marker gives this reference: one whose sender died, or lost
            its answer, is written down without.

    Returns:
        The ticket; None when no reply is known by this reference, or it was taken back before.

    Raises:
        NotSettledError: It is being sent or written down, or who did so has just died.
    """
    with engine.begin() as connection:
        found = _known(connection, inbox, reference) or _found(connection, inbox, sent_as, now)
        if found is None:
            return None
        key, ticket_id = found
        if _is_being_ended(connection, key, now):
            raise NotSettledError
        detail = f"{REASON} {status}".strip()
        connection.execute(
            delivery.update()
            .where(delivery.c.key == key, delivery.c.state == "sent")
            .values(state="cancelled", detail=detail, at=instant(now))
        )
        connection.execute(
            ticket.update()
            .where(ticket.c.id == ticket_id, ticket.c.outcome.in_(("sent", "clarify")))
            .values(outcome="review", reason=REASON, ended_at=instant(now))
        )
        _reopen(connection, TicketId(ticket_id), detail, now)
    return TicketId(ticket_id)


def _is_being_ended(connection: sa.Connection, key: str, now: datetime) -> bool:
    """Whether somebody is about to write down that a ticket was answered: the last word."""
    recent = sa.and_(delivery.c.key == key, delivery.c.at >= instant(now - SETTLING))
    works = sa.exists().where(recent, ticket.c.id == delivery.c.ticket, ticket.c.outcome.is_(None))
    releases = sa.exists().where(
        recent, review.c.ticket == delivery.c.ticket, review.c.pending == delivery.c.kind
    )
    return bool(connection.scalar(sa.select(sa.or_(works, releases))))


def _known(connection: sa.Connection, inbox: str, reference: str) -> tuple[str, str] | None:
    """Return key and ticket of a delivery by what sending it returned."""
    query = sa.select(delivery.c.key, delivery.c.ticket).where(
        delivery.c.inbox == inbox, delivery.c.detail == reference, delivery.c.state == "sent"
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.key, row.ticket)


def _found(
    connection: sa.Connection, inbox: str, sent_as: Callable[[str], bool], now: datetime
) -> tuple[str, str] | None:
    """Return key and ticket of a delivery that was found where it was sent.

    Raises:
        NotSettledError: It is under way still.
    """
    settled = sa.and_(delivery.c.state == "sent", delivery.c.detail.in_(FOUND))
    recent = delivery.c.at >= instant(now - SETTLING)
    under_way = sa.and_(delivery.c.state == "sending", recent)
    query = sa.select(delivery.c.key, delivery.c.ticket, delivery.c.state).where(
        delivery.c.inbox == inbox, sa.or_(settled, under_way)
    )
    for row in connection.execute(query):
        if sent_as(row.key):
            if row.state == "sending":
                raise NotSettledError
            return row.key, row.ticket
    return None


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
