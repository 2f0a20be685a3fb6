"""`firstline channels`: how each helpdesk, mailbox and webhook stands."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk.connection_states import ConnectionState


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def channels(workspace: Folder = HERE, json: Json = False) -> None:
        """Show the channels: kind, mode, last poll, what waits or fails, webhooks of seven days.

        Exit 1 when one cannot be used or fails. Nobody is asked; `firstline connect --check` does.
        """
        found = look(workspace)
        if json:
            print_json([_record(one) for one in found])
        else:
            _show(found)
        if any(one.problem or one.failing for one in found):
            raise typer.Exit(1)


def look(folder: Path) -> tuple[ConnectionState, ...]:
    """Return how the channels of a company stand, without opening its knowledge and models."""
    from firstline.desk.connection_states import states
    from firstline.store import app_url, open_database
    from firstline.workspace import load
    from firstline.workspace.channel_settings import read_channels
    from firstline.workspace.problems import Problems
    from firstline.workspace.secret_folder import with_kept

    workspace = load(folder)
    problems = Problems()
    settings = read_channels(workspace.folder, problems)
    problems.raise_if_any()
    if not settings:
        return ()
    workspace.data.mkdir(parents=True, exist_ok=True)
    engine = open_database(app_url(workspace.data))
    try:
        environment = with_kept(os.environ, workspace.folder)
        return states(settings, engine, datetime.now(UTC), environment)
    finally:
        engine.dispose()


def _show(found: tuple[ConnectionState, ...]) -> None:
    if not found:
        out.print("There is no channel yet: firstline connect zendesk (or another kind) makes one.")
        return
    from rich.table import Table

    table = Table(show_edge=False)
    for name in ("channel", "kind", "mode", "last poll", "waiting", "failing", "webhooks, 7 days"):
        table.add_column(name, justify="right" if name in ("waiting", "failing") else "left")
    for one in found:
        polled = f"{one.polled_at:%Y-%m-%d %H:%M:%S} UTC" if one.polled_at else "never"
        if one.setting.kind == "webhook":
            polled = "not polled"
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(one.hooks.items()))
        setting = one.setting
        table.add_row(
            setting.name,
            setting.kind,
            setting.mode,
            polled,
            str(one.waiting),
            str(one.failing),
            told or "none",
        )
    out.print(table)
    for one in found:
        if one.problem:
            out.print(flat(f"{one.setting.name}: {one.problem}"), markup=False)


def _record(one: ConnectionState) -> dict[str, object]:
    return {
        "name": one.setting.name,
        "kind": one.setting.kind,
        "mode": one.setting.mode,
        "polled_at": one.polled_at.isoformat() if one.polled_at else None,
        "waiting": one.waiting,
        "failing": one.failing,
        "oldest": one.oldest.isoformat() if one.oldest else None,
        "webhooks": dict(one.hooks),
        "problem": one.problem,
    }
