"""A large company's database: a hundred thousand tickets, ten thousand of them before a person.

    python -m benchmarks.seeding folder            # SQLite in a new workspace
    python -m benchmarks.seeding folder --database postgresql://…

The bundled company's hundred tickets are answered by the program itself. What it stored about them
is then written again and again under other ids and times, straight into the tables.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import psycopg
import sqlalchemy as sa

from benchmarks.company import firstline
from firstline.records import Channel, ConversationId, Ticket, TicketId, decode, encode
from firstline.review.entries import entry_of
from firstline.store import open_database
from firstline.store.review_queue import Ended
from firstline.store.review_rows import entry_row
from firstline.store.schema import delivery, inbox, model_call, spend, stage, ticket
from firstline.store.tickets import content_hash, instant
from firstline.store.trust_tables import decision, feedback, review, use, use_read

ACME = Path(__file__).resolve().parents[1] / "examples" / "acme"
CHANNELS: tuple[Channel, ...] = ("email", "chat", "api")
DAYS = 90
AT_ONCE = 2_000
PEOPLE = tuple(f"reviewer{number}@acme.example" for number in range(12))


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much there is."""

    tickets: int = 100_000
    open_reviews: int = 10_000
    """Before a person now."""
    decided: int = 15_000
    """Decided by a person and answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A ticket that the program answered, with everything it stored."""

    ticket: Ticket
    outcome: str
    reason: str
    stages: Mapping[str, tuple[str, float, float]]
    """Body, wall and processor milliseconds by stage."""
    uses: tuple[Mapping[str, Any], ...]


@dataclass(slots=True, kw_only=True)
class Rows:
    """Rows by table, until there are enough of them to be written."""

    of: dict[sa.Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: sa.Table, **values: Any) -> None:
        """Add a row."""
        self.of[table].append(values)


def company(folder: Path, database: str | None = None) -> Path:
    """Make a workspace whose hundred tickets are answered; return it."""
    workspace = folder / "acme"
    shutil.copytree(ACME, workspace, ignore=shutil.ignore_patterns(".firstline"))
    environment = dict(os.environ)
    if database is not None:
        environment["FIRSTLINE_DATABASE_URL"] = database
    command = firstline("run", ACME / "tickets.jsonl", "--out", folder / "out", "-w", workspace)
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    resting = firstline("recall", "-w", workspace)
    subprocess.run(resting, check=False, env=environment, stdout=subprocess.DEVNULL)
    return workspace


def seed(engine: sa.Engine, volume: Volume, now: datetime) -> None:
    """Fill the database of an answered company up to a volume.

    Args:
        engine: Its database.
        volume: How much there is to be in the end, what is there already apart.
        now: When the newest ticket came.
    """
    known = patterns(engine)
    held = [item for item in known if item.outcome in ("review", "escalate")]
    sent = [item for item in known if item.outcome in ("sent", "clarify")]
    if not held or not sent:
        raise SystemExit("the company has no answered tickets to seed from")
    _put(engine, _inboxes(now))
    chance = random.Random(6)  # noqa: S311 - the same company every time
    numbers = iter(range(volume.tickets))
    while chunk := list(itertools.islice(numbers, AT_ONCE)):
        rows = Rows()
        for number in chunk:
            if number < volume.open_reviews:
                _open(rows, number, chance.choice(held), chance, now)
            elif number < volume.open_reviews + volume.decided:
                _decided(rows, number, chance.choice(held), chance, now)
            else:
                _sent(rows, number, chance.choice(sent), chance, now)
        _put(engine, rows)
    _put(engine, _spending(volume, now))
    if engine.dialect.name == "postgresql":  # where a server does so by itself within minutes
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def patterns(engine: sa.Engine) -> tuple[Pattern, ...]:
    """Return the tickets that the program answered."""
    said: dict[str, dict[str, tuple[str, float, float]]] = defaultdict(dict)
    uses: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(ticket).where(ticket.c.outcome.is_not(None))).all()
        for row in connection.execute(sa.select(stage)):
            said[row.ticket][row.stage] = (row.body, row.wall_ms, row.cpu_ms)
        for item in connection.execute(sa.select(use)).mappings():
            uses[item["ticket"]].append(dict(item))
    return tuple(
        Pattern(
            ticket=decode(Ticket, row.body),
            outcome=row.outcome,
            reason=row.reason or "",
            stages=said[row.id],
            uses=tuple(uses[row.id]),
        )
        for row in rows
    )


def _inboxes(now: datetime) -> Rows:
    rows = Rows()
    for channel in CHANNELS:
        rows.add(
            inbox,
            id=f"seed:{channel}",
            kind="file",
            target=f"/nowhere/{channel}",
            autonomy=None,
            created_at=instant(now - timedelta(days=DAYS)),
        )
    return rows


def _open(rows: Rows, number: int, pattern: Pattern, chance: random.Random, now: datetime) -> None:
    """Add a ticket that waits for a person; some are put off or held by somebody."""
    made, ended = _ticket(rows, number, pattern, now - timedelta(days=14 * chance.random()), chance)
    values = _review(made, pattern, ended)
    drawn = chance.random()
    if drawn < 0.02:
        values |= {"state": "snoozed", "wakes_at": instant(now - timedelta(minutes=number % 600))}
    elif drawn < 0.04:
        holder = {"holder": chance.choice(PEOPLE), "held_until": instant(now + timedelta(hours=8))}
        values |= holder | {"claimed_at": instant(now), "version": 1}
    rows.add(review, **values)


def _decided(
    rows: Rows, number: int, pattern: Pattern, chance: random.Random, now: datetime
) -> None:
    """Add a ticket that a person released or rejected."""
    came = now - timedelta(days=DAYS * chance.random())
    released = chance.random() < 0.8
    answered = replace(pattern, outcome="sent", reason="approved") if released else pattern
    made, ended = _ticket(rows, number, answered, came, chance)
    at = ended + timedelta(minutes=5 + 200 * chance.random())
    changes = {"state": "answered" if released else "closed", "version": 2}
    rows.add(review, **_review(made, pattern, ended) | changes)
    rows.add(
        decision,
        ticket=made.id,
        number=2,
        kind=("approve" if number % 3 else "edit") if released else "reject",
        by=chance.choice(PEOPLE),
        at=instant(at),
        intent=_intent(pattern),
        channel=made.channel,
        held_for=pattern.reason,
        reason="" if released else "spam",
        note="",
        before_hash="",
        after_hash="",
        distance=None if number % 3 else 0.2,
        overridden="",
        waited_seconds=(at - ended).total_seconds(),
        held_seconds=20 + 90 * chance.random(),
        target="",
        delivers="reply" if released else "",
        text="",
        draft="",
        evidence="",
    )
    if released:
        _delivered(rows, made, at, chance)


def _sent(rows: Rows, number: int, pattern: Pattern, chance: random.Random, now: datetime) -> None:
    """Add a ticket that was answered by itself."""
    came = now - timedelta(days=DAYS * chance.random())
    made, ended = _ticket(rows, number, pattern, came, chance)
    _delivered(rows, made, ended, chance)


def _delivered(rows: Rows, made: Ticket, at: datetime, chance: random.Random) -> None:
    rows.add(
        delivery,
        key=f"{made.id}:reply",
        ticket=made.id,
        kind="reply",
        requester=made.customer,
        inbox=made.inbox,
        conversation=made.conversation,
        message_at=instant(made.received_at),
        state="sent",
        detail="",
        at=instant(at),
    )
    if chance.random() < 0.1:
        told = instant(at + timedelta(hours=chance.random()))
        answer = chance.choice(("yes", "yes", "yes", "no", "more_help"))
        rows.add(feedback, ticket=made.id, answer=answer, changes=0, first_at=told, at=told)


def _ticket(
    rows: Rows, number: int, pattern: Pattern, came: datetime, chance: random.Random
) -> tuple[Ticket, datetime]:
    """Add a ticket with what the stages said; return it and when it ended."""
    channel = CHANNELS[number % len(CHANNELS)]
    made = replace(
        pattern.ticket,
        id=TicketId(f"seed{number:012x}"),
        inbox=f"seed:{channel}",
        external_id=f"case-{number}",
        conversation=ConversationId(f"talk-{number}"),
        channel=channel,
        received_at=came,
    )
    ended = came + timedelta(seconds=0.2 + 3 * chance.random())
    rows.add(
        ticket,
        id=made.id,
        inbox=made.inbox,
        external_id=made.external_id,
        conversation=made.conversation,
        customer=made.customer,
        content=content_hash(made),
        received_at=instant(came),
        position=number,
        body=encode(made),
        outcome=pattern.outcome,
        reason=pattern.reason,
        ended_at=instant(ended),
    )
    for name, (body, wall, cpu) in pattern.stages.items():
        drawn = 0.5 + chance.random()
        values = {"body": body, "wall_ms": wall * drawn, "cpu_ms": cpu * drawn}
        rows.add(stage, ticket=made.id, stage=name, **values)
    for item in pattern.uses:
        rows.add(use, **{**item, "ticket": made.id})
    rows.add(use_read, ticket=made.id, decision=2)
    if number % 3 == 0:
        _asked(rows, made, pattern, ended, chance)
    return made, ended


def _asked(rows: Rows, made: Ticket, pattern: Pattern, at: datetime, chance: random.Random) -> None:
    rows.add(
        model_call,
        key=f"{made.id}:write",
        ticket=made.id,
        intent=_intent(pattern),
        requester=made.customer,
        purpose="write",
        model="small",
        prompt_hash="0" * 16,
        state="answered",
        failure="",
        attempts=1,
        batch=False,
        input=900,
        output=120,
        cache_read=1_800,
        cache_write=0,
        system_tokens=1_900,
        cost_pico=int(2e9 * (0.5 + chance.random())),
        wall_ms=300 + 900 * chance.random(),
        reply=None,
        asked_at=instant(at),
        day=at.date().isoformat(),
    )


def _spending(volume: Volume, now: datetime) -> Rows:
    rows = Rows()
    for back in range(DAYS + 1):
        day = (now - timedelta(days=back)).date().isoformat()
        rows.add(spend, day=day, pico=int(volume.tickets / 3 / DAYS * 2e9))
    return rows


def _intent(pattern: Pattern) -> str:
    intents = json.loads(pattern.stages["route"][0]).get("intents") or [{"intent": ""}]
    return str(intents[0]["intent"])


def _review(made: Ticket, pattern: Pattern, ended: datetime) -> dict[str, Any]:
    entered = Ended(
        ticket=made,
        reason=pattern.reason,
        ended_at=ended,
        route=pattern.stages["route"][0],
        verdict=pattern.stages["gate"][0],
    )
    return entry_row(entry_of(entered))


_ORDER = (
    inbox, ticket, stage, review, decision, delivery, feedback, use, use_read, model_call, spend,
)  # fmt: skip
"""What others refer to first."""


def _put(engine: sa.Engine, rows: Rows) -> None:
    with engine.begin() as connection:
        for table in _ORDER:
            if found := rows.of.get(table):
                _write(connection, table, found)


def _write(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        shapes[tuple(row)].append(row)
    for names, alike in shapes.items():
        if connection.dialect.name == "postgresql":
            _copy(connection, table, names, (row.values() for row in alike))
        else:
            connection.execute(table.insert(), alike)


def _copy(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Iterator[Any]
) -> None:
    """Write rows the way Postgres takes them fastest."""
    plain = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    quoted = ", ".join(f'"{name}"' for name in names)
    command = f'COPY "{table.name}" ({quoted}) FROM STDIN'
    with plain.cursor() as cursor, cursor.copy(command.encode()) as copying:
        for row in rows:
            copying.write_row(tuple(row))


def main() -> None:
    """Make a workspace with a full database, to look at or to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database")
    parser.add_argument("--tickets", type=int, default=Volume().tickets)
    parser.add_argument("--open", type=int, default=Volume().open_reviews)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    workspace = company(given.folder, given.database)
    engine = open_database(given.database or f"sqlite:///{workspace / '.firstline' / 'app.db'}")
    volume = Volume(
        tickets=given.tickets,
        open_reviews=given.open,
        decided=min(Volume().decided, given.tickets - given.open),
    )
    seed(engine, volume, datetime.now(UTC))
    engine.dispose()
    print(f"{volume.tickets:,} tickets in {workspace} after {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
