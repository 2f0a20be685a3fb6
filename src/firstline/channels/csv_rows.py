"""The rows of a CSV export, whatever separates its cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

import pydantic_core

from firstline.channels.lines import Line
from firstline.channels.ticket_fields import FIELDS, check_names
from firstline.errors import InputError, Place, TicketError

_DELIMITERS = ",;\t"
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Columns(NamedTuple):
    """How a file is laid out."""

    delimiter: str
    names: list[str]


class Row(NamedTuple):
    """One row and the line it starts at, or what is wrong with it."""

    line: int
    cells: list[str]
    problem: str = ""
    fix: str = ""


def read_columns(header: str, place: Place) -> Columns:
    """Read the first row: the delimiter that gives the most known columns, and all names.

    Raises:
        InputError: `id` or `text` is missing, a name is misspelt, or two are alike.
    """
    best = Columns(",", [])
    most = -1
    for delimiter in _DELIMITERS:
        try:
            row = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            continue
        names = [name.strip() for name in row]
        names = [name.lower() if name.lower() in FIELDS else name for name in names]
        known = len(set(names) & set(FIELDS))
        if known > most:
            best, most = Columns(delimiter, names), known
    named = [name for name in best.names if name]
    try:
        check_names(dict.fromkeys(named), place)
    except TicketError as error:
        raise InputError(error.problem, place=place, fix=error.fix) from error
    if "id" not in named or "text" not in named:
        fix = "Name the columns in the first row"
        raise InputError('the columns "id" and "text" are missing', place=place, fix=fix)
    if len(set(named)) < len(named):
        raise InputError("two columns have the same name", place=place, fix="Rename one")
    return best


def read_rows(lines: Iterator[Line], columns: Columns) -> Iterator[Row]:
    """Read rows; a quoted cell may run over several lines. A broken row is skipped."""
    problems: list[Line] = []
    last = 1

    def texts() -> Iterator[str]:
        nonlocal last
        for line in lines:
            last = line.number
            if line.problem:
                problems.append(line)
            yield line.text or "\n"

    reader = csv.reader(texts(), delimiter=columns.delimiter, strict=True)
    while True:
        start = last + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fix = "Put text with quotes in it in double quotes, its own quotes doubled"
            yield Row(start, [], f"the row is not CSV ({error})", fix)
            problems.clear()
            continue
        if problems:
            yield Row(start, [], problems[0].problem, problems[0].fix)
            problems.clear()
        elif cells:
            yield _checked(Row(start, cells), columns)


def _checked(row: Row, columns: Columns) -> Row:
    if len(row.cells) == len(columns.names):
        return row
    problem = f"the row has {len(row.cells)} cells, the header {len(columns.names)}"
    fix = "Put text that has the separator or a line break in it in double quotes"
    return row._replace(problem=problem, fix=fix)


def fields_of(row: Row, columns: Columns, place: Place) -> dict[str, Any]:
    """Return a row's cells by name, typed as JSON would have them; empty ones are left out.

    Raises:
        TicketError: A cell is not what its column needs.
    """
    named = zip(columns.names, row.cells, strict=True)
    fields: dict[str, Any] = {name: cell for name, cell in named if name and cell.strip()}
    fields.setdefault("text", "")
    verified = fields.get("verified")
    if verified is not None:
        fields["verified"] = _SWITCH.get(verified.strip().lower(), verified)
    for name in ("messages", "attachments"):
        if name in fields:
            fields[name] = _json_cell(fields[name], name, place)
    return fields


def _json_cell(cell: str, name: str, place: Place) -> object:
    try:
        value: object = pydantic_core.from_json(cell, allow_inf_nan=False)
    except ValueError as error:
        fix = "Write a JSON list in this cell, or leave it empty"
        raise TicketError(f'"{name}" is not JSON', place=place, fix=fix) from error
    return value
