"""Message batches as the API keeps them: created, processed after a while, read as JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import ascii_letters, digits
from threading import RLock
from typing import Any, Literal

from firstline.testing.fields import a_list, a_string, an_object, refuse
from firstline.testing.limits import moment
from firstline.testing.wire import ApiError, encode

DAY = 86_400.0
MOST_ITEMS = 100_000
LONGEST_ID = 64
ID_CHARACTERS = frozenset(ascii_letters + digits + "_-")

Outcome = Literal["succeeded", "errored", "canceled", "expired"]
Process = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""From a custom id and its `params` to a result."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """One batch."""

    id: str
    created: float
    due: float
    """When it will have been processed."""
    items: list[tuple[str, Mapping[str, Any]]]
    canceled: float | None = None
    ended: float | None = None
    results: list[dict[str, Any]] = field(default_factory=list)

    def shown(self, url: str) -> dict[str, Any]:
        """Return it as the API shows it.

        Args:
            url: The server's, for the address of the results.
        """
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        counts["processing"] = 0 if self.ended else len(self.items)
        for result in self.results:
            counts[result["result"]["type"]] += 1
        status = "ended" if self.ended else "canceling" if self.canceled else "in_progress"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": counts,
            "created_at": moment(self.created),
            "expires_at": moment(self.created + DAY),
            "ended_at": moment(self.ended) if self.ended else None,
            "cancel_initiated_at": moment(self.canceled) if self.canceled else None,
            "archived_at": None,
            "results_url": f"{url}/v1/messages/batches/{self.id}/results" if self.ended else None,
        }


@dataclass(slots=True, kw_only=True)
class Batches:
    """All batches of the organization. They are looked at, and ended, when they are asked for."""

    process: Process
    seconds: float
    """From creation to the end; infinite: until `finish`, or a day has passed."""
    _kept: dict[str, Batch] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)
    """Tests finish batches from another thread than the server's."""

    def create(self, body: Any, batch_id: str, now: float) -> Batch:
        """Take a batch.

        Raises:
            ApiError: 400: its form is wrong. What is wrong inside an item's `params` is found
                when the item is processed.
        """
        an_object(body, "", required=("requests",), allowed=())
        listed = a_list(body["requests"], "requests")
        if not listed:
            raise refuse("requests", "List should have at least 1 item after validation, not 0")
        if len(listed) > MOST_ITEMS:
            raise refuse("requests", f"List should have at most {MOST_ITEMS} items")
        items: dict[str, Mapping[str, Any]] = {}
        for at, item in enumerate(listed):
            custom_id = _checked_id(item, f"requests.{at}")
            if custom_id in items:
                raise refuse("requests", f"custom_id must be unique: '{custom_id}' is repeated")
            items[custom_id] = item["params"]
        batch = Batch(id=batch_id, created=now, due=now + self.seconds, items=list(items.items()))
        with self._lock:
            self._kept[batch.id] = batch
        return batch

    def find(self, batch_id: str, now: float) -> Batch:
        """Return a batch as it is now.

        Raises:
            ApiError: 404.
        """
        with self._lock:
            batch = self._kept.get(batch_id)
            if batch is None:
                raise ApiError(404, f"Message batch {batch_id} not found.")
            self._age(batch, now)
            return batch

    def newest_first(self, now: float) -> list[Batch]:
        """Return all of them."""
        with self._lock:
            for batch in self._kept.values():
                self._age(batch, now)
            return list(reversed(self._kept.values()))

    def cancel(self, batch_id: str, now: float) -> Batch:
        """Begin to cancel: what is not processed will be canceled."""
        batch = self.find(batch_id, now)
        if batch.ended is not None:
            raise refuse("", f"Message batch {batch_id} has already ended.")
        batch.canceled = now
        return batch

    def delete(self, batch_id: str, now: float) -> None:
        """Delete a batch that has ended."""
        if self.find(batch_id, now).ended is None:
            raise refuse("", f"Message batch {batch_id} cannot be deleted while it is processing.")
        with self._lock:
            del self._kept[batch_id]

    def lines(self, batch_id: str, now: float) -> bytes:
        """Return the results as JSON lines, last item first: the order is not promised."""
        batch = self.find(batch_id, now)
        if batch.ended is None:
            raise ApiError(404, f"Message batch {batch_id} has no available results.")
        return b"".join(encode(result) + b"\n" for result in reversed(batch.results))

    def finish(self, now: float) -> None:
        """End everything that is being processed."""
        with self._lock:
            for batch in self._kept.values():
                if batch.ended is None:
                    self._end(batch, now, "canceled" if batch.canceled else "succeeded")

    def expire(self, now: float) -> None:
        """Let the day of everything that is being processed be over."""
        with self._lock:
            for batch in self._kept.values():
                if batch.ended is None:
                    self._end(batch, now, "expired")

    def _age(self, batch: Batch, now: float) -> None:
        if batch.ended is not None:
            return
        if batch.canceled is not None and now > batch.canceled:
            self._end(batch, now, "canceled")
        elif now >= min(batch.due, batch.created + DAY):
            self._end(batch, now, "succeeded" if batch.due <= batch.created + DAY else "expired")

    def _end(self, batch: Batch, now: float, outcome: Outcome) -> None:
        for custom_id, params in batch.items:
            result = (
                self.process(custom_id, params) if outcome == "succeeded" else {"type": outcome}
            )
            batch.results.append({"custom_id": custom_id, "result": result})
        batch.ended = now


def _checked_id(item: Any, where: str) -> str:
    an_object(item, where, required=("custom_id", "params"), allowed=())
    custom_id = a_string(item["custom_id"], f"{where}.custom_id")
    if not 0 < len(custom_id) <= LONGEST_ID or not ID_CHARACTERS.issuperset(custom_id):
        raise refuse(
            f"{where}.custom_id", f"String should match pattern '^[a-zA-Z0-9_-]{{1,{LONGEST_ID}}}$'"
        )
    if not isinstance(item["params"], dict):
        raise refuse(f"{where}.params", "Input should be a valid dictionary")
    return custom_id
