"""Turns TOML into nodes with line numbers, which tomllib does not give."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import re2

from firstline.workspace.nodes import Node, Sheet

_HEADER = re2.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re2.compile(r"""^\s*([A-Za-z0-9_.\-"' ]+?)\s*=""")
_AT = re2.compile(r"\(at line (\d+), column (\d+)\)")
_UNFINISHED = "Close the quote or bracket; the file may have been cut short."
_Lines = Mapping[tuple[str, ...], int]


def toml_tree(text: str, sheet: Sheet, *, may_be_empty: bool = False) -> Node | None:
    """Return the root table of a TOML file, or None after noting why there is none."""
    try:
        values = tomllib.loads(text)
    except RecursionError:
        sheet.note(None, "The nesting is too deep", "Flatten it.")
        return None
    except ValueError as error:
        _note_syntax(str(error), text, sheet)
        return None
    if not values and not may_be_empty:
        sheet.note(None, "The file says nothing", "Write at least [company] and its name.")
        return None
    return _node(values, (), 1, _key_lines(text))


def _node(value: Any, path: tuple[str, ...], line: int, lines: _Lines) -> Node:
    line = lines.get(path, line)
    match value:
        case dict():
            table = {
                str(key): _node(entry, (*path, str(key)), line, lines)
                for key, entry in value.items()
            }
            return Node(line=line, kind="table", table=table)
        case list():
            items = tuple(
                _node(entry, (*path, f"[{at}]"), line, lines) for at, entry in enumerate(value)
            )
            return Node(line=line, kind="list", items=items)
        case bool():
            return Node(line=line, kind="truth")
        case int() | float():
            return _number(value, line)
        case _:
            return Node(
                line=line, kind="text", text=value if isinstance(value, str) else str(value)
            )


def _number(value: float, line: int) -> Node:
    try:
        return Node(line=line, kind="number", number=float(value))
    except OverflowError:
        return Node(line=line, kind="number", number=float("inf"))


def _key_lines(text: str) -> _Lines:
    """Find the line of each table header and key, by their looks.

    Lines inside a multi-line string are skipped; a key inside an inline table has no line of
    its own and takes that of the table.
    """
    found: dict[tuple[str, ...], int] = {}
    entries: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        fences = line.count('"""') + line.count("'''")
        was_inside, inside = inside, inside ^ bool(fences % 2)
        if was_inside:
            continue
        header = _HEADER.match(line)
        key = None if header else _KEY.match(line)
        if header:
            table = _path(header.group(1))
            found.setdefault(table, number)
            if line.lstrip().startswith("[["):
                at = entries[table] = entries.get(table, -1) + 1
                table = (*table, f"[{at}]")
                found[table] = number
        elif key:
            found.setdefault((*table, *_path(key.group(1))), number)
    return found


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _note_syntax(message: str, text: str, sheet: Sheet) -> None:
    at = _AT.search(message)
    line = int(at.group(1)) if at else len(text.rstrip().split("\n"))
    where = f" (column {at.group(2)})" if at else ""
    problem = message.partition(" (at ")[0] if " (at " in message else "a number is too long"
    advice = _UNFINISHED if at is None and " (at " in message else _advice(problem)
    sheet.note(line, f"This is not valid TOML: {problem[:200]}{where}", advice)


def _advice(problem: str) -> str:
    if "overwrite" in problem or "twice" in problem:
        return "Keep one of the two entries."
    if "Unterminated" in problem or "Illegal character" in problem or "Unclosed" in problem:
        return _UNFINISHED
    if "Invalid value" in problem:
        return "Put text in double quotes; write numbers without quotes."
    return 'Write `key = "text"` or `key = number`, one a line, below a [table].'
