"""Asking models about a prepared ticket: router, writers, judge; each hop with its reason.

The decisions are in `cascade.py`; `writing.py` goes from writer to writer and `judging.py` asks the
judge. The stages themselves are run by the flow, which alone knows their order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firstline.observe import log
from firstline.pipeline.cascade import why_ask
from firstline.pipeline.gate import Case
from firstline.pipeline.judging import JUDGE, judged, why_judge
from firstline.pipeline.model_router import ModelRouter
from firstline.pipeline.model_writer import ModelWriter
from firstline.pipeline.models import Models
from firstline.pipeline.parts import Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.watch import Watch
from firstline.pipeline.writing import Stages, Writing, first, superseded, withdrawn
from firstline.records import Draft, Hop, Ticket
from firstline.workspace import Autonomy


def wanted(case: Case, parts: Parts) -> str:
    """Return why a prepared ticket wants a model: one to route or write, or only a judge."""
    to_write = why_ask(case) if parts.models is not None else ""
    return to_write or (JUDGE if why_judge(case) else "")


async def ask_models(
    ticket: Ticket,
    prepared: Prepared,
    stages: Stages,
    watch: Watch,
    parts: Parts,
    override: Autonomy | None,
) -> Prepared:
    """Return the ticket with the best draft that local writers and models made of it, judged."""
    asking = _Asking(ticket=ticket, stages=stages, parts=parts, override=override)
    if parts.models is not None and prepared.wanted != JUDGE:
        prepared = await asking.drafted(prepared, parts.models)
    with watch("validate", waits=True):
        prepared = await judged(prepared, prepared.case(ticket, parts, override), parts.models)
    _alarm(ticket, prepared.draft, parts)
    return prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One ticket on its way through the models."""

    ticket: Ticket
    stages: Stages
    parts: Parts
    override: Autonomy | None

    async def drafted(self, prepared: Prepared, models: Models) -> Prepared:
        """Return the ticket with the best draft, after asking the router and the writers."""
        hops: list[Hop] = []
        if prepared.wanted == "route_unsure":
            if await superseded(self.ticket, self.parts):
                return withdrawn(prepared)
            prepared = await self._routed(prepared, models, hops)
        if prepared.wanted:
            writing = Writing(
                ticket=self.ticket,
                prepared=prepared,
                stages=self.stages,
                models=models,
                parts=self.parts,
                hops=hops,
            )
            prepared = await writing.written()
        return replace(prepared, draft=replace(prepared.draft, hops=tuple(hops)))

    async def _routed(self, prepared: Prepared, models: Models, hops: list[Hop]) -> Prepared:
        """Return the ticket on the router's route, with the local writers' draft for it."""
        router = ModelRouter(models=models, workspace=self.parts.workspace)
        route, hop = await router.route(self.ticket, prepared.route)
        hops.append(hop)
        if route is prepared.route:
            # Nobody knows what is asked: a draft would be a guess, and the service may be down.
            return replace(prepared, wanted="")
        prepared = await self.stages.local(route)
        case = prepared.case(self.ticket, self.parts, self.override)
        return replace(prepared, wanted=why_ask(case))


def first_writer(ticket: Ticket, prepared: Prepared, parts: Parts) -> ModelWriter:
    """Return the model writer that is asked first; raises LookupError without models."""
    if parts.models is None:
        raise LookupError("the company uses no models")
    return first(ticket, prepared, parts.models, parts)[0]


def _alarm(ticket: Ticket, draft: Draft, parts: Parts) -> None:
    limit = parts.workspace.settings.models.alarm_usd
    if limit and draft.spent.cost_usd > limit:
        log.warning("ticket_is_dear", ticket=ticket.id, cost_usd=draft.spent.cost_usd, limit=limit)
