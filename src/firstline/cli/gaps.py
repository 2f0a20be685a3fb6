"""`firstline gaps`: what customers ask and no article answers, as proposed articles."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import bars, flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk.gaps import Gap, Gaps

Out = Annotated[
    Path | None, typer.Option("--out", help="Write an outline of each missing article here.")
]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Only tickets that came from this day (UTC) on."),
]
Least = Annotated[int, typer.Option(min=1, help="Show groups of at least so many tickets.")]
SHOWN = 3
"""Sample questions of a group on the screen."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def gaps(
        workspace: Folder = HERE,
        *,
        folder: Out = None,
        since: Since = None,
        least: Least = 2,
        json: Json = False,
    ) -> None:
        """Group what no article answers by meaning, and propose articles."""
        from dataclasses import replace

        from firstline.desk import open_desk
        from firstline.desk.gap_pages import as_json
        from firstline.desk.gaps import find_gaps

        begin = None if since is None else since.replace(tzinfo=UTC)
        with bars() as progress, open_desk(workspace, with_models=False) as desk:
            found = find_gaps(desk.opened, desk.engine, since=begin, progress=progress)
        shown = replace(found, groups=tuple(gap for gap in found.groups if gap.size >= least))
        if folder is not None:
            _write(shown, folder)
        if json:
            print_json(as_json(shown))
        else:
            _show(found, shown, folder)


def _write(found: Gaps, folder: Path) -> None:
    from firstline.desk.gap_pages import file_name, outline
    from firstline.desk.results import replaced
    from firstline.errors import Place, SetupError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"the folder cannot be made ({error.strerror})",
            place=Place(file=str(folder)),
            fix="Name another with --out",
        ) from error
    for number, gap in enumerate(found.groups, start=1):
        with replaced(folder / file_name(gap, number)) as file:
            file.write(outline(gap))


def _show(found: Gaps, shown: Gaps, folder: Path | None) -> None:
    if not found.questions:
        out.print(f"No gap: articles answered what {found.tickets:,} tickets asked of them.")
        return
    how = "by meaning" if found.by_meaning else "by words, for want of an encoder"
    out.print(
        f"{found.questions:,} of {found.tickets:,} tickets asked what no article answers: "
        f"{len(found.groups)} groups {how}, {len(shown.groups)} of them shown"
    )
    if found.left_out:
        out.print(f"{found.left_out:,} older ones are left out; --since narrows the time")
    for gap in shown.groups:
        _show_gap(gap)
    if folder is not None:
        out.print(flat(f"\n{len(shown.groups)} outlines in {folder}"), markup=False)


def _show_gap(gap: Gap) -> None:
    intents = ", ".join(f"{name} {count}" for name, count in list(gap.intents.items())[:3])
    out.print(f"\n[bold]{gap.size:>4}[/]  ", end="")
    out.print(flat(gap.title), markup=False)
    out.print(flat(f"      intents: {intents}"), markup=False)
    for item in gap.questions[:SHOWN]:
        out.print(flat(f"      · {item.sample}"), markup=False)
    for near in gap.near:
        out.print(flat(f"      near {near.document}: {near.why}"), markup=False)
