"""Kill a run again and again, then let it finish, and count what was lost or sent twice."""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.company import build, firstline


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What the crashes did."""

    kills: int
    tickets: int
    lost: int
    """Tickets without an end."""
    delivered: int
    delivered_twice: int
    untrue: int
    """Tickets that say sent without a delivery, or the other way round."""
    to_a_person: int
    """Tickets that a person got because of a crash."""


def nothing() -> None:
    """Do nothing after a kill."""


def crash_and_resume(
    workspace: Path,
    tickets: Path,
    out: Path,
    *,
    kills: int,
    seed: int,
    after_kill: Callable[[], None] = nothing,
) -> Damage:
    """Start a run, kill -9 it at random moments `kills` times, then let it end."""
    chance = random.Random(seed)  # noqa: S311 - moments of kills are no secret
    command = firstline("run", tickets, "--out", out, "-w", workspace, "--autonomy", "percent:100")
    done = 0
    while done < kills:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _until_working(process, out)
        time.sleep(chance.uniform(0.0, 1.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            done += 1
            after_kill()
            continue
        break
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _damage(tickets, out, done)


def _until_working(process: subprocess.Popen[bytes], out: Path) -> None:
    """Wait until a run has begun to deliver more than it had before, or has ended."""
    sent = out / "sent.jsonl"
    before = sent.stat().st_size if sent.exists() else 0
    while process.poll() is None and (sent.stat().st_size if sent.exists() else 0) <= before:
        time.sleep(0.02)


def _damage(tickets: Path, out: Path, kills: int) -> Damage:
    asked = {json.loads(line)["id"] for line in tickets.read_text(encoding="utf-8").splitlines()}
    results = _lines(out / "results.jsonl")
    parcels = [item for item in _lines(out / "sent.jsonl") if item["kind"] != "notice"]
    copies = Counter(item["ticket"] for item in parcels)
    said = {item["id"] for item in results if item["outcome"] in ("sent", "clarify")}
    return Damage(
        kills=kills,
        tickets=len(asked),
        lost=len(asked - {item["id"] for item in results}),
        delivered=len(copies),
        delivered_twice=sum(count - 1 for count in copies.values()),
        untrue=len(said ^ set(copies)),
        to_a_person=sum(item["reason"] in CRASH_REASONS for item in results),
    )


CRASH_REASONS = ("delivery_uncertain", "engine_failed")


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Print the damage as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        company = build(Path(folder))
        damage = crash_and_resume(
            company.workspace,
            company.tickets,
            Path(folder) / "out",
            kills=given.kills,
            seed=given.seed,
        )
    print("| kill -9 during a run | asked | measured |\n|---|---|---|")
    print(f"| kills | 10 | {damage.kills} |\n| tickets | 2,000 | {damage.tickets:,} |")
    print(f"| lost | 0 | {damage.lost} |\n| delivered twice | 0 | {damage.delivered_twice} |")
    print(f"| outcome and delivery disagree | 0 | {damage.untrue} |")
    print(f"| delivered | - | {damage.delivered:,} |")
    print(f"| to a person because of a crash | - | {damage.to_a_person} |")


if __name__ == "__main__":
    main()
