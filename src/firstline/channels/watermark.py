"""Where a poll goes on: a durable cursor over tickets by the second they were changed in.

Helpdesks stamp changes by the second, show some of them late, and let a ticket change twice in one
second. So each poll looks a minute back over the last one, and what was reported before, with the
same stamp, is left out, except while its second is so young that it may not be over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from firstline.channels.helpdesk import Changes
from firstline.errors import InputError

BACK = 60
"""Seconds that a poll looks back over the one before it."""
_SETTLED = 5
"""Seconds after which a second is over for everybody, clocks being a little apart."""
_MOST_KNOWN = 5_000
_LONGEST = 1_000_000

Found: TypeAlias = tuple[str, int]
"""A ticket, and the Unix second of its last change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """A cursor, taken apart."""

    since: int
    """Unix seconds: the poll asks for what changed then or later."""
    high: int
    """The latest change that was seen."""
    page: str = ""
    """Where the helpdesk's own list goes on; empty at its beginning."""
    known: frozenset[Found] = frozenset()
    """What was reported already."""

    @classmethod
    def of(cls, cursor: str, now: float) -> Self:
        """Take a cursor apart; an empty one begins a minute before now.

        Raises:
            InputError: It is no cursor of this kind.
        """
        if not cursor:
            return cls(since=int(now) - BACK, high=int(now) - BACK)
        try:
            since, high, page, known = json.loads(cursor[:_LONGEST])
            pairs = frozenset((str(ticket), int(stamp)) for ticket, stamp in known)
            return cls(since=int(since), high=int(high), page=str(page), known=pairs)
        except (ValueError, TypeError, RecursionError):
            raise InputError(
                "a stored polling cursor cannot be read", fix="Delete it; polling begins anew"
            ) from None

    def __str__(self) -> str:
        """The cursor."""
        known = sorted(self.known)
        return json.dumps([self.since, self.high, self.page, known], separators=(",", ":"))

    def step(
        self, found: Sequence[Found], now: float, *, page: str = "", since: int | None = None
    ) -> Changes:
        """Return what a page brought that is new, and the cursor after it.

        Args:
            found: The page's tickets, in any order.
            now: Unix seconds.
            page: Where the list goes on; empty: it ended.
            since: From when the next page is asked, when the list goes on by time.
        """
        high = max([self.high, *(stamp for _, stamp in found)])
        settled = frozenset(pair for pair in found if pair[1] < now - _SETTLED)
        after = Watermark(
            since=(self.since if since is None else since) if page else high - BACK,
            high=high,
            page=page,
            known=_latest(self.known | settled, high - BACK),
        )
        fresh = dict.fromkeys(
            ticket for ticket, stamp in found if (ticket, stamp) not in self.known
        )
        return Changes(tickets=tuple(fresh), cursor=str(after), more=bool(page))


def _latest(pairs: frozenset[Found], since: int) -> frozenset[Found]:
    """Return the pairs that the next poll will meet again, the latest if they are too many."""
    kept = [pair for pair in pairs if pair[1] >= since]
    if len(kept) > _MOST_KNOWN:
        kept = sorted(kept, key=lambda pair: pair[1])[-_MOST_KNOWN:]
    return frozenset(kept)
