"""Running a file of tickets: accepted, queued, worked on, and written to a folder.

A run belongs to its output folder. Running again with the same folder goes on where the last
run stopped, however it stopped; nothing is done twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from firstline.channels import STORED, Channel, FileChannel, StoredChannel
from firstline.channels.tickets import TicketFile
from firstline.desk.basis import current_basis, made_under
from firstline.desk.build import Opened, Progress, silent
from firstline.desk.connections import Connections, as_inbox, inbox_of
from firstline.desk.releasing import watch_of
from firstline.desk.results import RESULTS, Summary, replaced, write_results
from firstline.errors import InputError, Place, SetupError, TicketError
from firstline.pipeline.engine import Engine
from firstline.pipeline.intake import intake, masker_of
from firstline.pipeline.workflows import AsksBack, Line
from firstline.records import Answer, Ticket, TicketId
from firstline.review.feedback_links import open_links
from firstline.review.notes import note_text
from firstline.store import (
    BatchList,
    CallLedger,
    CommitmentLedger,
    Inbox,
    Outbox,
    StoredTicket,
    TicketStore,
)
from firstline.store.arrival_tables import NOTED

PUBLIC_URL: Final = "FIRSTLINE_PUBLIC_URL"
"""The environment variable that says where customers reach the server."""
FEEDBACK_PATH: Final = "/feedback"
RUN_FILE = ".firstline-run.json"
BATCH = 50
"""Tickets accepted in one transaction."""
LOOK_SECONDS = 0.2
BATCHES_EVERY = 5
"""Looks between two looks after batches; a run waits for them."""
TEND_EVERY = 25
"""Looks between two searches for the work of dead or failed workers."""


@dataclass(slots=True, kw_only=True)
class Feed:
    """What reading a file has brought so far."""

    summary: Summary
    accepted: int = 0
    position: int = 0
    errors: list[TicketError] = field(default_factory=list)


def open_run(out: Path, autonomy: str | None) -> Inbox:
    """Return the inbox of an output folder, making the folder if need be.

    Raises:
        InputError: The folder holds a run with another autonomy, or results of something else.
        SetupError: The folder cannot be written.
    """
    marker = out / RUN_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        if marker.exists():
            return _known_run(marker, out, autonomy)
        if (out / RESULTS).exists():
            raise InputError(
                f"the folder holds a {RESULTS} that no run of this version wrote",
                place=Place(file=str(out)),
                fix="Name another folder with --out",
            )
    except OSError as error:
        raise SetupError(
            f"the output folder cannot be used ({error.strerror})",
            place=Place(file=str(out)),
            fix="Name a folder that this user may write with --out",
        ) from error
    inbox = Inbox(
        id=f"run:{uuid.uuid4().hex[:16]}",
        kind="file",
        target=str(out.resolve()),
        autonomy=autonomy,
    )
    with replaced(marker) as file:
        file.write(json.dumps({"inbox": inbox.id, "autonomy": autonomy}) + "\n")
    return inbox


def _known_run(marker: Path, out: Path, autonomy: str | None) -> Inbox:
    try:
        held = json.loads(marker.read_text(encoding="utf-8"))
        inbox_id, before = str(held["inbox"]), held["autonomy"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "the run file is damaged",
            place=Place(file=str(marker)),
            fix="Name another folder with --out",
        ) from error
    if before != autonomy:
        raise InputError(
            f"this folder was run with autonomy {before or 'of the workspace'}",
            place=Place(file=str(out)),
            fix="Name another folder with --out to see what another level would do",
        )
    return Inbox(id=inbox_id, kind="file", target=str(out.resolve()), autonomy=autonomy)


def open_line(opened: Opened, store: TicketStore, outbox: Outbox, connections: Connections) -> Line:
    """Return what the engine works with, with one channel for each place replies go to."""
    parts = opened.parts
    channels: dict[tuple[str, str], Channel] = {}

    def outlet(kind: str, target: str) -> Channel:
        if kind in NOTED:
            return connections.named(target).channel
        if (kind, target) not in channels:
            channels[kind, target] = (
                StoredChannel(store.engine, target, now=parts.now)
                if kind in STORED
                else FileChannel(Path(target))
            )
        return channels[kind, target]

    def note_of(stored: StoredTicket, answer: Answer | None) -> str:
        intent = None if answer is None else answer.route.intent
        spec = None if intent is None else opened.workspace.intent(intent)
        return note_text(stored, answer, spec)

    basis = current_basis(
        opened.workspace,
        parts.knowledge,
        encoder=None if opened.encoder is None else opened.encoder.name,
        today=parts.now().date(),
        with_models=parts.models is not None,
    )
    return Line(
        parts=parts,
        store=store,
        outbox=outbox,
        outlets=outlet,
        now=opened.parts.now,
        calls=CallLedger(store.engine),
        batch_list=BatchList(store.engine),
        commitments=CommitmentLedger(store.engine),
        under=made_under(basis),
        watch=watch_of(opened),
        note_of=note_of,
        inboxes={inbox_of(one): as_inbox(one) for one in connections.settings},
        asks_back=asking_back(opened.workspace.data, os.environ.get(PUBLIC_URL, ""), parts.now),
    )


def asking_back(data: Path, public_url: str, now: Callable[[], datetime]) -> AsksBack | None:
    """Return what asks below a reply whether it helped; None where no customer reaches the server.

    Args:
        data: The workspace's data folder, where the key of the links is.
        public_url: Where customers reach the server; may be empty.
        now: The clock.
    """
    start = public_url.rstrip("/")
    if not start:
        return None
    links = open_links(data)

    def ask(ticket: TicketId) -> str:
        tokens = links.tokens(ticket, now())
        yes, no = (f"{start}{FEEDBACK_PATH}/{tokens[answer]}" for answer in ("yes", "no"))
        return f"Was this helpful?\nYes: {yes}\nNo: {no}"

    return ask


async def run_file(
    line: Line,
    path: Path,
    out: Path,
    *,
    autonomy: str | None = None,
    progress: Progress = silent,
    stop: asyncio.Event | None = None,
) -> Summary:
    """Process a file of tickets and write the results; return what was done.

    Args:
        autonomy: A level that overrides every intent's, to see what it would do.
        stop: Set it to stop early; the run then goes on when it is started again.
    """
    stopping = stop or asyncio.Event()
    inbox = line.store.open_inbox(open_run(out, autonomy), line.now())
    feed = Feed(summary=Summary(autonomy=autonomy or "workspace"))
    engine = Engine(line, line.parts.workspace.data)
    with TicketFile(path) as tickets:
        await engine.start()
        try:
            await _feed(tickets, inbox, line, engine, feed, progress, stopping)
            await engine.submit(line.store.open_ids(inbox.id))
            await _wait(line, inbox, engine, progress, stopping)
        finally:
            await engine.stop()
        feed.summary.warnings.extend(tickets.warnings())
        feed.summary.repeats = tickets.repeats
    feed.summary.errors = [str(error) for error in feed.errors]
    write_results(line.store, inbox.id, out, feed.summary)
    return feed.summary


async def _feed(
    tickets: TicketFile,
    inbox: Inbox,
    line: Line,
    engine: Engine,
    feed: Feed,
    progress: Progress,
    stopping: asyncio.Event,
) -> None:
    for batch in _batches(_readable(tickets, feed, inbox, line)):
        verdicts = await asyncio.to_thread(line.store.accept, batch)
        fresh = []
        for (_, ticket), verdict in zip(batch, verdicts, strict=True):
            if verdict == "new":
                fresh.append(ticket.id)
            elif verdict == "conflict":
                feed.errors.append(_conflict(ticket))
        feed.accepted += len(batch)
        if not stopping.is_set():  # what is not queued now is queued by the next run
            await engine.submit(fresh)
        progress("accepting tickets", feed.accepted, 0)
        if stopping.is_set():
            feed.summary.unread = True
            return
    progress("accepting tickets", feed.accepted, feed.accepted)


def _readable(
    tickets: TicketFile, feed: Feed, inbox: Inbox, line: Line
) -> Iterator[tuple[int, Ticket]]:
    settings = line.parts.workspace.settings
    masker = masker_of(settings)
    for item in tickets:
        feed.position += 1
        if isinstance(item, TicketError):
            feed.errors.append(item)
            continue
        taken = intake(
            item,
            inbox=inbox.id,
            now=line.now(),
            own_addresses=settings.own_addresses,
            masker=masker,
        )
        yield feed.position, taken


def _batches(items: Iterator[tuple[int, Ticket]]) -> Iterator[list[tuple[int, Ticket]]]:
    batch: list[tuple[int, Ticket]] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _conflict(ticket: Ticket) -> TicketError:
    file, _, line = ticket.source.rpartition(":")
    return TicketError(
        "this id was accepted before with another text",
        place=Place(
            file=file or None, line=int(line) if line.isdigit() else None, ticket=ticket.external_id
        ),
        fix="Give the ticket an id of its own, or name another folder with --out",
    )


async def _wait(
    line: Line, inbox: Inbox, engine: Engine, progress: Progress, stopping: asyncio.Event
) -> None:
    looks = 0
    while not stopping.is_set():
        counts = await asyncio.to_thread(line.store.counts, inbox.id)
        total = sum(counts.values())
        progress("answering tickets", total - counts.get(None, 0), total)
        if not counts.get(None):
            return
        looks += 1
        if looks % TEND_EVERY == 0:
            await engine.tend(hurry=True)
        elif looks % BATCHES_EVERY == 0:
            await engine.tend_batches(hurry=True)
        try:
            await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
        except TimeoutError:
            continue
