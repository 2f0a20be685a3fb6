"""What a page shows of a stage: plain records, made by `stages.py`, drawn by `tickets/stages.html`.

The page of a run, a replay and a trial show the same records, so that they look the same and can be
compared piece by piece. Everything is text; the template escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

Tone = Literal["", "good", "warn", "bad", "quiet"]
Mark = Literal["", "new", "gone", "changed"]
"""How a piece differs from the other run it is compared with."""
Look = Literal["text", "badge", "code", "money", "number", "share", "ms", "time", "words"]
"""How a value is written. `share` is 0 to 1, `words` is a code whose underscores are spaces."""
Value: TypeAlias = str | float | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value, and how it looks."""

    value: Value
    look: Look = "text"
    tone: Tone = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A value with its name."""

    label: str
    cell: Cell
    varies: bool = False
    """Whether it differs from run to run anyway: a time, a cost."""
    mark: Mark = ""
    before: str = ""
    """What it was in the other run, where it differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Values with their names."""

    kind: ClassVar[str] = "facts"
    title: str = ""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of a list: evidence, a sentence, a finding, a ground."""

    key: str
    """The same for the same thing of another run."""
    badges: tuple[Cell, ...] = ()
    text: str = ""
    note: tuple[Cell, ...] = ()
    """Small print."""
    long: str = ""
    """A long text, folded."""
    fields: tuple[tuple[str, str], ...] = ()
    """A record's fields, folded."""
    anchor: str = ""
    """Its id on the page."""
    quiet: bool = False
    mark: Mark = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list of things."""

    kind: ClassVar[str] = "items"
    title: str
    items: tuple[Item, ...] = ()
    folded: bool = False
    numbered: bool = False
    compact: bool = False
    """Whether its entries are short and stand beside each other."""
    empty: str = ""
    """What is said when there is none; empty: nothing, the block is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table."""

    key: str
    cells: tuple[Cell, ...]
    mark: Mark = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Values in rows and columns."""

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    numbers: tuple[int, ...] = ()
    """Indices of the columns that hold numbers."""
    varies: bool = False
    """Whether its rows differ from run to run anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text, marked or not."""

    text: str
    told: str = ""
    """Why it is marked; empty: it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text somebody wrote; folded when it is long."""

    kind: ClassVar[str] = "words"
    title: str
    pieces: tuple[Piece, ...]
    folded: bool = False
    mark: Mark = ""

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(piece.text for piece in self.pieces)


Block: TypeAlias = Facts | Items | Table | Words


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """One stage: what went in, what came out, why, what it took."""

    key: str
    """`intake`, `route` …: also its place on the page."""
    title: str
    lead: str
    """What the stage is for."""
    reads: str
    """What went in."""
    headline: str
    """What came of it, in a sentence."""
    tone: Tone = ""
    idle: tuple[str, ...] = ()
    """"Did nothing because …": each part of the stage that had nothing to do, and why."""
    wall_ms: float | None = None
    cpu_ms: float | None = None
    cost_usd: float | None = None
    blocks: tuple[Block, ...] = ()
    mark: Mark = ""
    """Whether anything in it differs from the other run."""

    @property
    def took(self) -> str:
        """The time it took, in words; empty when it was not measured."""
        if self.wall_ms is None:
            return ""
        cpu = f" · {self.cpu_ms:,.1f} ms CPU" if self.cpu_ms else ""
        return f"{self.wall_ms:,.1f} ms{cpu}"


def pieces(text: str, spans: tuple[tuple[int, int, str], ...]) -> tuple[Piece, ...]:
    """Split a text at its marked spans, in one pass; what two share belongs to the first one.

    Args:
        text: What is shown.
        spans: Start, end (offsets in characters) and why it is marked.
    """
    found: list[Piece] = []
    at = 0
    for start, end, told in sorted(spans):
        first, last = max(start, at), min(end, len(text))
        if first >= last:
            continue
        if first > at:
            found.append(Piece(text=text[at:first]))
        found.append(Piece(text=text[first:last], told=told))
        at = last
    if at < len(text) or not found:
        found.append(Piece(text=text[at:]))
    return tuple(found)


LONG = 700
"""Characters from which a text is folded."""


def words(title: str, text: str, spans: tuple[tuple[int, int, str], ...] = ()) -> Words:
    """Return a text as a block."""
    return Words(title=title, pieces=pieces(text, spans), folded=len(text) > LONG)


def fact(
    label: str,
    value: Value,
    look: Look = "text",
    *,
    tone: Tone = "",
    href: str = "",
    varies: bool = False,
) -> Fact:
    """Return a value with its name."""
    cell = Cell(value=value, look=look, tone=tone, href=href)
    return Fact(label=label, cell=cell, varies=varies)


def badge(text: str, tone: Tone = "") -> Cell:
    """Return a word in a coloured frame."""
    return Cell(value=text, look="badge", tone=tone)
