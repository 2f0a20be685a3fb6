"""Bars side by side: shares and counts of named things, the largest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from firstline.charts.columns import is_textured, texture
from firstline.charts.parts import LETTER, label, number, shortened, svg, text

WIDTH = 440.0
ROW, BAR = 22.0, 12.0
NAMES = 136.0
"""Room for the names on the left."""
FIGURES = (60.0, 150.0)
"""Room for the figures on the right, at least and at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row: parts of a bar, each with its tone, and the figure at its end."""

    name: str
    parts: Sequence[tuple[int, float, str]]
    """Tone, length and what it says."""
    figure: str
    low: float | None = None
    """With `high`: between these the sum of the parts may really lie."""
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A figure. `id` must be its own on the page: textures are named by it."""

    id: str
    title: str
    description: str
    bars: Sequence[Bar]
    top: float | None = None
    """The length of a full bar; None: the longest one's."""
    names: float = NAMES

    @property
    def _figures(self) -> float:
        """The room that the longest figure needs."""
        longest = max((len(bar.figure) for bar in self.bars), default=0)
        return min(max(longest * LETTER + 12, FIGURES[0]), FIGURES[1])

    def svg(self) -> str:
        """Return the figure."""
        lengths = [max(sum(part[1] for part in bar.parts), bar.high or 0.0) for bar in self.bars]
        top = self.top or max(lengths, default=0.0) or 1.0
        height = ROW * len(self.bars) + 4
        used = sorted({tone for bar in self.bars for tone, _, _ in bar.parts if is_textured(tone)})
        defs = f"<defs>{''.join(texture(self.id, tone) for tone in used)}</defs>" if used else ""
        rows = [part for at, bar in enumerate(self.bars) for part in self._row(at, bar, top)]
        return svg(WIDTH, height, self.title, self.description, [defs, *rows], "bars")

    def _row(self, at: int, bar: Bar, top: float) -> Iterator[str]:
        room = WIDTH - self.names - self._figures
        above = at * ROW + (ROW - BAR) / 2 + 2
        base = above + BAR - 2
        yield label(self.names - 8, base, shortened(bar.name, self.names - 8), anchor="end")
        yield (
            f'<rect class="track" x="{number(self.names)}" y="{number(above)}" '
            f'width="{number(room)}" height="{number(BAR)}"/>'
        )
        left = self.names
        for tone, length, told in bar.parts:
            wide = length / top * room
            if wide <= 0:
                continue
            fill = f'fill="url(#{self.id}-t{tone})" ' if is_textured(tone) else ""
            yield (
                f'<rect class="t{tone}" {fill}x="{number(left)}" y="{number(above)}" '
                f'width="{max(wide, 0.5):.2f}" height="{number(BAR)}">'
                f"<title>{text(bar.name)}: {text(told)}</title></rect>"
            )
            left += wide
        if bar.low is not None and bar.high is not None:
            ends = [self.names + min(value, top) / top * room for value in (bar.low, bar.high)]
            middle = above + BAR / 2
            yield (
                f'<path class="doubt" d="M{number(ends[0])} {number(middle)}H{number(ends[1])}'
                f"M{number(ends[0])} {number(middle - 3)}v6"
                f'M{number(ends[1])} {number(middle - 3)}v6"/>'
            )
        yield label(WIDTH - self._figures + 8, base, bar.figure, kind="value")
