"""The list of tickets: filters in the address, and a page from any place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from firstline.errors import InputError
from firstline.records import OUT_OF_SCOPE, Channel, Outcome
from firstline.store.ticket_search import (
    LONGEST,
    STATES,
    Place,
    TicketFilter,
    TicketPage,
    TicketSearch,
)
from firstline.web.site import Site

Options = tuple[tuple[str, str], ...]
ANY = ("", "any")
OUTCOMES = ("sent", "clarify", "review", "escalate")
MOST = 120
"""Characters of a filter that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketList:
    """What the page shows."""

    filter: TicketFilter
    page: TicketPage
    states: Options
    outcomes: Options
    reasons: Options
    intents: Options
    channels: Options
    first: str
    """The address of the first page; empty on it."""
    newer: str
    older: str

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return self.filter != TicketFilter()


def filter_of(params: Mapping[str, str]) -> TicketFilter:
    """Return what an address asks for; raises InputError when it cannot be read."""
    state = params.get("state", "")
    return TicketFilter(
        state=next((known for known in STATES if known == state), None),
        outcome=next(
            (known for known in get_args(Outcome) if known == params.get("outcome")), None
        ),
        reason=_plain(params.get("reason", ""))[:MOST] or None,
        intent=_plain(params.get("intent", ""))[:MOST] or None,
        channel=next(
            (known for known in get_args(Channel) if known == params.get("channel")), None
        ),
        since=_day(params.get("from", "")),
        until=_day(params.get("to", "")),
        text=_plain(params.get("q", ""))[:LONGEST].strip(),
    )


def _plain(written: str) -> str:
    """Return what a database can be asked for: control characters are nowhere in it."""
    return "".join(sign for sign in written if sign.isprintable())


def _day(written: str) -> date | None:
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InputError("a day is not one", fix="Write it as 2026-05-31") from None


def query_of(wanted: TicketFilter) -> dict[str, str]:
    """Return a filter as an address carries it."""
    pairs = (
        ("q", wanted.text),
        ("state", wanted.state),
        ("outcome", wanted.outcome),
        ("reason", wanted.reason),
        ("intent", wanted.intent),
        ("channel", wanted.channel),
        ("from", wanted.since and wanted.since.isoformat()),
        ("to", wanted.until and wanted.until.isoformat()),
    )
    return {name: str(value) for name, value in pairs if value}


def list_of(site: Site, params: Mapping[str, str]) -> TicketList:
    """Return the page an address asks for; raises InputError when it cannot be read."""
    wanted = filter_of(params)
    search = TicketSearch(site.desk.engine)
    after, before = params.get("after", ""), params.get("before", "")
    page = search.page(
        wanted,
        zone=ZoneInfo(site.desk.workspace.settings.timezone),
        after=Place.read(after) if after else None,
        before=Place.read(before) if before else None,
    )
    query = query_of(wanted)
    return TicketList(
        filter=wanted,
        page=page,
        states=_options(STATES, wanted.state),
        outcomes=_options(OUTCOMES, wanted.outcome),
        reasons=_options(search.recent_reasons(), wanted.reason),
        intents=_options(
            (*(str(spec.name) for spec in site.desk.workspace.intents), OUT_OF_SCOPE),
            wanted.intent,
        ),
        channels=_options(get_args(Channel), wanted.channel),
        first=_address(query) if page.newer is not None else "",
        newer=_address(query | {"before": str(page.newer)}) if page.newer else "",
        older=_address(query | {"after": str(page.older)}) if page.older else "",
    )


def _options(known: tuple[str, ...], chosen: str | None) -> Options:
    extra = (chosen,) if chosen and chosen not in known else ()
    return (ANY, *((name, name.replace("_", " ")) for name in (*known, *extra)))


def _address(query: Mapping[str, str]) -> str:
    return f"/tickets?{urlencode(query)}" if query else "/tickets"
