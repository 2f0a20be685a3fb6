"""The commands as a person meets them: clear words, right exit codes, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

MANY = 250
"""Tickets of a run that is to be stopped: more than are done while it stops."""


def firstline(*words: object, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "firstline", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "120", "NO_COLOR": "1"},
        input=stdin,
        capture_output=True,
        check=False,
        timeout=100,
    )
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert "Traceback" not in out + err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Path:
    """Return the bundled company, opened once."""
    folder = tmp_path_factory.mktemp("cli") / "acme"
    shutil.copytree(ready_acme, folder)
    assert firstline("kb", "sync", "-w", folder, cwd=folder.parent).returncode == 0
    return folder


def test_ask_shows_the_whole_reasoning(acme: Path) -> None:
    """Route, evidence, sentences with proof, checks and verdict are all there."""
    done = firstline("ask", "-w", acme, "How do I export a board to CSV?", cwd=acme)
    assert done.returncode == 0
    for word in ("Route", "export_data", "Evidence", "export-csv#", "Draft", "Checks", "Verdict"):
        assert word in done.stdout


def test_ask_json_is_one_document(acme: Path) -> None:
    """The JSON form has the fields of a result line and its reasons."""
    done = firstline("ask", "--json", "-w", acme, "-", cwd=acme, stdin=b"I want a human please")
    answer = json.loads(done.stdout)
    assert answer["outcome"] == "escalate"
    assert answer["reason"] == "human_request"
    assert answer["reply"] is None


def test_ask_keeps_terminal_codes_out(acme: Path) -> None:
    """A message cannot move the cursor or colour the screen of who looks at it."""
    done = firstline("ask", "-w", acme, "\x1b[31mred\x1b[0m [bold]export[/] \x07 board", cwd=acme)
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_doctor_says_what_is_there_and_what_is_not(acme: Path) -> None:
    """Encoder, database, knowledge and model each have a state."""
    done = firstline("doctor", "--json", "-w", acme, cwd=acme)
    states = {item["name"]: item["state"] for item in json.loads(done.stdout)}
    assert states["database"] == states["knowledge"] == "ok"
    assert states["language model"] == "degraded"


def test_init_makes_a_company_that_answers_at_once(tmp_path: Path) -> None:
    """A fresh workspace loads, answers, and is not overwritten."""
    assert firstline("init", "shop", cwd=tmp_path).returncode == 0
    done = firstline("ask", "--json", "-w", "shop", "How do I reset my password?", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["route"]["intent"]
    again = firstline("init", "shop", cwd=tmp_path)
    assert again.returncode == 2
    assert "error:" in again.stderr


def test_eval_prints_the_stable_fields(acme: Path) -> None:
    """Both evaluations give their figures as JSON under the names scripts rely on."""
    route = firstline("eval", "route", acme / "evals/route.jsonl", "--json", "-w", acme, cwd=acme)
    assert {"n", "accuracy", "ece", "oos_auroc"} <= set(json.loads(route.stdout))
    search = firstline(
        "eval", "search", acme / "evals/search.jsonl", "--json", "-w", acme, cwd=acme
    )
    assert set(json.loads(search.stdout)) == {
        "n",
        "hit@1",
        "hit@5",
        "recall@5",
        "mrr@5",
        "unanswerable_auroc",
        "p50_ms",
        "p99_ms",
    }


BAD_FILES = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "latin 1": '{"id": "a", "text": "café"}\n'.encode("latin-1"),
    "no text": b'{"id": "a"}\n',
    "no object": b"[1, 2]\n",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_a_clear_error(acme: Path, tmp_path: Path, name: str) -> None:
    """Whatever is in the file, the answer is words about that file, and a code."""
    path = tmp_path / "tickets.jsonl"
    path.write_bytes(BAD_FILES[name])
    done = firstline("run", path, "--out", tmp_path / "out", "-w", acme, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "tickets.jsonl" in done.stderr


def test_hostile_lines_cost_only_themselves(acme: Path, tmp_path: Path) -> None:
    """Huge, deep, misspelt and malformed lines are named; good and odd ones are processed."""
    lines = [
        b'{"id": "good", "text": "How do I export a board to CSV?"}',
        b'{"id": "huge", "text": "' + b"a" * 10_000_000 + b'"}',
        b'{"id": "deep", "text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id": "near", "txt": "misspelt"}',
        b'{"id": "extra", "text": "export?", "color": "red"}',
        b'{"id": "lone", "text": "\\ud800 broken"}',
        b'{"id": "long", "text": "' + b"word " * 8_000 + b'"}',
        b"\xff\xfe not utf-8",
    ]
    path = tmp_path / "tickets.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    done = firstline("run", path, "--out", tmp_path / "out", "-w", acme, cwd=tmp_path)
    assert done.returncode == 1
    results = [
        json.loads(line)
        for line in (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    outcomes = {item["id"]: item["outcome"] for item in results}
    assert "good" in outcomes
    assert "extra" in outcomes
    assert outcomes.get("long", "escalate") == "escalate"
    assert not {"huge", "deep", "near"} & set(outcomes)
    for number in (2, 3, 4, 8):
        assert f"tickets.jsonl:{number}" in done.stderr
    assert "color" in done.stderr


def test_a_folder_that_is_no_workspace_says_so(tmp_path: Path) -> None:
    """The fix names the command that makes one."""
    done = firstline("ask", "-w", tmp_path, "hello", cwd=tmp_path)
    assert done.returncode == 2
    assert "init" in done.stderr


def test_a_half_written_workspace_names_the_line(acme: Path, tmp_path: Path) -> None:
    """A truncated file is an error with its place."""
    copy = tmp_path / "acme"
    shutil.copytree(acme, copy, ignore=shutil.ignore_patterns(".*"))
    whole = (copy / "intents.yaml").read_text(encoding="utf-8")
    (copy / "intents.yaml").write_text(whole[: len(whole) // 2] + "\n  - {", encoding="utf-8")
    done = firstline("ask", "-w", copy, "hello", cwd=tmp_path)
    assert done.returncode == 2
    assert "intents.yaml:" in done.stderr


def test_a_locked_database_is_a_clear_error(acme: Path, tmp_path: Path) -> None:
    """A database that another program holds is named, and nothing hangs for ever."""
    copy = tmp_path / "acme"
    shutil.copytree(acme, copy)
    holder = sqlite3.connect(copy / ".firstline" / "app.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        done = firstline(
            "run", copy / "tickets.jsonl", "--out", tmp_path / "out", "-w", copy, cwd=tmp_path
        )
    finally:
        holder.rollback()
        holder.close()
    assert done.returncode == 2
    assert "locked" in done.stderr


def test_an_unwritable_output_folder_is_a_clear_error(acme: Path, tmp_path: Path) -> None:
    """A path below a file cannot be a folder."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = firstline(
        "run", acme / "tickets.jsonl", "--out", tmp_path / "file/out", "-w", acme, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "output folder" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_run_and_the_next_goes_on(
    acme: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """The run ends within ten seconds, says what is open, and is finished by the next."""
    tickets = tmp_path / "many.jsonl"
    with tickets.open("w", encoding="utf-8") as file:
        for at in range(MANY):
            file.write(json.dumps({"id": at, "text": f"How do I export board {at} to CSV?"}) + "\n")
    command = ["run", str(tickets), "--out", str(tmp_path / "out"), "-w", str(acme)]
    process = subprocess.Popen(
        [sys.executable, "-m", "firstline", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    sent = tmp_path / "out" / "sent.jsonl"
    while process.poll() is None and not sent.exists():
        time.sleep(0.05)
    process.send_signal(number)
    begun = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < 10
    assert "Traceback" not in err
    assert process.returncode == 130
    assert "open" in err
    done = firstline(*command, cwd=tmp_path)
    assert done.returncode == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["complete"]
    assert sum(summary["outcomes"].values()) == MANY
    markers = [json.loads(line)["marker"] for line in sent.read_text("utf-8").splitlines()]
    assert len(markers) == len(set(markers))
