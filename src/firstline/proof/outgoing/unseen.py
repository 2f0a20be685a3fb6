"""Characters that a reader does not see, or that a screen acts upon."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import re2

from firstline.proof.outgoing.fault import Fault

_CONTROL = re2.compile(r"[\x00-\x08\x0B-\x1F\x7F-\x9F\x{2028}\x{2029}]")
_BIDI = re2.compile(r"[\x{200E}\x{200F}\x{061C}\x{202A}-\x{202E}\x{2066}-\x{2069}]")
_HIDDEN = re2.compile(
    r"[\x{AD}\x{34F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{200B}\x{2060}-\x{2065}"
    r"\x{206A}-\x{206F}\x{2800}\x{3164}\x{FE00}-\x{FE0D}\x{FEFF}\x{FFA0}\x{FFF0}-\x{FFFB}"
    r"\x{FDD0}-\x{FDEF}\x{FFFE}\x{FFFF}\x{1BCA0}-\x{1BCA3}\x{1D173}-\x{1D17A}"
    r"\x{E000}-\x{F8FF}\x{E0000}-\x{E0FFF}\x{F0000}-\x{10FFFF}]"
)
_HEADER = re2.compile(
    r"(?im)^[ \t]*(?:bcc|content-type|content-transfer-encoding|content-disposition|mime-version"
    r"|return-path|reply-to|set-cookie|received|dkim-signature|x-[a-z][a-z-]{1,40})[ \t]*:[ \t]*\S"
    r"|^HTTP/\d"
)
_MARKS = re2.compile(r"\p{M}{5,}")
_SCRIPTS_WITH_JOINERS = 0x600
"""Code points from which letters may need a joiner between them (Arabic, Indic scripts)."""


def unseen(text: str) -> Iterator[Fault]:
    """Yield the first of each kind of what no reader sees.

    A line end is allowed, with a carriage return before it or not, and so are a tab, joiners
    inside an emoji or a word of a script that has them, and emoji selectors.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        yield Fault("control", "a character that cannot be written down", error.start, error.end)
        return
    plain = text.replace("\r\n", " \n")
    control = _CONTROL.search(plain)
    if control is not None:
        yield Fault("control", "a control character", *control.span())
    header = _HEADER.search(plain)
    if header is not None:
        yield Fault("header", "a line that reads like a mail header", *header.span())
    if text.isascii():
        return
    for pattern, code, detail in (
        (_BIDI, "bidi", "a character that turns the direction of text"),
        (_HIDDEN, "invisible", "a character that cannot be seen"),
        (_MARKS, "invisible", "a pile of combining marks"),
    ):
        match = pattern.search(text)
        if match is not None:
            yield Fault(code, detail, *match.span())
    yield from _stray_joiner(text)


def _stray_joiner(text: str) -> Iterator[Fault]:
    for signs, needed in (("\u200c\u200d", 2), ("\ufe0e\ufe0f", 1)):
        for sign in signs:
            end = -1
            for before, after in pairwise(text.split(sign)):
                end += len(before) + 1
                if not all(map(_may_join, (before[-1:], after[:1])[:needed])):
                    yield Fault("invisible", "a character that cannot be seen", end, end + 1)
                    return


@lru_cache(maxsize=4_096)
def _may_join(character: str) -> bool:
    """Return whether a joiner or selector beside a character is part of an emoji or a word."""
    if not character:
        return False
    if character in "#*©®\ufe0f\ufe0e\u200c\u200d" or character.isdigit():
        return True
    symbol = unicodedata.category(character) in {"So", "Sk", "Sm", "Me"}
    return symbol or ord(character) >= _SCRIPTS_WITH_JOINERS
