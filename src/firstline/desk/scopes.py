"""Which tickets are certified together, decided by the company's files and never by the labels."""

from __future__ import annotations

from typing import get_args

from firstline.errors import Place, WorkspaceError
from firstline.records import OUT_OF_SCOPE, Channel, Risk
from firstline.trust.certificate import ANY, Scope
from firstline.workspace import Workspace
from firstline.workspace.models import ScopeSetting

CHANNELS: tuple[str, ...] = get_args(Channel)
RISKS: tuple[Risk, ...] = get_args(Risk)


def scopes_of(workspace: Workspace) -> tuple[Scope, ...]:
    """Return the scopes: those of firstline.toml, else one for each certified intent, else by risk.

    Intents that only people answer are in none.

    Raises:
        WorkspaceError: A scope names an intent, channel or language the company does not have.
    """
    written = workspace.settings.trust.scopes
    if written:
        return tuple(_written(one, workspace) for one in written)
    drafted = [
        spec for spec in workspace.intents if spec.handler != "person" and spec.name != OUT_OF_SCOPE
    ]
    certified = [spec for spec in drafted if spec.autonomy.level == "certified"]
    if certified:
        return tuple(Scope(name=spec.name, intents=(spec.name,)) for spec in certified)
    by_risk = ((risk, tuple(spec.name for spec in drafted if spec.risk == risk)) for risk in RISKS)
    return tuple(Scope(name=f"{risk} risk", intents=names) for risk, names in by_risk if names)


def _written(one: ScopeSetting, workspace: Workspace) -> Scope:
    place = Place(file=str(workspace.folder / "firstline.toml"), line=one.line)
    for intent in one.intents:
        if workspace.intent(intent) is None:
            raise WorkspaceError(
                f"the scope {one.name!r} names the intent {intent!r}, which does not exist",
                place=place,
                fix="Write names of intents.yaml",
            )
    if one.channel not in (ANY, *CHANNELS):
        raise WorkspaceError(
            f"the scope {one.name!r} names the channel {one.channel!r}, which does not exist",
            place=place,
            fix=f"Write one of {', '.join(CHANNELS)}, or leave it out",
        )
    if one.language not in (ANY, *workspace.settings.languages):
        raise WorkspaceError(
            f"the scope {one.name!r} names the language {one.language!r}, in which nothing is sent",
            place=place,
            fix=f"Write one of {', '.join(workspace.settings.languages)}, or leave it out",
        )
    return Scope(name=one.name, intents=one.intents, channel=one.channel, language=one.language)
