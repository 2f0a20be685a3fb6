"""A ticket between the local stages and the models: what is kept when it waits for one."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.pipeline.gate import Case
from firstline.pipeline.parts import Parts
from firstline.records import Context, Draft, Finding, Route, StageTime, Ticket
from firstline.workspace import Autonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the local stages said, and why a model is to be asked, if one is."""

    route: Route
    context: Context
    draft: Draft
    """The local writers' own draft: what stands when no model does better."""
    findings: tuple[Finding, ...]
    wanted: str = ""
    """Why a model is to be asked; empty: none is."""
    times: tuple[StageTime, ...] = ()

    def case(self, ticket: Ticket, parts: Parts, override: Autonomy | None) -> Case:
        """Return what the gate looks at."""
        return Case(
            ticket=ticket,
            route=self.route,
            context=self.context,
            draft=self.draft,
            findings=self.findings,
            workspace=parts.workspace,
            override=override,
            release=parts.release(),
        )
