"""Outgoing HTML: escaped text in paragraphs, with links, and nothing else."""

from __future__ import annotations

from html import escape

import re2

_BLANK_LINES = re2.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_CONTROLS = re2.compile(r"[\x{00}-\x{08}\x{0b}-\x{1f}\x{7f}-\x{9f}]")
_LINK = re2.compile(r"https?://[^\s<>\"'\x{00}-\x{1f}]+")
_AFTER = ".,;:!?)]}’”»"
"""What ends a sentence rather than a link."""


def readable(text: str) -> str:
    """Return text that RE2 and every JSON reader take: halves of characters become `?`."""
    return text.encode("utf-8", "replace").decode()


def without_placeholders(text: str) -> str:
    """Return text whose double braces are parted: helpdesks fill what stands between them.

    Twice, because `{{{` has another pair of braces after the first time; and after everything
    else is gone that stood between two braces and is not shown.
    """
    text = _plain(text)
    for _ in range(2):
        text = text.replace("{{", "{ {").replace("{%", "{ %")
    return text


def markup(text: str) -> str:
    """Return plain text as HTML: a paragraph a block, a break a line, links clickable."""
    plain = _plain(text).strip()
    blocks = (_BLANK_LINES.sub("\n\n", plain)).split("\n\n") if plain else []
    return "".join(f"<p>{'<br>'.join(map(_line, block.split(chr(10))))}</p>" for block in blocks)


def _plain(text: str) -> str:
    """Return text with one kind of line end and no control signs."""
    whole = readable(text).replace("\r\n", "\n").replace("\r", "\n")
    return str(_CONTROLS.sub("", whole))


def _line(line: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(line):
        link = match.group().rstrip(_AFTER)
        parts.append(escape(line[end : match.start()]))
        parts.append(f'<a href="{escape(link)}">{escape(link)}</a>')
        end = match.start() + len(link)
    parts.append(escape(line[end:]))
    return "".join(parts)
