"""policies.yaml, catalogue.yaml and voice.md: defaults and mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from firstline.errors import WorkspaceError
from firstline.records import Signal
from firstline.workspace import DEFAULT_SIGNALS, Voice, load

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]


def test_every_signal_has_a_safe_default() -> None:
    """Only anger, payment data and injection are reviewed; the rest goes to a person at once."""
    reviewed = {signal for signal, policy in DEFAULT_SIGNALS.items() if policy == "review"}
    assert set(DEFAULT_SIGNALS) == set(get_args(Signal))
    assert reviewed == {"anger", "payment_data", "injection"}
    assert set(DEFAULT_SIGNALS.values()) == {"review", "escalate"}


def test_a_named_signal_changes_nothing_else(company: Path) -> None:
    """Signals the file does not name keep their default."""
    (company / "policies.yaml").write_text("signals: {media: note}\n")
    signals = load(company).policies.signals
    assert signals == {**DEFAULT_SIGNALS, "media": "note"}


@pytest.mark.parametrize(
    ("name", "text", "line", "problem", "fix"),
    [
        ("policies.yaml", "signals:\n  angre: review\n", 2, "no key `angre`", "`anger`"),
        ("policies.yaml", "signals:\n  anger: revew\n", 2, "not one of escalate", "`review`"),
        ("policies.yaml", "signals: [anger]\n", 1, "must be a table", "human_request"),
        ("policies.yaml", "forbiden: [x]\n", 1, "no key `forbiden`", "`forbidden`"),
        ("policies.yaml", "forbidden:\n  - ok then\n  - a\n", 3, "too short", "at least 3"),
        ("policies.yaml", "forbidden:\n", 1, "must be a list", "- text"),
        ("catalogue.yaml", "plans: 3\n", 1, "`plans` must be a list", "- name"),
        ("catalogue.yaml", "plans:\n  - price: $1\n", 2, "has no name", "name:"),
        ("catalogue.yaml", "plans:\n  - Reader\n", 2, "must be a table", "name, price"),
        ("catalogue.yaml", "plans:\n  - name: A\n    cost: 1\n", 3, "no key `cost`", "Known keys"),
        ("catalogue.yaml", "plans:\n  - name: A\n  - name: a\n", 3, "there twice", "Remove"),
        ("catalogue.yaml", "plans:\n  - name: A\n    limits: [1]\n", 3, "must be a table", "keys"),
        ("catalogue.yaml", "features:\n  - [x]\n", 2, "must be text", "one line"),
        ("voice.md", "## Greting\nHi\n", 1, "no section `Greting`", "`Greeting`"),
        ("voice.md", "## Story\nHi\n", 1, "no section `Story`", "Known sections: Greeting"),
        ("voice.md", "## Opening\nHi\n## Opening\nHo\n", 3, "first at line 1", "Remove one"),
        ("voice.md", "## Opening\nHi\nHo\n", 3, "more than one line", "Keep one line"),
        ("voice.md", "\n## Opening\n\n## Closing\nBye\n", 2, "Opening is empty", "one line"),
        ("voice.md", "## Opening\nWe answer in 2 days.\n", 2, "contains a digit", "number"),
        ("voice.md", "## Opening\nWe answer in ٢ days.\n", 2, "contains a digit", "number"),
        ("voice.md", "## Opening\nSee https://x\n", 2, "link or address", "Remove it"),
        ("voice.md", "## Opening\nSee help.lantern.example\n", 2, "link or address", "blank"),
        ("voice.md", "## Opening\nWrite to us@here\n", 2, "link or address", "Remove it"),
        ("voice.md", "## Opening\nHello {name}\n", 2, "slot it cannot fill", "Only the greeting"),
        ("voice.md", "## Greeting\nHello {first}\n", 2, "slot it cannot fill", "{name}"),
        ("voice.md", "## Opening\n" + "Hi " * 101, 2, "more than 300", "Shorten"),
    ],
)
def test_a_mistake_is_explained(
    company: Path,
    mistakes: Mistakes,
    name: str,
    text: str,
    line: int,
    problem: str,
    fix: str,
) -> None:
    """The file, the line, what is wrong and what to write are given."""
    (company / name).write_text(text)
    (error,) = mistakes(company)
    assert (error.place.file, error.place.line) == (str(company / name), line)
    assert problem in error.problem
    assert fix in error.fix


def test_voice_keeps_defaults_for_missing_sections(company: Path) -> None:
    """Text before the first section and comments say nothing."""
    (company / "voice.md").write_text(
        "# How we sound in 2030\n\n## Greeting\n<!-- 1 line -->\nHi {name},\n"
    )
    assert load(company).voice == Voice(greeting="Hi {name},")
