"""`firstline check`: judge the replies of any system by their evidence."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.show import err, flat, out

if TYPE_CHECKING:
    from firstline.evals.check import Examined
    from firstline.evals.check_summary import CheckSummary

SHOWN_CODES = 12
SHOWN_IDS = 10


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def check(
        cases: Annotated[Path, typer.Argument(help="JSONL, one reply with its evidence a line.")],
        json: Annotated[
            bool, typer.Option("--json", help="Print one JSON object a reply, in input order.")
        ] = False,
        html: Annotated[
            Path | None, typer.Option(help="Write a page that marks sentences and evidence.")
        ] = None,
        summary: Annotated[
            Path | None, typer.Option(help="Write counts, precision and recall as JSON.")
        ] = None,
        workspace: Annotated[
            Path | None,
            typer.Option(
                "--workspace", "-w", help="Judge by this company's links, languages and policies."
            ),
        ] = None,
        only: Annotated[
            list[str] | None, typer.Option(help="Run only this check; may be repeated.")
        ] = None,
    ) -> None:
        """Judge replies of any system: 0 all may be sent, 1 one is blocked, 2 wrong input."""
        from firstline.evals.check_summary import summarise

        examined = _examine(cases, workspace, only or [], json=json)
        counted = summarise(examined)
        if summary is not None:
            _write(summary, json_format.dumps(counted.as_json(), ensure_ascii=False, indent=2))
        if html is not None:
            from firstline.evals.check_page import page

            _write(html, page(examined, counted, title=cases.name))
        _report(counted, table=not json)
        if counted.blocked:
            raise typer.Exit(1)


def _examine(
    cases: Path, workspace: Path | None, only: Sequence[str], *, json: bool
) -> list[Examined]:
    from firstline.evals.check import Examiner
    from firstline.evals.check_cases import read_check_cases
    from firstline.workspace import load

    examiner = Examiner(load(workspace) if workspace else None, only=only)
    examined = []
    for case in read_check_cases(cases):
        found = examiner.examine(case)
        examined.append(found)
        if json:
            out.file.write(found.as_line() + "\n")
        else:
            _print(found)
    return examined


def _print(examined: Examined) -> None:
    style, word = ("green", "pass ") if examined.verdict == "pass" else ("red", "block")
    out.print(word, style=style, end=" ")
    out.print(flat(examined.case.id), markup=False)
    for finding in examined.findings:
        if finding.result == "pass":
            continue
        place = "" if finding.sentence is None else f"sentence {finding.sentence + 1}: "
        code = f"{finding.check}/{finding.code}" if finding.code else finding.check
        mark = "    " if finding.result == "block" else "    (warning) "
        out.print(f"{mark}{place}{flat(finding.detail)} [{code}]", markup=False)


def _report(summary: CheckSummary, *, table: bool) -> None:
    """Print the summary: beside the results, or on the error stream when they are JSON."""
    console = out if table else err
    lines = [f"{summary.n} replies, {summary.blocked} blocked"]
    if summary.labelled:
        lines.append(
            f"{summary.labelled} labelled: precision {_percent(summary.precision)}, "
            f"recall {_percent(summary.recall)}, "
            f"false blocks {_percent(summary.false_block_share)}"
        )
    for name, ids in (("missed", summary.missed), ("wrongly blocked", summary.wrongly_blocked)):
        if ids:
            more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
            lines.append(f"{name}: {', '.join(map(flat, ids[:SHOWN_IDS]))}{more}")
    if table:
        console.print()
    for line in lines:
        console.print(line, markup=False)
    if not summary.by_code:
        return
    from rich.table import Table

    shown = Table(show_edge=False, title_justify="left")
    for name in ("blocked because of", "replies", "wrongly"):
        shown.add_column(name, justify="left" if name == "blocked because of" else "right")
    for code, count in list(summary.by_code.items())[:SHOWN_CODES]:
        wrongly = str(summary.false_by_code.get(code, 0)) if summary.labelled else "-"
        shown.add_row(code, str(count), wrongly)
    console.print(shown)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _write(path: Path, text: str) -> None:
    from firstline.errors import InputError, Place

    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        problem = f"the file cannot be written ({error.strerror})"
        raise InputError(problem, place=Place(file=str(path)), fix="Name another place") from error
