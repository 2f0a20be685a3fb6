"""The numbers under a figure: on the page, and in a file that no spreadsheet computes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.web.dashboard.tables import (
    FORMULA,
    Column,
    Table,
    csv_text,
    dollars,
    harmless,
    shown,
)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "\uff1d1", "\uff20x"]
)
def test_formulas_are_defused(text: str) -> None:
    """What a spreadsheet would compute begins with a quotation mark."""
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "10 - 3", "'x", "…"])
def test_plain_text_stays(text: str) -> None:
    """Everything else is written as it is."""
    assert harmless(text) == text


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_files_come_back_as_they_were(cells: list[str]) -> None:
    """Every cell is read back whole, and none begins as a formula does."""
    cells = [cell.replace("\x00", "") for cell in cells]
    table = Table(
        columns=tuple(Column(name=f"c{at}", kind="text") for at in range(len(cells))),
        rows=(tuple(cells),),
    )
    text = csv_text(table).removeprefix("\ufeff")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read[1] == [harmless(cell) for cell in cells]
    assert not any(cell.lstrip(" ").startswith(FORMULA) for cell in read[1])


def test_numbers_keep_all_their_digits_in_files() -> None:
    """A file has raw numbers with their unit in the head; unknown ones are empty."""
    table = Table(
        columns=(
            Column(name="Day", kind="day"),
            Column(name="Cost", kind="usd"),
            Column(name="Share", kind="share"),
        ),
        rows=((date(2026, 5, 4), 0.00123456, None),),
    )
    assert csv_text(table) == "\ufeffDay,Cost (USD),Share\r\n2026-05-04,0.00123456,\r\n"
    assert table.shown() == (("2026-05-04", "$0.0012", "–"),)


def test_cells_on_the_page() -> None:
    """Each kind of number is written as people read it."""
    assert shown(1234567, "count") == "1,234,567"
    assert shown(0.1234, "share") == "12.3 %"
    assert shown(125, "seconds") == "2:05"
    assert shown(1500.0, "ms") == "1.5 s"
    assert shown(2.345, "number") == "2.35"
    assert shown("x", "text") == "x"
    assert shown(datetime(2026, 5, 4, 12, tzinfo=UTC), "time") == "2026-05-04 12:00"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "$0.00"), (12.5, "$12.50"), (0.02, "$0.02"), (0.0016, "$0.0016"), (0.5, "$0.50")],
)
def test_money_has_the_digits_it_deserves(value: float, text: str) -> None:
    """Cents for dollars, hundredths of cents for less."""
    assert dollars(value) == text
