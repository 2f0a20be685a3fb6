"""What all deterministic checks of a reply cost: ordinary replies, and long ones with cold caches.

    python -m benchmarks.checks [--runs 300]

Every long reply has evidence that was not seen before, so that nothing remembered helps. Wall time
depends on the machine; the last column sets processor time against that of a fixed piece of plain
Python work, which does not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.company import shared_data
from benchmarks.mutations import grounded
from benchmarks.mutations_sources import ACME, Source, passages
from firstline.errors import Place
from firstline.evals.check_cases import Case, case_of
from firstline.evals.check_subject import subject_of
from firstline.proof.checks import CHECKS
from firstline.proof.run import run_check
from firstline.proof.subject import Subject
from firstline.workspace import Workspace, load

REPLY = 4_000
EVIDENCE = 12_000
Times = list[tuple[float, float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="long replies")
    options = parser.parse_args()
    data = shared_data()
    company = load(ACME)
    print("| replies | n | median ms | p95 ms | worst ms | CPU median | CPU p95 | p95 / work |")
    print("|---|---|---|---|---|---|---|---|")
    unit = fixed_work()
    replies = acme_replies(data)
    _measure(replies[:20], company)
    ordinary = _row("ordinary Acme replies", _measure(replies[20:], company), unit)
    long = _measure(long_replies(data, options.runs), None)
    _row(f"{REPLY:,} characters, evidence {EVIDENCE:,}, cold", long, unit)
    _by_check(long_replies(data, 40, seed=9), ordinary)


def fixed_work() -> float:
    """Return the processor time in ms of a piece of work that never changes."""

    def work() -> int:
        return sum(len(word) for _ in range(300) for word in ("a fixed text " * 30).split())

    times = []
    for _ in range(9):
        started = time.process_time()
        work()
        times.append((time.process_time() - started) * 1e3)
    return median(times)


def acme_replies(data: Path) -> list[Case]:
    """Return good replies about the bundled company, and those of its sample file."""
    sample = (ACME / "evals" / "replies.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in sample]
    rows += [reply.case() for reply in grounded(data, each=120) if reply.source == "acme"]
    return [case_of(row, Place()) for row in rows]


def long_replies(data: Path, number: int, *, seed: int = 8) -> list[Case]:
    """Return replies of 4,000 characters with 12,000 of evidence, of different documents each."""
    chance = random.Random(seed)  # noqa: S311 - the same replies every time
    sources = [source for source in passages(data, chance) if source.source == "bank"]
    return [_long(chance.sample(sources, 60), at) for at in range(number)]


def _long(sources: Sequence[Source], number: int) -> Case:
    evidence: list[dict[str, str]] = []
    size = 0
    said: list[str] = []
    for source in sources:
        text = source.text[: EVIDENCE - size]
        if text:
            evidence.append({"id": f"{number}-{len(evidence)}", "text": f"{text} ({number})"})
        size += len(text)
        said += source.sentences
    reply = ""
    for sentence in said:
        reply += f"{sentence} " if len(reply) < REPLY - len(sentence) else ""
    row = {"id": str(number), "question": "How does it work?", "evidence": evidence, "reply": reply}
    return case_of(row, Place())


def _measure(cases: Sequence[Case], company: Workspace | None) -> Times:
    return [_timed(subject_of(case, company)) for case in cases]


def _timed(subject: Subject) -> tuple[float, float]:
    """Return wall and processor time of all checks in ms."""
    wall, cpu = time.perf_counter(), time.thread_time()
    for name, check in CHECKS.items():
        run_check(name, check, subject, where="benchmark")
    return (time.perf_counter() - wall) * 1e3, (time.thread_time() - cpu) * 1e3


def _row(name: str, times: Times, unit: float) -> float:
    walls, cpus = (sorted(column) for column in zip(*times, strict=True))
    wall_95, cpu_95 = (quantiles(column, n=20)[18] for column in (walls, cpus))
    cells = [median(walls), wall_95, walls[-1], median(cpus), cpu_95, cpu_95 / unit]
    print(f"| {name} | {len(times)} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")
    return float(median(cpus))


def _by_check(cases: Sequence[Case], ordinary: float) -> None:
    """Print what each check costs on long replies; the first one to read a text pays for it."""
    print("\n| check, long replies | CPU median ms | CPU p95 ms |\n|---|---|---|")
    costs: dict[str, list[float]] = {name: [] for name in CHECKS}
    for case in cases:
        subject = subject_of(case, None)
        for name, check in CHECKS.items():
            started = time.thread_time()
            run_check(name, check, subject, where="benchmark")
            costs[name].append((time.thread_time() - started) * 1e3)
    for name, held in sorted(costs.items(), key=lambda pair: -median(pair[1])):
        print(f"| {name} | {median(held):.2f} | {quantiles(held, n=20)[18]:.2f} |")
    print(f"\nAn ordinary reply costs {ordinary:.2f} ms of processor time (median).")


if __name__ == "__main__":
    main()
