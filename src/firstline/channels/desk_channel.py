"""Delivering into a helpdesk: looked at afresh first, and only while it is still wanted.

What the customer or a person of the team said in the meantime is seen in the conversation itself,
right before the write, and where the helpdesk can make a write depend on it, by the write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from firstline.channels.base import NotWantedError, Parcel, Presence
from firstline.channels.helpdesk import Conversation, DeskRefused, HandOver, Helpdesk, Status
from firstline.channels.unanswered import helpdesk_ids, why_not_wanted
from firstline.observe import log

TRIES: Final = 4
"""Writes of one delivery that a helpdesk may refuse before it is given up."""
LONGEST_WAIT: Final = 60.0
"""Seconds: a helpdesk that wants more than that is not waited for."""
SETTLE_SECONDS: Final = 20.0
"""Longer than a request takes at most, so that what was sent before is there after it."""
_PAUSE: Final = 2.0
_AGAIN: Final = ("changed", "too_many", "unavailable")
"""Refusals after which trying again makes sense."""

_STATUS: Final[Mapping[str, Status | None]] = {
    "reply": None,
    "question": "pending",
    "notice": "open",
}
"""How a ticket stands after what a customer sees; None: as the team wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a team wants done with its tickets."""

    after_reply: Status = "pending"
    """How a ticket stands after an automatic reply."""
    group: str = ""
    """Who gets what a person is to answer; empty: whoever has it."""
    tags: tuple[str, ...] = ()
    """Put on tickets that are handed over."""
    shadow: bool = True
    """Leave notes for the team and nothing a customer sees, whoever released it."""


class HelpdeskChannel:
    """One helpdesk connection as a channel."""

    is_local = False

    def __init__(
        self,
        desk: Callable[[], Helpdesk],
        manners: Manners,
        *,
        pause: float = _PAUSE,
        settle_seconds: float | None = None,
    ) -> None:
        self._desk = desk
        self._manners = manners
        self._pause = pause
        self.settle_seconds = SETTLE_SECONDS if settle_seconds is None else settle_seconds

    async def send(self, parcel: Parcel) -> str:
        """Reply, or leave a note, unless it is not wanted any more.

        Raises:
            OSError: Nobody knows whether it arrived.
            NotWantedError: It did not, and must not: somebody was faster, or the helpdesk refused.
        """
        refused = "refused"
        for attempt in range(TRIES):
            try:
                return await self._once(parcel)
            except DeskRefused as error:
                refused = error.why
                if error.why not in _AGAIN:
                    break
                wait = self._wait(error, attempt)
                if wait > LONGEST_WAIT:
                    break
                await asyncio.sleep(wait)
        raise NotWantedError(f"helpdesk_{refused}")

    async def find(self, parcel: Parcel) -> Presence:
        """Look for the parcel's marker in its conversation; raises OSError on failure.

        A helpdesk that is busy for a moment is waited for: what it can tell is no person's work.
        """
        ticket, _ = helpdesk_ids(parcel.ticket)
        for attempt in range(TRIES - 1):
            try:
                return await self._desk().find(parcel.marker, ticket, kind=parcel.kind)
            except DeskRefused as error:
                wait = self._wait(error, attempt)
                if error.why not in _AGAIN or wait > LONGEST_WAIT:
                    raise
            await asyncio.sleep(wait)
        return await self._desk().find(parcel.marker, ticket, kind=parcel.kind)

    async def _once(self, parcel: Parcel) -> str:
        desk = self._desk()
        ticket, turn = helpdesk_ids(parcel.ticket)
        is_public = parcel.kind in _STATUS
        if is_public and self._manners.shadow:
            raise NotWantedError("shadow_mode")
        try:
            seen = await desk.fetch(ticket)
        except DeskRefused:
            raise
        except OSError as error:  # Nothing was written yet: it is certain that nothing arrived.
            raise DeskRefused("unavailable", "the conversation could not be read") from error
        if parcel.kind == "note":
            return await desk.note(parcel, seen)
        if parcel.kind == "packet":
            return await self._hand_over(desk, parcel, seen)
        why = why_not_wanted(seen, turn)
        if why:
            raise NotWantedError(why)
        status = _STATUS[parcel.kind] or self._manners.after_reply
        return await desk.reply(parcel, seen, status=status)

    async def _hand_over(self, desk: Helpdesk, parcel: Parcel, seen: Conversation) -> str:
        """Assign a ticket with its packet; leave the packet alone where it cannot be assigned.

        A group that was renamed must not keep the team from being told.
        """
        to = HandOver(note=parcel.text, group=self._manners.group, tags=self._manners.tags)
        try:
            return await desk.hand_over(parcel, seen, to)
        except DeskRefused as error:
            if error.why != "invalid":
                raise
            log.warning("handed_over_unassigned", ticket=seen.id, problem=str(error))
        return await desk.note(parcel, seen)

    def _wait(self, error: DeskRefused, attempt: int) -> float:
        backoff: float = self._pause * 2**attempt
        return max(error.retry_after or 0.0, 0.0 if error.why == "changed" else backoff)
