"""What a company may have masked beside what is always masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.errors import WorkspaceErrors
from firstline.proof.masking import ALL_KINDS, DEFAULT_KINDS
from firstline.workspace import load
from firstline.workspace.models import ALWAYS_MASKED, MAY_BE_MASKED


def test_every_kind_is_always_or_may_be_masked() -> None:
    """No kind is both, and masking knows all of them."""
    assert not set(ALWAYS_MASKED) & set(MAY_BE_MASKED)
    assert {*ALWAYS_MASKED, *MAY_BE_MASKED} == ALL_KINDS


def test_by_default_only_secrets_are_masked(company: Path) -> None:
    """Replies and look-ups need addresses and phones."""
    assert load(company).settings.mask_kinds == DEFAULT_KINDS


def test_a_company_may_mask_more(company: Path) -> None:
    """[privacy] names the further kinds."""
    path = company / "firstline.toml"
    path.write_text(path.read_text() + '\n[privacy]\nmask = ["phone", "email"]\n')
    settings = load(company).settings
    assert settings.mask == ("email", "phone")
    assert settings.mask_kinds == DEFAULT_KINDS | {"email", "phone"}


def test_an_unknown_kind_is_named(company: Path) -> None:
    """A misspelt kind is a mistake with its line, not silently nothing."""
    path = company / "firstline.toml"
    path.write_text(path.read_text() + '\n[privacy]\nmask = ["telephone"]\n')
    with pytest.raises(WorkspaceErrors, match="telephone"):
        load(company)
