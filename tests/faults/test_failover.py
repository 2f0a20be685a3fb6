"""On Postgres, a worker that lives finishes what a worker that died had begun."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import new_postgres_database

from firstline.store.database import driver_url

TICKETS = 150


def start(words: list[str], url: str, said: Path) -> subprocess.Popen[bytes]:
    """Start a command on a database; what it says goes to a file."""
    with said.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "firstline", *words],
            env=os.environ | {"FIRSTLINE_DATABASE_URL": url},
            stdout=file,
            stderr=file,
        )


def still_open(engine: sa.Engine) -> int:
    """Return how many tickets have not ended, or -1 before there are any."""
    query = sa.text("SELECT count(*), count(*) FILTER (WHERE outcome IS NULL) FROM ticket")
    try:
        with engine.connect() as connection:
            total, left = connection.execute(query).one()
    except sa.exc.ProgrammingError:
        return -1
    return int(left) if total else -1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_living_worker_takes_over(tmp_path: Path, postgres_server: str, ready_acme: Path) -> None:
    """The run is killed; the worker beside it ends every ticket it had accepted, once."""
    workspace, out = tmp_path / "acme", tmp_path / "out"
    shutil.copytree(ready_acme, workspace)
    tickets = tmp_path / "tickets.jsonl"
    with tickets.open("w", encoding="utf-8") as file:
        for number in range(TICKETS):
            row = {"id": number, "text": f"How do I export board {number} to CSV?"}
            file.write(json.dumps(row) + "\n")
    url = new_postgres_database(postgres_server)
    engine = sa.create_engine(driver_url(url))
    said = tmp_path / "said.txt"
    worker = start(["work", "-w", str(workspace)], url, said)
    command = ["run", str(tickets), "--out", str(out), "-w", str(workspace)]
    run = start(command, url, said)
    try:
        while run.poll() is None and not (out / "sent.jsonl").exists():
            time.sleep(0.05)
        assert run.poll() is None, said.read_text("utf-8")
        run.send_signal(signal.SIGKILL)
        run.wait()
        while still_open(engine):
            assert worker.poll() is None, said.read_text("utf-8")
            time.sleep(0.2)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=30)
        engine.dispose()
    assert start(command, url, said).wait(90) == 0
    sent = [json.loads(line) for line in (out / "sent.jsonl").read_text("utf-8").splitlines()]
    results = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    assert len(results) == TICKETS
    assert max(Counter(item["ticket"] for item in sent).values()) == 1
    assert {item["ticket"] for item in sent} == {
        item["id"] for item in results if item["outcome"] == "sent"
    }
