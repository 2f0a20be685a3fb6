"""A real company for the benchmarks: a bank's 698 articles, records and 10,000 real messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SHARED_DATA = "FIRSTLINE_SHARED_DATA"
MESSAGES = 2000


def shared_data() -> Path:
    """Return the folder of public data sets; exits with a message when it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get(SHARED_DATA, beside))
    if not folder.is_dir():
        sys.exit(f"the public data sets are not here; set {SHARED_DATA}")
    return folder


def firstline(*arguments: object) -> list[str]:
    """Return the command line of the program under measurement."""
    return [sys.executable, "-m", "firstline", *map(str, arguments)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A built workspace and its customers' messages."""

    workspace: Path
    tickets: Path
    few: Path
    """The first ten tickets, to measure what starting costs."""


def build(folder: Path, *, messages: int = MESSAGES) -> Company:
    """Build the bank from public files: examples from one part of the messages, tickets the rest.

    Every fifth message is a ticket, so that no ticket is among the examples.
    """
    data = shared_data()
    lines = (data / "routing_banking77" / "data.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    kept = [row for at, row in enumerate(rows) if at % 5]
    asked = [row for at, row in enumerate(rows) if at % 5 == 0][:messages]
    intents, tickets, few = folder / "intents.jsonl", folder / "tickets.jsonl", folder / "few.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    intents.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    written = [
        json.dumps({"id": row["id"], "text": row["text"], "channel": "chat"}) for row in asked
    ]
    tickets.write_text("\n".join(written) + "\n", encoding="utf-8")
    few.write_text("\n".join(written[:10]) + "\n", encoding="utf-8")
    workspace = folder / "bank"
    bank = data / "tau_banking"
    command = firstline(
        "init",
        workspace,
        "--company",
        "The bank",
        "--knowledge",
        bank / "documents.jsonl",
        "--intents",
        intents,
        "--customers",
        bank / "db.json",
    )
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(firstline("kb", "sync", "-w", workspace), check=True, stdout=subprocess.DEVNULL)
    return Company(workspace=workspace, tickets=tickets, few=few)
