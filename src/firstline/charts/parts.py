"""What the pictures of the console share: scales, labels, and the words that stand for a picture.

Everything is drawn by class, never by a colour or a style of its own: `static/charts.css` gives the
classes their colours in light and dark. What belongs together is told apart by more than colour: by
texture (areas), by dashes (lines), by place, and by the legend beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

LETTER = 5.8
"""Width of a letter of the labels, in units of the picture."""
_LONGEST = 160
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """How numbers are written: `$0.0123`, `37 %`, `1.2 s`, `12,345`."""

    before: str = ""
    after: str = ""
    percent: bool = False
    time: bool = False
    """Milliseconds, written in the unit that fits."""

    def __call__(self, value: float) -> str:
        """Return a number as it is written."""
        if self.time:
            return milliseconds(value)
        if self.percent:
            return f"{100 * value:.3g} %"
        size = abs(value)
        if size >= 1e6:  # noqa: PLR2004 - a million
            return f"{self.before}{value / 1e6:.3g}M{self.after}"
        if size >= 1e4:  # noqa: PLR2004 - ten thousand
            return f"{self.before}{value / 1e3:.3g}k{self.after}"
        return f"{self.before}{value:,.4g}{self.after}"


COUNT = Unit()
DOLLARS = Unit(before="$")
SHARE = Unit(percent=True)
TIME = Unit(time=True)


def milliseconds(value: float) -> str:
    """Return a time in the unit that fits: `0.4 ms`, `1.2 s`, `3 min`, `2 h`, `5 d`."""
    for size, name in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if abs(value) >= size:
            return f"{_digits(value / size)} {name}"
    return f"{_digits(value)} ms"


def _digits(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}"  # noqa: PLR2004 - three digits


def text(words: str) -> str:
    """Return words for SVG, escaped and cut."""
    return escape(words[:_LONGEST], quote=True)


def shortened(words: str, width: float) -> str:
    """Return words cut to what fits into a width."""
    most = max(3, int(width / LETTER))
    return words if len(words) <= most else words[: most - 1] + "…"


def number(value: float) -> str:
    """Return a coordinate."""
    return f"{value:.1f}".removesuffix(".0")


SMALLEST = 1e-9
"""The smallest end of a scale: its marks are rounded to 12 places."""


def top_of(values: Iterable[float], *, least: float = 0.0) -> float:
    """Return the end of a scale from 0 that holds all values; 1 when there is nothing to hold."""
    most = max((value for value in values if isfinite(value)), default=0.0)
    most = max(most, least)
    return most if most >= SMALLEST else 1.0


def ticks(top: float, *, whole: bool = False) -> tuple[float, ...]:
    """Return round numbers from 0 to at least `top`, in three to five steps, little above it.

    Args:
        top: The largest value.
        whole: Whether only whole numbers make sense.
    """
    return min(
        (_steps(top, count, whole=whole) for count in (3, 4, 5)), key=lambda marks: marks[-1]
    )


def _steps(top: float, count: int, *, whole: bool) -> tuple[float, ...]:
    raw = top / count
    size = 10.0 ** floor(log10(raw))
    step = next(size * times for times in _STEPS if size * times >= raw * 0.999)
    if whole:
        step = max(1.0, float(ceil(step)))
    steps = max(1, ceil(top / step - 1e-9))
    return tuple(round(step * at, 12) for at in range(steps + 1))


def svg(
    width: float, height: float, title: str, description: str, parts: Iterable[str], kind: str
) -> str:
    """Return a picture as one element, with words for those who cannot see it."""
    return (
        f'<svg class="chart {kind}" viewBox="0 0 {number(width)} {number(height)}" role="img" '
        f'aria-label="{text(title)}. {text(description)}">'
        f"<title>{text(title)}</title><desc>{text(description)}</desc>"
        f"{''.join(parts)}</svg>"
    )


def label(x: float, y: float, words: str, *, kind: str = "", anchor: str = "start") -> str:
    """Return a label; `kind` is its class."""
    named = f' class="{kind}"' if kind else ""
    end = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{named} x="{number(x)}" y="{number(y)}"{end}>{text(words)}</text>'


def spread_out(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Return places for labels, near where they are wanted and not upon each other."""
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    places = [0.0] * len(wanted)
    last = low - apart
    for at in order:
        last = places[at] = max(wanted[at], last + apart)
    last = high + apart
    for at in reversed(order):
        last = places[at] = min(places[at], last - apart)
    return places


def few(count: int, most: int) -> tuple[int, ...]:
    """Return which of so many labels to write: the first, the last, and some between, even."""
    if count <= most:
        return tuple(range(count))
    step = ceil((count - 1) / (most - 1))
    return tuple(range(count - 1, -1, -step))[::-1]
