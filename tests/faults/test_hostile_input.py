"""Hostile texts through every check: each gives a verdict, and none of ours fails."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from benchmarks.hostile import ALL, shapes, subjects

from firstline.proof.injection import screen
from firstline.proof.injection.windows import windows
from firstline.proof.run import run_check
from firstline.records import Finding

SIZE = 3_000
"""Shorter than the longest message, so that the suite stays quick; `benchmarks/hostile.py`
measures the full length."""
SHAPES = dict(shapes(SIZE))


def verdicts(text: str) -> Iterator[tuple[str, str, Finding]]:
    """Yield what every check says of a text in every place it may stand."""
    for place, made in subjects(text).items():
        for name, check in ALL.items():
            for finding in run_check(name, check, made, where="hostile"):
                yield place, name, finding


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_check_gives_a_verdict(shape: str) -> None:
    """No check raises, each says something, and what it says can be stored."""
    seen = set()
    for place, name, finding in verdicts(SHAPES[shape]):
        seen.add((place, name))
        assert finding.code != "check_failed", f"{name} on {shape} as {place}: {finding.detail}"
        json.dumps(finding.detail).encode()
    assert seen == {(place, name) for place in subjects("") for name in ALL}


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_the_screen_bounds_its_work(shape: str) -> None:
    """A longer text never gives more windows, or suspicions, than its length allows."""
    text = SHAPES[shape]
    parts = windows(text)
    assert sum(len(part.tokens) for part in parts) <= len(text) + 1
    assert len(parts) <= len(text) // 4 + 1
    assert len(screen(text)) <= 8
