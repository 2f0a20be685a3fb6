"""A double of the Anthropic API on a loopback port, for tests, benchmarks and trials without a key.

    async with ClaudeDouble(wait_seconds=0.3) as double:
        client = AsyncAnthropic(base_url=double.url, api_key="any")

    with ClaudeDouble.in_thread() as double: ...

    python -m firstline.testing.claude_double --port 8089 --wait-ms 300

It speaks the wire format of the Messages, Batches, Models and token-counting endpoints, and of
Claude on Bedrock and Vertex; it refuses what the API refuses, counts tokens and cache like it,
and goes wrong on demand. docs/testing.md says how it is kept honest, and where it differs.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, Self

from firstline.testing.answers import Answer, AnswerFunction, answer_named
from firstline.testing.batches import Batches
from firstline.testing.catalogue import KNOWN_MODELS, KnownModel, by_name
from firstline.testing.faults import Endpoint, Fault
from firstline.testing.http import HttpRequest, HttpResponse, HttpServer
from firstline.testing.journal import Bill, Call
from firstline.testing.limits import Limits, Meter
from firstline.testing.prompt_cache import PromptCache
from firstline.testing.service import Service
from firstline.testing.wire import Ids

__all__ = ["Answer", "Bill", "Call", "ClaudeDouble", "Fault", "KnownModel", "Limits"]


@dataclass(slots=True, eq=False)
class _Planned:
    """A fault, and how often it is still to happen."""

    fault: Fault
    left: int


class ClaudeDouble:
    """The double. Its attributes may be read at any time, also from another thread."""

    def __init__(  # noqa: PLR0913 - each is an independent property of the API it plays
        self,
        *,
        port: int = 0,
        wait_seconds: float = 0.0,
        answer: AnswerFunction | None = None,
        limits: Limits | None = None,
        keys: tuple[str, ...] = (),
        models: tuple[KnownModel, ...] = (),
        batch_seconds: float = 1.0,
        keep_requests: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare a double; `async with` or `start` opens its port.

        Args:
            port: 0: one that is free.
            wait_seconds: Between a request and its answer. Errors come at once.
            answer: From a request's body to what is said; default: the least that the schema of
                the request allows.
            limits: Requests and tokens a minute; default: so many that no test meets them.
            keys: The API keys that are valid; empty: any.
            models: More models than the known ones.
            batch_seconds: From a batch's creation to its end.
            keep_requests: How many requests `requests` remembers; None: all.
            clock: Seconds since the epoch.
        """
        self.wait_seconds = wait_seconds
        self.answer = answer or answer_named("schema")
        self.keys = frozenset(keys)
        self.models = by_name((*KNOWN_MODELS, *models))
        self.requests: deque[Call] = deque(maxlen=keep_requests)
        self.bills: deque[Bill] = deque(maxlen=keep_requests)
        self.billed = 0
        """Answers that were made: what the API would charge for."""
        self.totals: Counter[str] = Counter()
        """Tokens by `model/tier/kind`; kinds as in `usage`, cache writes by time to live."""
        self.received = 0
        """Requests, whether or not they are remembered."""
        self.crashes: list[str] = []
        """What the answer function, or the double itself, raised; each became a bare 500."""
        self.in_flight = 0
        self.most_in_flight = 0
        self.cache = PromptCache()
        self.meter = Meter(limits or Limits())
        self.ids = Ids()
        self._clock = clock
        self._moved = 0.0
        self._script: list[_Planned] = []
        self._service = Service(self)
        self.batches = Batches(process=self._service.batch_item, seconds=batch_seconds)
        self._server = HttpServer(handler=self._handle, port=port)

    @property
    def url(self) -> str:
        """The base address, without `/v1`."""
        return f"http://{self._server.host}:{self._server.port}"

    def now(self) -> float:
        """Return the double's time: the clock's, and what `advance` added."""
        return self._clock() + self._moved

    def advance(self, seconds: float) -> None:
        """Let time pass for the cache, the limits and the batches."""
        self._moved += seconds

    def script(self, *faults: Fault) -> None:
        """Let the next calls go wrong, in this order; each when its predicate accepts a call."""
        self._script.extend(_Planned(fault, fault.times) for fault in faults)

    def clear_script(self) -> None:
        """Forget the faults that have not happened."""
        self._script.clear()

    @property
    def faults_left(self) -> int:
        """How many scripted faults have not happened; those that always happen are not counted."""
        return sum(planned.left for planned in self._script)

    def next_fault(self, endpoint: Endpoint, body: Any) -> Fault | None:
        """Take the first fault that is meant for a call."""
        for planned in tuple(self._script):
            fault = planned.fault
            if fault.endpoint != endpoint or (fault.when and not fault.when(body or {})):
                continue
            if fault.times:
                planned.left -= 1
                if not planned.left:
                    self._script.remove(planned)
            return fault
        return None

    def bill(
        self, model: KnownModel, usage: Mapping[str, Any], request_id: str, *, batch: bool
    ) -> None:
        """Count an answer that was made."""
        self.billed += 1
        self.bills.append(Bill(model=model.name, usage=usage, batch=batch, request_id=request_id))
        tier = f"{model.name}/{'batch' if batch else 'standard'}"
        created = usage["cache_creation"]
        for kind, tokens in (
            ("input_tokens", usage["input_tokens"]),
            ("output_tokens", usage["output_tokens"]),
            ("cache_read_input_tokens", usage["cache_read_input_tokens"]),
            ("ephemeral_5m_input_tokens", created["ephemeral_5m_input_tokens"]),
            ("ephemeral_1h_input_tokens", created["ephemeral_1h_input_tokens"]),
        ):
            self.totals[f"{tier}/{kind}"] += tokens

    def finish_batches(self) -> None:
        """Process every batch now."""
        self.batches.finish(self.now())

    def expire_batches(self) -> None:
        """Let every unfinished batch expire now."""
        self.batches.expire(self.now())

    def reset(self) -> None:
        """Forget requests, bills, faults and the cache; batches and limits stay."""
        self.requests.clear()
        self.bills.clear()
        self.totals.clear()
        self.crashes.clear()
        self.received = self.billed = self.most_in_flight = 0
        self.clear_script()
        self.cache.clear()

    async def start(self) -> None:
        """Open the port."""
        await self._server.start()

    async def stop(self) -> None:
        """Close the port and all connections."""
        await self._server.stop()

    async def __aenter__(self) -> Self:
        """Open the port."""
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close the port."""
        await self.stop()

    @classmethod
    @contextmanager
    def in_thread(cls, **options: Any) -> Iterator[Self]:
        """Run a double in a thread of its own, for code that is not asynchronous."""
        double = cls(**options)
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever, name="claude-double", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(double.start(), loop).result(10)
            yield double
        finally:
            asyncio.run_coroutine_threadsafe(double.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _handle(self, request: HttpRequest) -> HttpResponse:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._service.handle(request)
        except Exception as error:  # noqa: BLE001 - the edge: an answer function can raise anything
            traceback.print_exc()
            self.crashes.append(f"{type(error).__name__}: {error}")
            return HttpResponse(status=500, headers=(("x-should-retry", "false"),))
        finally:
            self.in_flight -= 1


if __name__ == "__main__":
    from firstline.testing.command import main

    main()
