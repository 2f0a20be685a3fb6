"""What the commands have in common on the screen: consoles, progress, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

OUTCOME_STYLE: Mapping[str, str] = {
    "sent": "green",
    "send": "green",
    "clarify": "cyan",
    "review": "yellow",
    "escalate": "magenta",
}


def print_json(record: object) -> None:
    """Print a record as one JSON document."""
    out.file.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")


class Bars:
    """Progress bars on the error stream, one a phase of the work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, doing: str, done: int, total: int) -> None:
        """Show how far a phase is; a total of 0 is unknown."""
        if doing not in self._tasks:
            self._tasks[doing] = self._progress.add_task(doing, total=None)
        self._progress.update(self._tasks[doing], completed=done, total=total or None)


@contextmanager
def bars() -> Iterator[Bars]:
    """Show progress bars while something long runs; plain lines when nobody watches."""
    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=36),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=False) as progress:
        yield Bars(progress)


def flat(text: object) -> str:
    """Return text that cannot move the cursor or change colours on a terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in str(text))


def pairs(record: Mapping[str, Any]) -> str:
    """Return a mapping as `name value` words."""
    return "  ".join(f"{name} {value}" for name, value in record.items())
