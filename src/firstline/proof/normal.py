"""Making a message plain before anything reads it (R1.4).

What cannot be seen cannot be checked by a person, so it is taken out first: zero-width and
bidirectional controls, the tag block, variation selectors, lone surrogates, control characters.
Then NFKC, so that one letter has one spelling. All of it is linear in the length of the text.
"""

from __future__ import annotations

import unicodedata

import re2

from firstline.proof.html_text import html_to_text
from firstline.proof.reply import split_reply

__all__ = ["html_to_text", "normalise", "split_reply"]

_REMOVED = (
    (0x00, 0x09),
    (0x0E, 0x20),
    (0x7F, 0x85),
    (0x86, 0xA0),
    (0xAD, 0xAE),  # soft hyphen
    (0x34F, 0x350),  # grapheme joiner
    (0x61C, 0x61D),  # bidirectional mark
    (0x115F, 0x1161),  # Hangul fillers look like spaces and are letters
    (0x17B4, 0x17B6),
    (0x180B, 0x1810),
    (0x200B, 0x2010),  # zero width, bidirectional marks
    (0x202A, 0x202F),  # bidirectional embeddings
    (0x2060, 0x2070),
    (0x2800, 0x2801),  # blank Braille pattern
    (0x3164, 0x3165),
    (0xD800, 0xE000),  # lone surrogates
    (0xFDD0, 0xFDF0),  # not characters
    (0xFE00, 0xFE10),  # variation selectors
    (0xFEFF, 0xFF00),
    (0xFFA0, 0xFFA1),
    (0xFFF0, 0xFFFD),
    (0xFFFE, 0x10000),
    (0x1BCA0, 0x1BCA4),
    (0x1D173, 0x1D17B),
    (0xE0000, 0xE1000),  # tag block and further selectors: whole sentences hide in them
)
_TRANSLATION: dict[int, str | None] = {
    **{code: None for start, end in _REMOVED for code in range(start, end)},
    0x0B: "\n",
    0x0C: "\n",
    0x85: "\n",
    0x2028: "\n",
    0x2029: "\n",
}
_TRANSLATED = frozenset(map(chr, _TRANSLATION))
_ASCII = 128
_ASCII_REMOVED = bytes(code for code in range(_ASCII) if _TRANSLATION.get(code, "") is None)
_ASCII_LINES = bytes.maketrans(b"\x0b\x0c", b"\n\n")
_MAX_MARKS = 8
"""Combining marks kept in a row. Written languages use four at most, and sorting a run of them,
which NFKC does, takes time quadratic in its length."""
_MARKS = re2.compile(r"[\p{M}\x{FF9E}\x{FF9F}]+")
_TRAILING = re2.compile(r"[ \t]+\n")
_BLANK_LINES = re2.compile(r"\n{5,}")


def normalise(text: str) -> str:
    """Return text in NFKC without what cannot be seen.

    Line ends become newlines, spaces at the end of a line go, more than three blank lines
    become three, and the text is stripped. `normalise(normalise(t)) == normalise(t)`.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        text = text.encode("ascii").translate(_ASCII_LINES, _ASCII_REMOVED).decode("ascii")
    else:
        if not _TRANSLATED.isdisjoint(set(text)):
            text = text.translate(_TRANSLATION)
        text = _MARKS.sub(lambda run: run.group(0)[:_MAX_MARKS], text)
        text = unicodedata.normalize("NFKC", text)
        text = _MARKS.sub(lambda run: run.group(0)[:_MAX_MARKS], text)
    if " \n" in text or "\t\n" in text:
        text = _TRAILING.sub("\n", text)
    if "\n\n\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n\n\n", text)
    return text.strip()
