"""The mistakes of the proof benchmark are mistakes, and always the same ones."""

from __future__ import annotations

import random

import pytest
from benchmarks.mutations import CHANGES
from benchmarks.mutations_paraphrase import WAYS
from benchmarks.mutations_records import day
from benchmarks.mutations_sources import Grounded, Source, clean
from benchmarks.mutations_values import Ground, figures_of

TEXT = (
    "You can return a lamp within 14 days if the box is unopened. Up to 3 lamps fit in a box. "
    "The shop is open from Monday to Friday. A lamp costs $40. Lamps cannot be repaired."
)
GOOD = Grounded(
    id="lamp",
    source="bank",
    document="lamp",
    style="verbatim",
    way="verbatim",
    question="?",
    sentences=clean(TEXT),
    evidence=({"id": "lamp", "text": TEXT},),
    core=tuple(range(5)),
)
GROUND = Ground(
    good=GOOD,
    said=TEXT.lower(),
    sentences=frozenset(item.lower().rstrip(".") for item in GOOD.sentences),
    figures=figures_of(TEXT),
    products=(),
    product="",
)
SOURCE = Source(
    source="bank",
    document="lamp",
    title="Lamps",
    product="",
    text=TEXT,
    sentences=GOOD.sentences,
    evidence=GOOD.evidence,
)


def chance(seed: int) -> random.Random:
    """Return a source of chance that is always the same."""
    return random.Random(seed)  # noqa: S311 - a sample, not a secret


def changes(kind: str, sentence: str) -> set[str]:
    """Return what the ways of a kind of mistake make of a sentence, over many chances."""
    found = (
        change(sentence, GROUND, chance(seed))
        for change in CHANGES[kind].values()
        for seed in range(20)
    )
    return {told for told in found if told}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("number", "Up to 3 lamps fit in a box."),
        ("unit", "You can return a lamp within 14 days if the box is unopened."),
        ("currency", "A lamp costs $40."),
        ("date", "The shop is open from Monday to Friday."),
        ("negation", "Lamps cannot be repaired."),
        ("condition", "You can return a lamp within 14 days if the box is unopened."),
        ("limit", "Up to 3 lamps fit in a box."),
        ("absolute", "A lamp costs $40."),
        ("action", "A lamp costs $40."),
        ("cause", "A lamp costs $40."),
        ("promise", "A lamp costs $40."),
        ("unsupported", "A lamp costs $40."),
        ("url", "A lamp costs $40."),
    ],
)
def test_a_mistake_changes_what_is_said(kind: str, sentence: str) -> None:
    """Every kind of mistake has a way that applies, and none leaves the sentence as it was."""
    made = changes(kind, sentence)
    assert made
    assert sentence not in made
    assert not any(told.lower().rstrip(".") in GROUND.sentences for told in made)


def test_a_wrong_number_is_not_in_the_evidence() -> None:
    """Apart from the way that takes a figure out of another role, the new number is new."""
    ways = {name: way for name, way in CHANGES["number"].items() if "evidence" not in name}
    for way in ways.values():
        told = way("Up to 3 lamps fit in a box.", GROUND, chance(1))
        assert told is None or not figures_of(told) & GROUND.figures


@pytest.mark.parametrize(
    ("way", "sentence", "told"),
    [
        ("number_words", "It takes 5 days.", "It takes five days."),
        ("number_words", "It takes five days.", "It takes 5 days."),
        ("voice", "You can return a lamp within two weeks.", "A lamp can be returned within"),
        ("voice", "Lamps cannot be repaired.", None),
        ("reordered", "If it breaks, you get a new one.", "You get a new one if it breaks."),
        ("parted", "The lamp is sold without a bulb; you need one of 40 watts.", ". You need"),
    ],
)
def test_a_paraphrase_keeps_the_sense(way: str, sentence: str, told: str | None) -> None:
    """The wording changes as described."""
    made = WAYS[way](sentence, SOURCE, chance(2))
    assert made is None if told is None else made is not None and told in made


def test_a_date_is_written_in_four_ways() -> None:
    """Day first, month first, with endings."""
    assert day("2026-06-03") == (
        "3 June 2026",
        "June 3, 2026",
        "June 3rd, 2026",
        "the 3rd of June 2026",
    )
    assert "11th" in day("2026-06-11")[2]


def test_a_reply_puts_courtesies_on_lines_of_their_own() -> None:
    """Greeting and closing stand apart, what is stated is one paragraph."""
    reply = Grounded(
        id="x",
        source="bank",
        document="x",
        style="verbatim",
        way="",
        question="?",
        sentences=("Hello,", "It is blue.", "It is big.", "Bye."),
        evidence=(),
        core=(1, 2),
    )
    assert reply.case()["reply"] == "Hello,\n\nIt is blue. It is big.\n\nBye."
    changed = reply.case(("Hello,", "It is blue.", "It is new.", "It is big.", "Bye."))
    assert changed["reply"] == "Hello,\n\nIt is blue. It is new. It is big.\n\nBye."
