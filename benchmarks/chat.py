"""A hundred chat customers at once: when they see the first progress, and when the answer.

A real `firstline serve` on loopback, the bundled company with every article intent written by a
model, and the loopback double of the model that takes 300 ms. Two loads: all hundred write at the
same moment, and a hundred who read, think and write again. Server, workers, double and customers
share this machine's processors; what each of them costs stands beside the wall time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import re2 as re
import yaml

from benchmarks.company import firstline
from benchmarks.end_to_end import postgres
from benchmarks.throughput import double, with_model

ROOT = Path(__file__).resolve().parents[1]
ASKED_PROGRESS_S = 0.5
ASKED_ANSWER_S = 2.0
PATIENCE_S = 30.0
CHAT = """
[chat]
messages_per_minute = 1000
visitors_per_address = 10000
"""


def company(folder: Path) -> list[str]:
    """Make the company in a folder; return what its customers ask."""
    shutil.copytree(ROOT / "examples" / "acme", folder, ignore=shutil.ignore_patterns(".*"))
    settings = folder / "firstline.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace("bot_turns_per_conversation = 5", "bot_turns_per_conversation = 1000")
    settings.write_text(text.partition("\n[chat]")[0] + CHAT, encoding="utf-8")
    path = folder / "intents.yaml"
    intents = yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]
    asked: list[str] = []
    for intent in intents.values():
        if intent.get("handler", "quote") == "quote" and intent.get("autonomy") == "percent:100":
            intent["handler"] = "model"
            asked.extend(text for text in intent["examples"] if "?" in text or "how" in text)
    path.write_text(yaml.safe_dump({"intents": intents}, sort_keys=False), encoding="utf-8")
    return asked


@dataclass(slots=True)
class Asked:
    """One message and what came of it; seconds."""

    progress: float = 0.0
    answer: float = 0.0
    by: str = ""


@dataclass(slots=True)
class Customer:
    """A customer with one stream and one connection to write on."""

    port: int
    name: int
    token: str = ""
    seen: int = 0
    repeats: int = 0
    asked: list[Asked] = field(default_factory=list)
    begun: float = 0.0
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    stream: asyncio.Task[None] | None = None
    link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: dict[str, str]) -> dict[str, object]:
        """Write on the connection, on a new one when the server let it go; return the answer."""
        if self.link is not None:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                return await self._post(self.link, path, body)
        self.link = await asyncio.open_connection("127.0.0.1", self.port)
        return await self._post(self.link, path, body)

    async def _post(
        self,
        link: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        path: str,
        body: dict[str, str],
    ) -> dict[str, object]:
        reader, writer = link
        raw = json.dumps(body).encode()
        token = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        writer.write(
            f"POST /api/v1/chat/{path} HTTP/1.1\r\nHost: localhost\r\n{token}"
            f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n".encode()
            + raw
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        size = re.search(r"(?i)content-length: (\d+)", head)
        answer = await reader.readexactly(int(size.group(1)) if size else 0)
        if not head.startswith(("HTTP/1.1 200", "HTTP/1.1 202")):
            raise SystemExit(f"{path}: {head.splitlines()[0]} {answer.decode()[:300]}")
        return dict(json.loads(answer))

    async def open(self) -> None:
        """Begin a conversation and follow it."""
        self.token = str((await self.post("session", {}))["session"])
        self.stream = asyncio.create_task(self._follow())
        await self.ready.wait()

    async def ask(self, text: str) -> None:
        """Write a message and wait for its answer."""
        self.asked.append(Asked())
        self.answered.clear()
        self.begun = time.perf_counter()
        await self.post("messages", {"id": f"customer{self.name}-{len(self.asked)}", "text": text})
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self.answered.wait()

    async def _follow(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET /api/v1/chat/events HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        name = ""
        with suppress(asyncio.IncompleteReadError):
            while line := (await reader.readline()).decode().rstrip():
                break
            while True:
                line = (await reader.readuntil(b"\n")).decode().rstrip()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self._heard(name, json.loads(line.removeprefix("data: ")))

    def _heard(self, name: str, said: dict[str, object]) -> None:
        self.ready.set()
        now = time.perf_counter()
        if name == "message":
            number = int(str(said["number"]))
            self.repeats += number <= self.seen
            self.seen = max(self.seen, number)
            if said["author"] != "customer" and self.asked and not self.asked[-1].answer:
                self.asked[-1].answer = now - self.begun
                self.asked[-1].by = str(said["author"])
                self.answered.set()
        elif self.asked and said.get("progress") and not self.asked[-1].progress:
            self.asked[-1].progress = now - self.begun

    async def close(self) -> None:
        """Leave."""
        if self.stream is not None:
            self.stream.cancel()
            with suppress(asyncio.CancelledError):
                await self.stream
        if self.link is not None:
            self.link[1].close()


@dataclass(frozen=True, slots=True)
class Server:
    """A server that was started."""

    port: int
    process: psutil.Process

    def cpu(self) -> tuple[float, float]:
        """Return the processor seconds of the server, and of its further workers."""
        own = self.process.cpu_times()
        rest = 0.0
        for child in self.process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                rest += times.user + times.system
        return own.user + own.system, rest


@contextmanager
def served(folder: Path, environment: dict[str, str], workers: int) -> Iterator[Server]:
    """Serve the company with so many processes."""
    command = firstline("serve", "-w", folder, "--port", 0, "--workers", workers)
    log = folder / "serve.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        port = 0
        for _ in range(600):
            found = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8"))
            if found:
                port = int(found.group(1))
                break
            if process.poll() is not None:
                raise SystemExit(log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        time.sleep(2.0 * workers)  # further workers take a moment to begin
        yield Server(port, psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def share(values: list[float], part: float) -> float:
    """Return the value below which this part of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def report(name: str, customers: list[Customer], wall: float, cpu: tuple[float, ...]) -> None:
    """Print one row."""
    asked = [item for customer in customers for item in customer.asked]
    progress = [item.progress for item in asked if item.progress]
    answers = [item.answer for item in asked if item.answer]
    lost = len(asked) - len(answers)
    held = sum(item.by == "system" for item in asked)
    repeats = sum(customer.repeats for customer in customers)
    server, workers, others = (f"{seconds:.1f}" for seconds in cpu)
    print(
        f"| {name} | {len(asked)} | {share(progress, 0.5):.2f} | **{share(progress, 0.95):.2f}** | "
        f"{share(answers, 0.5):.2f} | **{share(answers, 0.95):.2f}** | {max(answers):.2f} | "
        f"{lost} | {repeats} | {held} | {wall:.1f} | {server} | {workers} | {others} |",
        flush=True,
    )


async def load(
    name: str, server: Server, questions: list[str], count: int, turns: int, think: float
) -> None:
    """Let so many customers chat, and print what they saw."""
    customers = [Customer(server.port, number) for number in range(count)]
    for at in range(0, count, 10):
        await asyncio.gather(*(customer.open() for customer in customers[at : at + 10]))
    await asyncio.sleep(1.0)
    chance = random.Random(1)  # noqa: S311 - thinking times of a load, not a secret
    picks = [[chance.choice(questions) for _ in range(turns)] for _ in customers]
    pauses = [
        [chance.expovariate(1 / think) if think else 0.0 for _ in range(turns)] for _ in picks
    ]

    async def chat(customer: Customer, own: list[str], waits: list[float]) -> None:
        for text, pause in zip(own, waits, strict=True):
            await asyncio.sleep(pause)
            await customer.ask(text)

    before, mine = server.cpu(), psutil.Process().cpu_times()
    begun = time.perf_counter()
    await asyncio.gather(*map(chat, customers, picks, pauses))
    wall = time.perf_counter() - begun
    after, now = server.cpu(), psutil.Process().cpu_times()
    own = now.user + now.system - mine.user - mine.system
    report(name, customers, wall, (after[0] - before[0], after[1] - before[1], own))
    await asyncio.gather(*(customer.close() for customer in customers))
    await asyncio.sleep(1.0)


def measure(environment: dict[str, str], base: Path, label: str, workers: int, count: int) -> None:
    """Measure both loads with so many processes."""
    folder = base / f"{label}-{workers}"
    questions = company(folder)
    subprocess.run(firstline("kb", "sync", "-w", folder), check=True, stdout=subprocess.DEVNULL)
    with served(folder, environment, workers) as server:
        words = f"{label}, {workers} process{'es' if workers > 1 else ''}"
        asyncio.run(load("(warming up)", server, questions, 5, 2, 0.0))
        asyncio.run(load(f"{words}: all at once", server, questions, count, 1, 0.0))
        asyncio.run(load(f"{words}: all at once, again", server, questions, count, 1, 0.0))
        asyncio.run(load(f"{words}: {count} keep chatting", server, questions, count, 4, 5.0))


def main() -> None:
    """Measure every way of serving."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    given = parser.parse_args()
    print(
        f"asked: first progress <= {ASKED_PROGRESS_S} s and answer <= {ASKED_ANSWER_S} s (p95), "
        f"none lost; {os.cpu_count()} processors\n\n"
        "| load | messages | progress p50 s | p95 | answer p50 s | p95 | max | lost | twice "
        "| to a person | wall s | CPU s: server | workers | customers |\n" + "|---" * 14 + "|",
        flush=True,
    )
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(double())
        environment = with_model(url) | {"OMP_NUM_THREADS": "1"}
        for workers in given.workers:
            if given.only != "postgres":
                measure(environment, base, "SQLite", workers, given.customers)
            if given.only != "sqlite":
                scratch = base / f"database{workers}"
                scratch.mkdir()
                with postgres(scratch) as database:
                    there = environment | {"FIRSTLINE_DATABASE_URL": database}
                    measure(there, base, "Postgres", workers, given.customers)


if __name__ == "__main__":
    main()
