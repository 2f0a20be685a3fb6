"""Recall floors on the check list, and false alarms on public support messages."""

from __future__ import annotations

import json
import os
import random
import tomllib
from functools import cache
from pathlib import Path

import pytest

from firstline.knowledge import Encoder, find_encoder
from firstline.routing import find_signals

LISTS = Path(__file__).parent
CHECK: dict[str, dict[str, str]] = tomllib.loads(
    (LISTS / "signals_check.toml").read_text(encoding="utf-8")
)
DEVELOPMENT: dict[str, dict[str, str]] = tomllib.loads(
    (LISTS / "signals_development.toml").read_text(encoding="utf-8")
)
FLOORS = {
    "human_request": 0.70,
    "anger": 0.40,
    "threat": 0.50,
    "legal": 0.75,
    "media": 0.50,
    "self_harm": 0.80,
    "danger": 0.75,
    "bereavement": 0.80,
    "vulnerability": 0.70,
    "security": 0.55,
    "privacy": 0.65,
    "identity": 0.50,
    "injection": 0.55,
}
"""About ten points below what was measured with the built-in encoder."""
MOST_NEAR_MISSES = 0.12
MOST_ALARMS = 0.005


def lines_of(text: str) -> list[str]:
    """Return the sentences of a list."""
    return [line for line in text.splitlines() if line.strip()]


@cache
def encoder() -> Encoder | None:
    """Return the built-in encoder, loaded once."""
    return find_encoder()


def kinds(text: str, *, meaning: bool) -> set[str]:
    """Return the kinds of signals in a message."""
    known = encoder() if meaning else None
    encode = known.encode if known else None
    hits = find_signals(f"\n{text}", verified=True, masked=(), encode=encode)
    return {hit.signal for hit in hits}


@pytest.mark.parametrize("signal", sorted(FLOORS))
def test_recall_on_the_check_list_stays_above_its_floor(signal: str) -> None:
    """Wordings nobody tuned on are found as often as promised."""
    if encoder() is None:
        pytest.skip("this machine has no sentence encoder")
    lines = lines_of(CHECK[signal]["positive"])
    hits = sum(signal in kinds(line, meaning=True) for line in lines)
    assert hits / len(lines) >= FLOORS[signal]


@pytest.mark.parametrize("signal", sorted(FLOORS))
def test_phrases_alone_find_the_development_list(signal: str) -> None:
    """What the phrases were made from is found without an encoder."""
    lines = lines_of(DEVELOPMENT[signal]["positive"])
    hits = sum(signal in kinds(line, meaning=False) for line in lines)
    assert hits / len(lines) >= 0.85


def test_near_misses_seldom_raise_their_signal() -> None:
    """Sentences made to mislead raise the signal they resemble in few cases."""
    lines = [
        (signal, line)
        for lists in (CHECK, DEVELOPMENT)
        for signal, both in lists.items()
        for line in lines_of(both["near_miss"])
    ]
    alarms = sum(signal in kinds(line, meaning=True) for signal, line in lines)
    assert alarms / len(lines) <= MOST_NEAR_MISSES


def shared_data() -> Path:
    """Return the folder of public data sets."""
    told = os.environ.get("FIRSTLINE_SHARED_DATA")
    return Path(told) if told else Path(__file__).parents[3] / "shared" / "data"


def test_phrases_raise_few_alarms_on_public_support_messages() -> None:
    """On ordinary requests each signal but security and identity stays under half a percent."""
    file = shared_data() / "routing_banking77" / "data.jsonl"
    if not file.is_file():
        pytest.skip("the public data sets are not here")
    rows = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    sample = random.Random(17).sample(rows, 1_000)  # noqa: S311 - a sample, not a secret
    found = [kinds(text, meaning=False) for text in sample]
    for signal in sorted(set(FLOORS) - {"security", "identity"}):
        assert sum(signal in hits for hits in found) / len(sample) <= MOST_ALARMS, signal
