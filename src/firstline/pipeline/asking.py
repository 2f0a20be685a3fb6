"""Asking models about a prepared ticket: the router, then the writers, each hop with its reason.

The decisions are in `cascade.py`; here they are carried out. The stages themselves are run by the
flow, which alone knows their order.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Protocol

from firstline.observe import log
from firstline.pipeline.cascade import WORTH_ANOTHER, best, first_step, shortfall, why_ask
from firstline.pipeline.model_router import ModelRouter
from firstline.pipeline.model_writer import ModelWriter
from firstline.pipeline.models import Models
from firstline.pipeline.parts import Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.writer import Writer, assignment_of, hand_over
from firstline.records import Draft, Finding, Hop, Route, Ticket
from firstline.workspace import Autonomy

NEWER = "newer_message"
Candidate = tuple[Draft, tuple[Finding, ...]]


class Stages(Protocol):
    """What the flow does for one ticket."""

    async def local(self, route: Route) -> Prepared:
        """Run the local stages again for another route."""
        ...

    async def written(self, prepared: Prepared, writer: Writer) -> Candidate:
        """Return a model's draft and what the checks say about it."""
        ...


async def ask_models(
    ticket: Ticket,
    prepared: Prepared,
    stages: Stages,
    *,
    parts: Parts,
    override: Autonomy | None,
) -> Prepared:
    """Return the ticket with the best draft that local writers and models made of it."""
    models = parts.models
    if models is None:
        return prepared
    hops: list[Hop] = []
    if prepared.wanted == "route_unsure":
        if await _superseded(ticket, parts):
            return _withdrawn(prepared)
        router = ModelRouter(models=models, workspace=parts.workspace)
        route, hop = await router.route(ticket, prepared.route)
        hops.append(hop)
        if route is prepared.route:
            # Nobody knows what is asked: a draft would be a guess, and the service may be down.
            prepared = replace(prepared, wanted="")
        else:
            prepared = await stages.local(route)
            prepared = replace(prepared, wanted=why_ask(prepared.case(ticket, parts, override)))
    if prepared.wanted:
        prepared = await _write(ticket, prepared, stages, models, hops, parts)
    draft = replace(prepared.draft, hops=tuple(hops))
    _alarm(ticket, draft, parts)
    return replace(prepared, draft=draft)


async def _write(
    ticket: Ticket,
    prepared: Prepared,
    stages: Stages,
    models: Models,
    hops: list[Hop],
    parts: Parts,
) -> Prepared:
    """Go from writer to writer until one's draft stands, or none is left."""
    hops.append(_local_hop(prepared.draft))
    candidates: list[Candidate] = [(prepared.draft, prepared.findings)]
    answerable = prepared.context.answerable >= parts.workspace.settings.minimum_answerable
    writer, high = _first(ticket, prepared, models, parts)
    reason = high or prepared.wanted
    while True:
        if await _superseded(ticket, parts):
            return _withdrawn(prepared)
        draft, findings = await stages.written(prepared, writer)
        short = shortfall(draft, findings, answerable=answerable)
        hops.append(_model_hop(writer, reason, draft, short))
        named = draft.action == "escalate" and short
        candidates.append((replace(draft, cause=short) if named else draft, findings))
        if short not in WORTH_ANOTHER or writer.step == "strong":
            break
        writer, reason = ModelWriter(models=models, step="strong"), short
    draft, findings = candidates[best(candidates)]
    return replace(prepared, draft=draft, findings=findings)


def first_writer(ticket: Ticket, prepared: Prepared, parts: Parts) -> ModelWriter:
    """Return the model writer that is asked first; raises LookupError without models."""
    if parts.models is None:
        raise LookupError("the company uses no models")
    return _first(ticket, prepared, parts.models, parts)[0]


def _first(
    ticket: Ticket, prepared: Prepared, models: Models, parts: Parts
) -> tuple[ModelWriter, str]:
    """Return the writer that is asked first, and why when it is the strong one."""
    given = assignment_of(ticket, prepared.route, prepared.context, parts.workspace)
    small = ModelWriter(models=models, step="small")
    prompt = small.rendered(given)
    step, why = first_step(prepared.case(ticket, parts, None), over_budget=prompt.over_budget)
    if step == "small":
        return replace(small, prompt=prompt), why
    return ModelWriter(models=models, step=step), why


def _local_hop(draft: Draft) -> Hop:
    result = "answered" if draft.action != "escalate" else "no_answer"
    return Hop(by=draft.model, reason="first", result=f"{result}: {draft.reason}")


def _model_hop(writer: ModelWriter, reason: str, draft: Draft, short: str) -> Hop:
    result = f"{short}: {draft.reason}" if short else draft.action
    return Hop(by=writer.step, model=writer.model, reason=reason, result=result, usage=draft.usage)


async def _superseded(ticket: Ticket, parts: Parts) -> bool:
    """Whether the customer wrote again: the newer ticket is answered, not this one."""
    return await asyncio.to_thread(parts.history.superseded, ticket)


def _withdrawn(prepared: Prepared) -> Prepared:
    why = "the customer wrote again; the newer message is answered with this one before it"
    return replace(prepared, draft=hand_over("none", why, cause=NEWER), findings=())


def _alarm(ticket: Ticket, draft: Draft, parts: Parts) -> None:
    limit = parts.workspace.settings.models.alarm_usd
    if limit and draft.spent.cost_usd > limit:
        log.warning("ticket_is_dear", ticket=ticket.id, cost_usd=draft.spent.cost_usd, limit=limit)
