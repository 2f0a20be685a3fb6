"""Lists of tickets: by what became of them, by day, by words; a page at a time from any place.

A page begins after the last ticket of the page before (keyset paging), so that the thousandth page
costs as much as the first and nothing is shown twice while new tickets come in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa

from firstline.errors import InputError
from firstline.records import Ticket, TicketId, decode
from firstline.store.database import reading
from firstline.store.listing_tables import listed
from firstline.store.schema import ticket
from firstline.store.tickets import instant

TicketState = Literal["open", "waiting", "snoozed", "handed", "approved", "answered", "closed"]
STATES: tuple[TicketState, ...] = get_args(TicketState)
PAGE: Final = 50
WORDS: Final = 6
"""Words of a search that count."""
LONGEST: Final = 100
"""Characters of a search that count."""
RECENT: Final = 1_000
"""Latest tickets among which the reasons to choose from are looked for."""
WITH_A_PERSON: Final = ("review", "escalate")
ANSWERED: Final = ("sent", "clarify")
_ESCAPE: Final = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """Which tickets are wanted; what is left out is any."""

    state: TicketState | None = None
    outcome: str | None = None
    reason: str | None = None
    intent: str | None = None
    channel: str | None = None
    since: date | None = None
    """First day, in the company's time zone."""
    until: date | None = None
    """Last day, included."""
    text: str = ""
    """Words that stand in the subject, the sender's id, the customer or our id; all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins or ends: between two tickets."""

    received_at: str
    ticket: str

    def __str__(self) -> str:
        """Return it as an address carries it."""
        return f"{self.received_at}_{self.ticket}"

    @classmethod
    def read(cls, written: str) -> Place:
        """Return the place an address names; raises InputError when it names none."""
        at, _, name = written.partition("_")
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            moment = None
        odd = not name.isprintable() or len(written) > LONGEST
        if moment is None or moment.tzinfo is None or not name or odd:
            raise InputError("the page's address is damaged", fix="Begin at the first page")
        return cls(received_at=instant(moment), ticket=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTicket:
    """A ticket in a list."""

    id: TicketId
    external_id: str
    subject: str
    """Masked, as stored."""
    opening: str
    """How its text begins."""
    customer: str | None
    verified: bool
    channel: str
    intent: str
    """Empty when none was recognised, or the ticket was not routed yet."""
    outcome: str
    """Empty while it is worked on."""
    reason: str
    state: TicketState
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """A page of a list, the newest first."""

    items: tuple[ListedTicket, ...]
    newer: Place | None
    """Where the page before it ends; None: this is the first."""
    older: Place | None
    """Where the next page begins; None: this is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another ticket of the same conversation or customer."""

    id: TicketId
    subject: str
    received_at: datetime
    outcome: str
    reason: str
    why: Literal["conversation", "customer"]


_OPENING = 120
_COLUMNS = (
    listed.c.ticket,
    listed.c.received_at,
    listed.c.channel,
    listed.c.intent,
    listed.c.outcome,
    listed.c.reason,
    listed.c.state,
)


class TicketSearch:
    """Reads the lists of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def page(
        self,
        wanted: TicketFilter | None = None,
        *,
        zone: tzinfo = UTC,
        after: Place | None = None,
        before: Place | None = None,
        limit: int = PAGE,
    ) -> TicketPage:
        """Return a page, the newest first.

        Args:
            wanted: Which tickets.
            zone: In which its days begin and end.
            after: Only tickets older than this place: the next page.
            before: Only tickets newer than this place: the page before; `after` is ignored then.
            limit: Tickets of a page.
        """
        backwards = before is not None
        place = before if backwards else after
        conditions = _conditions(wanted or TicketFilter(), zone)
        key = sa.tuple_(listed.c.received_at, listed.c.ticket)
        if place is not None:
            there = sa.tuple_(sa.literal(place.received_at), sa.literal(place.ticket))
            conditions.append(key > there if backwards else key < there)
        columns = (listed.c.received_at, listed.c.ticket)
        order = [column.asc() if backwards else column.desc() for column in columns]
        query = sa.select(*_COLUMNS).where(*conditions).order_by(*order).limit(limit + 1)
        with self._reader.connect() as connection:
            rows = list(connection.execute(query))
            more = len(rows) > limit
            rows = rows[:limit]
            if backwards:
                rows.reverse()
            bodies = _bodies(connection, [row.ticket for row in rows])
        items = tuple(_item(row, bodies[row.ticket]) for row in rows)
        is_first = (not more) if backwards else place is None
        is_last = not backwards and not more
        return TicketPage(
            items=items,
            newer=None if is_first or not rows else _place(rows[0]),
            older=None if is_last or not rows else _place(rows[-1]),
        )

    def recent_reasons(self) -> tuple[str, ...]:
        """Return why the latest tickets ended as they did, to choose from."""
        latest = (
            sa.select(listed.c.reason)
            .order_by(listed.c.received_at.desc(), listed.c.ticket.desc())
            .limit(RECENT)
            .subquery()
        )
        query = sa.select(latest.c.reason).where(latest.c.reason != "").distinct()
        with self._reader.connect() as connection:
            return tuple(sorted(connection.scalars(query)))

    def related(self, record: Ticket, *, limit: int = 20) -> tuple[Related, ...]:
        """Return other tickets of a conversation, then of its verified customer, newest first."""
        same_inbox = (ticket.c.inbox == record.inbox, ticket.c.id != record.id)
        columns = (
            ticket.c.id,
            ticket.c.body,
            ticket.c.outcome,
            ticket.c.reason,
            ticket.c.conversation,
        )
        newest = (ticket.c.received_at.desc(), ticket.c.id.desc())
        thread = (
            sa.select(*columns)
            .where(*same_inbox, ticket.c.conversation == record.conversation)
            .order_by(*newest)
            .limit(limit)
        )
        with self._reader.connect() as connection:
            rows = list(connection.execute(thread))
            if record.customer is not None and record.verified and len(rows) < limit:
                others = (
                    sa.select(*columns)
                    .where(
                        *same_inbox,
                        ticket.c.customer == record.customer,
                        ticket.c.conversation != record.conversation,
                    )
                    .order_by(*newest)
                    .limit(limit - len(rows))
                )
                rows.extend(connection.execute(others))
        return tuple(_related(row, record) for row in rows)


def _conditions(wanted: TicketFilter, zone: tzinfo) -> list[sa.ColumnElement[bool]]:
    pairs = (
        (listed.c.outcome, wanted.outcome),
        (listed.c.reason, wanted.reason),
        (listed.c.intent, wanted.intent),
        (listed.c.channel, wanted.channel),
    )
    found = [column == value for column, value in pairs if value is not None]
    if wanted.state is not None:
        found.append(_in_state(wanted.state))
    if wanted.since is not None:
        found.append(listed.c.received_at >= _begins(wanted.since, zone))
    if wanted.until is not None and wanted.until < date.max:
        found.append(listed.c.received_at < _begins(wanted.until + timedelta(days=1), zone))
    found.extend(_contains(word) for word in wanted.text[:LONGEST].split()[:WORDS])
    return found


def _in_state(state: TicketState) -> sa.ColumnElement[bool]:
    match state:
        case "open":
            return listed.c.outcome == ""
        case "answered":
            return listed.c.outcome.in_(ANSWERED)
        case "waiting":
            # Whoever has not entered the queue yet waits as well.
            return sa.and_(listed.c.outcome.in_(WITH_A_PERSON), listed.c.state.in_(("", "waiting")))
        case "snoozed" | "handed" | "approved" | "closed":
            return sa.and_(listed.c.outcome.in_(WITH_A_PERSON), listed.c.state == state)


def _state(outcome: str, review: str) -> TicketState:
    """Return how a ticket stands, as `_in_state` asks for it."""
    if not outcome:
        return "open"
    if outcome in ANSWERED:
        return "answered"
    return next((state for state in STATES if state == review), "waiting")


def _begins(day: date, zone: tzinfo) -> str:
    """Return the moment a day begins; the first and the last day there are begin in UTC."""
    try:
        return instant(datetime.combine(day, time(), tzinfo=zone))
    except OverflowError:
        return instant(datetime.combine(day, time(), tzinfo=UTC))


def _contains(word: str) -> sa.ColumnElement[bool]:
    """Return whether the searched words contain one; SQLite lowers ASCII letters only."""
    ways = (word.lower(),) if word.isascii() else (word.lower(), word.upper())
    patterns = [f"%{_escaped(way)}%" for way in ways]
    return sa.or_(*(listed.c.words.like(pattern, escape=_ESCAPE) for pattern in patterns))


def _escaped(word: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        word = word.replace(sign, _ESCAPE + sign)
    return word.replace("\x00", "")


def _place(row: sa.Row[*tuple[Any, ...]]) -> Place:
    return Place(received_at=row.received_at, ticket=row.ticket)


def _bodies(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Ticket]:
    query = sa.select(ticket.c.id, ticket.c.body).where(ticket.c.id.in_(ids))
    return {row.id: decode(Ticket, row.body) for row in connection.execute(query)}


def _item(row: sa.Row[*tuple[Any, ...]], record: Ticket) -> ListedTicket:
    return ListedTicket(
        id=record.id,
        external_id=record.external_id,
        subject=record.subject,
        opening=" ".join(record.text[: 2 * _OPENING].split())[:_OPENING],
        customer=record.customer,
        verified=record.verified,
        channel=record.channel,
        intent=row.intent,
        outcome=row.outcome,
        reason=row.reason,
        state=_state(row.outcome, row.state),
        received_at=record.received_at,
    )


def _related(row: sa.Row[*tuple[Any, ...]], record: Ticket) -> Related:
    other = decode(Ticket, row.body)
    return Related(
        id=other.id,
        subject=other.subject or " ".join(other.text[: 2 * _OPENING].split())[:_OPENING],
        received_at=other.received_at,
        outcome=row.outcome or "",
        reason=row.reason or "",
        why="conversation" if row.conversation == record.conversation else "customer",
    )
