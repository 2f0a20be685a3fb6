"""Asking until there is an answer, or no sense in asking again: the only layer that retries.

Full jitter between attempts (a random part of a doubling pause), so that many workers do not ask
in step; what the service says in `retry-after` replaces it. Every wait ends within the time that
is left, and a wait that would not is not begun.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from firstline.claude.breaker import Breaker, BreakerSettings, Permit
from firstline.claude.failures import Trouble, of_nonsense, of_silence, of_status
from firstline.claude.message import (
    LONGEST_ANSWER,
    Message,
    NotAMessageError,
    read_message,
)
from firstline.claude.pace import Pace
from firstline.claude.provider import CONNECT_SECONDS, PATH, AnswerTooLongError
from firstline.observe import place_of

if TYPE_CHECKING:
    from firstline.claude.provider import Sdk

_RETRY_AFTER_JITTER: Final = 0.25
"""Seconds: those who were told to wait equally long do not come back in the same instant."""
_CREDENTIAL_MODULES: Final = ("botocore", "google")
_CREDENTIALS_OUT_OF_REACH: Final = frozenset(
    {"TransportError", "ConnectionError", "EndpointConnectionError", "ConnectTimeoutError"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often one question is asked."""

    attempts: int = 4
    first_pause: float = 0.5
    """Seconds; doubled for every further attempt."""
    longest_pause: float = 8.0
    silence: float = 10.0
    """Seconds an answer may take, besides the time to write it."""
    tokens_per_second: float = 40.0
    """The slowest writing that is not taken for a stall: nothing comes before all is written."""

    def limit(self, max_tokens: int) -> float:
        """Return the seconds after which no answer of this length can be expected any more."""
        return self.silence + max_tokens / self.tokens_per_second

    def pause(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt (the first is 1), with full jitter."""
        longest = min(self.longest_pause, self.first_pause * 2 ** (attempt - 1))
        return random.uniform(0, longest)  # noqa: S311 - nothing secret


class NoAnswerError(Exception):
    """There will be no answer in the time that is left."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.failure)
        self.trouble = trouble


@dataclass(slots=True)
class Tally:
    """What asking one question took, known also when it fails."""

    attempts: int = 0
    request_id: str = ""
    seconds: float = 0.0
    """From reserving to the reply."""
    billable: bool = False
    """Whether an attempt that gave no answer may have been billed all the same."""


@dataclass(slots=True)
class _Attempt:
    """What is asked, and until when."""

    body: Mapping[str, Any]
    model: str
    limit: float
    until: float
    tally: Tally = field(default_factory=Tally)


class Attempts:
    """Asks one provider; breakers and pace are shared by all calls of the process.

    Args:
        sdk: The provider's client, which retries nothing itself.
        pace: Learns from every answer.
        clock: Returns seconds that never go back.
        now: Returns the time, for headers that hold dates.
        patience: How long and how often.
        breaker: When to leave a model alone.
    """

    def __init__(
        self,
        sdk: Sdk,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime],
        patience: Patience | None = None,
        breaker: BreakerSettings | None = None,
    ) -> None:
        self.sdk = sdk
        self._pace = pace
        self._clock = clock
        self._now = now
        self._patience = patience or Patience()
        self._breaker_settings = breaker or BreakerSettings()
        self._breakers: dict[str, Breaker] = {}

    def breaker(self, model: str) -> Breaker:
        """Return the breaker of a model."""
        if model not in self._breakers:
            self._breakers[model] = Breaker(self._clock, self._breaker_settings)
        return self._breakers[model]

    async def ask(
        self, body: Mapping[str, Any], model: str, *, until: float, tally: Tally
    ) -> Message:
        """Return the answer to a request.

        Args:
            body: The request, as `request_body` makes it.
            model: The model's name in the registry, which breakers and pace go by.
            until: When the time is over, by the clock.
            tally: Filled in on the way.

        Raises:
            NoAnswerError: There is none.
        """
        limit = self._patience.limit(int(body["max_tokens"]))
        this = _Attempt(body=body, model=model, limit=limit, until=until, tally=tally)
        trouble: Trouble | None = None
        while True:
            await self._wait_for_turn(this)
            permit = self.breaker(model).admit()
            if permit is None:
                raise NoAnswerError(trouble or _OPEN)
            tally.attempts += 1
            heard = await self._once(this, permit)
            if isinstance(heard, Message):
                return heard
            trouble = heard
            tally.billable |= trouble.billable
            await self._pause(this, trouble)

    async def _wait_for_turn(self, this: _Attempt) -> None:
        """Wait while the API has said that nothing is left for this model."""
        while (hold := self._pace.hold_seconds(this.model)) > 0:
            if hold >= this.until - self._clock():
                raise NoAnswerError(
                    Trouble(failure="rate_limited", detail=f"nothing left for {hold:.0f} s")
                )
            await asyncio.sleep(hold)

    async def _pause(self, this: _Attempt, trouble: Trouble) -> None:
        if not trouble.retry or this.tally.attempts >= self._patience.attempts:
            raise NoAnswerError(trouble)
        if trouble.retry_after is None:
            pause = self._patience.pause(this.tally.attempts)
        else:
            pause = trouble.retry_after + random.uniform(0, _RETRY_AFTER_JITTER)  # noqa: S311 - nothing secret
            if trouble.failure == "rate_limited":
                self._pace.hold(this.model, trouble.retry_after)
        if pause >= this.until - self._clock():
            raise NoAnswerError(trouble)
        await asyncio.sleep(pause)

    async def _once(self, this: _Attempt, permit: Permit) -> Message | Trouble:
        """Ask once, and tell the breaker what it says about the service."""
        breaker = self.breaker(this.model)
        try:
            heard = await self._send(this)
        except BaseException:
            breaker.abandoned(permit)
            raise
        if isinstance(heard, Message):
            breaker.succeeded(permit)
        elif heard.unwell:
            breaker.failed(permit)
        elif heard.failure == "deadline":
            breaker.abandoned(permit)
        else:
            breaker.succeeded(permit)
        return heard

    async def _send(self, this: _Attempt) -> Message | Trouble:
        """Send the request once: the boundary at which every exception becomes a Trouble."""
        left = this.until - self._clock()
        limit = min(this.limit, left)
        if limit <= 0:
            return Trouble(failure="deadline", detail="no time left to ask")
        from anthropic import APIStatusError  # noqa: PLC0415 - start-up, see provider.py
        from httpx2 import Response, Timeout  # noqa: PLC0415 - start-up

        timeout = Timeout(limit, connect=min(limit, CONNECT_SECONDS))
        try:
            async with asyncio.timeout(limit):
                response = await self.sdk.post(
                    PATH, body=this.body, cast_to=Response, options={"timeout": timeout}
                )
        except TimeoutError:
            return self._too_slow(limit, whole=limit < this.limit)
        except APIStatusError as error:
            self._learn(this, error.response.headers)
            return of_status(error.status_code, error.response.headers, error.body, now=self._now())
        except Exception as error:  # noqa: BLE001 - the boundary: nothing of the SDK gets past it
            return _trouble_of(error)
        self._learn(this, response.headers)
        try:
            return read_message(response.content)
        except NotAMessageError as error:
            return of_nonsense(str(error))

    def _too_slow(self, limit: float, *, whole: bool) -> Trouble:
        """Return what silence means: the end of the time there was, or a stall that may pass."""
        detail = f"no answer within {limit:.1f} s"
        if not whole:
            return of_silence(detail, sent=True)
        unwell = limit >= self._patience.silence  # Less is too little to blame the service.
        return Trouble(failure="deadline", detail=detail, billable=True, unwell=unwell)

    def _learn(self, this: _Attempt, headers: Mapping[str, str]) -> None:
        this.tally.request_id = (headers.get("request-id") or "")[:100]
        self._pace.learn(this.model, headers, self._now())


_OPEN: Final = Trouble(failure="breaker_open", detail="it failed too often lately")


def _trouble_of(error: Exception) -> Trouble:
    """Return what an exception of the SDK, or of anything below it, means."""
    from anthropic import APIConnectionError  # noqa: PLC0415 - start-up, see provider.py

    cause = error.__cause__ if isinstance(error, APIConnectionError) else None
    if isinstance(cause, AnswerTooLongError):
        return of_nonsense(f"longer than {LONGEST_ANSWER} bytes")
    if isinstance(error, APIConnectionError):
        name = type(cause or error).__name__
        return of_silence(name, sent=name not in {"ConnectError", "ConnectTimeout", "PoolTimeout"})
    return _without_answer(error)


def _without_answer(error: Exception) -> Trouble:
    name = type(error).__name__
    where = f"{name} at {place_of(error)}"
    if type(error).__module__.startswith(_CREDENTIAL_MODULES):
        if name in _CREDENTIALS_OUT_OF_REACH:
            return of_silence(where, sent=False)
        return Trouble(
            failure="key_rejected", detail=where, fix="Renew the credentials of this machine"
        )
    return of_nonsense(where)
