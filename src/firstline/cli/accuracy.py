"""`firstline accuracy`: what became of tickets and how good the replies were, by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk.accuracy import Accuracy, Group
    from firstline.trust.share import Share

Way = Annotated[
    Literal["intent", "channel", "language", "segment", "hour", "reason"],
    typer.Option(help="What to group by."),
]
Segment = Annotated[
    str, typer.Option(help="The customer field to group by with --by segment, such as plan.")
]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Only tickets that came from this day (UTC) on."),
]
MOST_REASONS = 12


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def accuracy(
        workspace: Folder = HERE,
        *,
        by: Way = "intent",
        segment: Segment = "",
        since: Since = None,
        json: Json = False,
    ) -> None:
        """Show outcomes, accuracy with exact intervals, cost and latency by group."""
        from firstline.desk import open_desk
        from firstline.desk.accuracy import as_json, measure

        begin = None if since is None else since.replace(tzinfo=UTC)
        way = "segment" if segment else by
        with open_desk(workspace, with_models=False) as desk:
            found = measure(desk.opened, desk.engine, way, segment=segment, since=begin)
        if json:
            print_json(as_json(found))
        else:
            _show(found, segment)


def _show(found: Accuracy, segment: str) -> None:
    from rich.table import Table

    if not found.total.tickets:
        out.print("No ticket has been decided yet.")
        return
    columns = [column for column in COLUMNS if column[2](found.total)]
    table = Table(show_edge=False)
    table.add_column(segment or found.by, no_wrap=True)
    for name, _, _ in columns:
        table.add_column(name, justify="right")
    for group in (*found.groups, found.total):
        table.add_row(flat(group.name), *(cell(group) for _, cell, _ in columns))
        if group is found.groups[-1]:
            table.add_section()
    out.print(table)
    _show_reasons(found.total.reasons, found.total.tickets)
    if found.total.accuracy is None:
        out.print(
            "\nNo reply was drawn by lot and labelled, so nothing can be said about how many are "
            "right."
        )
    if found.total.reviewed:
        right, count = found.total.reviewed_right, found.total.reviewed
        out.print(
            f"{right} of {count} replies that came before people were right; that says nothing "
            "about the others."
        )


def _interval(found: Share | None) -> str:
    if found is None:
        return "-"
    return f"{found.estimate:.0%} [{found.low:.0%}, {found.high:.0%}]".replace("[", "\\[")


def _outcome(name: str) -> Callable[[Group], str]:
    return lambda group: f"{group.outcomes.get(name, 0) / max(group.tickets, 1):.0%}"


def _always(_group: Group) -> bool:
    return True


Column = tuple[str, "Callable[[Group], str]", "Callable[[Group], bool]"]
COLUMNS: tuple[Column, ...] = (
    ("tickets", lambda group: f"{group.tickets:,}", _always),
    ("sent", _outcome("sent"), _always),
    ("clarify", _outcome("clarify"), lambda total: "clarify" in total.outcomes),
    ("review", _outcome("review"), _always),
    ("escalate", _outcome("escalate"), _always),
    (
        "labels",
        lambda group: str(group.accuracy.count if group.accuracy else 0),
        lambda total: total.accuracy is not None,
    ),
    ("right", lambda group: _interval(group.accuracy), lambda total: total.accuracy is not None),
    (
        "right when sent",
        lambda group: _interval(group.sent_accuracy),
        lambda total: total.sent_accuracy is not None,
    ),
    ("ms", lambda group: f"{group.latency_ms:,.0f}", _always),
    ("cost", lambda group: f"${group.cost_usd:.4f}", lambda total: total.cost_usd > 0),
)
"""Name, what stands in it, and whether it is shown at all."""


def _show_reasons(reasons: Mapping[str, int], tickets: int) -> None:
    out.print("\nwhy")
    for name, count in list(reasons.items())[:MOST_REASONS]:
        out.print(flat(f"  {count:>6,}  {count / tickets:>4.0%}  {name}"), markup=False)
    rest = sum(list(reasons.values())[MOST_REASONS:])
    if rest:
        out.print(f"  {rest:>6,}  {rest / tickets:>4.0%}  for {len(reasons) - MOST_REASONS} others")
