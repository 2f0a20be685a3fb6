"""`firstline recall`, `gaps` and `accuracy`: what is shown of answers afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.desk.small_company import REFUNDS, answer, make_company, send
from tests.desk.test_gaps import EXCEL, NO_ANSWER, SILENT
from typer.testing import CliRunner, Result

from firstline.cli.accuracy import register as register_accuracy
from firstline.cli.gaps import register as register_gaps
from firstline.cli.recall import register as register_recall
from firstline.desk import open_desk
from firstline.knowledge import load_documents

APP = typer.Typer()
for add in (register_recall, register_gaps, register_accuracy):
    add(APP)


@pytest.fixture
async def company(tmp_path: Path) -> Path:
    """Return a small company that sent two answers, could not give three, and changed since."""
    folder = make_company(tmp_path / "tiny")
    with open_desk(folder) as desk:
        await send(desk, "r1", "Is the first payment for a paid plan refunded in full?")
        await send(desk, "e1", "How do I export a board to CSV?")
        for at, text in enumerate(EXCEL):
            await answer(desk, f"x{at}", text, outcome="escalate", verdict=NO_ANSWER, draft=SILENT)
    path = folder / "knowledge" / "refunds.md"
    path.write_text(REFUNDS.replace("30 days", "14 days"), encoding="utf-8")
    return folder


def run(command: str, folder: Path, *words: str, code: int = 0) -> Result:
    """Run a command and return what it did."""
    done = CliRunner().invoke(APP, [command, "-w", str(folder), *words])
    assert done.exit_code == code, done.output
    return done


def as_json(command: str, folder: Path, *words: str) -> Any:
    """Return what a command prints for programs."""
    return json.loads(run(command, folder, "--json", *words).stdout)


async def test_a_recall_says_what_changed_and_what_to_do(company: Path) -> None:
    """As text: how many, which, what was said, what stands there now."""
    shown = run("recall", company).stdout
    assert "1 sent answer and 0 drafts rest on what has changed: 1 to correct" in shown
    assert "r1  c1" in shown
    assert "Tell the customer what is right now" in shown
    assert "within 30 days → within 14 days" in shown
    assert "e1" not in shown


async def test_a_recall_can_be_asked_and_settled(company: Path) -> None:
    """By article, since a day, for programs; once settled it is gone."""
    assert "rest on export" in run("recall", company, "export").stdout
    assert as_json("recall", company, "--since", "2027-01-01") == []
    (item,) = as_json("recall", company)
    assert run("recall", company, "--settle", item["ticket"], "--note", "wrote").stdout.startswith(
        "r1 is settled"
    )
    assert "No answer rests on what has changed." in run("recall", company).stdout


async def test_gaps_are_shown_and_written(company: Path, tmp_path: Path) -> None:
    """Groups with samples and near articles; outlines that are internal documents."""
    out = tmp_path / "articles"
    shown = run("gaps", company, "--out", str(out)).stdout
    assert "3 of 5 tickets asked what no article answers" in shown
    assert "near excel: it is internal" in shown
    (page,) = out.iterdir()
    (document,) = load_documents(out).documents
    assert document.audience == "internal"
    assert page.name.startswith("01-")
    (group,) = as_json("gaps", company)["groups"]
    assert group["size"] == 3
    assert as_json("gaps", company, "--least", "4")["groups"] == []
    assert "No gap" in run("gaps", company, "--since", "2027-01-01").stdout


async def test_accuracy_is_shown_by_what_is_asked(company: Path) -> None:
    """A table by intent or a customer's field, the reasons, and what cannot be said."""
    shown = run("accuracy", company).stdout
    assert "sent/uncertified_percent" in shown
    assert "nothing can be said about how many are right" in shown
    assert as_json("accuracy", company, "--by", "channel")["groups"][0]["name"] == "file"
    assert as_json("accuracy", company, "--segment", "plan")["groups"][0]["name"] == "Team"
    assert "No ticket" in run("accuracy", company, "--since", "2027-01-01").stdout
    run("accuracy", company, "--by", "shoe", code=2)
