"""What the documents show is run, and prints what they say."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ELISION = "…"


@dataclass(frozen=True, slots=True)
class Example:
    """A fenced block of a document."""

    place: str
    kind: str
    text: str


def examples(document: Path) -> Iterator[Example]:
    """Yield the blocks of a document that can be run."""
    kind, start, lines = "", 0, list[str]()
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
            continue
        if kind in ("python", "console"):
            yield Example(f"{document.name}:{start}", kind, "\n".join(lines) + "\n")
        kind = "" if kind else line.removeprefix("```").strip() or "text"
        start, lines = number, []


ALL = [example for document in DOCUMENTS for example in examples(document)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Path:
    """Return a folder that holds the bundled company as `acme`."""
    made = tmp_path_factory.mktemp("docs")
    shutil.copytree(ready_acme, made / "acme")
    return made


@pytest.mark.parametrize("example", ALL, ids=lambda item: item.place)
def test_an_example_does_what_it_shows(example: Example, folder: Path) -> None:
    """Python blocks run; commands end as shown and print the lines that are shown."""
    if example.kind == "python":
        run([sys.executable, "-c", example.text], folder)
        return
    command, shown = "", list[str]()
    for line in [*example.text.splitlines(), "$ "]:
        if line.startswith("$ "):
            if command:
                check(command, shown, folder)
            command, shown = line.removeprefix("$ "), []
        else:
            shown.append(line)


def check(command: str, shown: list[str], folder: Path) -> None:
    """Run a command as a reader would and look for every line the document shows."""
    words = shlex.split(command)
    assert words[0] in ("firstline", "cat", "head"), f"cannot run {command}"
    if words[0] == "firstline":
        words = [sys.executable, "-m", *words]
    wanted = 1 if any("exit 1" in line for line in shown) else 0
    printed = run(words, folder, wanted)
    squeezed = " ".join(printed.split())
    for line in shown:
        for part in line.partition("# exit")[0].split(ELISION):
            assert " ".join(part.split()) in squeezed, f"{command} printed:\n{printed}"


def run(words: list[str], folder: Path, wanted: int = 0) -> str:
    """Run a program in the folder and return what it printed."""
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == wanted, done.stdout + done.stderr
    return done.stdout
