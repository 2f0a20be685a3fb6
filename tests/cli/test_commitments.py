"""`firstline commitments`: what is listed, and how a promise is settled."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.builders import a_ticket
from typer.testing import CliRunner, Result

from firstline.cli.commitments import examine_commitments, opened, register
from firstline.pipeline.promised import promised
from firstline.store import Inbox, TicketStore, app_url, open_database
from firstline.workspace import load

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
APP = typer.Typer()
register(APP)


@APP.callback()
def commands() -> None:
    """Keep the group a group."""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Return a copy of the bundled company that promised two things, one of them long ago."""
    folder = tmp_path / "acme"
    shutil.copytree(ACME, folder, ignore=shutil.ignore_patterns(".*"))
    workspace, now = load(folder), datetime.now(UTC)
    workspace.data.mkdir()
    store = TicketStore(open_database(app_url(workspace.data)))
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), now)
    old = a_ticket("old", received_at=now - timedelta(days=60))
    new = a_ticket("new", received_at=now)
    store.accept([(1, old), (2, new)])
    store.close()
    with opened(workspace) as ledger:
        for ticket in (old, new):
            ledger.add(
                promised(ticket, workspace.voice.handoff, workspace), by="firstline", now=now
            )
    return folder


def run(folder: Path, *words: str, code: int = 0) -> Result:
    """Run the command and return what it did."""
    done = CliRunner().invoke(APP, ["commitments", "-w", str(folder), *words])
    assert done.exit_code == code, done.output
    return done


def listed(folder: Path, *words: str) -> list[dict[str, Any]]:
    """Return what the command lists as JSON."""
    found: list[dict[str, Any]] = json.loads(run(folder, "--json", *words).stdout)
    return found


def test_promises_are_listed_by_how_urgent_they_are(acme: Path) -> None:
    """All that is open, what is due, and everything; as text and as JSON."""
    assert [(item["ticket"], item["overdue"]) for item in listed(acme)] == [
        ("old", True),
        ("new", False),
    ]
    assert [item["ticket"] for item in listed(acme, "--due")] == ["old"]
    assert len(listed(acme, "--all")) == 2
    run(acme, "--due", "--all", code=2)
    shown = run(acme).stdout
    assert "support-team owes: A person on our support team has it and will reply to you" in shown
    assert shown.count("overdue") == 1
    assert "(Australia/Sydney), ticket new" in shown


def test_a_promise_is_settled(acme: Path) -> None:
    """Kept, broken or cancelled, with a note and by somebody; then it is no longer open."""
    first = listed(acme)[0]["id"]
    run(acme, "keep", first, "--note", "called", "--by", "ann")
    (left,) = listed(acme)
    run(acme, "break", left["id"][:9])
    run(acme, "cancel", left["id"], "--note", "withdrawn")
    assert listed(acme) == []
    found = {item["id"]: item for item in listed(acme, "--all")}
    assert (found[first]["state"], found[first]["note"]) == ("kept", "called")
    assert found[first]["changed_by"] == "ann"
    assert found[left["id"]]["state"] == "cancelled"


def test_doctor_counts_what_is_overdue(acme: Path) -> None:
    """Its line is degraded while something is, and names the command."""
    now = datetime.now(UTC)
    with opened(load(acme)) as ledger:
        check = examine_commitments(ledger, now)
        assert (check.state, check.detail[:17]) == ("degraded", "2 open, 1 overdue")
        assert "commitments --due" in check.fix
        ledger.keep(ledger.due(now)[0].id, by="ann", note="", now=now)
        assert examine_commitments(ledger, now).state == "ok"
