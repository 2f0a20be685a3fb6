"""`firstline recall`: which answers rest on what has changed, and what to do about each."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk.recall import Recall
    from firstline.pipeline.standing import Restated

Document = Annotated[
    str | None,
    typer.Argument(
        help="Everything that rests on this article, passage (`id#number`), customer record or "
        "`policy:intent`, changed or not."
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Only what was sent, or came, from this day (UTC) on."),
]
All = Annotated[bool, typer.Option("--all", help="Also answers that can still be said.")]
Settle = Annotated[
    str | None,
    typer.Option(metavar="TICKET", help="Note that this answer has been dealt with."),
]
Note = Annotated[str, typer.Option(help="What was done, with --settle.")]
STATE_STYLE = {"sent": "red", "draft": "yellow"}
CHANGES = {
    "changed": "was changed",
    "withdrawn": "was withdrawn",
    "internal": "is internal now",
    "superseded": "was superseded",
    None: "stands as it was",
}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def recall(
        document: Document = None,
        workspace: Folder = HERE,
        *,
        since: Since = None,
        everything: All = False,
        settle: Settle = None,
        note: Note = "",
        json: Json = False,
    ) -> None:
        """List sent answers and open drafts that rest on what has changed since."""
        from firstline.desk import open_desk
        from firstline.desk.recall import Recalls, as_json
        from firstline.store import TicketStore

        begin = None if since is None else since.replace(tzinfo=UTC)
        with open_desk(workspace, with_models=False) as desk:
            recalls = Recalls(desk.opened, TicketStore(desk.engine))
            if settle is not None:
                now = datetime.now(UTC)
                done = recalls.settle(settle, by=getpass.getuser(), note=note, now=now)
                out.print(flat(f"{done.external_id} is settled"), markup=False)
                return
            if document is not None:
                found = recalls.resting_on(document, since=begin)
            else:
                found = recalls.changed(since=begin)
        if json:
            print_json([as_json(item) for item in found])
        else:
            _show(found, document, everything=everything or document is not None)


def _show(found: Sequence[Recall], document: str | None, *, everything: bool) -> None:
    what = "what has changed" if document is None else document
    if not found:
        out.print(flat(f"No answer rests on {what}."), markup=False)
        return
    states = Counter(item.state for item in found)
    todo = Counter(item.todo for item in found)
    out.print(
        flat(
            f"{_counted(states['sent'], 'sent answer')} and {_counted(states['draft'], 'draft')} "
            f"rest on {what}: {todo['correct']} to correct, {todo['check']} to check, "
            f"{todo['redraft']} not to approve, {todo['nothing']} that can still be said"
        ),
        markup=False,
    )
    for item in found:
        if everything or item.todo != "nothing":
            _show_one(item)


def _show_one(item: Recall) -> None:
    from firstline.desk.recall import TODO

    who = f"  {item.customer}" if item.customer else ""
    out.print(
        f"\n[{STATE_STYLE[item.state]}]{item.state:<6}[/][bold]{flat(item.external_id)}[/]"
        f"{flat(who)}  {item.at:%Y-%m-%d %H:%M} UTC  {item.ticket}"
    )
    out.print(f"      {TODO[item.todo]}", markup=False)
    sources = dict.fromkeys((name, one.change) for one in item.sentences for name in one.sources)
    for name, change in sources:
        out.print(flat(f"      {name} {CHANGES[change]}"), markup=False)
    shown = [one for one in item.sentences if one.stands == "no" or one.change is None]
    gone = [one for one in shown if one.stands == "no" and not any(r.now for r in one.rewordings)]
    for one in shown:
        if one not in gone[1:]:
            _show_sentence(one)
    if gone[1:]:
        out.print(f"        and {_counted(len(gone) - 1, 'sentence')} more that nothing shows now")


def _show_sentence(one: Restated) -> None:
    if one.stands != "no":
        out.print(flat(f"        said {_line(one.text)}"), markup=False)
        return
    for change in one.rewordings:
        out.print(flat(f"        said {_line(change.was)}"), markup=False)
        out.print(flat(f"        now  {_line(change.now) or 'nothing like it'}"), markup=False)
        if change.values_were or change.values_are:
            before, after = (
                ", ".join(values) or "no value"
                for values in (change.values_were, change.values_are)
            )
            out.print(flat(f"             {before} → {after}"), markup=False)
    if not one.rewordings:
        out.print(flat(f"        said {_line(one.text)}"), markup=False)
        out.print("        now  not proven by what stands there", markup=False)


def _line(text: str) -> str:
    return " ".join(text.split())


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
