"""Budgets for people: what was spent, what is left, and where the limits are written. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from firstline.workspace.models import ModelSettings, Settings
from firstline.workspace.nodes import Node, Sheet
from firstline.workspace.problems import Problems
from firstline.workspace.toml_nodes import toml_tree

FILE: Final = "firstline.toml"
DAYS: Final = 31
NEARLY: Final = 0.8
"""Share of a budget from which it is warned of."""
LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "day_usd": ("A UTC day", "hard stop: rules and people only, until the next day"),
    "month_usd": ("A UTC month", "hard stop: rules and people only, until the next month"),
    "calls_per_requester_per_day": (
        "Questions for one requester in 24 hours",
        "their further tickets go to people",
    ),
    "alarm_usd": ("A ticket", "a dearer one is named in the log and in reports"),
}
GATE: Final[Mapping[str, tuple[str, str]]] = {
    "replies_per_requester_per_day": (
        "Automatic replies to one requester in 24 hours",
        "further ones wait for a person",
    ),
    "bot_turns_per_conversation": (
        "Automatic replies in one conversation",
        "then a person takes over",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What was spent of a limit."""

    name: str
    spent: float
    limit: float
    """0: none."""

    @property
    def left(self) -> float | None:
        """What may still be spent; None without a limit."""
        return max(0.0, self.limit - self.spent) if self.limit else None

    @property
    def share(self) -> float:
        """Of the limit, 0 to 1; 0 without one."""
        return min(1.0, self.spent / self.limit) if self.limit else 0.0

    @property
    def tone(self) -> str:
        """How it stands."""
        if not self.limit:
            return "quiet"
        return "bad" if self.spent > self.limit else "warn" if self.share >= NEARLY else "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit as it is configured, and where."""

    key: str
    name: str
    value: str
    effect: str
    place: str
    """`firstline.toml:12`, or the table to write it into."""
    line: str
    """What to write there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was spent on a day."""

    day: date
    usd: float
    share: float
    """Of the dearest day shown, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPage:
    """Everything about money."""

    uses_models: bool
    today: Budget
    month: Budget
    days: tuple[Day, ...]
    """The last ones, the newest first."""
    projected: float
    """What the month comes to at the pace of its days so far."""
    limits: tuple[Limit, ...]


def budget_page(
    settings: Settings, spent: Mapping[str, float], today: date, lines: Mapping[str, int]
) -> BudgetPage:
    """Return the page.

    Args:
        settings: The company's.
        spent: Dollars by day, of this month and of the last DAYS days.
        today: The UTC day.
        lines: Where firstline.toml says what, as `table.key` or `table`.
    """
    models = settings.models
    month = sum(usd for day, usd in spent.items() if day[:7] == today.isoformat()[:7])
    length = calendar.monthrange(today.year, today.month)[1]
    last = [today - timedelta(days=ago) for ago in range(DAYS)]
    dearest = max((spent.get(day.isoformat(), 0.0) for day in last), default=0.0) or 1.0
    return BudgetPage(
        uses_models=models.provider != "none",
        today=Budget(name="Today", spent=spent.get(today.isoformat(), 0.0), limit=models.day_usd),
        month=Budget(name="This month", spent=month, limit=models.month_usd),
        days=tuple(
            Day(day=day, usd=usd, share=usd / dearest)
            for day in last
            if (usd := spent.get(day.isoformat(), 0.0))
        ),
        projected=month / today.day * length,
        limits=tuple(_limits(settings, models, lines)),
    )


def _limits(settings: Settings, models: ModelSettings, lines: Mapping[str, int]) -> Sequence[Limit]:
    found = []
    for table, names, source in (("budget", LIMITS, models), ("gate", GATE, settings)):
        for key, (name, effect) in names.items():
            value = getattr(source, key)
            money = key.endswith("_usd")
            shown = (f"${value:,.2f}" if money else f"{value:,}") if value else "no limit"
            found.append(
                Limit(
                    key=key,
                    name=name,
                    value=shown,
                    effect=effect,
                    place=_place(table, key, lines),
                    line=f"{key} = {value:g}" if value else f"{key} = {'20.0' if money else '30'}",
                )
            )
    return found


def _place(table: str, key: str, lines: Mapping[str, int]) -> str:
    if line := lines.get(f"{table}.{key}"):
        return f"{FILE}:{line}"
    if line := lines.get(table):
        return f"{FILE}:{line}, below [{table}]"
    return f"{FILE}, in a new table [{table}]"


def lines_of(folder: Path) -> Mapping[str, int]:
    """Return the lines of tables and keys in firstline.toml; nothing when it cannot be read."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    root = toml_tree(text, Sheet(path, Problems()))
    found: dict[str, int] = {}
    for name, table in ({} if root is None else root.table).items():
        found[name] = table.line
        found.update(_keys(name, table))
    return found


def _keys(name: str, table: Node) -> Mapping[str, int]:
    return {f"{name}.{key}": node.line for key, node in table.table.items()}
