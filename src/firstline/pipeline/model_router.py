"""The router that asks a small model which intent a message has, when the local one is unsure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firstline.claude.answers import AnswerProblem, read_route
from firstline.claude.calls import Question, Turn
from firstline.claude.schemas import route_schema
from firstline.errors import ModelError
from firstline.pipeline.models import Models
from firstline.records import (
    OUT_OF_SCOPE,
    Confidence,
    Hop,
    Intent,
    IntentScore,
    Route,
    Ticket,
    Usage,
)
from firstline.workspace import IntentSpec, Workspace

FEW = 24
"""Intents up to which the schema names all of them: the API compiles every new schema anew."""
CANDIDATES = 8
"""Intents the model chooses from: the local classifier's best."""
OUTPUT_TOKENS = 120
NAME = "router"
STATED: dict[Confidence, float] = {"high": 0.75, "medium": 0.5, "low": 0.3}
"""What a model's word counts as, as a probability. It is not calibrated: a certificate measures
what comes of it. Even `high` is below what makes a route good evidence by itself (`SURE_ROUTE`),
and anything less leaves the route unsure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRouter:
    """Asks the company's router model."""

    models: Models
    workspace: Workspace

    async def route(self, ticket: Ticket, unsure: Route) -> tuple[Route, Hop]:
        """Return a better route or the same one, and what was asked for it."""
        model = self.models.roles.router.name
        specs = self._candidates(unsure)
        try:
            reply = await self.models.asker.ask(self._question(ticket, unsure, specs))
        except ModelError as error:
            return unsure, _hop(model, f"model_{error.failure}: {error.problem}", Usage())
        try:
            said = read_route(reply.text, self._names(specs))
        except AnswerProblem as problem:
            return unsure, _hop(model, f"model_malformed: {problem}", reply.usage)
        hop = _hop(model, f"answered: {said.intent or 'none'}, {said.confidence}", reply.usage)
        return self._routed(unsure, said.intent, said.confidence), hop

    def _candidates(self, unsure: Route) -> list[IntentSpec]:
        best = (self.workspace.intent(score.intent) for score in unsure.intents[:CANDIDATES])
        return [spec for spec in best if spec is not None]

    def _names(self, specs: list[IntentSpec]) -> list[str]:
        every = self.workspace.intents
        return [str(spec.name) for spec in (every if len(every) <= FEW else specs)]

    def _question(self, ticket: Ticket, unsure: Route, specs: list[IntentSpec]) -> Question:
        model = self.models.roles.router
        prompt = self.models.prompts.route(ticket, specs, factor=model.tokens_factor)
        return Question(
            ticket=ticket.id,
            requester=ticket.customer,
            intent=str(unsure.intent or ""),
            purpose="route",
            model=model.name,
            system=prompt.system,
            turns=(Turn(role="user", text=prompt.user),),
            schema=route_schema(self._names(specs)),
            max_tokens=OUTPUT_TOKENS,
            prompt_hash=prompt.hash,
        )

    def _routed(self, unsure: Route, intent: Intent | None, confidence: Confidence) -> Route:
        chosen = intent or OUT_OF_SCOPE
        spec = self.workspace.intent(intent)
        others = tuple(score for score in unsure.intents if score.intent != chosen)
        return replace(
            unsure,
            intents=(IntentScore(intent=chosen, probability=STATED[confidence]), *others),
            handler="person" if spec is None else spec.handler,
            risk=spec.risk if spec else "medium",
            urgency="high" if spec is not None and spec.urgency == "high" else unsure.urgency,
            unsure=confidence != "high",
            source="model",
            reason=f"{chosen} ({confidence}) by a model; locally {unsure.reason}",
        )


def _hop(model: str, result: str, usage: Usage) -> Hop:
    return Hop(by=NAME, model=model, reason="route_unsure", result=result, usage=usage)
