"""A storm of webhooks: 10,000 deliveries of 100 events, 50 at a time, one in a hundred forged.

A real `firstline serve` with its workers, and the double of Zendesk that the tickets are fetched
from and answered in. Every delivery is timed from the first byte written to the last byte read.
Server, double and sender share this machine's processors.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import re2 as re
import sqlalchemy as sa

from benchmarks.chat import Server, served, share
from benchmarks.end_to_end import postgres
from benchmarks.helpdesks import KINDS, connect
from firstline.store import app_url
from firstline.store.database import driver_url
from firstline.store.schema import ticket as tickets

ROOT = Path(__file__).resolve().parents[1]
ASKED_P99_MS = 250
QUESTION = "How do I export a board to CSV?"
PATIENCE_S = 180
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"(?i)content-length: (\d+)")


@dataclass(slots=True)
class Storm:
    """What came of the deliveries."""

    seconds: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    wall: float = 0.0


async def deliver(port: int, waiting: list[bytes], storm: Storm) -> None:
    """Deliver what waits, one after the other, on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while waiting:
        raw = waiting.pop()
        begun = time.perf_counter()
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        size = _LENGTH.search(head)
        await reader.readexactly(int(size.group(1)) if size else 0)
        storm.seconds.append(time.perf_counter() - begun)
        found = _STATUS.match(head)
        storm.answers[int(found.group(1)) if found else 0] += 1
    writer.close()


def request(headers: dict[str, str], body: bytes) -> bytes:
    """Return a delivery as it goes over the wire."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /hooks/support HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    return "\r\n".join([*head, *lines, "", ""]).encode() + body


def deliveries(double: Any, made: list[str], count: int) -> list[bytes]:
    """Return the deliveries in random order: each event equally often, some forged."""
    chance = random.Random(7)  # noqa: S311 - the order of a load, not a secret
    events = len(made)
    good = [request(*double.webhook(ticket)) for ticket in made]
    bad = [request(*double.forged_webhook(ticket)) for ticket in made]
    forged = count // 100
    found = [good[number % events] for number in range(count - forged)]
    found += [bad[number % events] for number in range(forged)]
    chance.shuffle(found)
    return found


def rest(server: Server) -> None:
    """Wait until a server that was just started has loaded what it loads beforehand."""
    for _ in range(60):
        before = sum(server.cpu())
        time.sleep(1.0)
        if sum(server.cpu()) - before < 0.1:
            return


def ended(database: str) -> tuple[int, int]:
    """Return how many tickets there are, and how many have ended."""
    engine = sa.create_engine(driver_url(database))
    with engine.connect() as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(tickets)) or 0
        done = sa.select(sa.func.count()).where(tickets.c.outcome.is_not(None))
        finished = connection.scalar(done) or 0
    engine.dispose()
    return int(total), int(finished)


async def blow(port: int, raw: list[bytes], at_once: int) -> Storm:
    """Deliver everything, so many at a time."""
    storm = Storm()
    begun = time.perf_counter()
    await asyncio.gather(*(deliver(port, raw, storm) for _ in range(at_once)))
    storm.wall = time.perf_counter() - begun
    return storm


def sent_from_elsewhere(port: int, raw: list[bytes], at_once: int) -> Storm:
    """Deliver from a process of its own, which the helpdesk's double does not hold up."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        return other.submit(_blow, port, raw, at_once).result()


def _blow(port: int, raw: list[bytes], at_once: int) -> Storm:
    return asyncio.run(blow(port, raw, at_once))


def measure(label: str, folder: Path, environment: dict[str, str], given: Any) -> None:
    """Measure on one database and print a row."""
    shutil.copytree(ROOT / "examples" / "acme", folder, ignore=shutil.ignore_patterns(".*"))
    kind = KINDS["zendesk"]
    with kind.double() as double:
        environment = environment | connect(folder, kind, double, poll_seconds=30)
        database = environment.get("FIRSTLINE_DATABASE_URL") or app_url(folder / ".firstline")
        made = [double.new_ticket(f"{QUESTION} ({number})") for number in range(given.events)]
        raw = deliveries(double, made, given.deliveries)
        with served(folder, environment, 1) as server:
            rest(server)
            before = sum(server.cpu())
            begun = time.perf_counter()
            storm = sent_from_elsewhere(server.port, raw, given.at_once)
            wall = storm.wall
            cpu = sum(server.cpu()) - before
            while (found := ended(database)) != (given.events, given.events):
                if time.perf_counter() - begun > PATIENCE_S:
                    break
                time.sleep(0.5)
            settled = time.perf_counter() - begun
            peak = psutil.Process(server.process.pid).memory_info().rss / 1e6
        replies = [len(double.public_replies(ticket)) for ticket in made]
    errors = sum(number for status, number in storm.answers.items() if status >= 500)
    print(
        f"| {label} | {len(storm.seconds):,} | {len(storm.seconds) / wall:,.0f} | "
        f"{share(storm.seconds, 0.5) * 1e3:.0f} | **{share(storm.seconds, 0.99) * 1e3:.0f}** | "
        f"{max(storm.seconds) * 1e3:.0f} | {errors} | {storm.answers[401]} | {found[0]} | "
        f"{found[1]} | {max(replies)} | {settled:.0f} | {cpu:.1f} | {peak:.0f} |",
        flush=True,
    )


def main() -> None:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    given = parser.parse_args()
    print(
        f"asked: p99 <= {ASKED_P99_MS} ms, no server errors, every forged one 401, "
        f"{given.events} tickets; {os.cpu_count()} processors\n\n"
        "| database | deliveries | a second | p50 ms | p99 ms | max ms | 5xx | 401 | tickets "
        "| ended | most replies in one | all ended after s | CPU s of the storm | memory MB |\n"
        + "|---" * 14
        + "|",
        flush=True,
    )
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = dict(os.environ) | {"OMP_NUM_THREADS": "1"}
        if given.only != "postgres":
            measure("SQLite", base / "sqlite", environment, given)
        if given.only != "sqlite":
            scratch = base / "database"
            scratch.mkdir()
            with postgres(scratch) as database:
                there = environment | {"FIRSTLINE_DATABASE_URL": database}
                measure("Postgres", base / "postgres", there, given)


if __name__ == "__main__":
    main()
