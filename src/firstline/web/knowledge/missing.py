"""Gaps: the questions that no article answers, what is open of them, and what to write. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlencode

from firstline.desk.gap_pages import facts_needed, file_name
from firstline.desk.gaps import CAUSES, Gap, NearArticle
from firstline.records import TicketId
from firstline.store.gap_marks import GapMark
from firstline.web.knowledge.library import address_of
from firstline.web.knowledge.views import PERIOD, PERIODS

GapState = Literal["open", "done"]
PAGE: Final = 15
TICKETS: Final = 20
"""Tickets of a group that are linked."""
KEY_DIGITS: Final = 16
SIZES: Final = (1, 2, 5, 10)
SIZE: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsWanted:
    """Which gaps a page shows."""

    period: str = PERIOD
    state: GapState = "open"
    least: int = SIZE
    page: int = 1

    def address(self, page: int = 1) -> str:
        """Return the address that shows them, at another page."""
        values = {
            "period": "" if self.period == PERIOD else self.period,
            "state": "" if self.state == "open" else self.state,
            "least": "" if self.least == SIZE else str(self.least),
            "page": "" if page == 1 else str(page),
        }
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/knowledge/gaps?{query}" if query else "/knowledge/gaps"


def gaps_wanted(period: str, state: str, least: int, page: int) -> GapsWanted:
    """Return what is wanted; whatever cannot be understood is left out."""
    return GapsWanted(
        period=period if period in PERIODS else PERIOD,
        state="done" if state == "done" else "open",
        least=least if least in SIZES else SIZE,
        page=max(1, page),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An example of what was asked; masked."""

    text: str
    ticket: TicketId
    at: datetime
    retry: str
    """The address that tries it on the knowledge base as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An article that comes near."""

    article: NearArticle
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCard:
    """A group of questions, as it is shown."""

    key: str
    """Names the group while it has the same tickets."""
    title: str
    size: int
    fresh: int
    """Tickets that nobody has dealt with."""
    state: GapState
    mark: GapMark | None
    """The latest word on any of its tickets."""
    questions: tuple[Question, ...]
    tickets: tuple[tuple[TicketId, str], ...]
    """Some of them, by Firstline's id and the sender's."""
    causes: tuple[tuple[int, str], ...]
    intents: tuple[tuple[str, int], ...]
    terms: tuple[str, ...]
    facts: tuple[str, ...]
    near: tuple[Near, ...]
    first_at: datetime
    last_at: datetime
    file: str
    """The name of its outline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapList:
    """A page of gaps, with the figures of all of them."""

    cards: tuple[GapCard, ...]
    found: int
    pages: int
    open: int
    done: int
    small: int
    """Open groups that are smaller than asked for."""


def key_of(gap: Gap) -> str:
    """Return the name of a group: the hash of its tickets."""
    text = "\n".join(sorted(gap.ids))
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def find(groups: Sequence[Gap], key: str) -> tuple[int, Gap] | None:
    """Return a group by its key, with its number; None when the groups have changed since."""
    for number, gap in enumerate(groups, start=1):
        if key_of(gap) == key:
            return number, gap
    return None


def gap_list(
    groups: Sequence[Gap], marks: Mapping[TicketId, GapMark], asked: GapsWanted
) -> GapList:
    """Return a page of gaps.

    Args:
        groups: All of them, the largest first.
        marks: What was dealt with, by ticket.
        asked: Which are to be shown.
    """
    states = [(number, gap, _fresh(gap, marks)) for number, gap in enumerate(groups, start=1)]
    opened = [entry for entry in states if entry[2]]
    large = [entry for entry in opened if entry[1].size >= asked.least]
    done = [entry for entry in states if not entry[2]]
    chosen = large if asked.state == "open" else done
    pages = max(1, -(-len(chosen) // PAGE))
    first = (min(asked.page, pages) - 1) * PAGE
    return GapList(
        cards=tuple(
            _card(gap, number, fresh, marks) for number, gap, fresh in chosen[first : first + PAGE]
        ),
        found=len(chosen),
        pages=pages,
        open=len(large),
        done=len(done),
        small=len(opened) - len(large),
    )


def _fresh(gap: Gap, marks: Mapping[TicketId, GapMark]) -> int:
    return sum(ticket not in marks for ticket in gap.ids)


def _card(gap: Gap, number: int, fresh: int, marks: Mapping[TicketId, GapMark]) -> GapCard:
    said = [marks[ticket] for ticket in gap.ids if ticket in marks]
    return GapCard(
        key=key_of(gap),
        title=gap.title,
        size=gap.size,
        fresh=fresh,
        state="open" if fresh else "done",
        mark=max(said, key=lambda one: one.at, default=None),
        questions=tuple(
            Question(
                text=item.sample,
                ticket=item.ticket,
                at=item.at,
                retry=f"/knowledge/try?{urlencode({'q': item.sample})}",
            )
            for item in gap.questions
        ),
        tickets=tuple(zip(gap.ids, gap.tickets, strict=True))[:TICKETS],
        causes=tuple((gap.causes[cause], CAUSES[cause]) for cause in CAUSES if cause in gap.causes),
        intents=tuple(gap.intents.items()),
        terms=gap.terms,
        facts=facts_needed([item.sample for item in gap.questions]),
        near=tuple(Near(article=one, address=address_of(one.document)) for one in gap.near),
        first_at=gap.first_at,
        last_at=gap.last_at,
        file=file_name(gap, number),
    )
