"""`firstline demo`: the whole way of a ticket, on the bundled company."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from firstline.cli.options import Json
from firstline.cli.show import out
from firstline.errors import Place, SetupError

STAND_IN = (
    "\nThe models' answers were [bold]recorded from a stand-in[/] that quotes the first passage: "
    "they show the way and what it would cost, not how well a model writes."
)


def bundled_company() -> Path:
    """Return the folder of the company that comes with Firstline."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "examples" / "acme", package.parents[1] / "examples" / "acme"):
        if (folder / "firstline.toml").is_file():
            return folder
    raise SetupError("the bundled company is missing", fix="Install Firstline again")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def demo(
        folder: Annotated[Path, typer.Option(help="Where to put the company and results.")] = Path(
            "demo"
        ),
        replay: Annotated[
            bool,
            typer.Option("--replay", help="With a model's part, from recorded stand-in answers."),
        ] = False,
        json: Json = False,
    ) -> None:
        """Answer the tickets of the bundled company Acme, without a model key."""
        from firstline.cli.run import run_and_report
        from firstline.workspace.model_settings import PROVIDER_VARIABLE

        company, results = folder / "acme", folder / ("replayed" if replay else "results")
        if replay:
            os.environ[PROVIDER_VARIABLE] = "recorded"
        try:
            if not (company / "firstline.toml").exists():
                shutil.copytree(bundled_company(), company, dirs_exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"the folder cannot be written ({error.strerror})",
                place=Place(file=str(folder)),
                fix="Name another with --folder",
            ) from error
        summary = run_and_report(
            company, company / "tickets.jsonl", results, autonomy=None, json=json
        )
        if replay and not json:
            out.print(STAND_IN)
        if not json:
            out.print(
                f"\nLook at one:  {sys.argv[0]} ask -w {company} 'How do I export a board to CSV?'",
                markup=False,
            )
        if not summary.complete or summary.errors:
            raise typer.Exit(1)
