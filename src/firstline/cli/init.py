"""`firstline init`: make a company's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firstline.cli.options import Json
from firstline.cli.show import bars, flat, out, print_json

Source = Annotated[Path | None, typer.Option()]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def init(
        folder: Annotated[Path, typer.Argument(help="The folder to make.")],
        company: Annotated[str | None, typer.Option(help="The company's name.")] = None,
        knowledge: Annotated[
            Path | None, typer.Option(help="A folder of articles, or a JSONL file of them.")
        ] = None,
        intents: Annotated[
            Path | None, typer.Option(help="Labelled messages: JSONL or CSV with text, label.")
        ] = None,
        customers: Annotated[
            Path | None, typer.Option(help="Customer records: JSON, JSONL, CSV or tables.")
        ] = None,
        json: Json = False,
    ) -> None:
        """Make a workspace that works at once, from a template or from a company's own files."""
        from firstline.workspace import create

        with bars() as progress:
            made = create(
                folder,
                company=company,
                knowledge=knowledge,
                intents=intents,
                customers=customers,
                progress=progress,
            )
        if json:
            print_json({"folder": str(made.folder), "notes": list(made.notes)})
            return
        out.print(f"[green]made[/] {flat(made.folder)}")
        for note in made.notes:
            out.print(f"  {flat(note)}", markup=False)
        out.print(
            f"\nTry it:\n  firstline ask -w {folder} 'How do I reset my password?'\n"
            f"  firstline doctor -w {folder}",
            markup=False,
        )
