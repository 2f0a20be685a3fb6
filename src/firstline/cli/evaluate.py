"""`firstline eval`: measure routing, search and masking on labelled cases."""

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

    @group.command()
    def pii(
        cases: Cases,
        region: Annotated[str, typer.Option(help="Country of local phone numbers: AU")] = "",
        json: Json = False,
    ) -> None:
        """Measure finding personal data: cases `{"text","spans":[{"type","start","end"}]}`."""
        from firstline.evals.pii import evaluate_pii, read_pii_cases

        report = evaluate_pii(read_pii_cases(cases), region=region.upper()).as_json()
        if json:
            print_json(report)
            return
        for kind, figures in report.pop("per_type").items():
            shown = ", ".join(f"{name} {flat(value)}" for name, value in figures.items())
            out.print(f"{kind:<20} {shown}", markup=False)
        _print(report, json=False)

    @group.command()
    def injection(cases: Cases, json: Json = False) -> None:
        """Measure the injection screen: cases `{"text","label"}`, 1 or `injection` for one."""
        from firstline.evals.injection import evaluate_injection, read_injection_cases

        report = evaluate_injection(read_injection_cases(cases)).as_json()
        if json:
            print_json(report)
            return
        for kind, figures in report.pop("by_kind").items():
            shown = ", ".join(f"{name} {flat(value)}" for name, value in figures.items())
            out.print(f"{kind:<20} {shown}", markup=False)
        _print(report, json=False)


def _print(report: Mapping[str, Any], *, json: bool) -> None:
    if json:
        print_json(report)
        return
    for name, value in report.items():
        if isinstance(value, Mapping):
            continue
        shown = f"{value:.4f}" if isinstance(value, float) else flat(value)
        out.print(f"{name:<20} {shown}", markup=False)
