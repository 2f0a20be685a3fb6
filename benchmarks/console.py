"""The console over a full database: server time of each page, the first load, memory, stopping.

    python -m benchmarks.console [--only sqlite|postgres] [--folder /tmp/full]

10,000 reviews wait and 100,000 tickets are stored (`benchmarks.seeding`). Each page is asked for
again and again over one connection, one request at a time. Wall time is what the caller waits;
processor time is that of the serving process and, unlike wall time, hardly depends on what else
runs on this machine.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import re2 as re

from benchmarks.company import firstline
from benchmarks.end_to_end import postgres
from benchmarks.seeding import Volume, company, seed
from firstline.review.reviews import Reviews
from firstline.store import open_database
from firstline.store.metric_counting import Counting
from firstline.web.access.access import Access
from firstline.workspace import load

ASKED_MS = 50
REPEATS = 60
WARM = 3
STREAMS = 20
APART = 0.055
"""Seconds between requests: one person may ask twenty times a second."""
PASSWORD = "a long enough password to measure with"  # noqa: S105 - made here, for here
EMAIL = "measured@acme.example"
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What asking for a page took."""

    wall_ms: tuple[float, ...]
    """Sorted."""
    cpu_ms: float
    size: int

    def at(self, share: float) -> float:
        """Return a percentile of the wall times."""
        return self.wall_ms[min(len(self.wall_ms) - 1, int(share * len(self.wall_ms)))]


class Browser:
    """One connection of somebody who is signed in."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Accept": "text/html", "Origin": url}

    def get(self, path: str) -> tuple[int, str]:
        """Return an answer's status and text."""
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()

    def sign_in(self) -> None:
        """Sign in."""
        form = urlencode({"email": EMAIL, "password": PASSWORD})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/login", form, self._headers | kind)
        answer = self._connection.getresponse()
        answer.read()
        cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
        if answer.status != 303 or not cookies:
            raise SystemExit(f"signing in was answered with {answer.status}")
        self._headers["Cookie"] = "; ".join(cookies)

    def stream(self) -> http.client.HTTPResponse:
        """Open the stream of changes."""
        self._connection.request("GET", "/live?topics=reviews", headers=self._headers)
        return self._connection.getresponse()

    def beside(self, url: str) -> Browser:
        """Return another connection of the same person."""
        other = Browser(url)
        other._headers = self._headers
        return other


@contextmanager
def serving(workspace: Path, environment: dict[str, str]) -> Iterator[tuple[psutil.Process, str]]:
    """Serve a workspace in a process of its own; yield it and its address."""
    command = firstline("serve", "--web-only", "--port", 0, "-w", workspace)
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        url = _address(process)
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    for line in process.stderr or ():
        said.append(line)
        if found := _URL.search(line):
            return str(found.group(0))
    raise SystemExit("the server did not start: " + "".join(said))


def timed(server: psutil.Process, browser: Browser, paths: Sequence[str]) -> Timing:
    """Ask for addresses in turn, REPEATS times in all."""
    for number in range(WARM):
        status, text = browser.get(paths[number % len(paths)])
        if status != 200:
            raise SystemExit(f"{paths[number % len(paths)]} was answered with {status}")
    before, walls, size = _cpu(server), [], 0
    for number in range(REPEATS):
        begun = time.perf_counter()
        status, text = browser.get(paths[number % len(paths)])
        took = time.perf_counter() - begun
        if status != 200:
            raise SystemExit(f"{paths[number % len(paths)]} was answered with {status}")
        walls.append(took * 1e3)
        size = max(size, len(text.encode()))
        time.sleep(max(0.0, APART - took))
    cpu = (_cpu(server) - before) / REPEATS * 1e3
    return Timing(wall_ms=tuple(sorted(walls)), cpu_ms=cpu, size=size)


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


def pages(browser: Browser, tickets: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what is measured and the addresses of it, none before its turn.

    The knowledge pages come last: the first look at them begins work in the background, beside
    which the queue is measured once more.
    """
    yield "/review", ["/review"]
    yield "/review, filtered", ["/review?channel=email", "/review?intent=charges_and_refunds"]
    yield "/review, its pages", [f"/review?page={number}" for number in (2, 3, 50, 100, 199)]
    yield "/review, searched", ["/review?q=export", "/review?q=refund+card", "/review?q=nothing42"]
    yield "/review/queue (live refresh)", ["/review/queue"]
    yield "/review/{id}", [f"/review/{ticket}" for ticket in tickets]
    yield "/tickets", ["/tickets"]
    yield "/tickets, its pages", following(browser, "/tickets")
    yield "/tickets, filtered", ["/tickets?outcome=escalate", "/tickets?state=waiting"]
    yield "/tickets, searched", ["/tickets?q=case-77777", "/tickets?q=export+board"]
    yield "/tickets/{id}", [f"/tickets/{ticket}" for ticket in tickets]
    yield "/dashboard", ["/dashboard"]
    yield "/dashboard, other ranges", ["/dashboard?range=7", "/dashboard?range=90"]
    yield "/try", ["/try"]
    yield "/settings", ["/settings", "/settings/autonomy", "/settings/budgets"]
    yield "/knowledge", ["/knowledge"]
    yield "/knowledge/gaps", ["/knowledge/gaps"]
    yield "/knowledge/recall", ["/knowledge/recall"]
    yield "/review, while gaps are looked for", ["/review"]


def following(browser: Browser, path: str, pages_on: int = 5) -> list[str]:
    """Return the addresses of the pages after a list's first, as its own links have them."""
    found: list[str] = []
    link = re.compile(rf'href="({re.escape(path)}?\?[^"]*\bafter=[^"]+)"')
    while len(found) < pages_on:
        _, text = browser.get(found[-1] if found else path)
        told = link.search(text)
        if told is None:
            break
        found.append(told.group(1).replace("&amp;", "&"))
    return found


def first_load(browser: Browser, path: str) -> dict[str, int]:
    """Return how many bytes a page and its own styles and scripts are, uncompressed."""
    _, text = browser.get(path)
    sizes = {"HTML": len(text.encode())}
    for name in re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js)[^"]*)"', text):
        _, content = browser.get(name)
        sizes[str(urlsplit(name).path).removeprefix("/static/")] = len(content.encode())
    return sizes


def stopping(server: psutil.Process, browser: Browser, url: str) -> float:
    """Return the seconds from SIGTERM to the end of the process, with open streams."""
    streams = [browser.beside(url).stream() for _ in range(STREAMS)]
    if any(stream.status != 200 for stream in streams):
        raise SystemExit("a stream of changes was refused")
    begun = time.monotonic()
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(timeout=30)
    except psutil.TimeoutExpired:
        return 30.0
    return time.monotonic() - begun


def prepared(folder: Path, database: str | None, volume: Volume) -> tuple[Path, list[str]]:
    """Return a workspace with a full database and somebody to sign in, and tickets that wait."""
    workspace = folder / "acme"
    fresh = not workspace.exists()
    if fresh:
        company(folder, database)
    engine = open_database(database or f"sqlite:///{workspace / '.firstline' / 'app.db'}")
    now = datetime.now(UTC)
    if fresh:
        begun = time.monotonic()
        seed(engine, volume, now)
        print(f"seeded in {time.monotonic() - begun:.0f} s")
        begun = time.monotonic()
        Counting(engine).count_all(now)  # as the dashboard does while tickets end
        print(f"counted for the dashboard in {time.monotonic() - begun:.0f} s")
        Access(engine).add_person(
            name="Somebody", email=EMAIL, role="admin", password=PASSWORD, by=None
        )
    reviews = Reviews(load(workspace), engine)
    tickets = [str(one.review.ticket) for one in reviews.queue(offset=100, limit=REPEATS).items]
    engine.dispose()
    return workspace, tickets


def measure(name: str, workspace: Path, tickets: Sequence[str], database: str | None) -> None:
    """Print the tables of one database."""
    environment = dict(os.environ) | {"FIRSTLINE_LOG": "error"}
    if database is not None:
        environment["FIRSTLINE_DATABASE_URL"] = database
    print(f"\n### {name}\n\n| page (p95 asked: <= {ASKED_MS} ms) | kB | p50 | p95 | CPU |")
    print("|---|---|---|---|---|")
    with serving(workspace, environment) as (server, url):
        browser = Browser(url)
        browser.sign_in()
        started = server.memory_info().rss / 1e6
        for page, paths in pages(browser, tickets):
            took = timed(server, browser, paths)
            p50, p95 = took.at(0.5), took.at(0.95)
            size = took.size / 1e3
            print(
                f"| {page} | {size:.0f} | {p50:.1f} | {p95:.1f} | {took.cpu_ms:.1f} |", flush=True
            )
        load = first_load(browser, "/review")
        parts = ", ".join(f"{part} {size:,}" for part, size in load.items())
        print(f"\nFirst load of /review (<= 60,000): **{sum(load.values()):,}** ({parts})")
        used = server.memory_info().rss / 1e6
        print(f"Memory: {started:.0f} MB at the start, {used:.0f} MB after all of it")
        took_s = stopping(server, browser, url)
        print(f"SIGTERM with {STREAMS} open streams (<= 5 s): **{took_s:.1f} s**")


def main() -> None:
    """Measure on SQLite and on Postgres."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--folder", type=Path, help="keep SQLite's company here, to use it again")
    parser.add_argument("--tickets", type=int, default=Volume().tickets)
    parser.add_argument("--open", type=int, default=Volume().open_reviews)
    given = parser.parse_args()
    decided = min(Volume().decided, given.tickets - given.open)
    volume = Volume(tickets=given.tickets, open_reviews=given.open, decided=decided)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if given.only != "postgres":
            folder = given.folder or scratch / "sqlite"
            folder.mkdir(parents=True, exist_ok=True)
            measure("SQLite", *prepared(folder, None, volume), None)
        if given.only != "sqlite":
            folder = scratch / "postgres"
            folder.mkdir()
            url = stack.enter_context(postgres(folder))
            measure("Postgres", *prepared(folder, url, volume), url)


if __name__ == "__main__":
    main()
