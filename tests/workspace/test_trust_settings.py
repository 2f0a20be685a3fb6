"""[trust] of firstline.toml: read as written, every mistake with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from firstline.errors import WorkspaceErrors
from firstline.workspace import load
from firstline.workspace.create import starter
from firstline.workspace.models import CostSetting, TrustSettings

FULL = """
[trust]
alpha = 0.01
delta = 0.1
valid_days = 30
wrong_usd = 40
review_usd = 1.5
escalation_usd = 6

[[trust.scopes]]
name = "howto"
intents = ["export_data", "import_data"]
channel = "email"

[[trust.costs]]
intent = "refund_request"
wrong_usd = 200
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that loads."""
    made = tmp_path / "company"
    shutil.copytree(starter(), made)
    return made


def with_trust(folder: Path, text: str) -> TrustSettings:
    """Return what the folder says with this at the end of its settings."""
    path = folder / "firstline.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return load(folder).settings.trust


def test_everything_is_read(folder: Path) -> None:
    """Promise, scopes and prices; an intent's prices fall back on the common ones."""
    found = with_trust(folder, FULL)
    assert (found.alpha, found.delta, found.valid_days) == (0.01, 0.1, 30)
    assert found.costs == CostSetting(wrong_usd=40, review_usd=1.5, escalation_usd=6)
    (scope,) = found.scopes
    assert (scope.name, scope.intents) == ("howto", ("export_data", "import_data"))
    assert (scope.channel, scope.language) == ("email", "*")
    assert scope.line > 1
    assert dict(found.costs_by_intent)["refund_request"] == CostSetting(  # type: ignore[index] # a name of an intent
        wrong_usd=200, review_usd=1.5, escalation_usd=6
    )


def test_nothing_written_is_the_usual_promise(folder: Path) -> None:
    """2 % at 95 %, for 90 days."""
    assert load(folder).settings.trust == TrustSettings()


MISTAKES = {
    "[trust]\nalpha = 2": "from 0 to 1",
    "[trust]\nalpha = 0.9": "0.9",
    "[trust]\ndelta = 0": "delta",
    "[trust]\nvalid_days = 0": "valid_days",
    "[trust]\nwrong_usd = -1": "wrong_usd",
    '[trust]\nreview_usd = "two"': "review_usd",
    '[trust]\nscopes = "all"': "list of tables",
    '[[trust.scopes]]\nname = "a"': "intents",
    '[[trust.scopes]]\nintents = ["export_data"]': "name",
    '[[trust.scopes]]\nname = "a"\nintents = ["x"]\n'
    '[[trust.scopes]]\nname = "a"\nintents = ["x"]': "again",
    "[[trust.costs]]\nwrong_usd = 3": "no intent",
    '[[trust.costs]]\nintent = "a"\n[[trust.costs]]\nintent = "a"': "again",
    "[trust]\nbeta = 1": "beta",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_named_with_their_line(folder: Path, text: str) -> None:
    """File, line, what is wrong, and nothing silently taken for a default."""
    with pytest.raises(WorkspaceErrors, match=r"firstline\.toml:\d+") as found:
        with_trust(folder, f"\n{text}\n")
    assert MISTAKES[text] in str(found.value)
