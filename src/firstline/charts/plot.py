"""One plot with two axes: lines, bands, dots and levels, drawn into a fixed frame that scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, isfinite, log10

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 28, 36, 52
TICKS = 5
LETTER = 6.6
"""Pixels a letter of the legend takes, generously."""
COLOURS = ("#3b7dd8", "#c65b1c", "#2f8f5b", "#8a5cc2")
"""Told apart by people with any kind of colour vision, legible on white and on near-black."""
_LONGEST = 120
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A scale with its label."""

    label: str
    low: float
    high: float
    percent: bool = False

    def __post_init__(self) -> None:
        """Refuse a scale without extent."""
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise ValueError(f"the axis {self.label!r} goes from {self.low} to {self.high}")

    def ticks(self) -> tuple[float, ...]:
        """Return some five round numbers on the scale."""
        raw = (self.high - self.low) / TICKS
        size = 10 ** floor(log10(raw))
        step = next(size * times for times in (1, 2, 5, 10) if size * times >= raw * 0.999)
        first = ceil(self.low / step - 1e-9)
        count = floor(self.high / step + 1e-9) - first + 1
        return tuple(round((first + at) * step, 12) for at in range(count))

    def shown(self, value: float) -> str:
        """Return a number as it stands at the axis."""
        if self.percent:
            return f"{100 * value:.3g} %"
        return f"{value:,.6g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points joined in order; dashed for what is no measurement."""

    name: str
    points: Sequence[Point]
    colour: int = 0
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Separate points, each with a radius in pixels and a text to point at."""

    name: str
    points: Sequence[tuple[float, float, float, str]]
    colour: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A horizontal line that means something: a limit, a promise."""

    name: str
    value: float
    colour: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A figure. `title` and `description` are read aloud in its place."""

    title: str
    description: str
    x: Axis
    y: Axis
    lines: Sequence[Line] = field(default_factory=tuple)
    dots: Sequence[Dots] = field(default_factory=tuple)
    levels: Sequence[Level] = field(default_factory=tuple)

    def svg(self) -> str:
        """Return the figure as one SVG element."""
        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                'role="img" fill="none" stroke="none" font-size="12" '
                'font-family="system-ui, sans-serif" '
                f'aria-label="{_text(self.title)}">'
            ),
            f"<title>{_text(self.title)}</title><desc>{_text(self.description)}</desc>",
            *self._grid(),
            *(self._level(level) for level in self.levels),
            *(self._line(line) for line in self.lines),
            *(self._dots(dots) for dots in self.dots),
            *self._legend(),
            "</svg>",
        ]
        return "".join(parts)

    def _place(self) -> Callable[[float, float], tuple[float, float]]:
        def place(x: float, y: float) -> tuple[float, float]:
            across = (min(max(x, self.x.low), self.x.high) - self.x.low) / (
                self.x.high - self.x.low
            )
            up = (min(max(y, self.y.low), self.y.high) - self.y.low) / (self.y.high - self.y.low)
            return (
                round(LEFT + across * (WIDTH - LEFT - RIGHT), 1),
                round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1),
            )

        return place

    def _grid(self) -> list[str]:
        place = self._place()
        found = []
        for value in self.y.ticks():
            _, y = place(self.x.low, value)
            found.append(
                f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="currentColor" opacity=".15"/>'
                f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="currentColor">'
                f"{_text(self.y.shown(value))}</text>"
            )
        for value in self.x.ticks():
            x, _ = place(value, self.y.low)
            found.append(
                f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" '
                f'fill="currentColor">{_text(self.x.shown(value))}</text>'
            )
        middle = round((LEFT + WIDTH - RIGHT) / 2, 1)
        across = round((TOP + HEIGHT - BOTTOM) / 2, 1)
        found.append(
            f'<text x="{middle}" y="{HEIGHT - BOTTOM + 38}" text-anchor="middle" '
            f'fill="currentColor" opacity=".8">{_text(self.x.label)}</text>'
            f'<text transform="translate(14 {across}) rotate(-90)" text-anchor="middle" '
            f'fill="currentColor" opacity=".8">{_text(self.y.label)}</text>'
        )
        return found

    def _level(self, level: Level) -> str:
        _, y = self._place()(self.x.low, level.value)
        return (
            f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{_colour(level.colour)}" '
            f'stroke-width="1.5" stroke-dasharray="6 4"><title>{_text(level.name)}</title></path>'
        )

    def _line(self, line: Line) -> str:
        place = self._place()
        spots = [place(x, y) for x, y in line.points if isfinite(x) and isfinite(y)]
        if not spots:
            return ""
        path = "M" + "L".join(f"{x} {y}" for x, y in spots)
        dash = ' stroke-dasharray="2 3"' if line.dashed else ""
        return (
            f'<path d="{path}" stroke="{_colour(line.colour)}" stroke-width="2"'
            f' stroke-linejoin="round"{dash}><title>{_text(line.name)}</title></path>'
        )

    def _dots(self, dots: Dots) -> str:
        place = self._place()
        found = []
        for x, y, radius, told in dots.points:
            if isfinite(x) and isfinite(y):
                left, top = place(x, y)
                found.append(
                    f'<circle cx="{left}" cy="{top}" r="{radius:.1f}" '
                    f'fill="{_colour(dots.colour)}" fill-opacity=".75">'
                    f"<title>{_text(told)}</title></circle>"
                )
        return "".join(found)

    def _legend(self) -> list[str]:
        named = [
            *((line.name, line.colour) for line in self.lines),
            *((dots.name, dots.colour) for dots in self.dots),
            *((level.name, level.colour) for level in self.levels),
        ]
        found = []
        left = float(LEFT)
        for name, colour in named:
            found.append(
                f'<rect x="{left:.0f}" y="10" width="10" height="10" rx="2" '
                f'fill="{_colour(colour)}"/>'
                f'<text x="{left + 15:.0f}" y="19" fill="currentColor">{_text(name)}</text>'
            )
            left += 34 + LETTER * min(len(name), _LONGEST)
        return found


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _text(text: str) -> str:
    return escape(text[:_LONGEST] if len(text) > _LONGEST else text, quote=True)
