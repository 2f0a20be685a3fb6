"""Tickets a second with a model that takes 300 ms: 2,000 real messages, SQLite and Postgres.

The model is the loopback double in a process of its own, on the same processors; what it costs
is part of the wall time. Starting up is measured with ten tickets and subtracted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import re2 as re

from benchmarks.company import Company, build
from benchmarks.end_to_end import Cost, measured, postgres, worker

WAIT_MS = 300


@contextmanager
def double() -> Iterator[str]:
    """Run the double of the API and give its address."""
    command = [sys.executable, "-m", "firstline.testing.claude_double"]
    process = subprocess.Popen(
        [
            *command,
            "--port",
            "0",
            "--wait-ms",
            str(WAIT_MS),
            "--answer",
            "firstline.testing.support:answer_ticket",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None:
            raise SystemExit("the double has no output")
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise SystemExit("the double did not say where it listens")
        yield found.group(0)
    finally:
        process.terminate()
        process.wait(timeout=10)


def with_model(url: str) -> dict[str, str]:
    """Return the environment of a company that asks the double."""
    return dict(os.environ) | {
        "FIRSTLINE_MODEL_PROVIDER": "anthropic",
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "sk-ant-loopback",
        "FIRSTLINE_LOG": "error",
    }


def line(name: str, base: Cost, full: Cost) -> None:
    """Print one row."""
    summary = full.summary
    more = summary["tickets"] - base.summary["tickets"]
    rate = more / (full.wall_s - base.wall_s)
    cpu = (full.cpu_s - base.cpu_s) / more * 1e3
    asked = sum(summary["models"].values())
    ended = sum(summary["outcomes"].values())
    print(
        f"| {name} | {ended:,} | {summary['with_model']:,} | {asked:,} | **{rate:.1f}** | "
        f"{cpu:.1f} | {full.peak_mb:.0f} |"
    )


def compare(
    name: str, company: Company, folder: Path, environment: dict[str, str], workers: int
) -> None:
    """Measure ten tickets and all of them, with so many processes."""
    costs = []
    for tickets, label in ((company.few, "few"), (company.tickets, "all")):
        with ExitStack() as stack:
            for _ in range(workers - 1):
                stack.enter_context(worker(company, environment))
            costs.append(measured(company, tickets, folder / f"{name}-{label}", environment))
            time.sleep(0.5)
    line(f"{name}, {workers} process{'es' if workers > 1 else ''}", *costs)


def main() -> None:
    """Measure one and two processes on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    given = parser.parse_args()
    print(
        "| asked: >= 55 tickets a second | ended | a model was asked | hops | tickets a second "
        "| CPU ms a ticket (first process) | peak MB |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as scratch, double() as url:
        environment = with_model(url)
        for workers in given.workers:
            if given.only != "postgres":
                folder = Path(scratch) / f"sqlite{workers}"
                company = build(folder, messages=given.messages)
                compare("SQLite", company, folder, environment, workers)
            if given.only != "sqlite":
                folder = Path(scratch) / f"postgres{workers}"
                company = build(folder, messages=given.messages)
                with postgres(folder) as database:
                    there = environment | {"FIRSTLINE_DATABASE_URL": database}
                    compare("Postgres", company, folder, there, workers)


if __name__ == "__main__":
    main()
