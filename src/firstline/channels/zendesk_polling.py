"""What changed in a Zendesk account since a cursor.

The incremental export is made for this and misses nothing, however long we were away; it is for
administrators. Where the token acts for an agent, the list of tickets by their last change does
it, as far as that agent sees tickets. The cursor says which of the two it is of, and that of the
export also until when everything is known: a token that may not export (any more) goes on there.
"""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime

import re2

from firstline.channels import zendesk_reading as reading
from firstline.channels.helpdesk import Changes, DeskRefused
from firstline.channels.watermark import Found, Watermark
from firstline.channels.zendesk_api import ZendeskApi
from firstline.channels.zendesk_pages import page_of, pages_of
from firstline.errors import InputError
from firstline.observe import log

EXPORT = "/api/v2/incremental/tickets/cursor"
EXPORT_SIZES = (200, 20, 5)
"""Tickets a page of the export: each may have a description of 64 kB, and more as JSON."""
MOST_LISTED = 20_000
"""Tickets that are looked through in one poll without the export."""
_START_SECONDS = 120
"""How far back the export begins; Zendesk asks for more than a minute."""
_FROM, _AFTER, _LIST = "from:", "after:", "list:"
_SECONDS = re2.compile(r"[1-9][0-9]{0,12}")
_OVER = ("closed", "deleted")
_LONGEST_CURSOR = 500


async def changed_since(api: ZendeskApi, cursor: str, now: datetime) -> Changes:
    """Return the tickets that changed since a cursor; an empty or foreign one begins anew.

    Raises:
        DeskRefused: Zendesk would not tell, or could not be asked.
    """
    if cursor.startswith(_LIST):
        return await _listed(api, cursor.removeprefix(_LIST), now)
    since, after = _place(cursor, now)
    try:
        return await _exported(api, since, after, now)
    except DeskRefused as refused:
        if refused.why != "forbidden":
            raise
    return await _listed(api, str(Watermark(since=since, high=since)), now)


def _place(cursor: str, now: datetime) -> tuple[int, str]:
    """Return the second until which everything is known, and where the export goes on, if it is."""
    since, after = cursor.removeprefix(_FROM), ""
    if cursor.startswith(_AFTER):
        since, _, after = cursor.removeprefix(_AFTER).rpartition(":")
    known = int(since) if _SECONDS.fullmatch(since) else _start(now)
    return known, after[:_LONGEST_CURSOR]


def _start(now: datetime) -> int:
    return int(now.timestamp()) - _START_SECONDS


async def _exported(api: ZendeskApi, since: int, after: str, now: datetime) -> Changes:
    query = {"cursor": after} if after else {"start_time": str(since)}
    page = await page_of(
        api, reading.Export, EXPORT, query, "export", size_name="per_page", sizes=EXPORT_SIZES
    )
    open_tickets = (str(item.id) for item in page.tickets if item.status not in _OVER)
    after = page.after_cursor or after
    known = max(since, _start(now)) if page.end_of_stream else since
    return Changes(
        tickets=tuple(dict.fromkeys(open_tickets)),
        cursor=f"{_AFTER}{known}:{after}" if after else f"{_FROM}{since}",
        more=not page.end_of_stream and bool(page.after_cursor),
    )


async def _listed(api: ZendeskApi, cursor: str, now: datetime) -> Changes:
    """Look through the tickets, newest change first, until those that were seen before."""
    try:
        mark = Watermark.of(cursor, now.timestamp())
    except InputError:
        mark = Watermark.of("", now.timestamp())
    found: list[Found] = []
    query = {"sort": "-updated_at"}
    async with aclosing(pages_of(api, reading.ChangedPage, "/api/v2/tickets", query)) as pages:
        async for page in pages:
            stamped = [(item, int(item.updated_at.timestamp())) for item in page.tickets]
            found += [
                (str(item.id), stamp)
                for item, stamp in stamped
                if stamp >= mark.since and item.status not in _OVER
            ]
            if any(stamp < mark.since for _, stamp in stamped):
                break
            if len(found) >= MOST_LISTED:
                log.warning("zendesk_poll_cut", tickets=len(found))
                break
    step = mark.step(found, now.timestamp())
    return Changes(tickets=step.tickets, cursor=f"{_LIST}{step.cursor}", more=False)
