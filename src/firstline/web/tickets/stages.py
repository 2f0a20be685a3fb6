"""All stages of a ticket as views, in their order: what run page, replay and trial show alike."""

from __future__ import annotations

from firstline.pipeline.endings import delivery_of
from firstline.records import Answer
from firstline.web.tickets.stages_gate import gate_view
from firstline.web.tickets.stages_in import TIMES, context_view, intake_view, route_view
from firstline.web.tickets.stages_out import generate_view, validate_view
from firstline.web.tickets.views import StageView
from firstline.web.tickets.world import World

NEVER: TIMES = (None, None)
WOULD = {
    "reply": "A reply would leave now.",
    "question": "A question would leave now.",
    "notice": "The notice that a person has it would leave now.",
}


def local_stages(answer: Answer, world: World) -> tuple[StageView, ...]:
    """Return the stages before the verdict."""
    took = _times(answer)
    return (
        intake_view(answer, world),
        route_view(answer, world, took.get("route", NEVER)),
        context_view(answer, world, took.get("context", NEVER)),
        generate_view(answer, world, took.get("generate", NEVER)),
        validate_view(answer, took.get("validate", NEVER)),
    )


def decided_stages(answer: Answer, world: World) -> tuple[StageView, ...]:
    """Return the stages up to the verdict."""
    took = _times(answer).get("gate", NEVER)
    return (*local_stages(answer, world), gate_view(answer, world, took))


def _times(answer: Answer) -> dict[str, TIMES]:
    return {item.stage: (item.wall_ms, item.cpu_ms) for item in answer.times}


def trial_stages(answer: Answer, world: World) -> tuple[StageView, ...]:
    """Return the stages of a trial: those up to the verdict, and the delivery that is not made."""
    return (*decided_stages(answer, world), not_delivered(answer, world))


def not_delivered(answer: Answer, world: World) -> StageView:
    """Say what would leave."""
    delivery = delivery_of(answer, world.workspace.voice.handoff)
    would = "Nothing would leave by itself." if delivery is None else WOULD[delivery.kind]
    return StageView(
        key="deliver",
        title="Deliver",
        lead="At most once, and only what is still wanted.",
        reads="the verdict",
        headline=would,
        tone="quiet",
        idle=("Delivered nothing: this is a trial. Nothing is stored and nothing leaves.",),
    )
