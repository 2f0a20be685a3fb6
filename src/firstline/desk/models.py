"""Opening the models a company names, or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from firstline.errors import SetupError
from firstline.store import CallLedger
from firstline.workspace import Workspace

if TYPE_CHECKING:
    from firstline.claude.batches import BatchApi
    from firstline.claude.registry import Registry, Roles
    from firstline.pipeline.models import Models


def open_models(
    workspace: Workspace,
    database: sa.Engine,
    now: Callable[[], datetime],
    *,
    record: bool = False,
) -> Models | None:
    """Return the company's models, or None when it uses none.

    Args:
        workspace: The company.
        database: Where the ledger of questions is.
        now: Returns the time.
        record: Write every answer into the workspace's recordings.

    Raises:
        SetupError: A model, price, key, region or package is missing or wrong; one sentence.
    """
    settings = workspace.settings.models
    if settings.provider == "none":
        return None
    # Imported here: a company without models needs none of it.
    from firstline.claude.client import open_claude  # noqa: PLC0415 - only with models
    from firstline.claude.prompts import Prompts  # noqa: PLC0415 - only with models
    from firstline.claude.recorded import Recorder  # noqa: PLC0415 - only with models
    from firstline.claude.registry import load_registry, roles, warnings  # noqa: PLC0415 - only with models
    from firstline.pipeline.models import Models  # noqa: PLC0415 - only with models

    registry = load_registry(settings)
    chosen = roles(settings, registry, now().date())
    ledger = CallLedger(database)
    claude = open_claude(settings, registry, ledger, now=now, folder=workspace.folder)
    if record:
        claude = Recorder(claude, workspace.folder / settings.recordings)
    return Models(
        asker=claude,
        registry=registry,
        roles=chosen,
        prompts=Prompts.of(workspace),
        batches=_batches(workspace, registry, chosen, ledger, now),
        warnings=warnings(settings, chosen, now().date()),
    )


def _batches(
    workspace: Workspace,
    registry: Registry,
    chosen: Roles,
    ledger: CallLedger,
    now: Callable[[], datetime],
) -> BatchApi | None:
    """Return the batch API when an intent uses it; raises SetupError where there is none."""
    from firstline.claude.batches import LONGEST_RESULTS, Batches  # noqa: PLC0415 - only with models
    from firstline.claude.books import Books  # noqa: PLC0415 - only with models
    from firstline.claude.provider import build_sdk  # noqa: PLC0415 - only with models

    settings = workspace.settings.models
    patient = next((spec.name for spec in workspace.intents if spec.lane == "batch"), None)
    if patient is None or settings.provider == "recorded":
        return None
    for model in (chosen.writer, chosen.strong):
        if not model.on(settings.provider).batches:
            raise SetupError(
                f"{model.name} has no batches on {settings.provider}, and the intent {patient} "
                "has lane: batch",
                fix="Write lane: live in intents.yaml",
            )
    return Batches(
        settings,
        registry,
        Books(settings, registry, ledger, now),
        sdk=build_sdk(settings, longest=LONGEST_RESULTS),
        now=now,
    )
