"""Putting tickets into the queue: those that ended with a person, each once."""

from __future__ import annotations

from firstline.records import Route, Verdict, decode
from firstline.review.stakes import Own, stakes_of
from firstline.store.review_queue import Ended, ReviewQueue
from firstline.store.review_records import ReviewEntry
from firstline.store.reviews import ReviewStore

_UNREAD = Route(handler="person", risk="high", urgency="normal", source="rule", reason="")
"""What is assumed of a ticket that failed before it was routed."""
_AT_ONCE = 500


def entry_of(ended: Ended, own: Own | None = None) -> ReviewEntry:
    """Return the place of a ticket in the queue. Pure."""
    route = decode(Route, ended.route) if ended.route else _UNREAD
    score = decode(Verdict, ended.verdict).score if ended.verdict else 0.0
    stakes = stakes_of(route.intent, route.risk, route.urgency, own)
    ticket = ended.ticket
    return ReviewEntry(
        ticket=ticket.id,
        inbox=ticket.inbox,
        conversation=ticket.conversation,
        channel=ticket.channel,
        intent=route.intent or "",
        held_for=ended.reason,
        urgency=route.urgency,
        score=score,
        loss=round(stakes.loss(score), 4),
        delay=stakes.delay,
        received_at=ticket.received_at,
        sla=stakes.sla,
        entered_at=ended.ended_at,
    )


class Entrance:
    """Keeps the queue complete: whoever reads it brings it up to date first.

    Nothing is written while tickets are answered. Looking costs one query on an index that holds
    only what has ended and was not looked at yet.
    """

    def __init__(self, store: ReviewStore, queue: ReviewQueue, *, own: Own | None = None) -> None:
        self._store = store
        self._queue = queue
        self._own = own

    def admit(self) -> int:
        """Put in what is missing; return how many tickets that were."""
        added = 0
        while found := self._queue.unlisted(limit=_AT_ONCE):
            added += self._store.add([entry_of(item, self._own) for item in found])
        return added
