"""`firstline autonomy`: what goes out by itself, how to change it, and how to stop it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk.autonomy import IntentRow
    from firstline.desk.watching import WatchedTest, WatchReport
    from firstline.pipeline.operating import Operator
    from firstline.pipeline.release import Release
    from firstline.store.autonomy import Change
    from firstline.workspace import Workspace

Reason = Annotated[str, typer.Option(help="Why; it is kept for ever.")]
By = Annotated[str | None, typer.Option(help="Who says so; you, if not given.")]
SHOWN_AUDITS = 10
ALL = "all"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Show, change and stop what goes out without a person.")
    app.add_typer(group, name="autonomy")
    _add_show(group)
    _add_switch(group)
    _add_levels(group)
    _add_watch(group)


def _add_show(group: typer.Typer) -> None:
    @group.callback(invoke_without_command=True)
    def show(context: typer.Context, *, workspace: Folder = HERE, json: Json = False) -> None:
        """Show what goes out without a person now, intent by intent."""
        context.obj = workspace
        if context.invoked_subcommand is not None:
            return
        from firstline.desk.autonomy import intent_rows

        with _released(workspace) as (loaded, release):
            rows = intent_rows(loaded, release)
            if json:
                print_json(_as_json(rows, release))
            else:
                _show(rows, release)

    @group.command()
    def log(context: typer.Context, *, limit: int = 50, json: Json = False) -> None:
        """Show who changed what, when and why, the newest first."""
        with _store(context.obj) as store:
            changes = store.log(limit=limit)
        if json:
            print_json([_change(one) for one in changes])
            return
        for one in changes:
            what = f"{one.topic} {one.scope} {one.value or 'files'}"
            line = f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {one.by}  {what}"
            out.print(flat(f"{line}  {one.reason}".rstrip()), markup=False)
        if not changes:
            out.print("Nothing was ever changed: the files of the workspace speak.")


def _add_switch(group: typer.Typer) -> None:
    @group.command()
    def stop(context: typer.Context, reason: Reason = "", by: By = None) -> None:
        """Let nothing go out by itself any more, in every worker, within a second."""
        # Nothing else of the workspace is read: it must work when its files are broken.
        with _operator(context.obj, by) as operator:
            operator.stop(reason)
        out.print("stopped: a person approves everything until `firstline autonomy resume`")

    @group.command()
    def resume(context: typer.Context, reason: Reason = "", by: By = None) -> None:
        """Let go out again what its level allows; what has tripped stays tripped."""
        with _operator(context.obj, by) as operator:
            operator.resume(reason)
        out.print("resumed")


def _add_levels(group: typer.Typer) -> None:
    @group.command(name="set")
    def set_(
        context: typer.Context,
        intent: Annotated[str, typer.Argument(help="An intent, or all.")],
        level: Annotated[
            str,
            typer.Argument(help="off, shadow, review, certified, percent:N; files: as written."),
        ],
        reason: Reason = "",
        by: By = None,
    ) -> None:
        """Set how far an intent may go, whatever the files say."""
        from firstline.store.autonomy import EVERYTHING
        from firstline.workspace import load

        scope = EVERYTHING if intent == ALL else intent
        with _operator(context.obj, by) as operator:
            kept = operator.set_level(load(context.obj), scope, level, reason)
        note = ": uncertified, no certificate backs it" if kept.startswith("percent") else ""
        out.print(flat(f"{intent} is {kept}{note}"), markup=False)

    @group.command()
    def reset(
        context: typer.Context,
        scope: Annotated[str, typer.Argument(help="As `firstline autonomy watch` names it.")],
        reason: Reason = "",
        by: By = None,
        *,
        relearn: Annotated[
            bool, typer.Option("--relearn", help="Learn anew what is usual, too.")
        ] = False,
    ) -> None:
        """Give a tripped scope its autonomy back, once somebody has looked into it."""
        with _operator(context.obj, by) as operator:
            operator.reset(scope, reason, relearn=relearn)
        out.print(flat(f"{scope} is watched from the beginning"), markup=False)


def _add_watch(group: typer.Typer) -> None:
    @group.command()
    def watch(
        context: typer.Context,
        *,
        html: Annotated[Path | None, typer.Option(help="Write a page with the charts.")] = None,
        svg: Annotated[Path | None, typer.Option(help="Write each chart into this folder.")] = None,
        json: Json = False,
    ) -> None:
        """Show what is watched in service: audits, error, escalation, cost and latency."""
        from firstline.desk.watching import watch_report

        with _released(context.obj) as (loaded, release), _store(context.obj) as store:
            report = watch_report(store, release, loaded.settings.trust)
        if html is not None:
            _write(html, report.page(loaded.settings.company))
        if svg is not None:
            for item in report.tests:
                if item.path:
                    _write(svg / _file_name(item), item.chart())
        if json:
            print_json(_watch_json(report))
        else:
            _show_watch(report)

    @group.command()
    def tune(
        context: typer.Context,
        name: Annotated[str, typer.Argument(help="A setting of the watch, as audit_rate.")],
        value: str,
        reason: Reason = "",
        by: By = None,
    ) -> None:
        """Change how closely it is watched."""
        with _operator(context.obj, by) as operator:
            operator.tune(name, value, reason)
        out.print(flat(f"{name} is {value}"), markup=False)

    @group.command()
    def baseline(
        context: typer.Context,
        scope: Annotated[str, typer.Argument(help="An intent, or `*` for all tickets.")],
        share: Annotated[float, typer.Argument(help="Share of tickets that usually escalate.")],
        reason: Reason = "",
        by: By = None,
    ) -> None:
        """Say how many tickets usually escalate, instead of learning it."""
        with _operator(context.obj, by) as operator:
            operator.baseline(scope, share, reason)
        out.print(flat(f"{scope}: {share:.1%} is usual"), markup=False)


@contextmanager
def _store(folder: Path) -> Iterator[Any]:
    """Open the database of a folder, whatever is in its files."""
    from firstline.errors import Place, SetupError
    from firstline.store import app_url, open_database
    from firstline.store.autonomy import AutonomyStore

    if not (folder / "firstline.toml").is_file():
        raise SetupError(
            "there is no company here",
            place=Place(file=str(folder)),
            fix="Name its folder with -w",
        )
    data = folder / ".firstline"
    data.mkdir(exist_ok=True)
    engine = open_database(app_url(data))
    try:
        yield AutonomyStore(engine)
    finally:
        engine.dispose()


@contextmanager
def _operator(folder: Path, by: str | None) -> Iterator[Operator]:
    from firstline.pipeline.operating import Operator

    with _store(folder) as store:
        yield Operator(store, by=by or getpass.getuser(), now=lambda: datetime.now(UTC))


@contextmanager
def _released(folder: Path) -> Iterator[tuple[Workspace, Release]]:
    """Return a company and what it releases; its knowledge is only read for certificates."""
    from firstline.desk.build import open_company, utc_now
    from firstline.desk.releasing import with_release
    from firstline.desk.trust_open import open_labels
    from firstline.pipeline.release_reader import ReleaseReader
    from firstline.store.autonomy import AutonomyStore
    from firstline.store.certificates import CertificateBook

    with open_labels(folder) as (workspace, engine):
        if not CertificateBook(engine).valid():
            yield workspace, ReleaseReader(AutonomyStore(engine), now=utc_now)()
            return
        opened = with_release(open_company(workspace), engine)
        try:
            yield workspace, opened.parts.release()
        finally:
            opened.parts.knowledge.close()


def _show(rows: tuple[IntentRow, ...], release: Release) -> None:
    from rich.table import Table

    if release.unreadable:
        out.print(f"unreadable, so a person approves everything: {flat(release.unreadable)}")
    if release.stopped is not None:
        stopped = release.stopped
        out.print(
            flat(
                f"STOPPED since {stopped.since:%Y-%m-%d %H:%M:%S} UTC by {stopped.by}: "
                f"{stopped.why or 'no reason given'}"
            ),
            style="bold red",
            markup=False,
        )
    for trip in release.trips:
        out.print(flat(f"tripped: {trip.scope}, {trip.why}"), style="red", markup=False)
    table = Table(show_edge=False)
    for name in ("intent", "files", "set", "certificate", "goes out by itself"):
        table.add_column(name, no_wrap=name in ("intent", "files"))
    for row in rows:
        now = f"{row.now}, [bold]uncertified[/]" if row.uncertified else flat(row.now)
        cells = (row.intent, row.files, row.given, row.certificate)
        table.add_row(*(flat(cell) or "-" for cell in cells), now)
    out.print(table)
    count = sum(row.uncertified for row in rows)
    if count:
        out.print(
            f"{count} of {len(rows)} intents go out by the operator's choice, "
            "[bold]uncertified[/]: no certificate backs them."
        )


def _as_json(rows: tuple[IntentRow, ...], release: Release) -> dict[str, Any]:
    from dataclasses import asdict

    stopped = release.stopped
    return {
        "stopped": None
        if stopped is None
        else {"since": stopped.since.isoformat(), "by": stopped.by, "why": stopped.why},
        "unreadable": release.unreadable,
        "tripped": [
            {"scope": trip.scope, "since": trip.since.isoformat(), "why": trip.why}
            for trip in release.trips
        ],
        "intents": [asdict(row) for row in rows],
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.at.isoformat(),
        "by": one.by,
        "topic": one.topic,
        "scope": one.scope,
        "value": one.value,
        "reason": one.reason,
    }


def _show_watch(report: WatchReport) -> None:
    from rich.table import Table

    table = Table(show_edge=False)
    for name in ("scope", "watch", "usual", "stands at", "alarm at", "seen"):
        table.add_column(name, justify="left" if name in ("scope", "watch", "usual") else "right")
    for item in report.tests:
        value = "-" if item.learning else f"{item.value:.2f}"
        limit = "-" if item.learning else f"{item.threshold:.2f}"
        style = "bold red" if item.alarm else ""
        cells = (flat(item.scope), item.name, item.usual, value, limit, f"{item.seen:,}")
        table.add_row(*cells, style=style)
    if report.tests:
        out.print(table)
    else:
        out.print("Nothing has been watched yet: it begins with the first ticket.")
    for trip in report.release.trips:
        out.print(
            flat(f"tripped: {trip.scope} since {trip.since:%Y-%m-%d %H:%M} UTC, {trip.why}"),
            style="red",
            markup=False,
        )
    audits = report.audits
    out.print(
        f"audits: {report.release.tuning.audit_rate:.0%} of what is sent is drawn; "
        f"{audits.drawn} drawn, {audits.labelled} looked at, {audits.wrong} wrong"
    )
    for one in report.waiting[:SHOWN_AUDITS]:
        out.print(flat(f"  waiting: {one.ticket} ({one.intent})"), markup=False)
    if len(report.waiting) > SHOWN_AUDITS:
        out.print(f"  and {len(report.waiting) - SHOWN_AUDITS} more")


def _watch_json(report: WatchReport) -> dict[str, Any]:
    audits = report.audits
    return {
        "tests": [_test(item) for item in report.tests],
        "tripped": [
            {"scope": trip.scope, "since": trip.since.isoformat(), "why": trip.why}
            for trip in report.release.trips
        ],
        "audits": {
            "rate": report.release.tuning.audit_rate,
            "drawn": audits.drawn,
            "labelled": audits.labelled,
            "wrong": audits.wrong,
            "waiting": [
                {
                    "ticket": one.ticket,
                    "intent": one.intent,
                    "scope": one.scope,
                    "certificate": one.certificate or None,
                    "probability": one.probability,
                    "drawn_at": one.drawn_at.isoformat(),
                }
                for one in report.waiting
            ],
        },
    }


def _test(item: WatchedTest) -> dict[str, Any]:
    return {
        "scope": item.scope,
        "watch": item.name,
        "usual": item.usual,
        "learning": item.learning,
        "value": round(item.value, 4),
        "threshold": round(item.threshold, 4),
        "seen": item.seen,
        "alarm": item.alarm,
        "path": [[seen, round(value, 4)] for seen, value in item.path],
    }


def _file_name(item: WatchedTest) -> str:
    """Return a file name of what is watched that no name can lead elsewhere."""
    scope = "all" if item.scope == "*" else item.scope
    safe = "".join(char if char.isalnum() or char in "-_" else "-" for char in scope)
    return f"{safe}-{item.name}.svg"


def _write(path: Path, text: str) -> None:
    from firstline.desk.results import replaced

    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as file:
        file.write(text)
