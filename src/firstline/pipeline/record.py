"""The stored form of an answer: one record a stage, and back."""

from __future__ import annotations

from collections.abc import Mapping

from firstline.records import (
    Answer,
    Context,
    Draft,
    Finding,
    Route,
    StageTime,
    Ticket,
    Verdict,
    decode,
    encode,
)
from firstline.store import StageRecord
from firstline.store.answered import BASIS

PREPARED = "prepare"
"""The stage name under which a ticket is kept while it waits for a model."""


def stage_bodies(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Return the stored form of what the stages said."""
    findings = "[" + ",".join(encode(finding) for finding in answer.findings) + "]"
    return (
        ("route", encode(answer.route)),
        ("context", encode(answer.context)),
        ("generate", encode(answer.draft)),
        ("validate", findings),
        ("gate", encode(answer.verdict)),
    )


def answer_from(ticket: Ticket, stages: Mapping[str, StageRecord]) -> Answer:
    """Return what the stages said, from its stored form."""
    return Answer(
        ticket=ticket,
        route=decode(Route, stages["route"].body),
        context=decode(Context, stages["context"].body),
        draft=decode(Draft, stages["generate"].body),
        findings=decode(tuple[Finding, ...], stages["validate"].body),
        verdict=decode(Verdict, stages["gate"].body),
        times=tuple(
            StageTime(stage=item.stage, wall_ms=item.wall_ms, cpu_ms=item.cpu_ms)
            for item in stages.values()
            if item.stage not in (PREPARED, BASIS)
        ),
    )
