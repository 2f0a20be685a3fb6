"""HTML to text, for mail: what a reader would see, and nothing else.

Text that a mail program hides (display none, no size, white on white) is where instructions to
a machine are put, so it is dropped. Written here because the standard library's parser takes
quadratic time on broken markup and the common converters keep hidden text. Each character is
looked at a bounded number of times; nesting is counted, never recursed into.
"""

from __future__ import annotations

import html
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import re2

from firstline.proof.css import Sheet, read_sheet, style_of

MAX_TAGS = 10_000
"""Tags that are read; a longer message than that was not written by a person."""
_MAX_SHEETS = 10
_MAX_TAG = 4096
_MAX_ATTRIBUTES = 40
_MAX_DEPTH = 256
_MAX_URL = 500
_MAX_QUOTE = 3

_TAG = re2.compile(r"""^<(/?)([a-zA-Z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_STARTS_TAG = re2.compile(r"^/?[a-zA-Z]")
_ATTRIBUTE = re2.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_UNSEEN = frozenset({"template", "svg", "math", "select", "object", "audio", "video", "canvas"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_CLOSES_ITSELF = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option"})
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "table", "pre"}
)
_LINES = frozenset(
    {"div", "br", "li", "tr", "dt", "dd", "hr", "section", "article", "header", "footer", "main"}
    | {"address", "aside", "nav", "center", "form", "fieldset", "figure", "body", "caption"}
)
_LESS_THAN = "<"
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class _Tag(NamedTuple):
    name: str
    closing: bool
    attributes: dict[str, str]


class _Element(NamedTuple):
    name: str
    hidden: bool
    light: bool
    """Whether it stands on a light ground, as far as is known."""


class _Link(NamedTuple):
    url: str
    start: int
    """Index into the written pieces."""


def html_to_text(markup: str) -> str:
    """Return the visible text of an HTML message.

    Links become `text (url)`, list items `- text`, quoted blocks lines that start with `> `.
    Scripts, styles, comments and hidden elements are left out.
    """
    page = _Page()
    tags = 0
    sheets = 0
    for token in _tokens(markup):
        if isinstance(token, str):
            page.words(html.unescape(token))
        tags += not isinstance(token, str) or token is _LESS_THAN
        if tags > MAX_TAGS:
            break
        if isinstance(token, str):
            continue
        if token.name == "style" and not token.closing:
            sheets += 1
            if sheets <= _MAX_SHEETS:
                page.sheet = page.sheet + read_sheet(token.attributes.get("", ""))
        elif token.closing:
            page.close(token.name)
        else:
            page.open(token.name, token.attributes)
    return page.text()


def _tokens(markup: str) -> Iterator[str | _Tag]:
    """Cut markup into text and tags; a style element's content is its attribute ``""``."""
    lowered = markup.translate(_ASCII_LOWER)
    position = 0
    while position < len(markup):
        start = markup.find("<", position)
        if start < 0:
            yield markup[position:]
            return
        if start > position:
            yield markup[position:start]
        following = markup[start + 1 : start + 3]
        if following[:1] in "!?" and following:
            closer = "-->" if markup.startswith("<!--", start) else ">"
            position = _after(markup, closer, start + 2)
        elif _STARTS_TAG.match(following):
            tag, position = _tag(markup, start)
            if tag is None:
                continue
            if tag.name in _RAW and not tag.closing:
                content = position
                end = lowered.find("</" + tag.name, content)
                position = len(markup) if end < 0 else _after(markup, ">", end)
                if tag.name == "style":
                    yield _Tag("style", False, {"": markup[content : end if end >= 0 else None]})
            else:
                yield tag
        else:
            yield _LESS_THAN
            position = start + 1


def _after(markup: str, mark: str, start: int) -> int:
    """Return the offset behind the next `mark`; the end when there is none, as browsers do."""
    found = markup.find(mark, start)
    return len(markup) if found < 0 else found + len(mark)


def _tag(markup: str, start: int) -> tuple[_Tag | None, int]:
    """Read the tag at `start`; a longer or broken one is skipped up to the next `>`."""
    near = min(_after(markup, ">", start), start + _MAX_TAG)
    match = _TAG.match(markup[start:near]) or _TAG.match(markup[start : start + _MAX_TAG])
    if match is None:
        return _long_tag(markup, start)
    attributes: dict[str, str] = {}
    for attribute in itertools.islice(_ATTRIBUTE.finditer(match.group(3)), _MAX_ATTRIBUTES):
        value = attribute.group(2) or attribute.group(3) or attribute.group(4) or ""
        attributes.setdefault(attribute.group(1).lower(), html.unescape(value))
    name = match.group(2).translate(_ASCII_LOWER)
    return _Tag(name, match.group(1) == "/", attributes), start + match.end()


def _long_tag(markup: str, start: int) -> tuple[_Tag | None, int]:
    """Keep the name of a tag that cannot be read whole, such as an image with its data inside."""
    head = markup[start + 1 : start + 17].split(">", maxsplit=1)[0].split()
    name = head[0].strip("/").translate(_ASCII_LOWER) if head else ""
    known = name in _LINES or name in _PARAGRAPHS or name in _RAW
    tag = _Tag(name, markup.startswith("</", start), {}) if known else None
    return tag, _after(markup, ">", start)


@dataclass(slots=True)
class _Page:
    """The text written so far, and the elements that are open."""

    sheet: Sheet = field(default_factory=Sheet)
    pieces: list[str] = field(default_factory=list)
    stack: list[_Element] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    links: list[_Link] = field(default_factory=list)
    hidden: int = 0
    quotes: int = 0
    verbatim: int = 0
    breaks: int = 0
    space: bool = False

    def text(self) -> str:
        """Return what was written."""
        return "".join(self.pieces).strip()

    def words(self, text: str) -> None:
        """Write text, with its white space collapsed unless the source is preformatted."""
        if self.hidden:
            return
        if self.verbatim:
            for number, line in enumerate(text.splitlines()):
                self.breaks = max(self.breaks, 1 if number else 0)
                self._write(line)
            return
        words = text.split()
        if not words:
            self.space = self.space or bool(text)
            return
        self.space = self.space or text[0].isspace()
        self._write(" ".join(words))
        self.space = text[-1].isspace()

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        self._break_for(name)
        if name in _VOID:
            return
        if name == "body":
            while self.stack:
                self._leave()
        if name in _CLOSES_ITSELF and self.stack and self.stack[-1].name == name:
            self._leave()
        if len(self.stack) < _MAX_DEPTH:
            self._enter(name, attributes)
        if name == "li":
            self._write("-")
            self.space = True
        elif name in {"td", "th"}:
            self.space = True

    def close(self, name: str) -> None:
        """Leave an element, and those left open inside it."""
        self._break_for(name)
        if self.opened.get(name):
            while self._leave() != name:
                pass

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        light = self.stack[-1].light if self.stack else True
        style = style_of(attributes, self.sheet, light=light)
        hidden = style.hidden or name in _UNSEEN
        self.stack.append(_Element(name, hidden, style.light))
        self.opened[name] += 1
        self.hidden += hidden
        self.quotes += name == "blockquote"
        self.verbatim += name == "pre"
        if name == "a":
            self.links.append(_Link(_address(attributes.get("href", "")), len(self.pieces)))

    def _leave(self) -> str:
        element = self.stack.pop()
        self.opened[element.name] -= 1
        if element.name == "a" and self.links:
            self._finish_link(self.links.pop())
        self.hidden -= element.hidden
        self.quotes -= element.name == "blockquote"
        self.verbatim -= element.name == "pre"
        return element.name

    def _finish_link(self, link: _Link) -> None:
        shown = "".join(self.pieces[link.start : link.start + 50])
        bare = link.url.removeprefix("https://").removeprefix("http://").rstrip("/")
        if link.url and shown.strip() and bare not in shown and not self.hidden:
            self.space = True
            self._write(f"({link.url})")

    def _break_for(self, name: str) -> None:
        if name in _PARAGRAPHS:
            self.breaks = max(self.breaks, 2)
        elif name == "br":
            self.breaks += 1
        elif name in _LINES:
            self.breaks = max(self.breaks, 1)

    def _write(self, text: str) -> None:
        if self.hidden:
            return
        prefix = "> " * min(self.quotes, _MAX_QUOTE)
        if self.breaks and self.pieces:
            between = "\n" + prefix.rstrip()
            self.pieces.append(between * (min(self.breaks, 4) - 1) + "\n" + prefix)
        elif not self.pieces:
            self.pieces.append(prefix)
        elif self.space:
            self.pieces.append(" ")
        self.breaks = 0
        self.space = False
        self.pieces.append(text)


def _address(href: str) -> str:
    """Return a link's target if a person could follow it, else nothing."""
    target = "".join(href.split())
    scheme = target[:8].lower()
    if scheme.startswith(("http://", "https://")):
        return target[:_MAX_URL]
    if scheme.startswith("mailto:"):
        return target[7:].split("?")[0][:_MAX_URL]
    return ""
