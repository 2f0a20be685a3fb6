"""The channel of API and chat customers: a delivery is a row that they come and read.

Putting the row there and looking for it are queries of the same database, so the channel always
knows whether a delivery arrived, and the same marker never makes two rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from firstline.channels.base import NotWantedError, Parcel, Presence
from firstline.errors import SetupError
from firstline.store.near import near
from firstline.store.outbox import Kind
from firstline.store.replies import ReplyStore

STORED = ("api", "chat")
"""The kinds of inboxes whose customers read their replies here."""
_KINDS: Mapping[str, Kind] = {"reply": "reply", "question": "question", "notice": "notice"}
"""What a customer may be told; the team has no other place than ours here."""
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def position_at(moment: datetime) -> int:
    """Return the position of a ticket that comes now, in seconds: first come, first served."""
    return int((moment - _FIRST).total_seconds())


def _utc_now() -> datetime:
    return datetime.now(UTC)


class StoredChannel:
    """Deliveries as rows of the application's database."""

    def __init__(
        self, engine: sa.Engine, target: str, *, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._replies = ReplyStore(engine)
        self._target = target
        self._now = now

    @property
    def is_local(self) -> bool:
        """A row is written at once."""
        return True

    @property
    def settle_seconds(self) -> float:
        """A row is written or is not."""
        return 0.0

    async def send(self, parcel: Parcel) -> str:
        """Write the row unless its marker is there already; raises OSError on failure."""
        kind = _KINDS.get(parcel.kind)
        if kind is None:
            raise NotWantedError("no_place_for_notes")
        try:
            await near(
                self._replies.engine,
                self._replies.put,
                marker=parcel.marker,
                target=self._target,
                external_id=parcel.ticket,
                kind=kind,
                text=parcel.text,
                at=self._now(),
            )
        except SetupError as error:
            raise OSError(error.problem) from error
        return f"reply#{parcel.marker}"

    async def find(self, parcel: Parcel) -> Presence:
        """Look the marker up. The database always knows; raises OSError when it is away."""
        try:
            found = await near(self._replies.engine, self._replies.has, parcel.marker)
        except SetupError as error:
            raise OSError(error.problem) from error
        return "present" if found else "absent"
