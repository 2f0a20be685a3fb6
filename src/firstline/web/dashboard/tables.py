"""The numbers under a figure: as a table of the page, and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from firstline.charts.parts import milliseconds

Kind = Literal["text", "count", "usd", "share", "ms", "seconds", "number", "day", "time"]
Cell: TypeAlias = str | int | float | date | datetime | None
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell of text must not begin with, wide forms included: a spreadsheet would compute it."""
NOTHING = "–"
MOST = 100
"""Rows of a table on the page; the file has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its head, and what its cells are."""

    name: str
    kind: Kind = "count"

    @property
    def numeric(self) -> bool:
        """Whether its cells stand to the right."""
        return self.kind not in ("text", "day", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns and rows; every row has a cell a column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def left_out(self) -> int:
        """How many rows a page leaves to the file."""
        return max(0, len(self.rows) - MOST)

    def shown(self) -> tuple[tuple[str, ...], ...]:
        """Return the cells as a page shows them: of very many rows the last ones."""
        kinds = [column.kind for column in self.columns]
        return tuple(
            tuple(shown(cell, kind) for cell, kind in zip(row, kinds, strict=True))
            for row in self.rows[-MOST:]
        )


def shown(cell: Cell, kind: Kind) -> str:
    """Return a cell in words."""
    if cell is None:
        return NOTHING
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        return cell
    return _figure(cell, kind)


def _figure(cell: float, kind: Kind) -> str:
    match kind:
        case "usd":
            return dollars(cell)
        case "share":
            return f"{100 * cell:.1f} %"
        case "ms":
            return milliseconds(cell)
        case "seconds":
            return f"{int(cell) // 60}:{int(cell) % 60:02d}"
        case "number":
            return f"{cell:,.3g}"
        case _:
            return f"{cell:,.0f}"


def dollars(value: float) -> str:
    """Return money with as many digits as the amount deserves: `$12.30`, `$0.02`, `$0.0016`."""
    if abs(value) >= 1 or not value:
        return f"${value:,.2f}"
    whole, _, rest = f"{value:.4f}".partition(".")
    return f"${whole}.{rest.rstrip('0'):0<2}"


def csv_text(table: Table) -> str:
    """Return a table as a file: full numbers, UTF-8, nothing in it that a spreadsheet computes."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([harmless(_head(column)) for column in table.columns])
    writer.writerows(_plain(row) for row in table.rows)
    # The mark tells spreadsheets that the file is UTF-8.
    return "\ufeff" + written.getvalue()


def _head(column: Column) -> str:
    unit = {"usd": " (USD)", "ms": " (ms)", "seconds": " (s)", "time": " (UTC)"}
    return column.name + unit.get(column.kind, "")


def _plain(row: Sequence[Cell]) -> Iterable[str | int | float]:
    for cell in row:
        if cell is None:
            yield ""
        elif isinstance(cell, (date, datetime)):
            yield cell.isoformat()
        elif isinstance(cell, str):
            yield harmless(cell)
        else:
            yield cell


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula, also behind spaces or line breaks."""
    return f"'{text}" if text.lstrip(" \n\v\f\u00a0\ufeff").startswith(FORMULA) else text
