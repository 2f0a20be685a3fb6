"""A run with models that is killed again and again pays for no stored answer twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from benchmarks.crashes import crash_and_resume

from firstline.store import CallLedger, CallRow, open_database
from firstline.testing.claude_double import ClaudeDouble
from firstline.testing.support import answer_ticket

TICKETS = 150
KILLS = 3
INTAKE = 64
"""Questions that may be on their way when a process dies: what a queue gives to one process."""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_kill_9_pays_for_no_stored_answer_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ready_acme: Path
) -> None:
    """Every ticket ends, replies leave once, and what was answered is never asked again."""
    workspace = tmp_path / "acme"
    shutil.copytree(ready_acme, workspace)
    lines = (workspace / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    tickets = tmp_path / "tickets.jsonl"
    with tickets.open("w", encoding="utf-8") as file:
        for number in range(TICKETS):
            row = json.loads(lines[number % len(lines)])
            row |= {"id": f"k-{number}", "channel": "chat", "customer": None}
            file.write(json.dumps(row) + "\n")
    database = f"sqlite:///{workspace / '.firstline' / 'app.db'}"
    seen: list[dict[str, CallRow]] = []

    def look() -> None:
        engine = open_database(database)
        rows = {row.key: row for row in CallLedger(engine).rows() if row.state == "answered"}
        seen.append(rows)
        engine.dispose()

    with ClaudeDouble.in_thread(answer=answer_ticket, wait_seconds=0.3) as double:
        monkeypatch.setenv("FIRSTLINE_MODEL_PROVIDER", "anthropic")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", double.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-loopback")
        damage = crash_and_resume(
            workspace, tickets, tmp_path / "out", kills=KILLS, seed=3, after_kill=look
        )
        billed = double.billed
    look()
    assert damage.kills == KILLS
    assert (damage.lost, damage.delivered_twice, damage.untrue) == (0, 0, 0)
    final = seen[-1]
    assert len(final) > TICKETS / 10
    assert any(before for before in seen[:-1])
    for before in seen[:-1]:
        for key, row in before.items():
            assert final[key].attempts == row.attempts
    asked = sum(row.attempts for row in final.values())
    assert billed <= asked
    assert asked - len(final) <= KILLS * INTAKE
