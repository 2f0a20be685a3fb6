"""`firstline eval pii`: figures by type, on cases of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from firstline.cli import evaluate


@pytest.fixture
def app() -> typer.Typer:
    """Give the command group alone."""
    application = typer.Typer()
    evaluate.register(application)
    return application


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Give a file with one case."""
    path = tmp_path / "cases.jsonl"
    text = "Call 0412345678 or write to jo@acme.example"
    spans = [
        {"type": "PHONE_NUMBER", "start": 5, "end": 15},
        {"type": "EMAIL_ADDRESS", "start": 28, "end": 43},
    ]
    path.write_text(json.dumps({"text": text, "spans": spans}))
    return path


def test_figures_for_programs(app: typer.Typer, cases: Path) -> None:
    """--json prints recall and precision by type."""
    done = CliRunner().invoke(app, ["eval", "pii", str(cases), "--json", "--region", "au"])
    assert done.exit_code == 0
    figures = json.loads(done.output)["per_type"]
    assert {kind: row["recall"] for kind, row in figures.items()} == {"email": 1.0, "phone": 1.0}


def test_figures_for_people(app: typer.Typer, cases: Path) -> None:
    """Without it, a line a type."""
    done = CliRunner().invoke(app, ["eval", "pii", str(cases)])
    assert done.exit_code == 0
    assert "phone" in done.output
    assert "recall 1.0" in done.output
