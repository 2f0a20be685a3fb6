"""What goes out by itself now, intent by intent: for people."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.pipeline.release import Release
from firstline.records import Handler, Intent, Reason
from firstline.store.autonomy import EVERYTHING
from firstline.trust.certificate import ANY, Certificate
from firstline.workspace import Autonomy, IntentSpec, Workspace

ALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRow:
    """How far one intent may go at this moment."""

    intent: Intent
    handler: Handler
    files: str
    """The level of the workspace's files."""
    given: str
    """What was set while running, for it or for all; empty when nothing was."""
    certificate: str
    """The state of its certificate, in words; empty without any."""
    held: str
    """Why the level does not count; empty while it does."""
    now: str
    """What goes out by itself, in words."""
    uncertified: bool
    """Whether something goes out that no certificate backs."""


def intent_rows(workspace: Workspace, release: Release) -> tuple[IntentRow, ...]:
    """Return what goes out by itself now of each intent, in the order of the files."""
    return tuple(_row(spec, release) for spec in workspace.intents)


def _row(spec: IntentSpec, release: Release) -> IntentRow:
    applied = release.level_for(spec.name, files=spec.autonomy)
    found = release.strictest(
        one for one in release.proofs.certificates if spec.name in one.scope.intents
    )
    return IntentRow(
        intent=spec.name,
        handler=spec.handler,
        files=str(spec.autonomy),
        given=_given(spec.name, release),
        certificate=_state(found),
        held="" if applied.held is None else f"{applied.held.code}: {applied.held.detail}",
        now=_now(spec, applied.level, applied.held, found),
        uncertified=applied.level.level == "percent" and spec.handler != "person",
    )


def _given(intent: Intent, release: Release) -> str:
    own, common = release.levels.get(intent), release.levels.get(EVERYTHING)
    shown = [str(own)] if own else []
    if common is not None:
        shown.append(f"{common} (all)")
    return ", ".join(shown)


def _state(found: Certificate | Reason) -> str:
    if isinstance(found, Certificate):
        return f"{found.id} until {found.expires.isoformat()}"
    return f"void: {found.detail}" if found.code == "certificate_void" else ""


def _now(
    spec: IntentSpec, level: Autonomy, held: Reason | None, found: Certificate | Reason
) -> str:
    if spec.handler == "person":
        return "nothing: a person handles it"
    if held is not None:
        return f"nothing: {held.code}"
    if level.level == "percent":
        return "to all" if level.percent == ALL else f"to {level.percent} %"
    if level.level != "certified":
        return f"nothing: {level}"
    if isinstance(found, Reason):
        return f"nothing: {found.code}"
    scope = found.scope
    narrowed = [name for name in (scope.channel, scope.language) if name != ANY]
    where = f" ({', '.join(narrowed)} only)" if narrowed else ""
    return f"scores from {found.threshold:.3f}, at most {found.alpha:.1%} wrong{where}"
