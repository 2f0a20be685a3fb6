"""Sarcasm, technical violence, veiled threats, buried sentences and negations."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from firstline.knowledge import Encoder, find_encoder
from firstline.routing import find_signals

LISTS: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "signals_wordings.toml").read_text(encoding="utf-8")
)
BURIED = LISTS.pop("buried")
EVERYDAY = (
    "We moved our planning to your boards in March and most of it went well. "
    "There are about forty of us, and the calendar is what we use most. "
    "My question is about the limit of guests on our plan. "
)
LEAST_BY_PHRASES = 0.9
"""Share of the wordings that is found without an encoder."""


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


def test_the_table_is_large() -> None:
    """At least 150 sentences, and no signal without harmless neighbours."""
    assert sum(len(lines_of(text)) for lists in LISTS.values() for text in lists.values()) >= 150
    assert all(len(lines_of(lists["quiet"])) >= 5 for lists in LISTS.values())


@pytest.mark.parametrize("signal", sorted(LISTS))
def test_wordings_are_found_by_phrases_alone(signal: str) -> None:
    """Without an encoder most of the wordings are found."""
    lines = lines_of(LISTS[signal]["found"])
    missed = [line for line in lines if signal not in kinds(line, meaning=False)]
    assert len(missed) <= (1 - LEAST_BY_PHRASES) * len(lines), missed


@pytest.mark.parametrize("signal", sorted(LISTS))
def test_wordings_are_found(signal: str) -> None:
    """With the encoder every wording raises its signal."""
    if encoder() is None:
        pytest.skip("this machine has no sentence encoder")
    lines = lines_of(LISTS[signal]["found"])
    assert [line for line in lines if signal not in kinds(line, meaning=True)] == []


@pytest.mark.parametrize("signal", sorted(LISTS))
def test_harmless_neighbours_stay_quiet(signal: str) -> None:
    """Technical violence, praise, negations and the product's own words raise nothing."""
    lines = lines_of(LISTS[signal]["quiet"])
    assert [line for line in lines if signal in kinds(line, meaning=True)] == []


@pytest.mark.parametrize("signal", sorted(BURIED))
@pytest.mark.parametrize("before", [1, 8])
def test_one_sentence_in_a_long_message_counts(signal: str, before: int) -> None:
    """A threat among forty sentences of everyday talk is still one."""
    text = f"{EVERYDAY * before}{BURIED[signal].strip()} {EVERYDAY * 8}"
    assert signal in kinds(text, meaning=False)


def test_everyday_talk_around_it_raises_nothing() -> None:
    """The long message itself is harmless."""
    assert kinds(EVERYDAY * 16, meaning=True).isdisjoint(LISTS)
