"""`firstline check` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from firstline.cli.check import register
from firstline.errors import InputError

LAMP = "The lamp has two settings."
GOOD = {"id": "g", "question": "How?", "evidence": [LAMP], "reply": LAMP, "label": "good"}
BAD = GOOD | {"id": "b", "reply": "It orbits the moon in purple.", "label": "bad"}


def run(*words: object) -> Result:
    """Run the command."""
    app = typer.Typer()

    @app.callback()
    def main() -> None:
        """Stand for the other commands."""

    register(app)
    return CliRunner().invoke(app, ["check", *map(str, words)])


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Return a file with a good reply and a bad one."""
    return written(tmp_path, GOOD, BAD)


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    """Return a file with these cases."""
    path = folder / "cases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_blocked_reply_is_shown_and_ends_with_one(cases: Path) -> None:
    """Verdicts, reasons, and how they compare with the labels."""
    done = run(cases)
    assert done.exit_code == 1
    for text in ("pass  g", "block b", "sentence 1", "2 replies, 1 blocked", "recall 100.0 %"):
        assert text in done.stdout


def test_replies_that_all_pass_end_with_zero(tmp_path: Path) -> None:
    """There is nothing to look at."""
    assert run(written(tmp_path, GOOD)).exit_code == 0


def test_json_is_one_line_a_reply(cases: Path) -> None:
    """The standard output holds the lines in order and nothing else."""
    done = run(cases, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["id"], line["verdict"]) for line in lines] == [("g", "pass"), ("b", "block")]
    assert "2 replies, 1 blocked" in done.stderr


def test_the_summary_and_the_page_are_written(cases: Path, tmp_path: Path) -> None:
    """Both files stand where they were asked for."""
    run(cases, "--summary", tmp_path / "s.json", "--html", tmp_path / "p.html")
    assert json.loads((tmp_path / "s.json").read_text())["recall"] == 1.0
    assert (tmp_path / "p.html").read_text().startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_named(cases: Path, tmp_path: Path) -> None:
    """The error names it."""
    done = run(cases, "--summary", tmp_path / "none" / "s.json")
    assert isinstance(done.exception, InputError)
    assert "s.json: the file cannot be written" in str(done.exception)


def test_only_some_checks_can_be_run(cases: Path) -> None:
    """`--only` names them; a wrong name is wrong input."""
    assert run(cases, "--only", "links").exit_code == 0
    assert isinstance(run(cases, "--only", "nothing").exception, InputError)


def test_wrong_input_is_an_error_before_anything_is_judged(tmp_path: Path) -> None:
    """A wrong line stops the command, with exit code 2."""
    done = run(written(tmp_path, GOOD, {"id": "x"}))
    assert isinstance(done.exception, InputError)
    assert done.exception.exit_code == 2
    assert done.stdout == ""


def test_a_hostile_id_cannot_move_the_cursor(tmp_path: Path) -> None:
    """Control characters are shown as marks, and brackets are no styles."""
    done = run(written(tmp_path, GOOD | {"id": "\x1b[31m[red]"}))
    assert "\x1b" not in done.stdout
    assert "[31m[red]" in done.stdout
