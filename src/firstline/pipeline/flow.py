"""The way of a ticket: the one file that knows the order of the stages. Read it first.

    prepare:   route → context → generate (local writers) → validate ┬ nothing more to ask
                                                                     └ a model is wanted ─┐
    complete:  router? → generate (small, then strong) → validate → judge?  ◀─────────────┘
               → gate ┬ send, clarify → deliver → ended
                      └ review, escalate → ended (a person has it)

`consider` does both, up to the verdict, and lets nothing leave: trials, evaluations and replays
call it too. `endings.py` says what a verdict means; `engine.py` makes it all durable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from firstline.observe import log, place_of
from firstline.pipeline.asking import ask_models, wanted
from firstline.pipeline.context import context_stage
from firstline.pipeline.gate import gate
from firstline.pipeline.generate import generate_stage
from firstline.pipeline.parts import Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.route import route_stage
from firstline.pipeline.validate import validate_stage
from firstline.pipeline.watch import Watch
from firstline.pipeline.writer import Writer
from firstline.records import Answer, Context, Draft, Finding, Reason, Route, Ticket, Verdict
from firstline.workspace import Autonomy


async def consider(ticket: Ticket, parts: Parts, *, autonomy: Autonomy | None = None) -> Answer:
    """Take a ticket to its verdict. A stage that fails puts the ticket before a person."""
    prepared = await prepare(ticket, parts, autonomy=autonomy)
    if isinstance(prepared, Answer):
        return prepared
    return await complete(ticket, prepared, parts, autonomy=autonomy)


async def prepare(
    ticket: Ticket, parts: Parts, *, autonomy: Autonomy | None = None
) -> Prepared | Answer:
    """Do all that needs no model. `wanted` of the result says whether one is to be asked."""
    watch = Watch()
    try:
        with watch("route"):
            route = await route_stage(ticket, parts=parts)
        prepared = await _Stages(ticket, parts, watch).local(route)
        case = prepared.case(ticket, parts, autonomy)
        return replace(prepared, wanted=wanted(case, parts), times=watch.times)
    except Exception as error:  # noqa: BLE001 - the stages' boundary: whatever failed, a person gets it
        return _failed(ticket, watch, error)


async def complete(
    ticket: Ticket,
    prepared: Prepared,
    parts: Parts,
    *,
    autonomy: Autonomy | None = None,
    begun: Callable[[str], None] | None = None,
) -> Answer:
    """Ask the models that are wanted, and decide. `begun` is told each stage as it begins."""
    watch = Watch(prepared.times, begun=begun)
    try:
        if prepared.wanted:
            stages = _Stages(ticket, parts, watch)
            prepared = await ask_models(ticket, prepared, stages, watch, parts, autonomy)
        with watch("gate"):
            verdict = gate(prepared.case(ticket, parts, autonomy))
    except Exception as error:  # noqa: BLE001 - as above
        return _failed(ticket, watch, error)
    return Answer(
        ticket=ticket,
        route=prepared.route,
        context=prepared.context,
        draft=prepared.draft,
        findings=prepared.findings,
        verdict=verdict,
        times=watch.times,
    )


class _Stages:
    """The stages between route and gate, for one ticket."""

    def __init__(self, ticket: Ticket, parts: Parts, watch: Watch) -> None:
        self._ticket = ticket
        self._parts = parts
        self._watch = watch

    async def local(self, route: Route) -> Prepared:
        """Collect the evidence, and let the local writer propose and the checks check."""
        with self._watch("context"):
            context = await context_stage(self._ticket, route, parts=self._parts)
        empty = Draft(action="escalate", reason="not written yet", model="none")
        prepared = Prepared(route=route, context=context, draft=empty, findings=())
        draft, findings = await self.written(prepared, None)
        return replace(prepared, draft=draft, findings=findings)

    async def written(
        self, prepared: Prepared, writer: Writer | None
    ) -> tuple[Draft, tuple[Finding, ...]]:
        """Let a writer propose (the route's local one without `writer`), and check it."""
        ticket, route, context, parts = self._ticket, prepared.route, prepared.context, self._parts
        with self._watch("generate", waits=writer is not None):
            draft = await generate_stage(ticket, route, context, parts=parts, model=writer)
        return draft, await self.checked(prepared, draft)

    async def checked(self, prepared: Prepared, draft: Draft) -> tuple[Finding, ...]:
        """Let every check look at a draft."""
        with self._watch("validate", waits=True) as spend:
            return await validate_stage(
                self._ticket,
                prepared.route,
                prepared.context,
                draft,
                parts=self._parts,
                spend=spend,
            )


def _failed(ticket: Ticket, watch: Watch, error: Exception) -> Answer:
    detail = f"stage {watch.stage} failed ({type(error).__name__} at {place_of(error)})"
    log.error("stage_failed", ticket=ticket.id, stage=watch.stage, detail=detail)
    return Answer(
        ticket=ticket,
        route=Route(handler="person", risk="high", urgency="normal", source="rule", reason=detail),
        context=Context(evidence=(), tokens=0),
        draft=Draft(action="escalate", reason=detail, model="none"),
        findings=(),
        verdict=Verdict(
            action="escalate",
            score=0.0,
            reasons=(Reason(code="stage_failed", detail=detail),),
            autonomy="off",
        ),
        times=watch.times,
    )
