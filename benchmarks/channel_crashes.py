"""Kill -9 at every commit and every send of every channel, and at random moments.

For each kind of channel a real server with its workers, killed again and again while customers
write; then it is left alone until everything has ended, and what the customers and the team got is
compared with what it says. A place is a function that commits or sends; a process dies right before
or right after its nth call (`dying.py`).
"""

from __future__ import annotations

import argparse
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from benchmarks.channel_worlds import NAMES, World, can_mail, told, world
from benchmarks.dying import PLACES
from benchmarks.end_to_end import postgres
from firstline.store import app_url
from firstline.store.arrival_tables import arrival, hand_over
from firstline.store.database import driver_url
from firstline.store.schema import delivery
from firstline.store.schema import ticket as tickets

ROOT = Path(__file__).resolve().parents[1]
KILLS = 200
ANSWERED = "How do I export a board to CSV?"
DRAFTED = "What is your refund policy?"
FOR_PEOPLE = "My parrot ate the cable of the coffee machine."
QUESTIONS = (ANSWERED, FOR_PEOPLE, DRAFTED)
"""What the bundled company answers, what it leaves to people, and what waits for one as a draft."""
RANDOM_SHARE = 0.2
BUSY_S = 4.0
"""Seconds within which a process has done what it was started for; random moments are in them."""
LIFE_S = 10.0
"""Seconds after its start at which a process that did not reach its place is killed anyway."""
PATIENCE_S = 240.0
CRASH_REASONS = ("delivery_uncertain", "engine_failed")

Place = tuple[str, str]
"""A place, and `before` or `after`."""


@dataclass(slots=True, kw_only=True)
class Damage:
    """What the crashes did to one channel."""

    kills: int = 0
    at_places: set[Place] = field(default_factory=set)
    asked: int = 0
    lost: int = 0
    """Customers' messages without an end."""
    replies: int = 0
    replies_twice: int = 0
    untrue: int = 0
    """Replies or notes that the ledger has as sent and nobody got, or the other way round, and
    tickets whose end says otherwise than the ledger."""
    notes: int = 0
    notes_twice: int = 0
    uncertain: int = 0
    """Replies of which nobody knows whether they arrived."""
    uncertain_notes: int = 0
    unseen: int = 0
    """Uncertain replies that are not before a person: there must be none."""
    to_a_person: int = 0
    """Tickets that a person has because of a crash."""
    details: list[str] = field(default_factory=list)
    """What was wrong, for people."""
    missed: list[str] = field(default_factory=list)
    """Places that were not reached, so that it was a moment like any other."""

    @property
    def harmless(self) -> bool:
        """Whether nothing was lost, doubled or misreported."""
        wrong = (self.lost, self.replies_twice, self.untrue, self.notes_twice, self.unseen)
        return not any(wrong)


@dataclass(slots=True)
class Server:
    """A server that was started."""

    pid: int
    said: IO[str]
    status: int | None = None

    def ended_with(self, patience: float = 0.0) -> int | None:
        """Return how it ended, as `subprocess` says it; None while it runs."""
        if self.status is None and select.select([self.said], [], [], patience)[0]:
            self.status = int(self.said.readline())
        return self.status

    def end(self, by: signal.Signals) -> None:
        """End it, at the latest after half a minute."""
        if self.ended_with() is None:
            os.kill(self.pid, by)
            if self.ended_with(30.0) is None:
                os.kill(self.pid, signal.SIGKILL)
                self.ended_with(30.0)


@dataclass(slots=True)
class Nursery:
    """A process that has loaded the program and starts servers at once."""

    process: subprocess.Popen[str]

    @contextmanager
    def server(self, place: str, moment: str, nth: int) -> Iterator[Server]:
        """Start a server that dies at a place."""
        if self.process.stdin is None or self.process.stdout is None:
            raise AssertionError("it was started with both")
        self.process.stdin.write(f"{place}\t{moment}\t{nth}\n")
        self.process.stdin.flush()
        server = Server(int(self.process.stdout.readline()), self.process.stdout)
        try:
            yield server
        finally:
            server.end(signal.SIGKILL)


@contextmanager
def nursery(folder: Path, port: int, environment: Mapping[str, str]) -> Iterator[Nursery]:
    """Load the program."""
    command = [sys.executable, "-m", "benchmarks.dying", str(folder), str(port)]
    with (folder / "dying.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
    try:
        yield Nursery(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@dataclass(slots=True, kw_only=True)
class Trial:
    """One channel under fire."""

    world: World
    folder: Path
    environment: Mapping[str, str]
    chance: random.Random
    port: int
    nursery: Nursery
    questions: tuple[str, ...] = QUESTIONS
    life: float = LIFE_S
    damage: Damage = field(default_factory=Damage)
    asked: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)

    @property
    def database(self) -> str:
        """Where the tickets are."""
        return self.environment.get("FIRSTLINE_DATABASE_URL") or app_url(self.folder / ".firstline")

    def ask(self) -> None:
        """Let a customer write for each of the questions."""
        for text in self.questions:
            number = len(self.asked)
            conversation = self.world.ask(text, f"ann{number}@x{number}.example")
            self.asked.append(conversation)
            # Where it is found without a webhook, some webhooks get lost.
            if self.world.hook and not (self.world.polled and self.chance.random() < 0.3):
                self.untold.append(conversation)

    def tell(self) -> None:
        """Deliver the webhooks that were not acknowledged yet, as every sender does."""
        if self.world.hook is not None and self.untold:
            first = self.untold[0]
            if told(self.port, self.world.hook(first)):
                self.untold.remove(first)

    def warm_up(self) -> None:
        """Let a server read the company once: the first start takes long."""
        with self.nursery.server("", "", 0) as server:
            deadline = time.monotonic() + PATIENCE_S
            while server.ended_with() is None and time.monotonic() < deadline:
                with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                    return
                time.sleep(0.1)

    def kill(self, place: str, moment: str, nth: int) -> None:
        """Let customers write, and a server die there; at a random moment without a place."""
        self.ask()
        life = self.life if place else self.chance.uniform(0.1, BUSY_S)
        with self.nursery.server(place, moment, nth) as server:
            begun = time.monotonic()
            while (died := server.ended_with()) is None and time.monotonic() - begun < life:
                self.tell()
                time.sleep(0.03)
            if died is None:
                server.end(signal.SIGKILL)
                if place:
                    self.damage.missed.append(f"{place.rpartition(':')[2]} {moment} {nth}")
            elif died == -signal.SIGKILL:
                self.damage.at_places.add((place, moment))
            else:
                log = (self.folder / "dying.log").read_text("utf-8", "replace")
                raise RuntimeError(f"the server ended with {died}:\n{log[-4000:]}")
        self.damage.kills += 1

    def settle(self) -> None:
        """Leave a server alone until everything has ended."""
        with self.nursery.server("", "", 0) as server:
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline and (self.untold or not self.ended()):
                self.tell()
                time.sleep(0.1 if self.untold else 0.5)
            server.end(signal.SIGTERM)

    def ended(self) -> bool:
        """Whether every message has a ticket that ended, and nothing is under way."""
        open_now = (
            sa.select(sa.func.count()).select_from(tickets).where(tickets.c.outcome.is_(None)),
            sa.select(sa.func.count())
            .select_from(hand_over)
            .where(hand_over.c.state.in_(("due", "sending"))),
            sa.select(sa.func.count()).select_from(delivery).where(delivery.c.state == "sending"),
            sa.select(sa.func.count()).select_from(arrival),
        )
        found = sa.select(sa.func.count(sa.distinct(tickets.c.conversation)))
        engine = sa.create_engine(driver_url(self.database))
        try:
            with engine.connect() as connection:
                if (connection.scalar(found) or 0) < len(self.asked):
                    return False
                return not any(connection.scalar(query) for query in open_now)
        finally:
            engine.dispose()

    def count(self) -> Damage:
        """Compare what customers and the team got with what the tickets say."""
        damage = self.damage
        damage.asked = len(self.asked)
        engine = sa.create_engine(driver_url(self.database))
        with engine.connect() as connection:
            rows = connection.execute(sa.select(tickets)).all()
            sent = {row.ticket: row for row in connection.execute(sa.select(delivery))}
            left = {row.ticket: row for row in connection.execute(sa.select(hand_over))}
        engine.dispose()
        by_conversation = {row.conversation: row for row in rows}
        for conversation in self.asked:
            row = by_conversation.get(conversation)
            if row is None or row.outcome is None:
                damage.lost += 1
                damage.details.append(f"{conversation}: lost ({row and row.id})")
                continue
            replies, notes = self.world.replies(conversation), self.world.notes(conversation)
            damage.to_a_person += row.reason in CRASH_REASONS
            self._judge(row, sent.get(row.id), replies)
            self._judge_notes(row, left.get(row.id), notes)
        damage.untrue += len(rows) - len(by_conversation)
        return damage

    def _judge(
        self, row: sa.Row[tuple[object, ...]], held: sa.Row[tuple[object, ...]] | None,
        replies: list[str],
    ) -> None:  # fmt: skip
        damage = self.damage
        state = "none" if held is None else held.state
        damage.replies += len(replies)
        damage.replies_twice += max(0, len(replies) - 1)
        if state == "uncertain":
            damage.uncertain += 1
            damage.unseen += row.outcome not in ("review", "escalate")
        elif (state == "sent") != bool(replies):
            damage.untrue += 1
            damage.details.append(f"{row.conversation}: {state}, but {len(replies)} replies")
        kind = "" if held is None else held.kind
        if (row.outcome == "sent") != (kind == "reply" and state == "sent"):
            damage.untrue += 1
            damage.details.append(f"{row.conversation}: {row.outcome}/{row.reason}, {kind} {state}")

    def _judge_notes(
        self, row: sa.Row[tuple[object, ...]], held: sa.Row[tuple[object, ...]] | None,
        notes: list[str],
    ) -> None:  # fmt: skip
        damage = self.damage
        state = "none" if held is None else held.state
        damage.notes += len(notes)
        damage.notes_twice += max(0, len(notes) - 1)
        damage.uncertain_notes += state == "uncertain"
        if state != "uncertain" and (state == "sent") != bool(notes):
            damage.untrue += 1
            why = "" if held is None else held.detail
            damage.details.append(f"{row.conversation}: note {state} ({why}), {len(notes)} there")
        if row.outcome in ("review", "escalate") and state not in ("sent", "uncertain"):
            damage.untrue += 1
            damage.details.append(f"{row.conversation}: {row.outcome}, note {state}")


def plan(kind: str, kills: int, chance: random.Random) -> list[Place]:
    """Return where to kill: every place in turn, and at random moments in between."""
    places = [(place, moment) for place in PLACES[kind] for moment in ("before", "after")]
    planned: list[Place] = []
    while len(planned) < kills:
        chance.shuffle(places)
        for place in places:
            if chance.random() < RANDOM_SHARE:
                planned.append(("", ""))
            planned.append(place)
    return planned[:kills]


def bundled_company(folder: Path) -> None:
    """Put the bundled company into a folder."""
    shutil.copytree(ROOT / "examples" / "acme", folder, ignore=shutil.ignore_patterns(".*"))


def crash(  # noqa: PLR0913 - the same for the benchmark and for the test
    name: str,
    folder: Path,
    environment: Mapping[str, str],
    *,
    seed: int,
    kills: int = 0,
    places: list[Place] | None = None,
    company: Callable[[Path], object] = bundled_company,
    questions: tuple[str, ...] = QUESTIONS,
    life: float = LIFE_S,
) -> Damage:
    """Kill a channel's server, let it finish, and return the damage.

    Args:
        name: The channel's.
        folder: Where the company is made.
        environment: Of the server.
        seed: Of everything random.
        kills: How many are planned, when no places are given.
        places: Where to kill instead, one after the other, at the first call.
        company: Makes a company.
        questions: What its customers ask before each kill.
        life: How long a process may take to reach its place.
    """
    chance = random.Random(seed)  # noqa: S311 - moments of kills are no secret
    company(folder)
    port = _free_port()
    with world(name, folder) as made, ExitStack() as stack:
        environment = {**environment, **made.environment}
        trial = Trial(
            world=made,
            folder=folder,
            environment=environment,
            chance=chance,
            port=port,
            nursery=stack.enter_context(nursery(folder, port, environment)),
            questions=questions,
            life=life,
        )
        trial.warm_up()
        for place, moment in places or plan(made.kind, kills, chance):
            trial.kill(place, moment, 1 if places else chance.choice((1, 1, 1, 2)))
        trial.settle()
        return trial.count()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


HEAD = (
    "| database | channel | kills | places | messages | lost | replies | twice | notes | twice "
    "| untrue | uncertain replies | of them before nobody | uncertain notes | to a person |\n"
    + "|---" * 15
    + "|"
)


def row(database: str, name: str, damage: Damage, places: int) -> str:
    """Return a row of the table."""
    reached = sum(1 for place, _ in damage.at_places if place)
    return (
        f"| {database} | {name} | {damage.kills} | {reached} of {places} | {damage.asked} | "
        f"**{damage.lost}** | {damage.replies} | **{damage.replies_twice}** | {damage.notes} | "
        f"**{damage.notes_twice}** | **{damage.untrue}** | {damage.uncertain} | "
        f"**{damage.unseen}** | {damage.uncertain_notes} | {damage.to_a_person} |"
    )


def measure(given: argparse.Namespace, base: Path) -> bool:
    """Measure the channels on one database; whether all was well."""
    wanted = [one for one in NAMES if one in (given.channel or NAMES)]
    well = True
    with ExitStack() as stack:
        server = ""
        if given.database == "postgres":
            (base / "server").mkdir()
            server = stack.enter_context(postgres(base / "server"))
        for at, name in enumerate(wanted):
            if name == "email" and not can_mail():
                print(f"| {given.database} | email | skipped: no Dovecot here |", flush=True)
                continue
            kills = given.kills // len(wanted) + (at < given.kills % len(wanted))
            environment = dict(os.environ) | {"OMP_NUM_THREADS": "1"}
            if server:
                environment["FIRSTLINE_DATABASE_URL"] = new_database(server, f"crashes_{at}")
            damage = crash(name, base / f"at{at}", environment, seed=given.seed + at, kills=kills)
            kind = name.partition(",")[0]
            print(row(given.database, name, damage, 2 * len(PLACES[kind])), flush=True)
            if damage.missed:
                print(f"<!-- {name}, not reached: {', '.join(damage.missed)} -->", flush=True)
            for detail in damage.details:
                print(f"<!-- {name}: {detail} -->", flush=True)
            well = well and damage.harmless
    return well


def new_database(server: str, name: str) -> str:
    """Make an empty database on a Postgres server; return its address."""
    engine = sa.create_engine(driver_url(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def main() -> None:
    """Measure and print a row for each channel; end with 1 if anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--channel", action="append", choices=NAMES)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    given = parser.parse_args()
    print(f"asked: {KILLS} kills, none lost, none twice, none untrue\n\n{HEAD}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        well = measure(given, Path(scratch))
    sys.exit(0 if well else "something was lost, doubled or misreported")


if __name__ == "__main__":
    main()
