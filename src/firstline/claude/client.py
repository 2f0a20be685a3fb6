"""Asking Claude: one question in, one typed reply out, paid for once.

The order of things, which crashes and cancellations may break off anywhere:

1. The ledger is asked first: a stored reply is returned and nothing is paid; a spent budget ends
   it; else the most the question may cost is reserved.
2. The model is asked, within the deadline (attempts.py).
3. The reply and its cost are stored, then returned. Storing is not broken off by a cancellation.

Two who ask the same question at once wait for one call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pydantic

from firstline.claude.attempts import Attempts, NoAnswerError, Patience, Tally
from firstline.claude.books import Books
from firstline.claude.breaker import BreakerSettings
from firstline.claude.calls import Question, Reply
from firstline.claude.failures import Trouble
from firstline.claude.message import Message
from firstline.claude.pace import Pace
from firstline.claude.provider import build_sdk, request_body, with_fresh_connections
from firstline.claude.recorded import OpenAsker, RecordedAnswers
from firstline.claude.registry import Registry
from firstline.claude.specs import ModelSpec
from firstline.errors import ModelError, ModelFailure, Place
from firstline.observe import log
from firstline.records import decode
from firstline.store.calls import CallLedger
from firstline.workspace.models import ModelSettings

if TYPE_CHECKING:
    from firstline.claude.provider import Sdk

_GRACE: Final = 1.0
"""Seconds after the deadline in which a reply that has come is stored and still returned."""
_SAID: Final[dict[ModelFailure, str]] = {
    "unreachable": "cannot be reached",
    "overloaded": "is overloaded",
    "rate_limited": "is asked too often",
    "spend_cap": "may not be asked: a spend limit at the provider is reached",
    "key_rejected": "refuses the key",
    "bad_request": "refuses the request",
    "context_exceeded": "cannot take a prompt this long",
    "malformed": "gave an answer that cannot be read",
    "wrong_model": "was asked, but another model answered",
    "deadline": "gave no answer in time",
    "breaker_open": "is left alone for a while",
    "budget": "was not asked",
    "requester_cap": "was not asked",
}


def open_claude(
    settings: ModelSettings,
    registry: Registry,
    ledger: CallLedger,
    *,
    now: Callable[[], datetime],
    folder: Path = Path(),
) -> OpenAsker:
    """Return what answers questions, as the workspace has it.

    Args:
        settings: The provider and its limits.
        registry: The models.
        ledger: Where replies and costs are kept.
        now: Returns the time.
        folder: The workspace, for recordings.

    Raises:
        SetupError: No key, a wrong region, a missing package, no provider: one sentence.
    """
    if settings.provider == "recorded":
        return RecordedAnswers(folder / settings.recordings)
    return Claude(settings, registry, ledger, sdk=build_sdk(settings), now=now)


@dataclass(slots=True, eq=False)
class _Flight:
    """A question on its way, and how many wait for it."""

    task: asyncio.Task[Reply]
    until: float
    waiting: int = 0
    abandoned: bool = False


class Claude:
    """Asks one provider for one workspace. For use from one event loop at a time.

    Args:
        settings: Deadline, budgets and limits.
        registry: The models.
        ledger: Where replies and costs are kept.
        sdk: The provider's client, from `build_sdk`.
        now: Returns the time.
        patience: How long and how often a question is asked.
        breaker: When a model is left alone.
    """

    def __init__(
        self,
        settings: ModelSettings,
        registry: Registry,
        ledger: CallLedger,
        *,
        sdk: Sdk,
        now: Callable[[], datetime],
        patience: Patience | None = None,
        breaker: BreakerSettings | None = None,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self.sdk = sdk
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock = time.monotonic
        self.pace = Pace(
            self._clock,
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
        )
        self._attempts = Attempts(
            sdk, self.pace, clock=self._clock, now=now, patience=patience, breaker=breaker
        )
        self.books = Books(settings, registry, ledger, now)
        self._flights: dict[str, _Flight] = {}

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the model's reply; see `Asker.ask`.

        Raises:
            ModelError: There is none; `failure` says why.
            SetupError: The ledger's database cannot be used, or the registry has no such model.
        """
        self._come_home()
        allowed = self._settings.deadline_seconds if seconds is None else seconds
        until = self._clock() + allowed
        key = question.key
        while True:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._take_off(key, question, until)
            elif flight.abandoned:
                await asyncio.wait({flight.task}, timeout=max(0.0, until - self._clock()))
                if not flight.task.done():
                    raise _error(question, _late(allowed))
                continue
            try:
                return await self._join(flight, question, until)
            except ModelError as error:
                # Another asked first and had less time: what is left of ours is still ours.
                again = error.failure == "deadline" and flight.until < until
                if not again or self._clock() >= until:
                    raise

    async def close(self) -> None:
        """Break off what is on its way and let go of connections."""
        self._come_home()
        flights = [flight.task for flight in self._flights.values()]
        for task in flights:
            task.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self.sdk.close()
        await self.books.close()

    def _come_home(self) -> None:
        """Leave behind the connections of an event loop that ended, as `asyncio.run` ends one."""
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            self.sdk = self._attempts.sdk = with_fresh_connections(self.sdk)
            self._flights.clear()
        self._loop = loop

    def _take_off(self, key: str, question: Question, until: float) -> _Flight:
        task = asyncio.create_task(self._ask_once(key, question, until), name=f"ask-{key[:8]}")
        flight = self._flights[key] = _Flight(task=task, until=until)

        def land(landed: asyncio.Task[Reply]) -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]
            if not landed.cancelled():
                landed.exception()  # Whoever waited has it; nobody waiting is no error.

        task.add_done_callback(land)
        return flight

    async def _join(self, flight: _Flight, question: Question, until: float) -> Reply:
        """Wait for a question on its way; the last one to leave breaks it off."""
        limit = until - self._clock() + (_GRACE if flight.until <= until else 0.0)
        flight.waiting += 1
        try:
            async with asyncio.timeout(limit):
                return await asyncio.shield(flight.task)
        except TimeoutError:
            raise _error(question, _late(limit)) from None
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if flight.task.cancelled() and me is not None and not me.cancelling():
                closed = Trouble(failure="unreachable", detail="the client was closed")
                raise _error(question, closed) from None
            raise
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.abandoned = True
                flight.task.cancel()

    async def _ask_once(self, key: str, question: Question, until: float) -> Reply:
        model = self._registry.model(question.model)
        body = request_body(question, model, self._settings)
        if self._attempts.breaker(model.name).blocked():
            return await self._only_stored(key, question, model)
        start, tally = self._clock(), Tally()
        try:
            begun = await self.books.begin(key, question, model)
            if begun.reply is not None:
                return self._stored(question, model, begun.reply)
            if begun.refusal is not None:
                refused = Trouble(failure=begun.refusal, detail=begun.detail)
                raise _error(question, refused)
            message = await self._attempts.ask(body, model.name, until=until, tally=tally)
        except NoAnswerError as ended:
            await self._note_failure(key, question, ended.trouble, tally)
            raise _error(question, ended.trouble) from None
        except asyncio.CancelledError:
            self.books.cancel(key)
            raise
        tally.seconds = self._clock() - start
        reply = await self.books.settle(
            key, model, message, request_id=tally.request_id, seconds=tally.seconds
        )
        self._note_reply(question, model, message, reply, tally)
        return self._checked(question, model, reply)

    def _note_reply(
        self, question: Question, model: ModelSpec, message: Message, reply: Reply, tally: Tally
    ) -> None:
        usage = reply.usage
        self.pace.learn_usage(
            model.name, input_tokens=usage.input + usage.cache_write, output_tokens=usage.output
        )
        log.info(
            "model_call",
            ticket=question.ticket,
            purpose=question.purpose,
            model=model.name,
            stop=reply.stop,
            input=usage.input,
            output=usage.output,
            thinking=message.thinking,
            cache_read=usage.cache_read,
            cache_write=usage.cache_write,
            cost_usd=usage.cost_usd,
            ms=round(tally.seconds * 1000),
            attempts=tally.attempts,
            request=reply.request_id,
        )

    async def _note_failure(
        self, key: str, question: Question, trouble: Trouble, tally: Tally
    ) -> None:
        log.warning(
            "model_call_failed",
            ticket=question.ticket,
            purpose=question.purpose,
            model=question.model,
            failure=trouble.failure,
            detail=trouble.detail,
            attempts=tally.attempts,
            request=tally.request_id,
            maybe_billed=tally.billable,
        )
        await self.books.fail(key, trouble.failure, maybe_billed=tally.billable)

    async def _only_stored(self, key: str, question: Question, model: ModelSpec) -> Reply:
        """Return the stored reply while the breaker is open: nothing is begun then."""
        text = await self.books.stored(key)
        if text is None:
            rest = Trouble(failure="breaker_open", detail="it failed too often lately")
            raise _error(question, rest)
        return self._stored(question, model, text)

    def _stored(self, question: Question, model: ModelSpec, text: str) -> Reply:
        try:
            reply = decode(Reply, text)
        except pydantic.ValidationError:
            broken = Trouble(failure="malformed", detail="the stored reply is not of this version")
            raise _error(question, broken) from None
        return self._checked(question, model, replace(reply, stored=True))

    def _checked(self, question: Question, model: ModelSpec, reply: Reply) -> Reply:
        """Return the reply if the model that was asked gave it; it is paid for either way."""
        other = self.books.who(reply.model)
        if other != model:
            detail = f"{other.name} did" if other else "one the registry does not know"
            raise _error(question, Trouble(failure="wrong_model", detail=detail))
        return reply


def _late(seconds: float) -> Trouble:
    return Trouble(failure="deadline", detail=f"after {seconds:.1f} s")


def _error(question: Question, trouble: Trouble) -> ModelError:
    return ModelError(
        f"{question.model} {_SAID.get(trouble.failure, trouble.failure)} ({trouble.detail})",
        failure=trouble.failure,
        place=Place(ticket=question.ticket),
        fix=trouble.fix,
    )
