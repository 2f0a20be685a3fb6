"""Generate: the writer that the route asks for proposes a reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from firstline.pipeline.parts import Parts
from firstline.pipeline.quoting import QuotingWriter
from firstline.pipeline.writer import (
    FixedWriter,
    RecordWriter,
    Writer,
    assignment_of,
    hand_over,
)
from firstline.records import Context, Draft, Handler, Route, Ticket

WITHOUT_MODEL: Mapping[Handler, Writer] = {
    "rule": FixedWriter(),
    "record": RecordWriter(),
    "quote": QuotingWriter(),
}
"""The writers that ask no model."""


async def generate_stage(
    ticket: Ticket,
    route: Route,
    context: Context,
    *,
    parts: Parts,
    model: Writer | None = None,
) -> Draft:
    """Return a proposed reply. It is only a proposal until it is validated.

    Args:
        model: The model to write; None: whatever the route's handler does without one.
    """
    assignment = assignment_of(ticket, route, context, parts.workspace)
    if model is not None:
        return await model.write(assignment)
    match route.handler:
        case "person":
            return hand_over("none", "a person answers this")
        case "model":
            return hand_over("none", "this intent needs a model")
        case "rule" | "record" | "quote":
            writer = WITHOUT_MODEL[route.handler]
        case _:
            assert_never(route.handler)
    return await writer.write(assignment)
