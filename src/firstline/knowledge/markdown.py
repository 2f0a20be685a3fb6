"""Markdown as a reader sees it: blocks of plain lines under their headings.

Not a Markdown renderer: it keeps the words and their order, drops the marks, and says which
lines belong together. Linear time on any input.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

import re2

BlockKind = Literal["prose", "list", "table", "code"]

WRAPPED_LINE: Final = 50
"""A line at least this long that ends without punctuation continues on the next line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines that belong together, and the headings above them."""

    kind: BlockKind
    headings: tuple[str, ...]
    """Outermost first."""
    lines: tuple[str, ...]
    """Plain text; a paragraph, list item, table row or code line each."""


_HEADING = re2.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re2.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_RULE = re2.compile(r"^ {0,3}([-*_][ \t]*){3,}$")
_ITEM = re2.compile(r"^[ \t]*([-*+•‣◦]|\d{1,4}[.)])[ \t]+(.*)$")
_FENCE = re2.compile(r"^[ \t]*(```+|~~~+)")
_TABLE_RULE = re2.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_COMMENT = re2.compile(r"(?s)<!--.*?-->")
_DEFINITION = re2.compile(r"^ {0,3}\[[^\]]+\]:[ \t]*\S")
_TAG = re2.compile(
    r"(?i)</?(a|abbr|b|blockquote|br|button|center|code|details|div|em|figcaption|figure|font|"
    r"h[1-6]|hr|i|iframe|img|kbd|li|mark|ol|p|picture|pre|s|section|small|source|span|strong|"
    r"style|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul|video)(\s[^<>]*)?/?>"
)
_CODE_SPAN = re2.compile(r"(`+)([^`]+)`+")
_IMAGE = re2.compile(r"!\[[^\]]*\](\([^()]*\)|\[[^\]]*\])")
_LINK = re2.compile(
    r"\[([^\[\]]*)\]\(\s*<?([^()<>\s]*(?:\([^()\s]*\)[^()<>\s]*)?)>?(?:\s+[\"'(][^)]*[\"')])?\s*\)"
)
_REFERENCE = re2.compile(r"\[([^\[\]]+)\]\[[^\[\]]*\]")
_AUTOLINK = re2.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_BOLD = re2.compile(r"\*\*(\S(?:[^*]*?\S)?)\*\*|~~(\S(?:[^~]*?\S)?)~~")
_ITALIC = re2.compile(r"\*([^\s*](?:[^*]*?[^\s*])?)\*")
_UNDERSCORES = re2.compile(r"(^|[^\pL\pN_])__?([^\s_](?:[^_]*?[^\s_])?)__?($|[^\pL\pN_])")
_ESCAPE = re2.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_ESCAPED: Final = 0xE000
"""Escaped marks wait in a private area, which normalised text does not use."""
_HIDDEN = re2.compile(r"[\x{e000}-\x{e07f}]")
_MARKS = re2.compile(r"[`*_\[\]<>&\\~]")
_SPACE = re2.compile(r"[ \t]+")


def blocks(text: str, *, base: str = "") -> list[Block]:
    """Return the blocks of a Markdown text in order.

    Args:
        text: Normalised text.
        base: The page's own address, to complete relative links; they lose their target without.
    """
    return _Reader(base).read(_COMMENT.sub("", text).split("\n"))


def plain(line: str, *, base: str = "") -> str:
    """Return one line of Markdown without marks: links become `text (url)`, images nothing."""
    if not _MARKS.search(line):
        return str(_SPACE.sub(" ", line)).strip()
    parts: list[str] = []
    start = 0
    for match in _CODE_SPAN.finditer(line):
        parts += (_without_marks(line[start : match.start()], base), match.group(2).strip())
        start = match.end()
    parts.append(_without_marks(line[start:], base))
    return str(_SPACE.sub(" ", "".join(parts))).strip()


def _without_marks(text: str, base: str) -> str:
    text = _ESCAPE.sub(lambda match: chr(_ESCAPED + ord(match.group(1))), text)
    text = _IMAGE.sub("", text)
    text = _LINK.sub(lambda match: _link(match.group(1), match.group(2), base), text)
    text = _REFERENCE.sub(lambda match: match.group(1), text)
    text = _AUTOLINK.sub(lambda match: match.group(1).removeprefix("mailto:"), text)
    text = html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text
    text = _BOLD.sub(lambda match: match.group(1) or match.group(2) or "", text)
    text = _ITALIC.sub(lambda match: match.group(1), text)
    text = _UNDERSCORES.sub(lambda match: f"{match.group(1)}{match.group(2)}{match.group(3)}", text)
    return str(_HIDDEN.sub(lambda match: chr(ord(match.group(0)) - _ESCAPED), text))


def _link(words: str, target: str, base: str) -> str:
    address = target.removeprefix("mailto:")
    if address == target:
        address = urljoin(base, target) if base else target
        try:
            scheme = urlsplit(address).scheme
        except ValueError:
            scheme = ""
        if scheme not in ("http", "https", "tel"):
            return words
        address = address.removeprefix("tel:")
    same = words.strip("*_` ").rstrip("/") in (address.rstrip("/"), address.split("//")[-1])
    return address if same or not words.strip() else f"{words} ({address})"


class _Reader:
    """Walks the lines once, keeping the open block and the headings above it.

    A line of the open block is the list of the physical lines it was wrapped over; an empty
    one is a blank line inside a list.
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self._headings: list[tuple[int, str]] = []
        self._kind: BlockKind = "prose"
        self._lines: list[list[str]] = []
        self._done: list[Block] = []

    def read(self, lines: list[str]) -> list[Block]:
        """Return the blocks of `lines`."""
        rest = iter(lines)
        for line in rest:
            if _FENCE.match(line):
                self._code(line, rest)
            elif not line.strip():
                self._blank()
            elif not (self._heading(line) or self._row(line) or self._item(line)):
                self._prose(line)
        self._close()
        return self._done

    def _code(self, opening: str, rest: Iterator[str]) -> None:
        self._close()
        fence = _FENCE.match(opening).group(1)
        self._kind = "code"
        for line in rest:
            if line.strip().startswith(fence):
                break
            if line.strip():
                self._lines.append([line.rstrip()])
        self._close()

    def _blank(self) -> None:
        # A blank line inside a list separates items, not the list from its items.
        if self._kind != "list":
            self._close()
        elif self._lines and self._lines[-1]:
            self._lines.append([])

    def _heading(self, line: str) -> bool:
        match = _HEADING.match(line)
        if match is not None:
            self._open_heading(len(match.group(1)), match.group(2))
            return True
        under = _UNDERLINE.match(line)
        if under is not None and self._kind == "prose" and len(self._lines) == 1:
            title = " ".join(self._lines.pop())
            self._open_heading(1 if "=" in under.group(1) else 2, title)
            return True
        if _RULE.match(line) or _DEFINITION.match(line):
            self._close()
            return True
        return False

    def _open_heading(self, level: int, text: str) -> None:
        self._close()
        words = plain(text, base=self._base)
        self._headings = [entry for entry in self._headings if entry[0] < level]
        if words:
            self._headings.append((level, words))

    def _row(self, line: str) -> bool:
        bare = line.strip()
        is_rule = "|" in bare and _TABLE_RULE.match(bare)
        if is_rule and self._kind == "prose" and self._lines:
            header = " ".join(self._lines.pop())
            self._switch("table")
            self._lines.append([_cells(header)])
        elif bare.startswith("|") or (self._kind == "table" and "|" in bare):
            self._switch("table")
            if not is_rule:
                self._lines.append([_cells(plain(bare, base=self._base))])
        else:
            return False
        return True

    def _item(self, line: str) -> bool:
        match = _ITEM.match(line)
        if match is None:
            return False
        self._switch("list")
        marker = match.group(1) if match.group(1)[0].isdigit() else "-"
        words = plain(match.group(2), base=self._base)
        if words:
            self._lines.append([f"{marker} {words}"])
        return True

    def _prose(self, line: str) -> None:
        words = plain(line.lstrip("> \t"), base=self._base)
        if not words:
            return
        if self._kind == "list":
            self._below_item(words, is_indented=line[0] in " \t")
            return
        self._switch("prose")
        if self._lines and not _ends(self._lines[-1][-1]):
            self._lines[-1].append(words)
        else:
            self._lines.append([words])

    def _below_item(self, words: str, *, is_indented: bool) -> None:
        """Place a line under a list: indented it is part of the item, else if that breaks off."""
        last = self._lines[-1] if self._lines else []
        if last and (is_indented or not _ends(last[-1])):
            last.append(words)
        elif is_indented:
            self._lines.append([words])
        else:
            self._close()
            self._lines.append([words])

    def _switch(self, kind: BlockKind) -> None:
        if self._kind != kind:
            self._close()
            self._kind = kind

    def _close(self) -> None:
        joined = (" ".join(parts) for parts in self._lines)
        lines = tuple(line for line in joined if line.strip(" |"))
        if lines:
            headings = tuple(words for _, words in self._headings)
            self._done.append(Block(kind=self._kind, headings=headings, lines=lines))
        self._lines = []
        self._kind = "prose"


def _ends(line: str) -> bool:
    """Whether the next line starts a sentence or point of its own."""
    return len(line) < WRAPPED_LINE or line.rstrip("\"'”’)]")[-1:] in ".!?:;。！？"


def _cells(row: str) -> str:
    return " | ".join(cell.strip() for cell in row.strip().strip("|").split("|"))
