"""`firstline run`: process a file of tickets into a folder."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Autonomy, Folder, Json
from firstline.cli.show import OUTCOME_STYLE, bars, err, flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk import Desk, Progress
    from firstline.desk.results import Summary

STOPPED = 130
SHOWN_ERRORS = 20
STOP_SECONDS = 15
"""After this a worker that was told to stop is killed; its tickets go on at the next start."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def run(
        tickets: Annotated[Path, typer.Argument(help="JSONL, CSV, .eml, a folder of them, mbox.")],
        results: Annotated[Path, typer.Option("--out", help="The folder for the results.")],
        workspace: Folder = HERE,
        autonomy: Autonomy = None,
        workers: Annotated[
            int, typer.Option(min=1, max=64, help="Processes that work on it, this one included.")
        ] = 1,
        record: Annotated[
            bool, typer.Option("--record", help="Keep the models' answers, for replay.")
        ] = False,
        json: Json = False,
    ) -> None:
        """Answer a file of tickets. Running it again goes on where it stopped."""
        with more_workers(workspace, workers - 1):
            summary = run_and_report(
                workspace, tickets, results, autonomy=autonomy, json=json, record=record
            )
        if not summary.complete:
            raise typer.Exit(STOPPED)
        if summary.errors:
            raise typer.Exit(1)


@contextmanager
def more_workers(workspace: Path, count: int) -> Iterator[None]:
    """Keep worker processes beside this one; they stop with it."""
    own = str(os.getpid())
    command = [sys.executable, "-m", "firstline", "work", "-w", str(workspace), "--beside", own]
    running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(count)]  # noqa: S603 - our own program
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def run_and_report(
    workspace: Path,
    tickets: Path,
    results: Path,
    *,
    autonomy: str | None,
    json: bool,
    record: bool = False,
) -> Summary:
    """Run a file of tickets with progress bars and print the summary."""
    from firstline.desk import open_desk
    from firstline.lasting import spare_what_lasts

    with bars() as progress, open_desk(workspace, progress=progress, record=record) as desk:
        spare_what_lasts()
        for problem in desk.opened.problems:
            err.print(f"warning: {flat(problem)}", style="yellow", markup=False)
        for note in desk.opened.parts.models.warnings if desk.opened.parts.models else ():
            err.print(f"warning: {flat(note)}", style="yellow", markup=False)
        summary = asyncio.run(_until_stopped(desk, tickets, results, autonomy, progress))
    if json:
        print_json(summary.as_json())
    else:
        report(summary, results)
    return summary


async def _until_stopped(
    desk: Desk, tickets: Path, results: Path, autonomy: str | None, progress: Progress
) -> Summary:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        return await desk.run(tickets, results, autonomy=autonomy, progress=progress, stop=stop)
    finally:
        await desk.disconnect()


def report(summary: Summary, results: Path) -> None:
    """Print what a run did."""
    from rich.table import Table

    ended = sum(summary.outcomes.values())
    table = Table(title=f"{summary.tickets} tickets", title_justify="left", show_edge=False)
    for name in ("outcome", "tickets", "share", "by reason"):
        table.add_column(name, justify="left" if name in ("outcome", "by reason") else "right")
    for outcome in ("sent", "clarify", "review", "escalate"):
        count = summary.outcomes.get(outcome, 0)
        reasons = ", ".join(
            f"{key.partition('/')[2]} {number}"
            for key, number in summary.reasons.most_common()
            if key.startswith(f"{outcome}/")
        )
        share = f"{100 * count / ended:.0f} %" if ended else "-"
        name = f"[{OUTCOME_STYLE[outcome]}]{'answered' if outcome == 'sent' else outcome}[/]"
        table.add_row(name, str(count), share, reasons)
    out.print(table)
    out.print(f"\n{_spending(summary, ended)}")
    _stages(summary)
    if any(key.startswith("sent/uncertified") for key in summary.reasons):
        out.print(
            "Sent by the operator's choice of a rollout level, [bold]uncertified[/]: "
            "no certificate backs these yet."
        )
    for warning in summary.warnings:
        err.print(f"warning: {flat(warning)}", style="yellow", markup=False)
    for error in summary.errors[:SHOWN_ERRORS]:
        err.print(f"error: {flat(error)}", style="red", markup=False)
    if len(summary.errors) > SHOWN_ERRORS:
        err.print(f"… and {len(summary.errors) - SHOWN_ERRORS} more, see summary.json")
    if not summary.complete:
        rest = " and the file not read to its end" if summary.unread else ""
        err.print(f"stopped with {summary.open} tickets open{rest}; run the same command to go on")
    out.print(f"results in {flat(results)}", markup=False)


def _spending(summary: Summary, ended: int) -> str:
    if not summary.with_model:
        return "tokens 0   cost $0.00   (no model was asked)"
    asked = ", ".join(f"{model} {count}" for model, count in summary.calls.most_common())
    return (
        f"tokens {summary.tokens:,}   cost ${summary.cost_usd:.4f}, "
        f"${summary.cost_usd / max(ended, 1):.6f} a ticket   "
        f"(models were asked about {summary.with_model} of {ended} tickets: {asked})"
    )


def _stages(summary: Summary) -> None:
    from rich.table import Table

    table = Table(show_edge=False, title="latency, ms", title_justify="left")
    for name in ("stage", "p50", "p95", "p99", "cpu"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for stage, figures in summary.latency_ms.items():
        table.add_row(stage, *(f"{figures[name]:.1f}" for name in ("p50", "p95", "p99", "cpu")))
    out.print(table)
