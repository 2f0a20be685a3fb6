"""`firstline review`: what is listed and shown, and how a person decides."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.review.company import small_acme
from typer.testing import CliRunner, Result

from firstline.channels import SENT
from firstline.cli.review import register
from firstline.desk import open_desk
from firstline.errors import InputError
from firstline.store.review_records import ReviewRefused

APP = typer.Typer()
register(APP)
ASKED = {
    "e-1": "How do I export a board to CSV?",
    "e-2": "How do I import tasks from a spreadsheet?",
    "x-3": "Purple elephants compose sonatas on my roof, please advise.",
}


@APP.callback()
def commands() -> None:
    """Keep the group a group."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with Acme and three tickets that wait for a person."""
    folder = tmp_path_factory.mktemp("reviews")
    small_acme(folder / "acme")
    tickets = folder / "tickets.jsonl"
    rows = [{"id": name, "text": text, "channel": "chat"} for name, text in ASKED.items()]
    tickets.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with open_desk(folder / "acme", with_models=False) as desk:
        asyncio.run(desk.run(tickets, folder / "acme" / "out", autonomy="review"))
    return folder / "acme"


@pytest.fixture
def acme(before: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder; replies still go to the first one's output."""
    sent = before / "out" / SENT
    sent.unlink(missing_ok=True)
    folder = tmp_path / "acme"
    shutil.copytree(before, folder)
    return folder


def run(folder: Path, *words: str, code: int = 0, typed: str | None = None) -> Result:
    """Run the command and return what it did."""
    done = CliRunner().invoke(APP, ["review", "-w", str(folder), *words], input=typed)
    assert done.exit_code == code, done.output
    return done


def told(folder: Path, *words: str) -> Any:
    """Return what a command says as JSON."""
    return json.loads(run(folder, *words, "--json").stdout)


def refused(folder: Path, *words: str, typed: str | None = None) -> ReviewRefused:
    """Return why a command was refused."""
    done = CliRunner().invoke(APP, ["review", "-w", str(folder), *words], input=typed)
    assert isinstance(done.exception, ReviewRefused), done.output
    assert done.exception.exit_code == 1
    return done.exception


def sent(before: Path) -> list[dict[str, str]]:
    """Return what was delivered."""
    path = before / "out" / SENT
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def test_the_queue_is_listed_and_filtered(acme: Path) -> None:
    """As a table and as JSON, the costliest first; what does not fit a filter is left out."""
    listed = json.loads(run(acme, "--json").stdout)
    assert listed["total"] == 3
    costs = [item["priority_usd"] for item in listed["reviews"]]
    assert costs == sorted(costs, reverse=True)
    shown = run(acme).stdout
    assert "3 wait for a person" in shown
    assert "export_data" in shown
    only = json.loads(run(acme, "--intent", "export_data", "--json").stdout)
    assert [item["external_id"] for item in only["reviews"]] == ["e-1"]
    assert "Nothing waits" in run(acme, "--assignee", "ann").stdout
    assert json.loads(run(acme, "--page", "2", "--json").stdout)["reviews"] == []


def test_a_ticket_is_shown_with_its_packet(acme: Path) -> None:
    """Summary, message, draft and sources; found by the sender's id or the start of ours."""
    shown = run(acme, "show", "e-1").stdout
    assert ASKED["e-1"] in shown
    assert "a person approves answers here" in shown
    assert "Draft" in shown
    case = told(acme, "show", "e-1")
    assert case["packet"]["suggested_reply"] == case["packet"]["draft"]
    assert case["sentences"][0]["kind"] == "courtesy"
    again = told(acme, "show", case["review"]["ticket"][:9])
    assert again["review"]["ticket"] == case["review"]["ticket"]
    done = CliRunner().invoke(APP, ["review", "-w", str(acme), "show", "nobody"])
    assert isinstance(done.exception, InputError)


def test_a_claimed_ticket_is_its_holders(acme: Path) -> None:
    """Until it is given back; others are refused with exit code 1."""
    assert told(acme, "claim", "e-1", "--by", "ann")["holder"] == "ann"
    assert "ann holds it" in str(refused(acme, "take", "e-1", "--by", "bo"))
    assert "nobody holds it" in run(acme, "release", "e-1", "--by", "ann").stdout
    assert told(acme, "take", "e-1", "--by", "bo")["decision"] == "take"
    run(acme, "reopen", "e-1", "--by", "ann", "--note", "bo is away")
    assert json.loads(run(acme, "--json").stdout)["total"] == 3


def test_an_approved_draft_is_delivered_once(acme: Path, before: Path) -> None:
    """The reply leaves at once where that needs no network, and never again."""
    made = told(acme, "approve", "e-1", "--by", "ann")
    assert (made["decision"], made["delivery"]) == ("approve", "sent")
    assert made["label"] == {"worth": "right", "reason": "approved"}
    assert [item["marker"] for item in sent(before)] == [f"{made['ticket']}:reply"]
    assert refused(acme, "approve", "e-1", "--by", "ann").refusal == "not_open"
    assert len(sent(before)) == 1


def test_an_edit_is_checked_before_it_leaves(acme: Path, before: Path, tmp_path: Path) -> None:
    """From a file or the input; what is not proven needs a reason."""
    draft = told(acme, "show", "e-1")["packet"]["draft"]
    reply = tmp_path / "reply.txt"
    reply.write_text(draft.replace("7 days", "70 days"), encoding="utf-8")
    words = ("edit", "e-1", "--by", "ann", "--file")
    assert refused(acme, *words, str(reply)).refusal == "unproven"
    assert refused(acme, *words, "-", typed=reply.read_text()).refusal == "unproven"
    assert sent(before) == []
    done = run(acme, *words, str(reply), "--override", "extended for them")
    assert "overruled proof:" in done.stdout
    assert "70 days" in sent(before)[0]["text"]
    missing = CliRunner().invoke(APP, ["review", "-w", str(acme), *words, str(tmp_path / "no")])
    assert isinstance(missing.exception, InputError)
    nothing = CliRunner().invoke(APP, ["review", "-w", str(acme), "edit", "e-2"])
    assert isinstance(nothing.exception, InputError)


def test_other_decisions_and_what_they_come_to(acme: Path, before: Path) -> None:
    """Rejected, handed to a team with a notice, put off; the rates count them."""
    run(acme, "reject", "e-1", "--reason", "outdated", "--by", "ann")
    done = CliRunner().invoke(APP, ["review", "-w", str(acme), "reject", "e-2", "--reason", "eh"])
    assert isinstance(done.exception, InputError)
    made = told(acme, "escalate", "e-2", "--team", "sales", "--note", "a big one", "--by", "ann")
    assert (made["target"], made["delivery"]) == ("sales", "sent")
    assert sent(before)[0]["kind"] == "notice"
    run(acme, "snooze", "x-3", "--hours", "2", "--by", "ann")
    assert json.loads(run(acme, "--json").stdout)["total"] == 0
    found = told(acme, "rates")
    assert found["decisions"] == {"escalate": 1, "reject": 1, "snooze": 1}
    assert (found["reopened"], found["feedback"]["yes"]) == (0, 0)
    shown = run(acme, "rates").stdout
    assert "helped: yes 0, no 0, more help 0; 0 wrote again" in shown
    assert "3 decisions in 7 days" in shown
    assert "rejected for: outdated 1" in shown
    shown = run(acme, "show", "e-1").stdout
    assert "reject by ann, outdated" in shown
