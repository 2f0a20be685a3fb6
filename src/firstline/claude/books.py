"""The money side of a question: reserving, storing, letting go.

Where the database is a file whose lock is free, that is done at once, else in the ledger's own
thread. An entry that was begun is always finished, whoever is cancelled meanwhile, and entries of
one process keep their order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final, TypeVar

from firstline.claude import prices
from firstline.claude.calls import Question, Reply
from firstline.claude.message import Message
from firstline.claude.registry import Registry, is_regional
from firstline.claude.reserve import most_tokens, system_tokens
from firstline.claude.specs import ModelSpec
from firstline.records import Usage, encode
from firstline.store.calls import PICO, Allowance, Begun, CallEntry, CallLedger, Settlement
from firstline.store.database import LockedError, briefly
from firstline.workspace.models import ModelSettings

T = TypeVar("T")
_MOST_NAMES: Final = 100


class Books:
    """The ledger, as the client uses it.

    Args:
        settings: Budgets, caps, and what decides the price.
        registry: The models and their prices.
        ledger: Where it is written.
        now: Returns the time.
    """

    def __init__(
        self,
        settings: ModelSettings,
        registry: Registry,
        ledger: CallLedger,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._ledger = ledger
        self._now = now
        self._regional = is_regional(settings)
        self._allowance = Allowance(
            day_pico=round(settings.day_usd * PICO),
            month_pico=round(settings.month_usd * PICO),
            calls_per_requester=settings.calls_per_requester_per_day,
        )
        self._named: dict[str, ModelSpec | None] = {}
        # One thread: the ledger's transactions wait for each other anyway, and what is entered
        # for a question stays in order.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="firstline-ledger")
        self._latest: Future[Any] | None = None
        """What was last given to the thread: whatever is entered meanwhile comes after it."""

    async def begin(
        self, key: str, question: Question, model: ModelSpec, *, batch: bool = False
    ) -> Begun:
        """Reserve the most a question may cost, unless it was answered or may not be asked."""
        now = self._now()
        caches = model.on(self._settings.provider).caching
        entry = CallEntry(
            key=key,
            ticket=question.ticket,
            intent=question.intent,
            requester=question.requester,
            purpose=question.purpose,
            model=model.name,
            prompt_hash=question.prompt_hash,
            reserve_pico=prices.reserve(
                model,
                most_tokens(question, model),
                question.max_tokens,
                now,
                regional=self._regional,
                cache=self._settings.cache if caches else "off",
            ),
            system_tokens=system_tokens(question, model),
            batch=batch,
        )
        return await self._enter(lambda: self._ledger.begin(entry, self._allowance, now))

    async def settle(
        self,
        key: str,
        model: ModelSpec,
        message: Message,
        *,
        request_id: str,
        seconds: float,
        batch: bool = False,
    ) -> Reply:
        """Store what came and what it cost, and return it; also when another model answered.

        Args:
            key: The question's.
            model: Who was asked; its price holds when nobody knows who answered.
            message: What came.
            request_id: The API's id of the request.
            seconds: From reserving to the answer.
            batch: Whether it came in a batch, at the batch's price.
        """
        pico = prices.cost(
            self.who(message.model) or model,
            _usage(message, 0.0),
            at=self._now(),
            batch=batch,
            write_1h=message.write_1h,
            regional=self._regional,
        )
        reply = Reply(
            text=message.text,
            stop=message.stop,
            model=message.model,
            usage=_usage(message, prices.dollars(pico)),
            request_id=request_id,
            batch=batch,
        )
        settlement = Settlement(
            reply=encode(reply),
            input=message.input,
            output=message.output,
            cache_read=message.cache_read,
            cache_write=message.cache_write,
            cost_pico=pico,
            wall_ms=round(seconds * 1000, 1),
        )
        await self._enter(lambda: self._ledger.settle(key, settlement))
        return reply

    async def fail(self, key: str, failure: str, *, maybe_billed: bool = False) -> None:
        """Let go of what was reserved, unless an answer was lost that may have to be paid."""
        await self._enter(lambda: self._ledger.fail(key, failure, maybe_billed=maybe_billed))

    def cancel(self, key: str) -> None:
        """Let go of what was reserved, after whatever is being entered now; do not wait."""
        self._aside(lambda: self._ledger.fail(key, "cancelled"))

    async def stored(self, key: str) -> str | None:
        """Return the stored reply of a question, as JSON."""
        return await self._enter(lambda: self._ledger.reply(key))

    async def knows(self, key: str) -> bool:
        """Whether a question was ever begun."""
        return await self._enter(lambda: self._ledger.knows(key))

    def who(self, name: str) -> ModelSpec | None:
        """Return the model an answer names; looked up once for each of the few names there are."""
        if name not in self._named:
            if len(self._named) >= _MOST_NAMES:
                self._named.clear()
            self._named[name] = self._registry.find(name)
        return self._named[name]

    async def close(self) -> None:
        """Finish what is being entered."""
        await asyncio.to_thread(self._thread.shutdown)

    async def _enter(self, entry: Callable[[], T]) -> T:
        if self._ledger.is_local and (self._latest is None or self._latest.done()):
            try:
                with briefly():
                    return entry()
            except LockedError:
                pass  # Nothing was entered yet: the thread waits until the file is free.
        return await asyncio.shield(asyncio.wrap_future(self._aside(entry)))

    def _aside(self, entry: Callable[[], T]) -> Future[T]:
        entered = self._latest = self._thread.submit(entry)
        return entered


def _usage(message: Message, cost_usd: float) -> Usage:
    return Usage(
        input=message.input,
        output=message.output,
        cache_read=message.cache_read,
        cache_write=message.cache_write,
        cost_usd=cost_usd,
    )
