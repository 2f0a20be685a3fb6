"""`firstline models`: the table, the warnings, the check, and what cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from firstline.claude.provider import KEY_VARIABLE
from firstline.cli.models import Listing, look
from firstline.workspace.model_settings import PROVIDER_VARIABLE
from firstline.workspace.models import ModelSettings, OwnModel

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the bundled company."""
    folder = tmp_path_factory.mktemp("models") / "acme"
    shutil.copytree(ROOT / "examples" / "acme", folder, ignore=shutil.ignore_patterns(".*"))
    return folder


def models(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `firstline models` without a key or a provider of the environment's."""
    environment = os.environ | {"COLUMNS": "110", "NO_COLOR": "1"}
    environment = {
        name: value
        for name, value in environment.items()
        if name not in (KEY_VARIABLE, PROVIDER_VARIABLE)
    }
    done = subprocess.run(
        [sys.executable, "-m", "firstline", "models", "-w", str(folder), *words],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def rows(listing: Listing) -> dict[str, tuple[str, ...]]:
    """Return the roles of each model."""
    return {model.name: held for model, held in listing.in_order()}


def test_the_table_shows_roles_prices_and_dates(acme: Path) -> None:
    """Who does what, for how much today, and until when."""
    done = models(acme, FIRSTLINE_MODEL_PROVIDER="anthropic")
    assert done.returncode == 0
    squeezed = " ".join(done.stdout.split())
    assert "provider anthropic (set by FIRSTLINE_MODEL_PROVIDER), profile 5.5" in squeezed
    assert "router, writer, judge │ claude-haiku-5-5 │ 0.1 │ 0.5 │ 0.01 │" in squeezed
    assert "the judge reads replies in which a model worded something itself" in squeezed
    assert "over 100,000 tokens │ 0.5 │ 2.5 │ 0.05" in squeezed
    assert "claude-haiku-5-5 is asked as claude-haiku-5-5" in squeezed


def test_without_a_provider_the_command_says_so(acme: Path) -> None:
    """The company answers without models until one is chosen."""
    done = models(acme)
    assert done.returncode == 0
    assert "No model is asked: set provider in [models]" in done.stdout


def test_json_is_one_document(acme: Path) -> None:
    """With exact prices as text, their source, and every model of the registry."""
    record = json.loads(models(acme, "--json").stdout)
    assert (record["provider"], record["problem"], record["check"]) == ("none", None, None)
    haiku = record["models"][0]
    assert (haiku["model"], haiku["roles"]) == (
        "claude-haiku-5-5",
        ["router", "writer", "judge"],
    )
    assert haiku["prices"][0]["write_5m_usd"] == "0.125"
    assert haiku["prices"][0]["up_to_tokens"] == 100_000
    assert haiku["prices"][0]["source"]
    assert {"claude-sonnet-4-6", "claude-haiku-4-5"} <= {item["model"] for item in record["models"]}


def test_a_check_without_a_key_says_that_nobody_was_asked(acme: Path) -> None:
    """And does not pass for a check that succeeded."""
    done = models(acme, "--check", FIRSTLINE_MODEL_PROVIDER="anthropic")
    assert done.returncode == 1
    assert "was not asked: there is no key in ANTHROPIC_API_KEY" in done.stdout
    record = json.loads(models(acme, "--check", "--json").stdout)
    assert record["check"]["asked"] is False


def test_an_unusable_choice_is_shown_beside_the_models(acme: Path, tmp_path: Path) -> None:
    """The list helps to choose another; the exit code is that of a wrong setting."""
    copy = tmp_path / "acme"
    shutil.copytree(acme, copy)
    with (copy / "firstline.toml").open("a", encoding="utf-8") as file:
        file.write('\n[models]\nprovider = "anthropic"\nwriter = "claude-3-5-haiku-latest"\n')
    done = models(copy)
    assert done.returncode == 2
    assert "Use its successor claude-haiku-5-5" in done.stderr
    assert "claude-haiku-5-5" in done.stdout


def test_what_retires_soon_is_a_warning() -> None:
    """The 4.5 profile, eight days before its strong model goes."""
    listing = look(ModelSettings(provider="anthropic", profile="4.5"), TODAY)
    assert listing.problem is None
    assert any("claude-sonnet-4-5 retires in 8 days" in text for text in listing.warnings)
    gone = look(ModelSettings(provider="anthropic", profile="4.5"), date(2026, 12, 1))
    assert gone.problem is not None
    assert set(rows(gone).values()) == {()}


def test_models_in_use_come_first() -> None:
    """In the order of the roles; those of one's own are listed too."""
    own = OwnModel(id="llama-4", input_usd=0, output_usd=0)
    settings = ModelSettings(own=(own,), writer="llama-4", strong="claude-sonnet-4-6")
    held = rows(look(settings, TODAY))
    assert list(held)[:3] == ["claude-haiku-5-5", "llama-4", "claude-sonnet-4-6"]
    assert held["llama-4"] == ("writer", "judge")
