"""Lines over days: how something moves, alone or as one of several small pictures side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from firstline.charts.parts import (
    COUNT,
    Unit,
    few,
    label,
    number,
    spread_out,
    svg,
    text,
    ticks,
    top_of,
)

LINE = 11.0
"""Height of a label."""
Value = float | None
"""None: nothing is known of that day, so the line has a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One line; `dash` numbers how it is drawn: 0 whole, 1 dashed, 2 dotted."""

    name: str
    values: Sequence[Value]
    tone: int = 1
    dash: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """A figure. Its scale begins at 0."""

    title: str
    description: str
    labels: Sequence[str]
    trends: Sequence[Trend]
    unit: Unit = COUNT
    limit: tuple[str, float] | None = None
    """A height that means something, with its name."""
    top: float | None = None
    """The end of the scale; None: what holds all values."""
    small: bool = False
    """One of several side by side: no legend but the lines' ends, two marks on the scale."""

    @property
    def _frame(self) -> tuple[float, float, float, float, float, float]:
        """Width, height, left, right, top, bottom."""
        return (220, 110, 40, 34, 8, 18) if self.small else (440, 190, 42, 56, 10, 24)

    def svg(self) -> str:
        """Return the figure."""
        known = [value for trend in self.trends for value in trend.values if value is not None]
        least = 0.0 if self.limit is None else self.limit[1]
        top = self.top if self.top is not None else top_of(known, least=least)
        marks = ticks(top)
        if self.top is None:
            top = marks[-1]
        shown = [mark for mark in marks if mark <= top * 1.001]
        if self.small:
            shown = [shown[0], shown[-1]]
        width, height = self._frame[:2]
        return svg(
            width,
            height,
            self.title,
            self.description,
            [
                *self._grid(shown, top),
                *self._limit(top),
                *(part for trend in self.trends for part in self._line(trend, top)),
                *self._ends(top),
                *self._dates(),
            ],
            "small" if self.small else "trends",
        )

    def _x(self, at: int) -> float:
        width, _, left, right, _, _ = self._frame
        return left + (width - left - right) * at / max(len(self.labels) - 1, 1)

    def _y(self, value: float, top: float) -> float:
        _, height, _, _, above, below = self._frame
        return height - below - min(value, top) / top * (height - above - below)

    def _grid(self, marks: Sequence[float], top: float) -> Iterator[str]:
        width, _, left, right, _, _ = self._frame
        for mark in marks:
            y = self._y(mark, top)
            kind = "base" if not mark else "rule"
            yield f'<path class="{kind}" d="M{number(left)} {number(y)}H{number(width - right)}"/>'
            yield label(left - 6, y + 4, self.unit(mark), anchor="end")

    def _limit(self, top: float) -> Iterator[str]:
        if self.limit is None:
            return
        width, _, left, right, _, _ = self._frame
        y = self._y(self.limit[1], top)
        yield f'<path class="limit" d="M{number(left)} {number(y)}H{number(width - right)}"/>'
        yield label(left + 3, y - 4, self.limit[0], kind="limit-name")

    def _line(self, trend: Trend, top: float) -> Iterator[str]:
        runs: list[list[tuple[float, float]]] = [[]]
        for at, value in enumerate(trend.values):
            if value is None or not isfinite(value):
                runs.append([])
            else:
                runs[-1].append((self._x(at), self._y(value, top)))
        for run in runs:
            if len(run) == 1:
                ((x, y),) = run
                yield f'<circle class="p{trend.tone}" cx="{number(x)}" cy="{number(y)}" r="2.2"/>'
            elif run:
                path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in run)
                yield (
                    f'<path class="l{trend.tone} d{trend.dash}" d="{path}">'
                    f"<title>{text(trend.name)}</title></path>"
                )

    def _ends(self, top: float) -> Iterator[str]:
        """Name each line where it ends: nobody has to look a legend up."""
        width, height, _, right, above, below = self._frame
        ends = []
        # The last line is drawn on top; where lines end together its name stands on top, too.
        for trend in reversed(self.trends):
            last = next((value for value in reversed(trend.values) if value is not None), None)
            if trend.name and last is not None and isfinite(last):
                ends.append((trend, self._y(last, top)))
        apart = LINE + 2.5 * self.small
        places = spread_out([y for _, y in ends], apart, above + 4, height - below)
        for (trend, _), y in zip(ends, places, strict=True):
            yield label(width - right + 5, y + 4, trend.name, kind=f"n{trend.tone}")

    def _dates(self) -> Iterator[str]:
        _, height, _, _, _, below = self._frame
        count = len(self.labels)
        for at in few(count, 2 if self.small else 4):
            anchor = "middle"
            if at == 0 and count > 1:
                anchor = "start"
            elif at == count - 1 and count > 1:
                anchor = "end"
            yield label(self._x(at), height - below + 14, self.labels[at], anchor=anchor)


def spark(values: Sequence[Value], title: str, description: str) -> str:
    """Return a line without scale or labels, to stand beside a number."""
    known = [value for value in values if value is not None and isfinite(value)]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    low, high = min(known), max(known)
    size = (high - low) or 1.0
    width, height, rim = 120.0, 26.0, 3.0
    spots = [
        (
            rim + (width - 2 * rim) * at / (len(values) - 1),
            height - rim - (height - 2 * rim) * (value - low) / size,
        )
        for at, value in enumerate(values)
        if value is not None and isfinite(value)
    ]
    path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in spots)
    x, y = spots[-1]
    dot = f'<circle class="p1" cx="{number(x)}" cy="{number(y)}" r="2.2"/>'
    return svg(
        width, height, title, description, [f'<path class="l1 d0" d="{path}"/>', dot], "spark"
    )
