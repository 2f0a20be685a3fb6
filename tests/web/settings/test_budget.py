"""What is spent and left, and where the limits stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from firstline.web.settings.budget import GATE, LIMITS, Budget, budget_page, lines_of
from firstline.workspace.model_settings import BUDGET_KEYS
from firstline.workspace.models import ModelSettings, Settings
from firstline.workspace.settings_file import KEYS

TODAY = date(2026, 11, 10)
SETTINGS = Settings(
    company="Tiny", models=ModelSettings(provider="recorded", day_usd=2.0, month_usd=10.0)
)


def test_every_limit_of_the_file_is_shown() -> None:
    """A new key of [budget] without words fails here; those of [gate] exist."""
    assert set(LIMITS) == set(BUDGET_KEYS)
    assert set(GATE) <= set(KEYS["gate"])


def test_the_month_is_summed_and_projected() -> None:
    """Days of the month before count for the days shown only."""
    spent = {"2026-10-31": 5.0, "2026-11-01": 1.5, "2026-11-10": 0.5}
    page = budget_page(SETTINGS, spent, TODAY, {})
    assert (page.today.spent, page.today.left) == (0.5, 1.5)
    assert (page.month.spent, page.month.left) == (2.0, 8.0)
    assert page.projected == pytest.approx(6.0)
    assert [(one.day.day, one.share) for one in page.days] == [(10, 0.1), (1, 0.3), (31, 1.0)]


@pytest.mark.parametrize(
    ("spent", "limit", "tone"),
    [(0, 0, "quiet"), (9, 0, "quiet"), (7, 10, "good"), (8, 10, "warn"), (10.1, 10, "bad")],
)
def test_how_a_budget_stands(spent: float, limit: float, tone: str) -> None:
    """It warns before the end, and a limit of nothing is no limit."""
    assert Budget(name="x", spent=spent, limit=limit).tone == tone


def test_limits_say_file_and_line(tmp_path: Path) -> None:
    """A key has its line, a missing one the line of its table, else the table to write."""
    file = tmp_path / "firstline.toml"
    file.write_text('[company]\nname = "Tiny"\n\n[budget]\nday_usd = 2\n', "utf-8")
    page = budget_page(SETTINGS, {}, TODAY, lines_of(tmp_path))
    places = {one.key: one.place for one in page.limits}
    assert places["day_usd"] == "firstline.toml:5"
    assert places["month_usd"] == "firstline.toml:4, below [budget]"
    assert places["bot_turns_per_conversation"] == "firstline.toml, in a new table [gate]"


def test_a_file_that_cannot_be_read_has_no_lines(tmp_path: Path) -> None:
    """The page is shown all the same."""
    assert lines_of(tmp_path) == {}
    (tmp_path / "firstline.toml").write_text("[company\n", "utf-8")
    assert lines_of(tmp_path) == {}


def test_without_limits_the_line_to_write_is_proposed() -> None:
    """No limit is told as such, with an example."""
    page = budget_page(replace(SETTINGS, models=ModelSettings()), {}, TODAY, {})
    (day,) = (one for one in page.limits if one.key == "day_usd")
    assert (day.value, day.line) == ("no limit", "day_usd = 20.0")
    assert not page.uses_models
