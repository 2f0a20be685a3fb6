"""Tests of firstline.proof.statements.alignment."""

from __future__ import annotations

import os
import subprocess
import sys

_SCORES = """
from datetime import UTC, datetime
from firstline.proof.statements import alignment
from firstline.proof.statements.shelf import shelve
from firstline.records import Evidence, EvidenceId

text = "# Big and huge boards\\n\\nA great board holds cards.\\n\\nA large board holds notes."
shelf = shelve([Evidence(
    id=EvidenceId("e1"), kind="passage", source="d", version="1", text=text,
    fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
)])
print(sorted(alignment._scores({"larg": 1.0, "big": 1.0, "hug": 1.0}, shelf).items()))
"""


def test_units_score_the_same_in_every_process() -> None:
    """Near synonyms are asked in one order; a set's order is another one in each process."""
    told = {
        subprocess.run(
            [sys.executable, "-c", _SCORES],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2", "3", "4")
    }
    assert len(told) == 1
