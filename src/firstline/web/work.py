"""Handing work from the web to the workers: only ids travel, and only after the commit."""

from __future__ import annotations

from typing import Protocol

from firstline.records import TicketId


class Work(Protocol):
    """What the web asks of the durable engine. Asking twice changes nothing."""

    async def enqueue(self, ticket_id: TicketId) -> None:
        """Queue an accepted ticket."""
        ...

    async def enqueue_approved(self, ticket_id: TicketId, number: int) -> None:
        """Queue the delivery of a person's decision."""
        ...

    @property
    def is_up(self) -> bool:
        """Whether the engine of this process takes work."""
        ...


class NoWork:
    """Leaves everything to a worker's next look: for tests, and while the engine starts."""

    is_up = False

    async def enqueue(self, ticket_id: TicketId) -> None:
        """Do nothing: what is accepted is found by the next worker that looks."""

    async def enqueue_approved(self, ticket_id: TicketId, number: int) -> None:
        """Do nothing: what was released is found by the next worker that looks."""
