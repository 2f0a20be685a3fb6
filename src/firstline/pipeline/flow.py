"""The way of a ticket: the one file that knows the order of the stages. Read it first.

    route → context → generate → validate → gate ┬ send, clarify → deliver → ended
                                                 └ review, escalate → ended (a person has it)

`consider` goes up to the verdict and lets nothing leave: trials, evaluations and replays call it
too. `delivery_of` and `outcome_of` say what a verdict means. `engine.py` makes it all durable.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import assert_never

from firstline.observe import log, place_of
from firstline.pipeline.context import context_stage
from firstline.pipeline.gate import Case, gate
from firstline.pipeline.generate import generate_stage
from firstline.pipeline.parts import Parts
from firstline.pipeline.route import route_stage
from firstline.pipeline.validate import validate_stage
from firstline.records import (
    Answer,
    Context,
    Draft,
    Outcome,
    Reason,
    Receipt,
    Route,
    StageTime,
    Ticket,
    Verdict,
)
from firstline.store import Kind
from firstline.workspace import Autonomy

RELEASED = ("percent", "certified")
"""Levels at which something may reach a customer without a person."""


async def consider(ticket: Ticket, parts: Parts, *, autonomy: Autonomy | None = None) -> Answer:
    """Take a ticket to its verdict. A stage that fails puts the ticket before a person."""
    watch = Watch()
    try:
        return await _stages(ticket, parts, autonomy, watch)
    except Exception as error:  # noqa: BLE001 - the stages' boundary: whatever failed, a person gets it
        return _failed(ticket, watch, error)


async def _stages(ticket: Ticket, parts: Parts, autonomy: Autonomy | None, watch: Watch) -> Answer:
    with watch("route"):
        route = await route_stage(ticket, parts=parts)
    with watch("context"):
        context = await context_stage(ticket, route, parts=parts)
    with watch("generate"):
        draft = await generate_stage(ticket, route, context, parts=parts)
    with watch("validate"):
        findings = await validate_stage(ticket, route, context, draft, parts=parts)
    with watch("gate"):
        verdict = gate(
            Case(
                ticket=ticket,
                route=route,
                context=context,
                draft=draft,
                findings=findings,
                workspace=parts.workspace,
                override=autonomy,
            )
        )
    return Answer(
        ticket=ticket,
        route=route,
        context=context,
        draft=draft,
        findings=findings,
        verdict=verdict,
        times=tuple(watch.times),
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to reach the customer because of a verdict."""

    kind: Kind
    text: str


def delivery_of(answer: Answer, handoff: str) -> Delivery | None:
    """Return what a verdict delivers: a reply, a question, the notice of a handoff, or nothing.

    The notice goes out only where something may go out without a person at all, and never in
    answer to automatic mail.
    """
    match answer.verdict.action:
        case "send":
            return Delivery("reply", answer.draft.text)
        case "clarify":
            return Delivery("question", answer.draft.text)
        case "escalate":
            released = answer.verdict.autonomy.startswith(RELEASED)
            return Delivery("notice", handoff) if released and not answer.ticket.flags else None
        case "review":
            return None
        case _:
            assert_never(answer.verdict.action)


def still_wanted(delivery: Delivery, outcome: Outcome | None) -> bool:
    """Whether a delivery may still leave: a ticket that ended otherwise is a person's now."""
    return outcome is None or (delivery.kind == "notice" and outcome == "escalate")


def outcome_of(answer: Answer, receipt: Receipt | None) -> tuple[Outcome, str]:
    """Return how a ticket ended and why; what could not be delivered is a person's."""
    reason = answer.verdict.reasons[0].code
    match answer.verdict.action:
        case "review" | "escalate" as action:
            return action, reason
        case "send" | "clarify" as action:
            if receipt is None or receipt.state == "uncertain":
                return "review", "delivery_uncertain"
            if receipt.state == "cancelled":
                return "review", receipt.detail or "delivery_cancelled"
            return ("sent" if action == "send" else "clarify"), reason
        case _:
            assert_never(answer.verdict.action)


class Watch:
    """Times stages, and remembers which one is running."""

    def __init__(self) -> None:
        self.stage = "start"
        self.times: list[StageTime] = []

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Note the wall and processor time of what runs inside."""
        self.stage = stage
        wall, cpu = time.perf_counter(), time.thread_time()
        yield
        wall_ms, cpu_ms = (time.perf_counter() - wall) * 1e3, (time.thread_time() - cpu) * 1e3
        self.times.append(
            StageTime(stage=stage, wall_ms=round(wall_ms, 3), cpu_ms=round(cpu_ms, 3))
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
        times=tuple(watch.times),
    )
