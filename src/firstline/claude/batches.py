"""Message Batches: many questions at once, within a day, at half the price.

A batch's answers go into the same ledger as live ones, under the same keys, so whoever asks the
question afterwards finds it answered. The key is the request's `custom_id`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from firstline.claude.books import Books
from firstline.claude.calls import Question
from firstline.claude.failures import of_status
from firstline.claude.message import Message, NotAMessageError, read_message
from firstline.claude.provider import request_body
from firstline.claude.registry import Registry
from firstline.errors import ModelError, ModelFailure
from firstline.observe import log, place_of
from firstline.workspace.models import ModelSettings

if TYPE_CHECKING:
    from firstline.claude.provider import Sdk

PATH: Final = "/v1/messages/batches"
RECENT: Final = 100
"""Batches that are listed when one is missed: the latest."""
LONGEST_RESULTS: Final = 256 * 1024 * 1024
"""Bytes of one batch's results that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentBatch:
    """A batch that the API has."""

    name: str
    requests: int


class BatchApi(Protocol):
    """What the batch lane needs."""

    async def reserve(self, questions: Sequence[Question]) -> set[str]:
        """Enter questions in the ledger; return the keys of those that may be asked."""
        ...

    async def release(self, keys: Sequence[str]) -> None:
        """Let go what was reserved for questions that no batch answers."""
        ...

    async def submit(self, questions: Sequence[Question]) -> str:
        """Hand questions over; return the batch's name. Raises ModelError."""
        ...

    async def ended(self, name: str) -> bool:
        """Whether a batch has its results. Raises ModelError."""
        ...

    async def collect(self, name: str) -> int:
        """Put a batch's answers into the ledger; return how many. Raises ModelError."""
        ...

    async def cancel(self, name: str) -> None:
        """Ask for a batch to stop; what is answered by then is still paid. Raises ModelError."""
        ...

    async def recent(self, since: datetime) -> list[RecentBatch]:
        """Return the batches created since then. Raises ModelError."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Batches:
    """The Message Batches API of one provider.

    Args:
        settings: What decides a request.
        registry: The models.
        books: Where answers and costs are kept.
        sdk: The provider's client; its answers may be as long as `LONGEST_RESULTS`.
        now: Returns the time.
    """

    def __init__(
        self,
        settings: ModelSettings,
        registry: Registry,
        books: Books,
        *,
        sdk: Sdk,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._books = books
        self._sdk = sdk
        self._now = now

    async def reserve(self, questions: Sequence[Question]) -> set[str]:
        """See `BatchApi.reserve`. A question that is answered already is not asked again."""
        allowed = set()
        for question in questions:
            model = self._registry.model(question.model)
            begun = await self._books.begin(question.key, question, model, batch=True)
            if begun.reply is None and begun.refusal is None:
                allowed.add(question.key)
        return allowed

    async def release(self, keys: Sequence[str]) -> None:
        """See `BatchApi.release`."""
        for key in keys:
            await self._books.fail(key, "abandoned")

    async def submit(self, questions: Sequence[Question]) -> str:
        """See `BatchApi.submit`."""
        requests = [
            {
                "custom_id": question.key,
                "params": request_body(
                    question, self._registry.model(question.model), self._settings
                ),
            }
            for question in questions
        ]
        created = _object(await self._call("POST", PATH, {"requests": requests}))
        return _text(created, "id")

    async def ended(self, name: str) -> bool:
        """See `BatchApi.ended`."""
        held = _object(await self._call("GET", f"{PATH}/{name}"))
        return _text(held, "processing_status") == "ended"

    async def cancel(self, name: str) -> None:
        """See `BatchApi.cancel`."""
        await self._call("POST", f"{PATH}/{name}/cancel", {})

    async def recent(self, since: datetime) -> list[RecentBatch]:
        """See `BatchApi.recent`."""
        page = _object(await self._call("GET", f"{PATH}?limit={RECENT}"))
        return [
            RecentBatch(name=_text(item, "id"), requests=sum(_counts(item).values()))
            for item in page.get("data", [])
            if datetime.fromisoformat(_text(item, "created_at")) >= since
        ]

    async def collect(self, name: str) -> int:
        """See `BatchApi.collect`. A question without an answer is let go, to be asked live."""
        body = await self._call("GET", f"{PATH}/{name}/results")
        answered = 0
        for key, result in _results(body):
            message = _message(result)
            if message is None:
                await self._books.fail(key, f"batch_{result.get('type')}"[:40])
            elif await self._settle(key, message):
                answered += 1
        log.info("batch_collected", batch=name, answered=answered)
        return answered

    async def _settle(self, key: str, message: Message) -> bool:
        model = self._books.who(message.model)
        if model is None:
            await self._books.fail(key, "wrong_model")
            return False
        if not await self._books.knows(key):
            log.warning("batch_answer_unknown", key=key)
            return False
        await self._books.settle(key, model, message, request_id="", seconds=0.0, batch=True)
        return True

    async def close(self) -> None:
        """Let go of connections."""
        await self._sdk.close()
        await self._books.close()

    async def _call(self, method: str, path: str, body: object = None) -> bytes:
        """Call the API once; what fails now is tried again at the lane's next look."""
        from anthropic import APIConnectionError, APIStatusError  # noqa: PLC0415 - start-up
        from httpx2 import Response  # noqa: PLC0415 - start-up

        try:
            if method == "GET":
                response = await self._sdk.get(path, cast_to=Response)
            else:
                response = await self._sdk.post(path, body=body, cast_to=Response)
        except APIStatusError as error:
            trouble = of_status(
                error.status_code, error.response.headers, error.body, now=self._now()
            )
            raise _error(trouble.failure, trouble.detail, trouble.fix) from None
        except APIConnectionError as error:
            raise _error("unreachable", type(error.__cause__ or error).__name__) from None
        except Exception as error:  # noqa: BLE001 - the boundary: nothing of the SDK gets past it
            raise _error("malformed", f"{type(error).__name__} at {place_of(error)}") from None
        return response.content


def _error(failure: ModelFailure, detail: str, fix: str = "") -> ModelError:
    return ModelError(f"the batch API failed ({detail})", failure=failure, fix=fix)


def _object(body: bytes) -> dict[str, Any]:
    try:
        held = json.loads(body)
    except ValueError:
        raise _error("malformed", "an answer that is not JSON") from None
    if not isinstance(held, dict):
        raise _error("malformed", "an answer that is no object")
    return held


def _text(held: Mapping[str, Any], name: str) -> str:
    value = held.get(name)
    if not isinstance(value, str) or not value:
        raise _error("malformed", f"an answer without {name}")
    return value


def _counts(item: Mapping[str, Any]) -> dict[str, int]:
    counts = item.get("request_counts")
    return {key: int(value) for key, value in counts.items()} if isinstance(counts, dict) else {}


def _results(body: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what can be read of a batch's results; a broken line costs only itself."""
    for line in body.split(b"\n"):
        if not line.strip():
            continue
        try:
            held = _object(line)
            result = held.get("result")
            if isinstance(result, dict):
                yield _text(held, "custom_id"), result
        except ModelError:
            log.warning("batch_line_unreadable", size=len(line))


def _message(result: Mapping[str, Any]) -> Message | None:
    if result.get("type") != "succeeded":
        return None
    try:
        return read_message(json.dumps(result.get("message")).encode())
    except NotAMessageError:
        return None
