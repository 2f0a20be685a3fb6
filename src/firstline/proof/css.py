"""As much of CSS as it takes to know whether an element can be seen.

Mail is styled inline; of a style sheet only plain class rules are read. A rule inside @media
never hides anything here, because it holds on some screens only.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import re2

_MAX_SHEET = 100_000
_MAX_BRACES = 4_000
_MAX_STYLE = 4096
_NEARLY_WHITE = 0xF0

_SEE_THROUGH = frozenset({"none", "transparent", "inherit", "initial", "unset"})
_COMMENT = re2.compile(r"(?s)/\*.*?\*/")
_ESCAPE = re2.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_BRACE = re2.compile(r"([^{}]*)([{}])")
_CLASS = re2.compile(r"^\s*[a-zA-Z0-9]*\.([\w-]+)\s*$")
_HIDING = re2.compile(
    r"display:none|visibility:(?:hidden|collapse)|mso-hide:all|opacity:0?(?:\.0+)?(?:[;!%]|$)"
    r"|font-size:0*(?:[01](?:\.\d+)?|\.\d+)(?:px|pt)(?:[;!]|$)"
    r"|font-size:0*(?:0?\.0\d*|0)(?:r?em|%|e[xn])?(?:[;!]|$)"
    r"|text-indent:-\d{3,}|(?:left|top|margin-left|margin-top):-\d{4,}|max-height:0(?:px)?(?:[;!]|$)"
    r"|(?:^|;)color:transparent|clip:rect\([01]"
)
_FLAT = re2.compile(r"(?:^|;)(?:height|width):0(?:px)?(?:[;!]|$)")
_COLOUR = re2.compile(r"(?:^|;)color:([^;!]+)")
_GROUND = re2.compile(r"(?:^|;)background(?:-color|-image)?:([^;!]+)")
_HEX = re2.compile(r"^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$")
_RGB = re2.compile(r"^rgba?\((\d{1,3})[, ]+(\d{1,3})[, ]+(\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The classes of a style sheet that matter."""

    hidden: frozenset[str] = frozenset()
    coloured: frozenset[str] = frozenset()
    """Classes with a ground of their own."""

    def __add__(self, other: Sheet) -> Sheet:
        """Both sheets."""
        return Sheet(self.hidden | other.hidden, self.coloured | other.coloured)


@dataclass(frozen=True, slots=True)
class Style:
    """What an element's style says about seeing it."""

    hidden: bool
    light: bool
    """Whether what it contains stands on a light ground, as far as is known."""


def read_sheet(css: str) -> Sheet:
    """Return the classes that hide and the classes that colour their ground."""
    css = _COMMENT.sub("", css[:_MAX_SHEET])
    hidden: set[str] = set()
    coloured: set[str] = set()
    depth = 0
    selector = ""
    for match in itertools.islice(_BRACE.finditer(css), _MAX_BRACES):
        before, brace = match.group(1), match.group(2)
        if brace == "{":
            depth += 1
            selector = before
            continue
        style = _compact(before)
        names = [found.group(1) for name in selector.split(",") if (found := _CLASS.match(name))]
        if depth == 1 and _hides(style):
            hidden.update(names)
        if _GROUND.search(style):
            coloured.update(names)
        selector = ""
        depth = max(0, depth - 1)
    return Sheet(frozenset(hidden), frozenset(coloured))


def style_of(attributes: Mapping[str, str], sheet: Sheet, *, light: bool) -> Style:
    """Return how an element looks.

    Args:
        attributes: The element's attributes, names in lower case.
        sheet: The style sheets so far.
        light: Whether the element around it stands on a light ground.
    """
    if not attributes:
        return Style(hidden=False, light=light)
    style = _compact(attributes.get("style", ""))
    classes = attributes.get("class", "").split()
    ground = attributes.get("bgcolor") or _first(_GROUND, style) or attributes.get("background")
    if any(name in sheet.coloured for name in classes):
        light = False
    elif ground is not None and ground.strip().lower() not in _SEE_THROUGH:
        light = _nearly_white(ground.strip().lower())
    colour = (_first(_COLOUR, style) or attributes.get("color") or "").strip().lower()
    hidden = (
        "hidden" in attributes
        or any(name in sheet.hidden for name in classes)
        or _hides(style)
        or (light and bool(colour) and _nearly_white(colour))
        or (bool(colour) and ground is not None and colour == ground.strip().lower())
    )
    return Style(hidden=hidden, light=light)


def _compact(style: str) -> str:
    """Return declarations in lower case without spaces, comments and escapes."""
    if not style:
        return ""
    style = _COMMENT.sub("", style[:_MAX_STYLE])
    if "\\" in style:
        style = _ESCAPE.sub(lambda match: chr(min(int(match.group(1), 16), 0x7E)), style)
    words = style.lower().split()
    joined = " ".join(words)
    for sign in ":;!":
        joined = joined.replace(f" {sign}", sign).replace(f"{sign} ", sign)
    return joined


def _hides(style: str) -> bool:
    if not style:
        return False
    flat = "overflow:hidden" in style and _FLAT.search(style) is not None
    return flat or _HIDING.search(style) is not None


def _first(pattern: re2._Regexp[str], style: str) -> str | None:
    match = pattern.search(style) if style else None
    return str(match.group(1)) if match else None


def _nearly_white(colour: str) -> bool:
    if colour in {"white", "snow", "ivory", "whitesmoke", "ghostwhite", "floralwhite"}:
        return True
    if _HEX.match(colour):
        width = 1 if len(colour) in {4, 5} else 2
        parts = [colour[1 + i * width : 1 + (i + 1) * width] for i in range(3)]
        return all(int(part * (3 - width), 16) >= _NEARLY_WHITE for part in parts)
    match = _RGB.match(colour)
    return match is not None and all(int(match.group(i)) >= _NEARLY_WHITE for i in (1, 2, 3))
