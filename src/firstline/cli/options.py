"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path,
    typer.Option("--workspace", "-w", help="The company's folder.", envvar="FIRSTLINE_WORKSPACE"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Autonomy = Annotated[
    str | None,
    typer.Option(
        help="Show what this level would do: off, shadow, review, certified, percent:N.",
    ),
]
HERE = Path()
