"""Telling others how far a ticket is while it is worked on. Nobody need listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from firstline.observe import log
from firstline.records import TicketId

Step = Literal["taken", "asked", "checked", "delivered", "held"]
"""Taken up; a model is asked; what was written is checked; something reached the customer; the
ticket ended before a person."""
Told = Callable[[TicketId, Step], None]
OF_STAGE: Final[Mapping[str, Step]] = {"generate": "asked", "validate": "checked"}
"""What a stage that begins says, once a model is asked."""


def tell(told: Told | None, ticket_id: TicketId, step: Step) -> None:
    """Tell whoever listens. A listener that fails is logged; the ticket goes on."""
    if told is None:
        return
    try:
        told(ticket_id, step)
    except Exception as error:  # noqa: BLE001 - a listener's boundary: it never breaks a ticket
        log.warning("progress_not_told", ticket=ticket_id, step=step, kind=type(error).__name__)


class Relay:
    """Passes on what is told to listeners that come later. Safe to call from any thread."""

    def __init__(self) -> None:
        self._listeners: tuple[Told, ...] = ()

    def listen(self, listener: Told) -> None:
        """Add a listener."""
        self._listeners = (*self._listeners, listener)

    def __call__(self, ticket_id: TicketId, step: Step) -> None:
        """Tell every listener; one that fails keeps nothing from the others."""
        for listener in self._listeners:
            tell(listener, ticket_id, step)
