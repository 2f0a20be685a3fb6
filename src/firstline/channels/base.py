"""What a channel can do for a delivery. Adding a channel is one file and its contract tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Presence = Literal["present", "absent", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One thing to deliver."""

    marker: str
    """The attempt marker: travels with the delivery, so that it can be found again."""
    ticket: str
    """The ticket's id as its sender wrote it."""
    kind: Literal["reply", "question", "notice"]
    text: str


class Channel(Protocol):
    """Where replies go."""

    @property
    def is_local(self) -> bool:
        """Whether sending waits for no network, and so needs no queue of its own."""
        ...

    async def send(self, parcel: Parcel) -> str:
        """Deliver once and return the channel's own reference; raises OSError on failure."""
        ...

    async def find(self, marker: str) -> Presence:
        """Say whether a delivery with this marker arrived."""
        ...
