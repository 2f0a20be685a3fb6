"""What a channel can do for a delivery. Adding a channel is one file and its contract tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Presence = Literal["present", "absent", "repeatable", "unknown"]
"""Whether a parcel arrived. `repeatable`: nobody can say, and sending it again does no harm."""
ParcelKind = Literal["reply", "question", "notice", "note", "packet"]
"""The first three reach the customer; a `note` and a `packet`, with which a ticket is assigned to
people, are for the team alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One thing to deliver."""

    marker: str
    """The attempt marker: travels with the delivery, so that it can be found again."""
    ticket: str
    """The ticket's id as its sender wrote it."""
    kind: ParcelKind
    text: str


class Channel(Protocol):
    """Where replies go."""

    @property
    def is_local(self) -> bool:
        """Whether sending waits for no network, and so needs no queue of its own."""
        ...

    @property
    def settle_seconds(self) -> float:
        """How long a delivery may still arrive after its sender lost sight of it."""
        ...

    async def send(self, parcel: Parcel) -> str:
        """Deliver once and return the channel's own reference.

        Raises:
            OSError: It failed, and nobody knows whether it arrived.
            NotWantedError: It was not sent, because it may not be any more.
        """
        ...

    async def find(self, parcel: Parcel) -> Presence:
        """Say whether this parcel arrived, by its marker; raises OSError on failure."""
        ...


class NotWantedError(Exception):
    """A channel saw that a delivery must not leave any more. Nothing was sent.

    Attributes:
        why: A stable code: `newer_message`, `person_replied`, `closed` …
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)
