"""Stacked columns: how much of what, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from firstline.charts.parts import COUNT, Unit, few, label, number, svg, text, ticks, top_of

WIDTH, HEIGHT = 440.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 42.0, 6.0, 10.0, 24.0
LABELS = 5
TEXTURED = 2
"""Series that a texture tells from their neighbours: every second one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One thing that is counted; `tone` numbers its colour, from 1."""

    name: str
    values: Sequence[float]
    tone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A height that means something."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A figure. `id` must be its own on the page: textures are named by it."""

    id: str
    title: str
    description: str
    labels: Sequence[str]
    stacks: Sequence[Stack]
    unit: Unit = COUNT
    limit: Limit | None = None

    def svg(self) -> str:
        """Return the figure."""
        sums = [sum(stack.values[at] for stack in self.stacks) for at in range(len(self.labels))]
        least = self.limit.value if self.limit is not None else 0.0
        whole = self.unit is COUNT
        marks = ticks(top_of(sums, least=least), whole=whole)
        return svg(
            WIDTH,
            HEIGHT,
            self.title,
            self.description,
            [
                *self._textures(),
                *_grid(marks, self.unit),
                *self._columns(marks[-1]),
                *self._dates(),
                *self._limit(marks[-1]),
            ],
            "columns",
        )

    def _textures(self) -> Iterator[str]:
        used = [stack.tone for stack in self.stacks if is_textured(stack.tone)]
        if used:
            yield "<defs>"
            for tone in used:
                yield texture(self.id, tone)
            yield "</defs>"

    def _columns(self, top: float) -> Iterator[str]:
        count = max(len(self.labels), 1)
        step = (WIDTH - LEFT - RIGHT) / count
        wide = max(step * 0.76, step - 3)
        height = HEIGHT - TOP - BOTTOM
        for at, name in enumerate(self.labels):
            base = HEIGHT - BOTTOM
            left = LEFT + at * step + (step - wide) / 2
            for stack in self.stacks:
                value = stack.values[at]
                size = value / top * height
                if size <= 0:
                    continue
                base -= size
                fill = f'fill="url(#{self.id}-t{stack.tone})"' if is_textured(stack.tone) else ""
                yield (
                    f'<rect class="t{stack.tone}" {fill} x="{number(left)}" y="{number(base)}" '
                    f'width="{wide:.2f}" height="{max(size, 0.5):.2f}">'
                    f"<title>{text(name)}: {text(stack.name)} {text(self.unit(value))}</title>"
                    "</rect>"
                )

    def _dates(self) -> Iterator[str]:
        step = (WIDTH - LEFT - RIGHT) / max(len(self.labels), 1)
        shown = few(len(self.labels), LABELS)
        for at in shown:
            middle = LEFT + (at + 0.5) * step
            last = at == len(self.labels) - 1 and len(self.labels) > 1
            anchor = "end" if last else "middle"
            yield label(
                WIDTH - RIGHT if last else middle, HEIGHT - 8, self.labels[at], anchor=anchor
            )

    def _limit(self, top: float) -> Iterator[str]:
        if self.limit is not None:
            yield from limit_line(self.limit, top)


def limit_line(limit: Limit, top: float) -> Iterator[str]:
    """Return a dashed line at a height that means something, and its name."""
    y = HEIGHT - BOTTOM - limit.value / top * (HEIGHT - TOP - BOTTOM)
    yield f'<path class="limit" d="M{number(LEFT)} {number(y)}H{number(WIDTH - RIGHT)}"/>'
    yield label(WIDTH - RIGHT, y - 4, limit.name, kind="limit-name", anchor="end")


def _grid(marks: Sequence[float], unit: Unit) -> Iterator[str]:
    height = HEIGHT - TOP - BOTTOM
    for mark in marks:
        y = HEIGHT - BOTTOM - mark / marks[-1] * height
        kind = "base" if not mark else "rule"
        yield f'<path class="{kind}" d="M{number(LEFT)} {number(y)}H{number(WIDTH - RIGHT)}"/>'
        yield label(LEFT - 6, y + 4, unit(mark), anchor="end")


def is_textured(tone: int) -> bool:
    """Whether an area of this tone has a texture beside its colour."""
    return tone % TEXTURED == 0


def texture(name: str, tone: int) -> str:
    """Return the texture of a tone: its colour with fine stripes."""
    return (
        f'<pattern id="{text(name)}-t{tone}" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path class="t{tone}" d="M0 0h5v5h-5z"/>'
        '<path class="stripe" d="M0 0h1.6v5h-1.6z"/></pattern>'
    )
