"""Trials: a ticket taken through the stages once more, or for the first time, without effect.

Nothing is stored as an outcome and nothing leaves. The stages, the workspace and the models are
those in use now; three things differ from a real run:

| what                           | in a trial                                                     |
|--------------------------------|----------------------------------------------------------------|
| a question asked before        | answered from the ledger, at no cost                           |
| any other question             | asked only if the person says so; it stands in the ledger and  |
|                                | counts against the budgets, but not against a customer's share |
| a newer message of the customer | does not stop it: it had not come when the ticket was decided  |
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import pydantic

from firstline.claude.calls import Question, Reply
from firstline.claude.pace import Pace
from firstline.claude.recorded import OpenAsker
from firstline.desk import Desk, autonomy_level
from firstline.errors import InputError, ModelError, Place
from firstline.pipeline.flow import complete, prepare
from firstline.pipeline.parts import History, Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.record import answer_from
from firstline.records import Answer, Evidence, Ticket, TicketId, Usage, decode
from firstline.store import CallLedger, StoredTicket, TicketStore

SECONDS = 90.0
"""How long a trial may take; a model's own deadline ends its questions before."""
How = Literal["ledger", "recorded", "asked", "left", "failed"]
"""Where an answer came from: the ledger, a recording, a model now; or there was none, because
nobody was to be asked or because whoever was asked failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that came up in a trial, and what was done about it."""

    purpose: str
    model: str
    how: How
    detail: str = ""
    """Why there is no answer."""
    usage: Usage
    """What was paid now."""
    wall_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the stages say of a ticket today."""

    answer: Answer
    asked: tuple[Asked, ...]
    seconds: float

    @property
    def cost_usd(self) -> float:
        """What the trial cost."""
        return round(sum(item.usage.cost_usd for item in self.asked), 12)

    @property
    def left(self) -> int:
        """Questions that were not asked because nobody said so."""
        return sum(item.how == "left" for item in self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A stored ticket, what was said of it then, and what is said now."""

    stored: StoredTicket
    before: Answer
    trial: Trial


Step = Prepared | Asked
"""What can be shown while a trial runs: the local stages are through; a question was dealt with."""
Tell = Callable[[Step], None]


Began = Callable[[str], None]


def silent(_step: Step | str) -> None:
    """Tell nobody."""


async def run_trial(
    ticket: Ticket,
    desk: Desk,
    *,
    autonomy: str | None = None,
    may_ask: bool = False,
    tell: Tell = silent,
    began: Began = silent,
) -> Trial:
    """Take a ticket to its verdict without effect.

    Args:
        ticket: After intake.
        desk: The company. Its models are used from the event loop that runs this.
        autonomy: A level that overrides the intent's.
        may_ask: Whether models may be asked what the ledger does not answer.
        tell: Called as the trial goes on, from the event loop.
        began: Called with a stage's name as it begins, once models may be asked.

    Raises:
        InputError: The level does not exist, or it takes too long.
    """
    level = autonomy_level(autonomy)
    parts, asker = _trial_parts(desk, may_ask=may_ask, tell=tell)
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(SECONDS):
            prepared = await prepare(ticket, parts, autonomy=level)
            if isinstance(prepared, Answer):
                answer = prepared
            else:
                tell(prepared)
                answer = await complete(ticket, prepared, parts, autonomy=level, begun=began)
    except TimeoutError:
        raise InputError(
            f"it took longer than {SECONDS:g} s and was stopped", fix="Try again without models"
        ) from None
    return Trial(
        answer=answer,
        asked=() if asker is None else tuple(asker.asked),
        seconds=time.perf_counter() - begun,
    )


async def replay(
    desk: Desk, ticket_id: TicketId, *, may_ask: bool = False, tell: Tell = silent
) -> Replay:
    """Run a stored ticket through today's workspace, under the level its inbox had.

    Raises:
        InputError: There is no such ticket, nothing was decided about it yet, or it took too long.
    """
    store = TicketStore(desk.engine)
    stored = await asyncio.to_thread(store.load, ticket_id)
    if stored is None:
        raise InputError("there is no ticket with this id")
    if not stored.decided:
        raise InputError(
            "nothing was decided about this ticket, so there is nothing to compare with",
            fix="Wait until it has ended; try its message under Try it",
        )
    stages = await asyncio.to_thread(store.stages, ticket_id)
    inbox = await asyncio.to_thread(store.inbox, stored.ticket.inbox)
    trial = await run_trial(
        stored.ticket, desk, autonomy=inbox.autonomy, may_ask=may_ask, tell=tell
    )
    return Replay(stored=stored, before=answer_from(stored.ticket, stages), trial=trial)


class AsItWas:
    """A customer's earlier tickets; nothing newer has come."""

    def __init__(self, history: History) -> None:
        self._history = history

    def recent(self, ticket: Ticket) -> tuple[Evidence, ...]:
        """Return the latest earlier tickets."""
        return self._history.recent(ticket)

    async def superseded(self, ticket: Ticket) -> bool:
        """Return that there is no newer message."""
        del ticket
        return False


class TrialAsker:
    """Answers a trial's questions: from the ledger, or from the models if it may ask them.

    Args:
        inner: The company's models.
        ledger: Where earlier answers are.
        free: Whether asking costs nothing, because the answers are recordings.
        may_ask: Whether to ask what the ledger does not answer.
        tell: Called with every question that was dealt with.
    """

    def __init__(
        self, inner: OpenAsker, ledger: CallLedger, *, free: bool, may_ask: bool, tell: Tell
    ) -> None:
        self._inner = inner
        self._ledger = ledger
        self._free = free
        self._may_ask = may_ask
        self._tell = tell
        self.asked: list[Asked] = []

    @property
    def pace(self) -> Pace:
        """What is known of the provider's limits."""
        return self._inner.pace

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the answer; see `Asker.ask`."""
        # A trial is nobody's request: it must not use up what a customer may ask.
        question = replace(question, requester=None)
        begun = time.perf_counter()
        try:
            reply, how = await self._answered(question, seconds)
        except ModelError as error:
            left = error.failure == "not_recorded"
            self._note(question, "left" if left else "failed", error.problem, Usage(), begun)
            raise
        paid = reply.usage if how == "asked" else Usage()
        self._note(question, how, "", paid, begun)
        return reply

    async def close(self) -> None:
        """Do nothing: the models belong to the desk."""

    async def _answered(self, question: Question, seconds: float | None) -> tuple[Reply, How]:
        if self._free:
            return await self._inner.ask(question, seconds=seconds), "recorded"
        if self._may_ask:
            reply = await self._inner.ask(question, seconds=seconds)
            return reply, "ledger" if reply.stored else "asked"
        text = await asyncio.to_thread(self._ledger.reply, question.key)
        if text is None:
            raise ModelError(
                f"{question.model} was not asked: the ledger has no answer to this very question",
                failure="not_recorded",
                place=Place(ticket=question.ticket),
                fix="Allow models to be asked",
            )
        try:
            return replace(decode(Reply, text), stored=True), "ledger"
        except pydantic.ValidationError:
            raise ModelError(
                f"{question.model} was not asked: the stored answer is not of this version",
                failure="not_recorded",
                place=Place(ticket=question.ticket),
                fix="Allow models to be asked",
            ) from None

    def _note(self, question: Question, how: How, detail: str, paid: Usage, begun: float) -> None:
        item = Asked(
            purpose=question.purpose,
            model=question.model,
            how=how,
            detail=detail,
            usage=paid,
            wall_ms=round((time.perf_counter() - begun) * 1e3, 1),
        )
        self.asked.append(item)
        self._tell(item)


def _trial_parts(desk: Desk, *, may_ask: bool, tell: Tell) -> tuple[Parts, TrialAsker | None]:
    parts = desk.opened.parts
    history = AsItWas(parts.history)
    if parts.models is None:
        return replace(parts, history=history), None
    asker = TrialAsker(
        parts.models.asker,
        CallLedger(desk.engine),
        free=desk.workspace.settings.models.provider == "recorded",
        may_ask=may_ask,
        tell=tell,
    )
    return replace(parts, history=history, models=replace(parts.models, asker=asker)), asker
