"""The queue as its rows show it, and the filters that live in the address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, get_args
from urllib.parse import urlencode

from firstline.store.review_queue import Filter, QueuePage, Waiting
from firstline.store.review_records import ReviewState
from firstline.web.review.wording import Tone, due_words, shown_code

ROWS: Final = 25
"""Tickets a page of the queue."""
LONGEST_SEARCH: Final = 100
"""Characters that are searched for."""
MOST_PAGES: Final = 10_000
_LONGEST: Final = 200
_TITLE: Final = 70
STATES: Final[tuple[ReviewState, ...]] = get_args(ReviewState)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What part of the queue somebody looks at, as the address says it."""

    intent: str = ""
    reason: str = ""
    channel: str = ""
    assignee: str = ""
    state: str = ""
    q: str = ""
    page: int = 1

    @property
    def filter(self) -> Filter:
        """The same for the store."""
        state = next((one for one in STATES if one == self.state), None)
        return Filter(
            intent=self.intent or None,
            reason=self.reason or None,
            channel=self.channel or None,
            assignee=self.assignee or None,
            state=state,
            text=self.q,
        )

    @property
    def chosen(self) -> tuple[tuple[str, str, str], ...]:
        """Each thing that is asked for: its name, its value, and the address without it."""
        said = ((name, str(getattr(self, name))) for name in FIELDS)
        return tuple((name, value, without(self, name).tail) for name, value in said if value)

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return self != Wanted(page=self.page)

    @property
    def tail(self) -> str:
        """The end of an address that keeps to it: empty, or `?` and what is wanted."""
        return self.with_page(self.page)

    def with_page(self, number: int, **more: str) -> str:
        """Return the end of an address of another page of it."""
        said = {name: str(getattr(self, name)) for name in FIELDS}
        said["page"] = str(number) if number > 1 else ""
        found = {name: value for name, value in (said | more).items() if value}
        return f"?{urlencode(found)}" if found else ""


FIELDS: Final = ("intent", "reason", "channel", "assignee", "state", "q")


def wanted_of(params: Mapping[str, str]) -> Wanted:
    """Return what an address asks for; what it cannot ask for is left out."""
    number = params.get("page", "")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1  # noqa: PLR2004 - digits
    said = {name: " ".join(params.get(name, "").split())[:_LONGEST] for name in FIELDS}
    if said["state"] not in STATES:
        said["state"] = ""
    said["q"] = said["q"][:LONGEST_SEARCH]
    return Wanted(page=min(max(page, 1), MOST_PAGES), **said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A ticket of the queue."""

    ticket: str
    title: str
    """Its subject, or how the message begins."""
    about: str
    """Its intent and why it is here."""
    cost: float
    """Dollars: what orders the queue."""
    due: str
    tone: Tone
    who: str
    """Who else holds or has it; empty: nobody."""
    mine: bool
    """Whether the person who looks holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """A page of the queue."""

    rows: tuple[Row, ...]
    total: int
    wanted: Wanted
    pages: int

    def held(self, ticket: str) -> QueueView:
        """Return it as it is once the person who looks has claimed a ticket of it."""
        rows = (replace(row, mine=True) if row.ticket == ticket else row for row in self.rows)
        return replace(self, rows=tuple(rows))

    def after(self, ticket: str) -> Row | None:
        """Return the next ticket that nobody else has; None at the end of the page."""
        at = next((at for at, row in enumerate(self.rows) if row.ticket == ticket), -1)
        return next((row for row in self.rows[at + 1 :] if not row.who), None)

    def before(self, ticket: str) -> Row | None:
        """Return the ticket before one, whoever has it."""
        at = next((at for at, row in enumerate(self.rows) if row.ticket == ticket), 0)
        return self.rows[at - 1] if at else None

    def below(self, ticket: str) -> Row | None:
        """Return the ticket after one, whoever has it."""
        at = next((at for at, row in enumerate(self.rows) if row.ticket == ticket), -1)
        return self.rows[at + 1] if at + 1 < len(self.rows) else None

    def at(self, ticket: str) -> int:
        """Return the place of a ticket in the whole queue, from 1; 0 when it is not on the page."""
        found = next((at for at, row in enumerate(self.rows, 1) if row.ticket == ticket), 0)
        return found and found + (self.wanted.page - 1) * ROWS

    def first(self) -> Row | None:
        """Return the first ticket that nobody else has."""
        return next((row for row in self.rows if not row.who), None)


def queue_view(found: QueuePage, wanted: Wanted, me: str, now: datetime) -> QueueView:
    """Return a page of the queue as one person sees it."""
    return QueueView(
        rows=tuple(row_of(item, me, now) for item in found.items),
        total=found.total,
        wanted=wanted,
        pages=max(1, -(-found.total // ROWS)),
    )


def row_of(item: Waiting, me: str, now: datetime) -> Row:
    """Return a row of the queue."""
    held = item.review
    due, tone = due_words(item.due_at, timedelta(seconds=held.sla_seconds), now, short=True)
    holder = held.held_by(now)
    others = [name for name in (holder, held.assignee, held.team) if name and name != me]
    title = " ".join((item.subject or item.opening).split()) or f"({item.external_id})"
    about = [shown_code(part) for part in (held.intent, held.held_for) if part]
    return Row(
        ticket=held.ticket,
        title=title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…",
        about=" · ".join(about),
        cost=item.priority,
        due=due,
        tone=tone,
        who=others[0] if others else "",
        mine=holder == me,
    )


def without(wanted: Wanted, name: str) -> Wanted:
    """Return what is wanted less one filter, from the first page."""
    return replace(wanted, page=1, **{name: ""})
