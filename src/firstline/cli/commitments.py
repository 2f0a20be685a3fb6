"""`firstline commitments`: what was promised, who owes it, and what became of it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.store.commitments import CommitmentLedger, StoredCommitment
    from firstline.workspace import Check, Workspace

Note = Annotated[str, typer.Option(help="Why, for whoever reads it later.")]
Reference = Annotated[str, typer.Argument(metavar="ID", help="The commitment, or how it begins.")]
By = Annotated[str | None, typer.Option(help="Who says so; you, if not given.")]
Due = Annotated[bool, typer.Option("--due", help="Only what is due now or overdue.")]
Open = Annotated[bool, typer.Option("--open", help="What is still owed; this is the default.")]
All = Annotated[bool, typer.Option("--all", help="Also what was kept, broken or cancelled.")]
Settled = Literal["kept", "broken", "cancelled"]
STYLE = {"open": "yellow", "kept": "green", "broken": "red", "cancelled": "dim"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Show and settle what was promised to customers.")
    app.add_typer(group, name="commitments")

    @group.callback(invoke_without_command=True)
    def show(
        context: typer.Context,
        *,
        workspace: Folder = HERE,
        due: Due = False,
        open_: Open = False,
        everything: All = False,
        json: Json = False,
    ) -> None:
        """Show and settle what was promised to customers."""
        context.obj = workspace
        if context.invoked_subcommand is not None:
            return
        if due + open_ + everything > 1:
            raise typer.BadParameter("choose one of --due, --open and --all")
        from firstline.workspace import load

        now, loaded = datetime.now(UTC), load(workspace)
        with opened(loaded) as ledger:
            listed = ledger.due(now) if due else ledger.all() if everything else ledger.open()
        if json:
            print_json([record(item, now) for item in listed])
        else:
            _show(listed, now, loaded.settings.timezone)

    @group.command()
    def keep(context: typer.Context, reference: Reference, note: Note = "", by: By = None) -> None:
        """Note that a promise was kept."""
        _settle(context.obj, reference, "kept", note, by)

    @group.command(name="break")
    def break_(
        context: typer.Context, reference: Reference, note: Note = "", by: By = None
    ) -> None:
        """Note that a promise was broken."""
        _settle(context.obj, reference, "broken", note, by)

    @group.command()
    def cancel(
        context: typer.Context, reference: Reference, note: Note = "", by: By = None
    ) -> None:
        """Note that a promise is not owed any more."""
        _settle(context.obj, reference, "cancelled", note, by)


@contextmanager
def opened(workspace: Workspace) -> Iterator[CommitmentLedger]:
    """Open the ledger of a workspace's database."""
    from firstline.store import app_url, open_database
    from firstline.store.commitments import CommitmentLedger

    workspace.data.mkdir(parents=True, exist_ok=True)
    engine = open_database(app_url(workspace.data))
    try:
        yield CommitmentLedger(engine)
    finally:
        engine.dispose()


def examine_commitments(ledger: CommitmentLedger, now: datetime) -> Check:
    """Return the line of `firstline doctor` about promises."""
    from firstline.workspace import Check

    counts = ledger.counts(now)
    detail = (
        f"{counts.open} open, {counts.overdue} overdue, {counts.kept} kept, "
        f"{counts.broken} broken, {counts.cancelled} cancelled"
    )
    if counts.overdue:
        fix = "firstline commitments --due lists them; keep, break or cancel each"
        return Check(name="commitments", state="degraded", detail=detail, fix=fix)
    return Check(name="commitments", state="ok", detail=detail)


def record(item: StoredCommitment, now: datetime) -> dict[str, Any]:
    """Return a commitment as JSON."""
    return {
        "id": item.id,
        "ticket": item.ticket,
        "conversation": item.conversation,
        "customer": item.customer,
        "who": item.who,
        "owner": item.owner,
        "rule": item.rule,
        "what": item.what,
        "by": item.by,
        "promised_at": item.promised_at.isoformat(),
        "due_at": None if item.due_at is None else item.due_at.isoformat(),
        "overdue": _is_overdue(item, now),
        "state": item.state,
        "note": item.note,
        "changed_by": item.changed_by,
        "changed_at": item.changed_at.isoformat(),
    }


def _is_overdue(item: StoredCommitment, now: datetime) -> bool:
    return item.state == "open" and item.due_at is not None and item.due_at <= now


def _settle(workspace: Path, reference: str, state: Settled, note: str, by: str | None) -> None:
    from firstline.workspace import load

    with opened(load(workspace)) as ledger:
        change = {"kept": ledger.keep, "broken": ledger.break_, "cancelled": ledger.cancel}[state]
        item = change(reference, by=by or getpass.getuser(), note=note, now=datetime.now(UTC))
    out.print(flat(f"{item.id} {item.state}: {item.what}"), markup=False)


def _show(listed: Sequence[StoredCommitment], now: datetime, zone: str) -> None:
    if not listed:
        out.print("Nothing is owed.")
        return
    for item in listed:
        late = " [red]overdue[/]" if _is_overdue(item, now) else ""
        out.print(f"[{STYLE[item.state]}]{item.state:<9}[/] [bold]{item.id}[/]{late}")
        who = item.owner or "nobody"
        out.print(flat(f"          {who} owes: {item.what}"), markup=False)
        out.print(flat(f"          due {_when(item, zone)}, ticket {item.ticket}"), markup=False)
        if item.note:
            out.print(flat(f"          {item.changed_by}: {item.note}"), markup=False)


def _when(item: StoredCommitment, zone: str) -> str:
    from zoneinfo import ZoneInfo

    if item.due_at is None:
        return "at no named time"
    return f"{item.due_at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M} ({zone})"
