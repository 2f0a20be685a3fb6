"""A workspace and answers for the tests of stage views."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.builders import a_context, a_draft, a_route, a_ticket, passed

from firstline.records import Answer, Intent, Reason, StageTime, Verdict
from firstline.web.tickets.world import World
from firstline.workspace import IntentSpec, Settings, Workspace
from firstline.workspace.models import Catalogue, Policies, Voice


def a_workspace(**changes: Any) -> Workspace:
    """Return a company with one intent."""
    fields: dict[str, Any] = {
        "folder": Path("acme"),
        "settings": Settings(company="Acme"),
        "intents": (IntentSpec(name=Intent("export_data"), description="Getting data out"),),
        "policies": Policies(),
        "catalogue": Catalogue(),
        "voice": Voice(),
        "version": "v1",
    }
    return Workspace(**(fields | changes))


def a_world(**changes: Any) -> World:
    """Return what is known of it."""
    return World(**({"workspace": a_workspace()} | changes))


def an_answer(**changes: Any) -> Answer:
    """Return a sure answer that was sent."""
    fields: dict[str, Any] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(),
        "draft": a_draft(),
        "findings": passed("proof", "links"),
        "verdict": Verdict(
            action="send",
            score=0.9,
            reasons=(Reason(code="uncertified_percent", detail="export-csv answers this"),),
            autonomy="percent:100",
        ),
        "times": (StageTime(stage="route", wall_ms=2.5, cpu_ms=2.0),),
    }
    return Answer(**(fields | changes))
