"""Turns YAML into nodes with line numbers, from the parser's events.

Nothing is constructed, so nothing in a file can run code; anchors, aliases, tags and deep
nesting are refused, so nothing can blow up; plain words stay as written, so that `off`, `no`
and `12:30` mean what they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from firstline.workspace.nodes import Node, Sheet
from firstline.workspace.problems import shown

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAXIMUM_DEPTH = 20
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
_ADVICE = (
    ("mapping values are not allowed", "Put quotes around text that contains a colon and a space."),
    ("cannot start any token", "Indent with spaces, not tabs, and put quotes around the text."),
    ("unexpected end of stream", "Close the quote; the file may have been cut short."),
    ("could not find expected ':'", "Write `key: value`, with a space after the colon."),
    ("or ']'", "Close the bracket, or put quotes around text that starts with [."),
    ("or '}'", "Close the brace, or put quotes around text that starts with {."),
    ("node content", "Close the bracket or brace; the file may have been cut short."),
    ("block end", "Indent it like the lines above it."),
    ("expected key", "Indent it like the lines above it; quote text that starts with a quote."),
    ("'-' indicator", "Start each entry with `- `, and quote text that starts with { or [."),
)


class _Refused(Exception):
    def __init__(self, line: int, problem: str, fix: str) -> None:
        self.line, self.problem, self.fix = line, problem, fix
        super().__init__(problem)


def yaml_tree(text: str, sheet: Sheet) -> Node | None:
    """Return the root table of a YAML file, or None after noting why there is none."""
    try:
        root = _Builder(sheet).build(text)
    except _Refused as refused:
        sheet.note(refused.line, refused.problem, refused.fix)
        return None
    except yaml.MarkedYAMLError as error:
        _note_syntax(error, text, sheet)
        return None
    except (yaml.YAMLError, UnicodeError):
        sheet.note(
            _line_of_control(text),
            "There is a control character in the text",
            "Remove it; it was probably pasted.",
        )
        return None
    if root is None or root.kind == "nothing":
        sheet.note(None, "The file says nothing", "Restore it, or remove it to use the defaults.")
        return None
    if root.kind != "table":
        sheet.note(root.line, "The file must start with a key", "Write `key:` at the first line.")
        return None
    return root


class _Builder:
    """Builds the tree from events without recursion."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def build(self, text: str) -> Node | None:
        events = _checked_events(text)
        stack: list[_Open] = []
        root: Node | None = None
        for event in events:
            done: Node | None = None
            if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                if len(stack) >= _MAXIMUM_DEPTH:
                    raise _Refused(
                        _line(event),
                        f"The nesting is deeper than {_MAXIMUM_DEPTH} levels",
                        "Flatten it; no file here needs more than five.",
                    )
                stack.append(_Open(event, self._sheet))
                continue
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                done = stack.pop().close()
            elif isinstance(event, yaml.ScalarEvent):
                done = _scalar(event)
            if done is None:
                continue
            if stack:
                stack[-1].take(done)
            else:
                root = done
        return root


class _Open:
    """A list or table whose end has not been read yet."""

    def __init__(self, event: Any, sheet: Sheet) -> None:
        self._line = _line(event)
        self._is_table = isinstance(event, yaml.MappingStartEvent)
        self._sheet = sheet
        self._items: list[Node] = []
        self._table: dict[str, Node] = {}
        self._key: Node | None = None

    def take(self, node: Node) -> None:
        if not self._is_table:
            self._items.append(node)
        elif self._key is None:
            self._key = node
        else:
            self._set(self._key, node)
            self._key = None

    def _set(self, key: Node, value: Node) -> None:
        if key.kind in {"list", "table"}:
            raise _Refused(
                key.line,
                "A list or table cannot be a key",
                "Put quotes around text that starts with { or [.",
            )
        name = (key.text or "").strip()
        if name in self._table:
            self._sheet.note(
                key.line,
                f"{shown(name)} is there twice, first at line {self._table[name].line}",
                "Merge the two or rename one.",
            )
            return
        self._table[name] = _moved(value, key.line)

    def close(self) -> Node:
        if self._is_table:
            return Node(line=self._line, kind="table", table=self._table)
        return Node(line=self._line, kind="list", items=tuple(self._items))


def _checked_events(text: str) -> Iterator[Any]:
    documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Refused(
                    _line(event),
                    "A second document starts here",
                    "Keep one document: remove the `---`.",
                )
        anchored = isinstance(event, yaml.NodeEvent) and event.anchor is not None
        if anchored:
            raise _Refused(
                _line(event),
                "Anchors (&) and aliases (*) are not read",
                "Write the value out, or put quotes around text that starts with & or *.",
            )
        if getattr(event, "tag", None) not in {None, "!"}:
            raise _Refused(
                _line(event),
                "Tags (!) are not read",
                "Remove the tag, or put quotes around text that starts with !.",
            )
        yield event


def _scalar(event: yaml.ScalarEvent) -> Node:
    text: str = event.value
    line = _line(event)
    if event.style:
        return Node(line=line, kind="text", text=text)
    if text in _NOTHING:
        return Node(line=line, kind="nothing")
    if text in _TRUTH:
        return Node(line=line, kind="truth", text=text)
    number = _number(text)
    return Node(line=line, kind="text" if number is None else "number", text=text, number=number)


def _number(text: str) -> float | None:
    if len(text) > 40 or not text[-1].isdigit() or "_" in text:  # noqa: PLR2004 - digits of a float
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _moved(node: Node, line: int) -> Node:
    return Node(
        line=line,
        kind=node.kind,
        text=node.text,
        number=node.number,
        items=node.items,
        table=node.table,
    )


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _note_syntax(error: yaml.MarkedYAMLError, text: str, sheet: Sheet) -> None:
    mark = error.problem_mark or error.context_mark
    # An unclosed quote is noticed at the end of the file; where it opened is what helps.
    if error.context and "quoted scalar" in error.context and error.context_mark:
        mark = error.context_mark
    problem = error.problem or "the YAML cannot be read"
    advice = next((fix for part, fix in _ADVICE if part in problem), None)
    column = f" (column {mark.column + 1})" if mark else ""
    sheet.note(
        min(mark.line + 1, text.rstrip().count("\n") + 1) if mark else None,
        f"This is not valid YAML: {problem}{column}",
        advice or "Check the indentation and the quotes around this line.",
    )


def _line_of_control(text: str) -> int | None:
    for number, line in enumerate(text.split("\n"), start=1):
        if any(not (char.isprintable() or char in "\t\r\x85\xa0") for char in line):
            return number
    return None
