"""The pages about channels cannot go stale: entries are read, keys and secrets are explained."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from firstline.cli.connect_kinds import SECRETS
from firstline.workspace.channel_settings import (
    KINDS,
    OF_KIND,
    ChannelKind,
    ChannelSetting,
    read_channels,
)
from firstline.workspace.problems import Problems

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("channels", *KINDS)
LOCAL = ("url",)
"""For a double on this machine; not for people, except where it is a webhook's own."""


def entries(page: str) -> Iterator[str]:
    """Yield the entries of channels.toml that a page shows."""
    text = (DOCS / f"{page}.md").read_text("utf-8")
    parts = text.split("```toml\n")
    for part in parts[1:]:
        yield dedent(part.partition("```")[0])
    indented = text.split("   ```toml\n")
    for part in indented[1:]:
        yield dedent(part.partition("   ```")[0])


def read(text: str, folder: Path) -> tuple[ChannelSetting, ...]:
    """Read an entry as a process does; every mistake fails."""
    (folder / "channels.toml").write_text(text, "utf-8")
    problems = Problems()
    found = read_channels(folder, problems)
    problems.raise_if_any()
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_entry_is_read(page: str, tmp_path: Path) -> None:
    """Without a mistake, and as the kind that the page is about."""
    found = [one for text in entries(page) if "[[channel]]" in text for one in read(text, tmp_path)]
    assert found
    assert page == "channels" or {one.kind for one in found} == {page}
    assert {one.mode for one in found} == {"shadow"}, "a copied entry answers nobody by itself"


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: ChannelKind) -> None:
    """On the page of its kind: in an entry, or by name."""
    text = (DOCS / f"{kind}.md").read_text("utf-8")
    shown = {
        key for entry in entries(kind) for one in tomllib.loads(entry)["channel"] for key in one
    }
    keys = [key for key in OF_KIND[kind] if kind == "webhook" or key not in LOCAL]
    missing = [key for key in keys if key not in shown and key not in text]
    assert not missing


@pytest.mark.parametrize("kind", KINDS)
def test_every_secret_is_explained(kind: ChannelKind) -> None:
    """Among the secrets of its kind, and on its own page."""
    row = next(
        line
        for line in (DOCS / "channels.md").read_text("utf-8").splitlines()
        if line.startswith(f"| {kind} | `")
    )
    for secret in SECRETS[kind]:
        assert f"`{secret.what.upper()}`" in row
        assert f"_{secret.what.upper()}`" in (DOCS / f"{kind}.md").read_text("utf-8")
