"""A run that is killed again and again loses nothing and delivers nothing twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from benchmarks.crashes import crash_and_resume

TICKETS = 200
KILLS = 3


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_kill_9_loses_nothing_and_sends_nothing_twice(tmp_path: Path, ready_acme: Path) -> None:
    """200 tickets and three kills: every ticket ends once, every reply leaves once."""
    workspace = tmp_path / "acme"
    shutil.copytree(ready_acme, workspace)
    lines = (workspace / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    tickets = tmp_path / "tickets.jsonl"
    with tickets.open("w", encoding="utf-8") as file:
        for number in range(TICKETS):
            row = json.loads(lines[number % len(lines)]) | {"id": f"k-{number}", "channel": "chat"}
            file.write(json.dumps(row) + "\n")
    damage = crash_and_resume(workspace, tickets, tmp_path / "out", kills=KILLS, seed=7)
    assert damage.kills == KILLS
    assert damage.lost == 0
    assert damage.delivered_twice == 0
    assert damage.untrue == 0
    assert damage.delivered > 0
