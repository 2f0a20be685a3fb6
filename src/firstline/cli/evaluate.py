"""`firstline eval`: measure routing and search on labelled cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import bars, flat, out, print_json
from firstline.errors import SetupError

Cases = Annotated[Path, typer.Argument(help="JSONL, one case a line.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Measure on labelled cases.", no_args_is_help=True)
    app.add_typer(group, name="eval")

    @group.command()
    def route(cases: Cases, workspace: Folder = HERE, json: Json = False) -> None:
        """Measure routing: cases `{"text","label"}`, label `oos` for out of scope."""
        from firstline.desk import open_desk
        from firstline.evals.route import evaluate_route, read_route_cases

        read = read_route_cases(cases)
        with bars() as progress, open_desk(workspace, progress=progress) as desk:
            parts, encoder = desk.opened.parts, desk.opened.encoder
            if parts.classifier is None:
                raise SetupError("the workspace has no examples to route by", fix="Add examples")
            report = evaluate_route(parts.classifier, encoder, read)
        _print(report.as_json(), json=json)

    @group.command()
    def search(cases: Cases, workspace: Folder = HERE, json: Json = False) -> None:
        """Measure search: cases `{"query","relevant":[document ids]}`, none for unanswerable."""
        from firstline.desk import open_desk
        from firstline.evals.search import evaluate_search, read_search_cases

        read = read_search_cases(cases)
        with bars() as progress, open_desk(workspace, progress=progress) as desk:
            report = evaluate_search(desk.opened.parts.knowledge, read)
        _print(report.as_json(), json=json)


def _print(report: Mapping[str, Any], *, json: bool) -> None:
    if json:
        print_json(report)
        return
    for name, value in report.items():
        if isinstance(value, Mapping):
            continue
        shown = f"{value:.4f}" if isinstance(value, float) else flat(value)
        out.print(f"{name:<20} {shown}", markup=False)
