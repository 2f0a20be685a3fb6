"""The page about the folder cannot go stale: every key and signal is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

import firstline.workspace
from firstline.workspace import DEFAULT_SIGNALS
from firstline.workspace.create import starter
from firstline.workspace.intents_file import HANDLERS, KEYS, RISKS, URGENCIES
from firstline.workspace.policies_file import SIGNAL_POLICIES
from firstline.workspace.settings_file import ACCESSES, LEVELS
from firstline.workspace.settings_file import KEYS as SETTINGS
from firstline.workspace.voice_file import SECTIONS

PAGE = Path(__file__).parents[2] / "docs/workspace.md"
WORDS = (
    *KEYS,
    *HANDLERS,
    *RISKS,
    *URGENCIES,
    *LEVELS,
    *ACCESSES,
    *SIGNAL_POLICIES,
    *DEFAULT_SIGNALS,
    *(f"[{table}]" for table in SETTINGS),
    *(key for keys in SETTINGS.values() for key in keys),
)


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_every_key_and_value_is_explained(word: str) -> None:
    """The page names it in backquotes."""
    assert f"`{word}`" in PAGE.read_text(encoding="utf-8")


def test_every_section_of_voice_is_explained() -> None:
    """The page names each heading."""
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`## {name.capitalize()}`" in text for name in SECTIONS)


def test_the_starters_settings_mention_every_key() -> None:
    """A newcomer sees each setting, set or commented out."""
    text = (starter() / "firstline.toml").read_text(encoding="utf-8")
    for table, keys in SETTINGS.items():
        assert f"[{table}]" in text
        assert all(f"{key} = " in text for key in keys)


def test_the_starters_policies_mention_every_signal() -> None:
    """A newcomer sees each signal with its default."""
    text = (starter() / "policies.yaml").read_text(encoding="utf-8")
    assert all(f"  {signal}: {policy}" in text for signal, policy in DEFAULT_SIGNALS.items())


def test_exported_names_exist_and_are_sorted() -> None:
    """The package's public names are importable and listed once."""
    names = firstline.workspace.__all__
    assert len(set(names)) == len(names)
    assert all(hasattr(firstline.workspace, name) for name in names)
