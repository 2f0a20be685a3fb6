"""`firstline review`: what waits for people, and what they decide about it."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import out, print_json

if TYPE_CHECKING:
    from firstline.pipeline.workflows import Line
    from firstline.records import TicketId
    from firstline.review.reviews import Reviews
    from firstline.store.review_records import Decision, Review

Reference = Annotated[
    str, typer.Argument(metavar="ID", help="The ticket, how its id begins, or its sender's id.")
]
By = Annotated[str | None, typer.Option(help="Who decides; you, if not given.")]
Version = Annotated[
    int | None, typer.Option(help="The version you saw; refused when it changed since.")
]
Note = Annotated[str, typer.Option(help="Why, for whoever reads it later.")]
Override = Annotated[
    str, typer.Option(help="Why what the checks have against it does not count. It is kept.")
]
PAGE = 20
"""Tickets a page."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Show and decide what waits for a person.")
    app.add_typer(group, name="review")
    _reading(group)
    _claims(group)
    _releases(group)
    _hand_overs(group)


def _reading(group: typer.Typer) -> None:
    @group.callback(invoke_without_command=True)
    def listing(
        context: typer.Context,
        *,
        workspace: Folder = HERE,
        intent: Annotated[str | None, typer.Option(help="Only this intent.")] = None,
        reason: Annotated[str | None, typer.Option(help="Only what is held for this.")] = None,
        channel: Annotated[str | None, typer.Option(help="Only this channel.")] = None,
        assignee: Annotated[
            str | None, typer.Option(help="What a person or team holds or was handed.")
        ] = None,
        page: Annotated[int, typer.Option(min=1, help=f"Of {PAGE} tickets each.")] = 1,
        json: Json = False,
    ) -> None:
        """Show and decide what waits for a person, the costliest first."""
        context.obj = workspace
        if context.invoked_subcommand is not None:
            return
        from firstline.cli.review_show import queue_json, show_queue
        from firstline.store.review_queue import Filter

        wanted = Filter(intent=intent, reason=reason, channel=channel, assignee=assignee)
        with opened(workspace) as reviews:
            found = reviews.queue(wanted, offset=PAGE * (page - 1), limit=PAGE)
            if json:
                print_json(queue_json(found, reviews.now()))
            else:
                show_queue(found, reviews.now(), page)

    @group.command()
    def show(context: typer.Context, reference: Reference, *, json: Json = False) -> None:
        """Show a ticket with everything a person needs to answer it."""
        from firstline.cli.review_show import case_json, show_case

        with opened(context.obj) as reviews:
            case = reviews.case(reviews.find(reference))
            if json:
                print_json(case_json(case, reviews.now()))
            else:
                show_case(case, reviews.now())

    @group.command()
    def rates(
        context: typer.Context,
        *,
        days: Annotated[int, typer.Option(min=1, help="Of how many days.")] = 7,
        json: Json = False,
    ) -> None:
        """Show what was decided, how much was edited, and how long it took."""
        from dataclasses import asdict

        from firstline.cli.review_show import show_feedback, show_rates

        with opened(context.obj) as reviews:
            until = reviews.now() + timedelta(seconds=1)
            since = until - timedelta(days=days)
            found = reviews.rates(since, until)
            said = reviews.feedback.counts(since, until)
            reopened = len(reviews.reopened(since, until))
        if json:
            print_json(asdict(found) | {"feedback": said, "reopened": reopened})
        else:
            show_rates(found, days)
            show_feedback(said, reopened)


def _claims(group: typer.Typer) -> None:
    @group.command()
    def claim(
        context: typer.Context,
        reference: Reference,
        *,
        minutes: Annotated[int, typer.Option(min=1, max=480, help="For how long.")] = 15,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Hold a ticket, so that nobody else decides it."""
        with opened(context.obj) as reviews:
            lease = timedelta(minutes=minutes)
            held = reviews.claim(reviews.find(reference), by or getpass.getuser(), lease=lease)
        _report_claim(held, json=json)

    @group.command()
    def release(
        context: typer.Context, reference: Reference, *, by: By = None, json: Json = False
    ) -> None:
        """Give a ticket back that you hold."""
        with opened(context.obj) as reviews:
            held = reviews.release(reviews.find(reference), by or getpass.getuser())
        _report_claim(held, json=json)


def _releases(group: typer.Typer) -> None:
    @group.command()
    def approve(
        context: typer.Context,
        reference: Reference,
        *,
        override: Override = "",
        version: Version = None,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Send the draft as it is."""
        who = by or getpass.getuser()
        _released(context.obj, reference, None, who, override, version, json=json)

    @group.command()
    def edit(
        context: typer.Context,
        reference: Reference,
        *,
        file: Annotated[
            Path | None, typer.Option(help="The whole reply; - reads it from the input.")
        ] = None,
        override: Override = "",
        version: Version = None,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Send a reply of your own, or the draft as you change it (in $EDITOR without --file)."""
        text = _draft_in_editor(context.obj, reference) if file is None else _read(file)
        who = by or getpass.getuser()
        _released(context.obj, reference, text, who, override, version, json=json)


def _hand_overs(group: typer.Typer) -> None:
    @group.command()
    def reject(
        context: typer.Context,
        reference: Reference,
        *,
        reason: Annotated[str, typer.Option(help="wrong, incomplete, outdated, superseded …")],
        note: Note = "",
        version: Version = None,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Leave the draft; you answer the customer yourself, unless nothing is owed."""
        from firstline.review.outcomes import reject_reason

        with opened(context.obj) as reviews:
            made = reviews.reject(
                reviews.find(reference),
                by or getpass.getuser(),
                reason=reject_reason(reason),
                note=note,
                version=version,
            )
        _report(made, "", json=json)

    @group.command()
    def escalate(
        context: typer.Context,
        reference: Reference,
        *,
        team: Annotated[str, typer.Option(help="Who gets it.")],
        note: Annotated[str, typer.Option(help="Why.")],
        notice: Annotated[bool, typer.Option(help="Tell the customer.")] = True,
        version: Version = None,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Hand a ticket to a team, and tell the customer."""
        with opened(context.obj) as reviews:
            made = reviews.escalate(
                reviews.find(reference),
                by or getpass.getuser(),
                team=team,
                note=note,
                notify=notice,
                version=version,
            )
        _report(made, _delivered_apart(context.obj, made), json=json)

    @group.command()
    def take(
        context: typer.Context,
        reference: Reference,
        *,
        note: Note = "",
        version: Version = None,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Take a ticket over, to answer it where the customer wrote."""
        with opened(context.obj) as reviews:
            who = by or getpass.getuser()
            made = reviews.take(reviews.find(reference), who, note=note, version=version)
        _report(made, "", json=json)

    @group.command()
    def snooze(
        context: typer.Context,
        reference: Reference,
        *,
        hours: Annotated[float, typer.Option(min=0.01, max=24 * 90, help="For how long.")],
        note: Note = "",
        by: By = None,
        json: Json = False,
    ) -> None:
        """Leave a ticket for some hours."""
        with opened(context.obj) as reviews:
            until = datetime.now(UTC) + timedelta(hours=hours)
            who = by or getpass.getuser()
            made = reviews.snooze(reviews.find(reference), who, until, note=note)
        _report(made, "", json=json)

    @group.command()
    def reopen(
        context: typer.Context,
        reference: Reference,
        *,
        note: Note = "",
        by: By = None,
        json: Json = False,
    ) -> None:
        """Put a ticket back that was done with, or that somebody has."""
        with opened(context.obj) as reviews:
            made = reviews.reopen(reviews.find(reference), by or getpass.getuser(), note=note)
        _report(made, "", json=json)


@contextmanager
def opened(folder: Path) -> Iterator[Reviews]:
    """Open the reviews of a workspace, without its knowledge and models."""
    from firstline.review.reviews import Reviews
    from firstline.store import app_url, open_database
    from firstline.workspace import load

    workspace = load(folder)
    workspace.data.mkdir(parents=True, exist_ok=True)
    engine = open_database(app_url(workspace.data))
    try:
        yield Reviews(workspace, engine)
    finally:
        engine.dispose()


def _released(
    folder: Path,
    reference: str,
    text: str | None,
    by: str,
    override: str,
    version: int | None,
    *,
    json: bool,
) -> None:
    """Approve a draft, or send `text` in its place."""
    from firstline.desk import open_desk
    from firstline.review.reviews import Reviews

    with open_desk(folder, with_models=False) as desk:
        line = desk.line()
        reviews = Reviews(desk.workspace, line.store.engine)
        ticket_id = reviews.find(reference)

        async def decide() -> tuple[Decision, str]:
            parts = line.parts
            if text is None:
                made = await reviews.approve(
                    ticket_id, by, parts=parts, version=version, override=override
                )
            else:
                made = await reviews.edit(
                    ticket_id, by, text, parts=parts, version=version, override=override
                )
            return made, await _delivered(ticket_id, line)

        made, state = asyncio.run(decide())
    _report(made, state if made.delivers else "", json=json)


def _delivered_apart(folder: Path, made: Decision) -> str:
    """Deliver a notice, if it can be done at once."""
    if not made.delivers:
        return ""
    from firstline.desk import open_desk

    with open_desk(folder, with_models=False) as desk:
        return asyncio.run(_delivered(made.ticket, desk.line()))


async def _delivered(ticket_id: TicketId, line: Line) -> str:
    """Deliver at once where that needs no network; otherwise a worker does."""
    from firstline.pipeline.approved import send_approved

    stored = line.store.load(ticket_id)
    if stored is None:
        return ""
    inbox = await line.inbox(stored.ticket.inbox)
    if not line.outlets(inbox.kind, inbox.target).is_local:
        return "queued"
    return await send_approved(ticket_id, line)


def _read(file: Path) -> str:
    from firstline.errors import InputError, Place

    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the reply cannot be read", place=Place(file=str(file))) from error


def _draft_in_editor(folder: Path, reference: str) -> str:
    import click

    from firstline.errors import InputError

    with opened(folder) as reviews:
        draft = reviews.case(reviews.find(reference)).packet.draft
    written = click.edit(draft) if sys.stdin.isatty() else None
    if written is None:
        raise InputError("no reply was given", fix="Write it to a file and name that with --file")
    return written


def _report_claim(held: Review, *, json: bool) -> None:
    from firstline.cli.review_show import claim_words, review_json

    if json:
        print_json(review_json(held, datetime.now(UTC)))
    else:
        out.print(claim_words(held), markup=False)


def _report(made: Decision, delivery: str, *, json: bool) -> None:
    from firstline.cli.review_show import decision_json, decision_words

    if json:
        print_json(decision_json(made) | {"delivery": delivery or None})
    else:
        out.print(decision_words(made, delivery), markup=False)
