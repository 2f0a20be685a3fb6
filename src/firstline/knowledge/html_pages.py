"""HTML pages as Markdown, so that they are cut into passages like everything else."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import Final

import nh3
import re2

_TITLE = re2.compile(r"(?is)<title[^>]*>(.*?)</title>")
_TAG = re2.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SPACE = re2.compile(r"\s+")
_BLANK_LINES = re2.compile(r"\n{3,}")

MAX_DEPTH: Final = 1_000
"""Elements open at once; the time to clean a page grows with their square."""
_LEFT_OPEN: Final = frozenset(
    "area base br col colgroup dd dt embed hr img input li link meta option p param source tbody "
    "td tfoot th thead tr track wbr".split()
)
"""Elements that need no end tag."""

_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_BLOCKS: Final = frozenset(
    "article aside blockquote dd div dl dt figure figcaption footer header main p section "
    "table details summary ul ol pre caption address".split()
)
_UNREAD: Final = frozenset({"nav", "footer", "aside"})
"""Page furniture: repeated on each page, it would be found for every question."""


def page_title(source: str) -> str:
    """Return the text of the page's <title>, or an empty string."""
    match = _TITLE.search(source)
    words = html.unescape(nh3.clean(match.group(1), tags=set())) if match else ""
    return str(_SPACE.sub(" ", words)).strip()


def to_markdown(source: str) -> str:
    """Return the readable text of an HTML page as Markdown, without scripts, styles and forms.

    Raises:
        ValueError: Its elements are nested so deep that cleaning it would take minutes.
    """
    if _depth(source) > MAX_DEPTH:
        raise ValueError("the elements of the page are nested too deep")
    clean = nh3.clean(
        _TITLE.sub("", source),
        tags=nh3.ALLOWED_TAGS | {"main", "section"},
        clean_content_tags={"script", "style", "template", "noscript", "button", "select"},
        link_rel=None,
    )
    writer = _Writer()
    writer.feed(clean)
    writer.close()
    return str(_BLANK_LINES.sub("\n\n", writer.text())).strip()


def _depth(source: str) -> int:
    """Return how many elements are open at once at most, going by the tags alone."""
    deepest = depth = 0
    for match in _TAG.finditer(source):
        name = match.group(2).lower()
        if name not in _LEFT_OPEN:
            depth = max(0, depth - 1) if match.group(1) else depth + 1
            deepest = max(deepest, depth)
    return deepest


class _Writer(HTMLParser):
    """Writes what it reads as Markdown lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._lists: list[int | None] = []
        self._targets: list[str] = []
        self._unread = 0
        self._verbatim = 0
        self._in_row = False

    def text(self) -> str:
        """Return what was written so far."""
        return "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, a list item, a table row or a link."""
        self._unread += tag in _UNREAD
        if tag in _HEADINGS:
            self._write(f"\n\n{_HEADINGS[tag]} ")
        elif tag == "li":
            self._write("\n" + self._marker())
        elif tag == "br":
            self._write(" " if self._in_row else "  \n")
        elif tag == "tr":
            self._in_row = True
            self._write("\n| ")
        elif tag == "a":
            self._targets.append(dict(attrs).get("href") or "")
            self._write("[")
        elif tag in _BLOCKS and not self._in_row:
            self._open_block(tag, dict(attrs))

    def _open_block(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag in ("ul", "ol"):
            start = attributes.get("start") or "1"
            first = int(start) if start.isdecimal() and len(start) <= 4 else 1  # noqa: PLR2004 - digits
            self._lists.append(first if tag == "ol" else None)
        if tag == "pre":
            self._verbatim += 1
            self._write("\n\n```\n")
        elif not self._lists or tag in ("ul", "ol"):
            self._write("\n\n")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag == "a" and self._targets:
            self._write(f"]({self._targets.pop()})")
        elif tag in ("td", "th"):
            self._write(" | ")
        elif tag == "tr":
            self._in_row = False
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._write("\n\n" if not self._lists else "")
        elif tag == "pre" and self._verbatim:
            self._verbatim -= 1
            self._write("\n```\n\n")
        elif (tag in _BLOCKS or tag in _HEADINGS) and not (self._in_row or self._lists):
            self._write("\n\n")
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)

    def handle_data(self, data: str) -> None:
        """Write words, with white space as a browser shows it."""
        if self._verbatim:
            self._write(data)
            return
        words = _SPACE.sub(" ", data)
        if words.strip() or not "".join(self._out[-1:]).endswith((" ", "\n")):
            self._write(words)

    def _marker(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "

    def _write(self, text: str) -> None:
        if not self._unread:
            self._out.append(text)
