"""voice.md: how a model is to sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError
from firstline.workspace import load

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]
PAIR = "- end your plan -> stop your membership\n"


def test_tone_and_pairs_are_read(company: Path) -> None:
    """One word and up to five pairs, with or without a bullet."""
    (company / "voice.md").write_text(
        "## Tone\nFormal\n\n## Pairs\n<!-- ours -->\n- cancel -> end\nplease note -> by the way\n"
    )
    voice = load(company).voice
    assert voice.tone == "formal"
    assert voice.pairs == (("cancel", "end"), ("please note", "by the way"))
    assert voice.greeting == "Hello,"


def test_without_a_word_the_tone_is_friendly(company: Path) -> None:
    """A company that says nothing has no pairs."""
    voice = load(company).voice
    assert (voice.tone, voice.pairs) == ("friendly", ())


@pytest.mark.parametrize(
    ("text", "line", "problem", "fix"),
    [
        ("## Tone\nfreindly\n", 2, "not one of formal", "`friendly`"),
        ("## Tone\nformal\nfriendly\n", 3, "more than one line", "one word"),
        ("## Tone\n## Pairs\n- a -> b\n", 1, "Tone is empty", "one line"),
        ("## Pairs\n- cancel\n", 2, "is no pair", "->"),
        ("## Pairs\n- cancel ->\n", 2, "is no pair", "->"),
        ("## Pairs\n- a -> b -> c\n", 2, "is no pair", "->"),
        ("## Pairs\n- a -> " + "b" * 121 + "\n", 2, "more than 120", "Shorten"),
        ("## Pairs\n" + PAIR + "- END your plan -> x\n", 3, "there twice", "Keep one"),
        (
            "## Pairs\n" + "".join(f"- a{n} -> b\n" for n in "bcdefg"),
            7,
            "more than 5 pairs",
            "best",
        ),
    ],
)
def test_a_mistake_is_explained(
    company: Path, mistakes: Mistakes, text: str, line: int, problem: str, fix: str
) -> None:
    """The line, what is wrong and what to write are given."""
    (company / "voice.md").write_text(text)
    (error,) = mistakes(company)
    assert (error.place.file, error.place.line) == (str(company / "voice.md"), line)
    assert problem in error.problem
    assert fix in error.fix
