"""A text as ASCII bytes of the same length, so that patterns are quick and offsets stay true."""

from __future__ import annotations

import codecs
import unicodedata
from functools import lru_cache

DASH = "\x1e"
"""Stands for a long dash: it may join a range, but no unit to its number."""
SIGNS = {
    "€": "\x01",
    "£": "\x02",
    "¥": "\x03",
    "₹": "\x04",
    "₩": "\x05",
    "₺": "\x06",
    "₽": "\x07",
    "₪": "\x08",
    "₱": "\x0e",
    "¢": "\x0f",
    "½": "\x10",
    "¼": "\x11",
    "¾": "\x12",
    "°": "\x13",
    "≤": "\x14",
    "≥": "\x15",
    "\u2014": DASH,
    "\u2015": DASH,
    "\uff04": "$",
    "\uff05": "%",
}
"""Signs that mean something beside a number, and the byte that stands for each."""

_HIGH = 128
_MINUS = "\u2212"
_BROKEN = "\x1f"
"""Stands for what is not to be seen: it is part of no value, so it breaks the value it is in."""
_SAME = {
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "×": "x",
    "≈": "~",
    "…": ".",
    "\u20e3": ")",
    "\ufe0f": " ",
    "^": "^",
}


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    if character in SIGNS:
        return chr(ord(SIGNS[character]) + _HIGH)
    if character in _SAME:
        return _SAME[character]
    category = unicodedata.category(character)
    if category[0] == "Z":
        return "\n" if category in ("Zl", "Zp") else " "
    if category == "Pd" or character == _MINUS:
        return "-"
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category in ("Cf", "Cs", "Co", "Cn", "Cc"):
        return _BROKEN
    plain = unicodedata.normalize("NFKD", character)[0]
    if category != "No" and plain.isascii() and plain.isprintable() and plain != " ":
        return plain
    return "_" if category[0] in "LMN" else ";"


def _replaced(error: UnicodeError) -> tuple[bytes, int]:
    """Return the bytes for a run of characters that are not ASCII: an error handler of `encode`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    piece = error.object[error.start : error.end]
    return "".join(map(_fold, piece)).encode("latin-1"), error.end


def _ascii(code: int) -> int:
    """Return what a byte of the encoded text becomes; signs come as bytes above 127."""
    if code >= _HIGH:
        return code - _HIGH
    character = chr(code)
    if character in "\t\r\x0b\x0c*`":  # emphasis stands between a number and its unit
        return ord(" ")
    return code if character.isprintable() or character == "\n" else ord(_BROKEN)


_TABLE = bytes(map(_ascii, range(256)))
_HANDLER = "firstline.folding"
codecs.register_error(_HANDLER, _replaced)


def folded(text: str) -> bytes:
    """Return a text as ASCII bytes, one byte a character.

    Digits, letters and signs of other scripts become their ASCII likeness where they have one;
    asterisks and backticks become spaces; invisible characters become a byte that ends any value.
    """
    return text.encode("ascii", _HANDLER).translate(_TABLE)
