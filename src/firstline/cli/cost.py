"""`firstline cost`: where the money for models went, and what a prompt cache would change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isinf
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.claude.planner import ManualPlan
    from firstline.claude.spending import Total
    from firstline.cli.cost_report import Report

Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Only from this day (UTC) on."),
]
SHOWN = 8
"""Rows of a table; the rest is summed up."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def cost(workspace: Folder = HERE, since: Since = None, json: Json = False) -> None:
        """Show what models cost by day, stage, intent, model and ticket, and plan the cache."""
        from firstline.cli.cost_report import gather, record
        from firstline.workspace import load

        report = gather(load(workspace), "" if since is None else f"{since:%Y-%m-%d}")
        if json:
            print_json(record(report))
        else:
            _show(report)


def _show(report: Report) -> None:
    spent = report.spending
    since = f" since {report.since}" if report.since else ""
    if not spent.questions:
        out.print(f"No model was asked{since}.")
    else:
        out.print(
            f"{spent.total.calls:,} answers{since} cost {_usd(spent.total.cost_pico)}: "
            f"{spent.total.input:,} tokens in, {spent.total.cache_read:,} read from the cache, "
            f"{spent.total.cache_write:,} written to it, {spent.total.output:,} out"
        )
        groups: tuple[tuple[str, Mapping[str, Total]], ...] = (
            ("day", dict(reversed(spent.by_day.items()))),
            ("stage", spent.by_purpose),
            ("intent", spent.by_intent),
            ("model", spent.by_model),
        )
        for title, group in groups:
            _table(title, group)
        _show_tickets(report)
    _show_budget(report)
    _show_plan(report)


def _table(title: str, group: Mapping[str, Total]) -> None:
    from rich.table import Table

    table = Table(show_edge=False)
    for name in (title, "answers", "in", "cache read", "cache write", "out", "cost"):
        table.add_column(name, justify="left" if name == title else "right")
    for name, total in list(group.items())[:SHOWN]:
        counts = (total.calls, total.input, total.cache_read, total.cache_write, total.output)
        table.add_row(flat(name) or "-", *(f"{count:,}" for count in counts), _usd(total.cost_pico))
    out.print()
    out.print(table)
    if len(group) > SHOWN:
        rest = sum(total.cost_pico for total in list(group.values())[SHOWN:])
        out.print(f"and {len(group) - SHOWN} more: {_usd(rest)}")


def _show_tickets(report: Report) -> None:
    spent, each = report.spending, report.per_ticket
    out.print(
        f"\na ticket that asked a model cost {_usd(each.mean)} in the mean, "
        f"{_usd(each.p50)} in the median, {_usd(each.p95)} at the 95th percentile"
    )
    if each.above_alarm:
        out.print(f"{each.above_alarm} of {each.tickets} cost more than ${report.alarm_usd:g}")
    for name, pico in spent.dearest(5):
        out.print(flat(f"  {_usd(pico)}  {name}"), markup=False)
    share = report.seen.avoided
    if share is not None:
        out.print(f"{share:.0%} of {report.seen.tickets:,} finished tickets needed no model call")
    lost = spent.failed.total()
    reasons = ", ".join(f"{code} {count}" for code, count in spent.failed.most_common())
    out.print(
        f"{lost / spent.questions:.1%} of {spent.questions:,} questions failed"
        f"{f' ({flat(reasons)})' if reasons else ''}, "
        f"{spent.abandoned / spent.questions:.1%} were abandoned, {spent.open} are open"
    )
    if spent.lost_pico:
        out.print(f"{_usd(spent.lost_pico)} of it may be charged for answers lost on the way")


def _show_budget(report: Report) -> None:
    for name, limit, pico in (
        ("today", report.day_usd, report.spent_today_pico),
        ("this month", report.month_usd, report.spent_month_pico),
    ):
        left = (
            f"of ${limit:g}; {_usd(max(0, _pico(limit) - pico))} is left" if limit else "no limit"
        )
        out.print(f"budget {name}: {_usd(pico)} spent or reserved, {left}")


def _show_plan(report: Report) -> None:
    out.print("\n[bold]Prompt cache[/]")
    if not report.cached:
        out.print("No live request yet: whether a cache pays depends on how often they come.")
    for item in report.cached:
        best = max(item.plans, key=lambda plan: plan.saving_usd)
        for plan in (best, *(real for real in item.measured if real.ttl == best.ttl)):
            out.print(
                flat(
                    f"{item.traffic.purpose} on {plan.model}, {plan.prefix_tokens:,} stable "
                    f"tokens, kept {plan.ttl}: {plan.reason}"
                ),
                markup=False,
            )
    if report.cached:
        out.print(_advice(report), markup=False)
    if report.manual is None:
        out.print(flat(f"Manual: {report.manual_note}"), markup=False)
        return
    manual = report.manual
    out.print(
        flat(
            f"The manual has {manual.manual_tokens:,} tokens for {manual.model}, "
            f"{manual.retrieved_tokens:,} of them are retrieved for a ticket. {_verdict(manual)}"
        ),
        markup=False,
    )


def _advice(report: Report) -> str:
    counted = f"these {sum(item.traffic.calls for item in report.cached):,} requests"
    ttl, saved = report.best_cache()
    if ttl == "off":
        return f'Leave cache = "off" in [models]: caching would have saved nothing on {counted}.'
    now = "is set" if report.cache == ttl else f'is worth setting in [models], not "{report.cache}"'
    return f'cache = "{ttl}" {now}: by the real times it saves ${saved:,.4f} on {counted}.'


def _verdict(manual: ManualPlan) -> str:
    if not manual.fits:
        return f"Keep retrieval: {manual.reason}."
    choice = "Keep retrieval" if manual.better == "retrieval" else "The whole manual would pay"
    when = (
        "No traffic would make it cheaper"
        if isinf(manual.break_even)
        else f"It is cheaper above {manual.break_even:,.1f} requests an hour"
    )
    return f"{choice}: {manual.reason}. {when}."


def _usd(pico: int) -> str:
    from firstline.claude.prices import dollars

    return f"${dollars(pico):,.6f}"


def _pico(usd: float) -> int:
    from firstline.claude.prices import PICO

    return round(usd * PICO)
