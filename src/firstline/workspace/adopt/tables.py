"""Reads what a company exports: lists, lines, spreadsheets and dumps of whole databases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2

from firstline.errors import InputError, Place
from firstline.workspace.record_rows import SUFFIXES, rows
from firstline.workspace.sound_json import parse

ROW_KEY = "_key"
"""The column that holds the key a dump kept its row under."""
MAXIMUM_BYTES = 500_000_000
_WORD = re2.compile(r"[A-Z]+[a-z]*|[a-z]+|\d+")
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one kind."""

    name: str
    rows: tuple[Record, ...]
    lines: tuple[int, ...] = ()
    """The line each row stands on, where the format tells."""

    def columns(self) -> tuple[str, ...]:
        """Return the names of all columns, in order of appearance."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    def values(self, column: str) -> list[str]:
        """Return the values of a column that are not empty, as text."""
        found = (row.get(column) for row in self.rows)
        return [str(value) for value in found if is_scalar(value) and str(value).strip()]


def read_tables(source: Path) -> tuple[tuple[Table, ...], ...]:
    """Return every way the tables of a file or folder can be understood, likeliest first.

    A list, lines or a spreadsheet is one table named after the file. A JSON object may be a
    dump (`{table: {"data": {key: row}}}`, `{table: [rows]}`), rows by key (`{key: row}`) or
    rows by table and key. A folder is the tables of all its files.

    Raises:
        InputError: nothing can be read; names file and line.
    """
    if not source.is_dir():
        return _read_file(source)
    files = sorted(path for path in source.iterdir() if _is_table_file(path))
    if not files:
        raise InputError(
            "The folder has no tables",
            place=Place(file=str(source)),
            fix=f"Put files ending in {', '.join(SUFFIXES)} into it.",
        )
    return (tuple(table for path in files for table in _read_file(path)[0]),)


def read_rows(source: Path) -> Table:
    """Return the rows of a list, lines or spreadsheet, with their lines.

    Raises:
        InputError: the file is not one table; names file and line.
    """
    ways = _read_file(source)
    if len(ways) != 1 or len(ways[0]) != 1:
        raise InputError(
            "The file is not one list of rows",
            place=Place(file=str(source)),
            fix="Write a JSON list, one JSON object a line, or a CSV with a header.",
        )
    return ways[0][0]


def is_scalar(value: Any) -> bool:
    """Tell whether a value is one text, number or truth."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def folded(name: str) -> str:
    """Return a name without case, blanks and punctuation: `Customer ID` is `customerid`."""
    return "".join(char for char in name.casefold() if char.isalnum())


def words_of(name: str) -> frozenset[str]:
    """Return the words a column name is made of, in lower case."""
    return frozenset(word.casefold() for word in _WORD.findall(name[:200]))


def singular(name: str) -> str:
    """Return a table's name for one of its rows, folded: `Categories` is `category`."""
    plain = folded(name)
    if plain.endswith("ies"):
        return plain[:-3] + "y"
    if plain.endswith(("sses", "xes", "ches", "shes")):
        return plain[:-2]
    if plain.endswith("s") and not plain.endswith("ss"):
        return plain[:-1]
    return plain


def _is_table_file(path: Path) -> bool:
    return path.suffix.casefold() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _read_file(path: Path) -> tuple[tuple[Table, ...], ...]:
    suffix = path.suffix.casefold()
    if suffix == ".csv":
        found = [(row.line, dict(row.value)) for row in rows(path)]
        return ((_table(path, found),),)
    text = _text(path)
    if suffix in {".jsonl", ".ndjson"}:
        return ((_table(path, list(_lines(path, text))),),)
    if suffix == ".json":
        return _ways(path, _json(path, text, 1))
    raise InputError(
        f"Tables are not read from {suffix or 'a file without suffix'}",
        place=Place(file=str(path)),
        fix=f"Use {', '.join(SUFFIXES)}.",
    )


def _table(path: Path, found: list[tuple[int, Record]]) -> Table:
    return Table(
        name=path.stem,
        rows=tuple(row for _, row in found),
        lines=tuple(line for line, _ in found),
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise InputError(
                f"The file has more than {MAXIMUM_BYTES // 1_000_000} MB",
                place=Place(file=str(path)),
                fix="Export fewer columns or rows.",
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"It cannot be read: {error.strerror or type(error).__name__}",
            place=Place(file=str(path)),
            fix="Check that the path is right and that this user may read it.",
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "The file is not UTF-8",
            place=Place(file=str(path), line=data.count(b"\n", 0, error.start) + 1),
            fix="Save it as UTF-8.",
        ) from error


def _lines(path: Path, text: str) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        value = _json(path, line, number)
        if not isinstance(value, dict):
            raise InputError(
                "The line is not an object",
                place=Place(file=str(path), line=number),
                fix='Write {"column": …} on each line.',
            )
        yield number, value


def _json(path: Path, text: str, first_line: int) -> Any:
    try:
        return parse(text)
    except json.JSONDecodeError as error:
        line, problem = first_line + error.lineno - 1, f"This is not valid JSON: {error.msg}"
    except (ValueError, RecursionError):
        line, problem = first_line, "The JSON is nested too deeply, or has a number that is none"
    raise InputError(
        problem,
        place=Place(file=str(path), line=line),
        fix="Export the file again; it may be half-written.",
    )


def _ways(path: Path, value: Any) -> tuple[tuple[Table, ...], ...]:
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return ((Table(name=path.stem, rows=tuple(value)),),)
    if isinstance(value, dict):
        dump = _dump(value)
        if dump:
            return (dump,)
        by_key = _keyed(value)
        by_table = {name: _keyed(entry) for name, entry in value.items() if entry}
        ways: list[tuple[Table, ...]] = []
        if by_key:
            ways.append((Table(name=path.stem, rows=by_key),))
        if by_table and all(by_table.values()):
            ways.append(tuple(Table(name=name, rows=found) for name, found in by_table.items()))
        if ways:
            return tuple(ways)
    raise InputError(
        "The JSON holds no tables",
        place=Place(file=str(path)),
        fix='Write a list of objects, {"table": [rows]} or {"key": {row}}.',
    )


def _dump(value: Mapping[str, Any]) -> tuple[Table, ...]:
    """Return the tables of a dump; entries that hold no rows are its other contents."""
    tables: list[Table] = []
    for name, entry in value.items():
        content = entry["data"] if isinstance(entry, dict) and "data" in entry else entry
        if isinstance(content, list) and all(isinstance(row, dict) for row in content):
            tables.append(Table(name=name, rows=tuple(content)))
        elif content is not entry and isinstance(content, dict):
            tables.append(Table(name=name, rows=_keyed(content)))
    return tuple(tables)


def _keyed(value: Any) -> tuple[Record, ...]:
    if not isinstance(value, dict) or not all(isinstance(row, dict) for row in value.values()):
        return ()
    return tuple(
        row
        if str(key) in {str(entry) for entry in row.values() if is_scalar(entry)}
        else {ROW_KEY: str(key), **row}
        for key, row in value.items()
    )
