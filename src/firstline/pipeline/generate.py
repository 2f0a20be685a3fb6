"""Generate: the writer that the route asks for proposes a reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from firstline.pipeline.parts import Parts
from firstline.pipeline.quoting import QuotingWriter
from firstline.pipeline.writer import Assignment, FixedWriter, RecordWriter, Writer, hand_over
from firstline.records import Context, Draft, Handler, Route, Ticket

WITHOUT_MODEL: Mapping[Handler, Writer] = {
    "rule": FixedWriter(),
    "record": RecordWriter(),
    "quote": QuotingWriter(),
}
"""The writers of a company that has no model key."""


async def generate_stage(
    ticket: Ticket,
    route: Route,
    context: Context,
    *,
    parts: Parts,
    writers: Mapping[Handler, Writer] = WITHOUT_MODEL,
) -> Draft:
    """Return a proposed reply. It is only a proposal until it is validated."""
    assignment = Assignment(
        ticket=ticket,
        route=route,
        context=context,
        spec=parts.workspace.intent(route.intent),
        workspace=parts.workspace,
    )
    match route.handler:
        case "person":
            return hand_over("none", "a person answers this")
        case "model":
            writer = writers.get("model")
            if writer is None:
                return hand_over("none", "this intent needs a model, and none is configured")
        case "rule" | "record" | "quote":
            writer = writers[route.handler]
        case _:
            assert_never(route.handler)
    return await writer.write(assignment)
