"""What YAML and TOML files contain, with the line of everything, and typed reading of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from firstline.workspace.problems import Problems, listed, nearest, shown, suggestion

Kind = Literal["text", "number", "truth", "nothing", "list", "table"]
Choice = TypeVar("Choice", bound=str)
MAXIMUM_LINE = 2_000
"""Characters of one sentence, example or question."""
_KIND_WORDS: Mapping[Kind, str] = {
    "text": "text",
    "number": "a number",
    "truth": "true or false",
    "nothing": "empty",
    "list": "a list",
    "table": "a table of keys",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of a file, where it stands, and what it may be read as."""

    line: int
    """1-based line of the value's key, or of the list item."""
    kind: Kind
    text: str | None = None
    """The value as a person wrote it, where the format lets it be read as text."""
    number: float | None = None
    items: tuple[Node, ...] = ()
    table: Mapping[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file being read, and where its mistakes are noted."""

    file: Path
    problems: Problems

    def note(self, line: int | None, problem: str, fix: str) -> None:
        """Note a mistake in this file."""
        self.problems.add(self.file, line, problem, fix)


class Fields:
    """Reads one table by key; every mistake is noted and answered with the default."""

    def __init__(self, node: Node, sheet: Sheet, *, owner: str, known: Sequence[str]) -> None:
        self.sheet = sheet
        self.line = node.line
        self.owner = owner
        """What the table is, as it reads in a message: `[routing]`, `intent refund`."""
        self._known = known
        self._table = node.table
        if node.kind != "table":
            self._wrong(node, owner, "a table of keys", f"Write keys below it: {listed(known)}.")
        self._refuse_unknown()

    def __contains__(self, key: str) -> bool:
        """Whether the file says anything for this key."""
        return key in self._table

    def line_of(self, key: str) -> int:
        """Return the line of a key, or of the table when the key is absent."""
        return self._table[key].line if key in self._table else self.line

    def node(self, key: str) -> Node | None:
        """Return what stands at a key, unread."""
        return self._table.get(key)

    def text(self, key: str, default: str = "", *, may_be_empty: bool = False) -> str:
        """Return one line of text."""
        node = self._table.get(key)
        if node is None:
            return default
        if may_be_empty and (node.kind == "nothing" or node.text == ""):
            return ""
        value = self._text_of(node, self._label(key))
        return default if value is None else value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of lines of text; one text alone counts as a list of one."""
        return tuple(text for _, text in self.lines(key)) if key in self._table else default

    def lines(self, key: str) -> tuple[tuple[int, str], ...]:
        """Return a list of texts with the line each stands on."""
        node = self._table.get(key)
        if node is None:
            return ()
        if node.kind in {"table", "nothing"}:
            is_toml = self.sheet.file.suffix == ".toml"
            advice = 'Write ["one", "two"].' if is_toml else "Write one `- text` a line below it."
            self._wrong(node, self._label(key), "a list", advice)
            return ()
        entries = node.items if node.kind == "list" else (node,)
        read = ((entry.line, self._text_of(entry, self._label(key))) for entry in entries)
        return tuple((line, text) for line, text in read if text)

    def choice(self, key: str, allowed: tuple[Choice, ...], default: Choice) -> Choice:
        """Return one of the allowed words."""
        node = self._table.get(key)
        if node is None:
            return default
        value = self._text_of(node, self._label(key))
        if not value:
            return default
        if value in allowed:
            return next(word for word in allowed if word == value)
        self.sheet.note(
            node.line,
            f"{self._label(key)} is {shown(value)}, which is not one of {listed(allowed)}",
            suggestion(value, allowed, f"Write one of {listed(allowed)}."),
        )
        return default

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number between two bounds, both allowed."""
        value = self._number(key, low, high, "a whole number")
        if value is None:
            return default
        if value != int(value):
            self._out_of_range(key, low, high, "a whole number")
            return default
        return int(value)

    def share(self, key: str, default: float) -> float:
        """Return a number from 0 to 1."""
        value = self._number(key, 0, 1, "a number")
        return default if value is None else value

    def _number(self, key: str, low: int, high: int, wanted: str) -> float | None:
        node = self._table.get(key)
        if node is None:
            return None
        if node.number is None:
            advice = f"Write a number from {low} to {high}, without quotes."
            self._wrong(node, self._label(key), wanted, advice)
            return None
        if not low <= node.number <= high:
            self._out_of_range(key, low, high, wanted)
            return None
        return node.number

    def _out_of_range(self, key: str, low: int, high: int, wanted: str) -> None:
        node = self._table[key]
        self.sheet.note(
            node.line,
            f"{self._label(key)} is {node.number:g}, not {wanted} from {low} to {high}",
            f"Write {wanted} from {low} to {high}.",
        )

    def _text_of(self, node: Node, label: str) -> str | None:
        if node.text is None:
            self._wrong(node, label, "text", _text_advice(node))
            return None
        value = node.text.strip()
        if not value:
            self.sheet.note(node.line, f"{label} is empty", "Write it, or remove the line.")
        elif len(value) > MAXIMUM_LINE:
            self.sheet.note(
                node.line,
                f"{label} has {len(value):,} characters, more than {MAXIMUM_LINE:,}",
                "Shorten it.",
            )
        else:
            return value
        return None

    def _label(self, key: str) -> str:
        return f"`{key}` of {self.owner}"

    def _wrong(self, node: Node, label: str, wanted: str, fix: str) -> None:
        self.sheet.note(node.line, f"{label} must be {wanted}, not {_KIND_WORDS[node.kind]}", fix)

    def _refuse_unknown(self) -> None:
        for key, node in self._table.items():
            if key in self._known:
                continue
            meant = nearest(key, self._known)
            advice = f"Did you mean `{meant}`?" if meant else f"Known keys: {listed(self._known)}."
            self.sheet.note(node.line, f"{self.owner} has no key {shown(key)}", advice)


def _text_advice(node: Node) -> str:
    if node.kind == "table":
        return "Put quotes around text that starts with { or [ or contains a colon and a space."
    if node.kind == "nothing":
        return "Write it, or remove the line."
    return "Write one line of text in quotes."
