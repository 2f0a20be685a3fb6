"""What the stages work with: opened once, passed to each, never changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firstline.knowledge import Encoder, Knowledge
from firstline.pipeline.models import Models
from firstline.pipeline.release import Release
from firstline.records import Evidence, Ticket
from firstline.routing import Classifier
from firstline.workspace import CustomerBook, Workspace

Vectors = NDArray[np.float32]


class History(Protocol):
    """Where a customer's earlier tickets are."""

    def recent(self, ticket: Ticket) -> tuple[Evidence, ...]:
        """Return the latest earlier tickets of the same customer, newest first."""
        ...

    async def superseded(self, ticket: Ticket) -> bool:
        """Whether the conversation has a newer message: a reply to this one is not wanted."""
        ...


class NoHistory:
    """No ticket came before this one."""

    def recent(self, ticket: Ticket) -> tuple[Evidence, ...]:
        """Return nothing."""
        del ticket
        return ()

    async def superseded(self, ticket: Ticket) -> bool:
        """Return that it has none."""
        del ticket
        return False


class Remembered:
    """An encoder that remembers its last vectors: a message is encoded once for all stages."""

    def __init__(self, encoder: Encoder, *, size: int = 512) -> None:
        self._encoder = encoder
        self._size = size
        self._held: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a text."""
        with self._lock:
            held = {text: self._held[text] for text in texts if text in self._held}
        for text in dict.fromkeys(texts):
            if text not in held:
                held[text] = self._encoder.encode([text])[0]
        with self._lock:
            for text, vector in held.items():
                self._held[text] = vector
                self._held.move_to_end(text)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
        return np.stack([held[text] for text in texts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a stage may use."""

    workspace: Workspace
    knowledge: Knowledge
    classifier: Classifier | None
    """None when the workspace has no examples to learn from."""
    customers: CustomerBook | None
    encode: Callable[[Sequence[str]], Vectors] | None
    """None when this machine has no encoder."""
    history: History
    models: Models | None = None
    """None when the company uses none."""
    now: Callable[[], datetime]
    release: Callable[[], Release] = Release
    """What may go out without a person at this moment. By default nothing was changed."""

    def vector(self, text: str) -> NDArray[np.float32] | None:
        """Return the vector of a text, or None without an encoder."""
        return None if self.encode is None else self.encode([text])[0]

    def vouched_for(self, ticket: Ticket) -> bool:
        """Whether the customers may be asked who wrote: the channel says it is they."""
        return self.customers is not None and ticket.customer is not None and ticket.verified
