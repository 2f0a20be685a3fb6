"""A figure of the dashboard: what it shows, what to read from it, pictures, and the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from markupsafe import Markup

from firstline.desk.dashboard_figures import step_of
from firstline.desk.dashboard_records import DayFigures, Rate
from firstline.store.metric_records import Period
from firstline.web.dashboard.tables import Table

Shape = Literal["area", "line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An entry of a legend."""

    name: str
    tone: int
    shape: Shape = "area"
    dash: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture, perhaps one of several, with what is written above it."""

    svg: Markup
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure."""

    key: str
    """Its name in addresses."""
    title: str
    lead: str
    """One sentence: what to read from it."""
    table: Table
    pictures: tuple[Picture, ...] = ()
    legend: tuple[Key, ...] = ()
    small: bool = False
    """Whether the pictures stand side by side."""
    whole: bool = False
    """Whether it is of everything, whatever channel, intent or days were chosen."""
    empty: str = ""
    """What will stand here, while there is nothing."""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One column of a picture: a day, or a week of a long period."""

    label: str
    first: date
    days: tuple[DayFigures, ...]


def picture(svg: str, caption: str = "") -> Picture:
    """Return a picture that `firstline.charts` drew: it escapes every word itself."""
    return Picture(svg=Markup(svg), caption=caption)  # noqa: S704 - made and escaped by charts


def steps_of(days: Sequence[DayFigures]) -> tuple[Step, ...]:
    """Return the columns of a period: its days, or the weeks of a long one, Mondays first."""
    if not days:
        return ()
    period = Period(first=days[0].day, last=days[-1].day)
    steps: dict[date, list[DayFigures]] = {}
    for day in days:
        steps.setdefault(step_of(day.day, period), []).append(day)
    return tuple(
        Step(label=short(first), first=first, days=tuple(mine)) for first, mine in steps.items()
    )


def short(day: date) -> str:
    """Return a day for a scale: `3 Nov`."""
    return f"{day.day} {day:%b}"


def percent(share: float | None) -> str:
    """Return a share in words, without digits that mean nothing."""
    if share is None:
        return "–"
    if 0 < share < 0.0995:  # noqa: PLR2004 - below 10 %
        return f"{100 * share:.1f} %"
    return f"{100 * share:.0f} %"


def told(rate: Rate) -> str:
    """Return a rate with its doubt: `62 %`, or `60 % (36–81)` where it rests on few cases."""
    doubt = between(rate)
    return f"{percent(rate.share)} ({doubt})" if doubt else percent(rate.share)


def between(rate: Rate) -> str:
    """Return a rate's doubt, `36–81`; nothing where it rests on enough."""
    if rate.share is None or rate.low is None or rate.high is None:
        return ""
    return f"{100 * rate.low:.0f}–{100 * rate.high:.0f}"


def words(code: str) -> str:
    """Return a code as words."""
    return code.replace("_", " ")


def named(intent: str) -> str:
    """Return an intent's name; tickets may have none."""
    return intent or "not recognised"
