"""`firstline ask`: one ticket, and the whole reasoning about it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firstline.cli.options import HERE, Autonomy, Folder, Json
from firstline.cli.show import OUTCOME_STYLE, flat, out, print_json
from firstline.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from firstline.desk import Desk
    from firstline.records import Answer, Evidence

LONGEST = 1_000_000
"""Characters read from standard input; a longer message is refused."""
RESULT_STYLE = {"pass": "green", "warn": "yellow", "block": "red"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def ask(
        text: Annotated[str, typer.Argument(help="The message; `-` reads standard input.")],
        workspace: Folder = HERE,
        customer: Annotated[
            str | None, typer.Option(help="The customer's id or e-mail address.")
        ] = None,
        unverified: Annotated[
            bool, typer.Option("--unverified", help="The sender is not known to be them.")
        ] = False,
        subject: Annotated[str, typer.Option(help="The subject.")] = "",
        autonomy: Autonomy = None,
        json: Json = False,
    ) -> None:
        """Show route, evidence, sentences with proof, findings and verdict of one message."""
        from firstline.desk import open_desk

        with open_desk(workspace) as desk:
            asked = desk.answer(
                _message(text),
                customer=customer,
                verified=not unverified,
                subject=subject,
                autonomy=autonomy,
            )
            answer = asyncio.run(_answered(desk, asked))
        if json:
            print_json(as_json(answer))
        else:
            explain(answer)


async def _answered(desk: Desk, asked: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return await asked
    finally:
        await desk.disconnect()


def _message(text: str) -> str:
    if text != "-":
        return text
    read = sys.stdin.buffer.read(LONGEST + 1)
    if len(read) > LONGEST:
        raise InputError(f"the message is longer than {LONGEST} bytes", fix="Shorten it")
    try:
        return read.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"standard input is not UTF-8 (byte {error.start})", fix="Convert it to UTF-8"
        ) from error


def as_json(answer: Answer) -> dict[str, object]:
    """Return an answer in the fields of `results.jsonl`, with its signals and verdict."""
    from firstline.desk.results import answer_fields

    verdict = answer.verdict
    return {
        "outcome": "sent" if verdict.action == "send" else verdict.action,
        "reason": verdict.reasons[0].code,
        **answer_fields(answer, verdict.action),
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "signals": [
            {"signal": item.signal, "reason": item.reason} for item in answer.route.signals
        ],
        "autonomy": verdict.autonomy,
        "score": verdict.score,
    }


def explain(answer: Answer) -> None:
    """Print the reasoning, stage by stage."""
    _ticket_and_route(answer)
    _evidence(answer)
    _sentences(answer)
    _findings(answer)
    verdict = answer.verdict
    style = OUTCOME_STYLE[verdict.action]
    out.print(f"\n[bold]Verdict[/]   [{style}]{verdict.action}[/]  (autonomy {verdict.autonomy})")
    for reason in verdict.reasons:
        _line(f"  {reason.code}", reason.detail)
    times = "  ".join(f"{item.stage} {item.wall_ms:.1f}" for item in answer.times)
    spent = answer.draft.spent
    tokens = spent.input + spent.output + spent.cache_read + spent.cache_write
    out.print(f"\n[dim]ms: {times}   tokens {tokens:,}   cost ${spent.cost_usd:.6f}[/]")


def _ticket_and_route(answer: Answer) -> None:
    ticket, route = answer.ticket, answer.route
    who = ticket.customer or "unknown sender"
    vouched = "verified" if ticket.verified else "not verified"
    out.print("[bold]Ticket[/]")
    _line("  from", f"{who} ({vouched}), written in {ticket.language.code}")
    if ticket.masked:
        _line("  masked", ", ".join(ticket.masked))
    out.print("[bold]Route[/]")
    for score in route.intents[:3]:
        bar = "█" * round(score.probability * 20)
        out.print(f"  {score.probability:.2f} [cyan]{bar:<20}[/] {flat(score.intent)}")
    _line("  handler", f"{route.handler}, risk {route.risk}, urgency {route.urgency}")
    _line("  by", f"{route.source}: {route.reason}")
    for signal in route.signals:
        out.print(f"  [red]{signal.signal}[/] {flat(signal.reason)}")
    for request in route.requests if len(route.requests) > 1 else ():
        _line("  request", f"{request.intent} {request.probability:.2f}")


def _evidence(answer: Answer) -> None:
    context = answer.context
    out.print(f"[bold]Evidence[/]  {context.tokens} tokens, answerable {context.answerable:.2f}")
    for item in context.evidence:
        out.print(f"  [blue]{flat(item.id)}[/] {_about(item)}")
    for key in context.trimmed:
        out.print(f"  [dim]{flat(key)} did not fit[/]")
    for source in context.missing:
        out.print(f"  [red]missing[/] {flat(source)}")


def _about(item: Evidence) -> str:
    from rich.markup import escape

    if item.kind == "record":
        return escape(", ".join(name for name, _ in item.fields))
    score = f"{item.score:.3f} " if item.kind == "passage" else ""
    return escape(f"{score}{flat(item.title)}")


def _sentences(answer: Answer) -> None:
    from rich.markup import escape

    draft = answer.draft
    out.print(f"[bold]Draft[/]     {draft.action}, confidence {draft.confidence}, {draft.model}")
    _line("  why", draft.reason)
    for hop in draft.hops:
        name = f"{hop.by} ({hop.model})" if hop.model else hop.by
        cost = f", ${hop.usage.cost_usd:.6f}" if hop.model else ""
        _line(f"  {name}", f"asked because {hop.reason}{cost} → {hop.result}")
    blocked = {item.sentence: item for item in answer.findings if item.result == "block"}
    for at, sentence in enumerate(draft.sentences):
        bad = blocked.get(at)
        mark = "[red]✗[/]" if bad else "[green]✓[/]"
        proof = ", ".join(sentence.evidence) or "needs no proof"
        out.print(f"  {mark} [dim]{sentence.kind} · {escape(flat(proof))}[/]")
        for line in flat(sentence.text).splitlines():
            out.print(f"      {escape(line)}")
        if bad:
            out.print(f"      [red]{escape(flat(bad.detail))}[/]")


def _findings(answer: Answer) -> None:
    if answer.findings:
        out.print("[bold]Checks[/]")
    for item in answer.findings:
        style = RESULT_STYLE[item.result]
        out.print(f"  [{style}]{item.result:<5}[/] {item.check}  {flat(item.detail)}")


def _line(name: str, text: object) -> None:
    out.print(f"{name}: {flat(text)}", markup=False)
