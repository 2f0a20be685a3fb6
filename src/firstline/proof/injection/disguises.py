"""What a text hides, made readable: encoded, invisible, look-alike, spaced out, reversed.

Every disguise gives a view: another text to screen, and which place of the original each part of
it stands for. All of it is linear, and views are bounded: what is hidden deeper than one layer
of encoding needs a reader who decodes, which no prompt of ours asks for.
"""

from __future__ import annotations

import base64
import binascii
import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import unquote

import re2

from firstline.proof.normal import normalise

_BASE64 = re2.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_BASE32 = re2.compile(r"\b[A-Z2-7]{24,}={0,6}")
_HEX = re2.compile(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:]?){12,}")
_BINARY = re2.compile(r"(?:[01]{8}[ ,]?){4,}")
_ESCAPES = re2.compile(
    r"(?:\\u[0-9A-Fa-f]{4}\s?){4,}|(?:&#[xX]?[0-9A-Fa-f]{1,6};\s?){4,}"
    r"|(?:%[0-9A-Fa-f]{2}){6,}"
)
_MORSE = re2.compile(r"(?:[.\-•–—]{1,6}[ /|]{1,3}){12,}")
_SPACED = re2.compile(r"(?:[A-Za-z][ ._*|-]{1,2}){7,}[A-Za-z]\b")
_INVISIBLE = re2.compile(
    r"[\x{AD}\x{34F}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2069}\x{FE00}-\x{FE0F}\x{FEFF}"
    r"\x{E0000}-\x{E0FFF}]+"
)
_TAGS = re2.compile(r"[\x{E0020}-\x{E007E}]{4,}")
_MIXED = re2.compile(
    r"[A-Za-z]{1,20}[\x{370}-\x{3FF}\x{400}-\x{4FF}]|[\x{370}-\x{3FF}\x{400}-\x{4FF}][A-Za-z]"
)
_LEET = re2.compile(r"\b[A-Za-z@$!|]{1,20}[013457@$!|][A-Za-z013457@$!|]{0,20}[A-Za-z]\b")
_ROTATED = re2.compile(
    r"(?i)\b(?:vtaber|qvfertneq|sbetrg|cerivbhf|vafgehpgvbaf?|cebzcg|flfgrz|cnffjbeq|erirny|lbhe"
    r"|abj|naq|jvgu|gur|lbh|ner|jung|fnl|gung|guvf)\b"
)
_REVERSED = re2.compile(
    r"(?i)\b(?:erongi|dragersid|tegrof|suoiverp|snoitcurtsni|tpmorp|metsys|drowssap|laever|ruoy"
    r"|htiw|eht|uoy|tahw|taht|siht)\b"
)
_HARMLESS_LOOKS = str.maketrans(
    "аеорсухіјѕԁԛԝһкмнтвАВЕКМНОРСТУХІЈЅαοερυνικτΑΒΕΗΙΚΜΝΟΡΤΧΥΖ",
    "aeopcyxijsdqwhkmhtbABEKMHOPCTYXIJSaoepuviktABEHIKMNOPTXYZ",
)
_FROM_LEET = str.maketrans("013457@$!|", "oieastasil")
_MORSE_LETTERS = dict(
    zip(
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- "
        ".-- -..- -.-- --..".split(),
        "abcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)
_MORSE_SIGNS = str.maketrans("•–—", ".--")
_WORDS = re2.compile(r"[A-Za-z]{2,20}(?:'[a-z]{1,2})?")
_PRINTABLE = bytes(range(32, 127)) + b"\n\r\t"
_READABLE = 0.85
"""Share of printable ASCII from which decoded bytes are a text."""
_FEWEST_WORDS = 2
_LONGEST_PIECE = 6_000
_PIECES = 12
"""Encoded stretches of a kind that are decoded."""
_FEWEST_TELLING = 3
"""Words of rotated or reversed English, or of leet, that make a disguise."""
LONGEST = 20_000
"""Characters of all views of a kind."""


@dataclass(frozen=True, slots=True)
class View:
    """A text hidden in another."""

    text: str
    places: tuple[tuple[int, int, int], ...]
    """For each part in order: where it starts in `text`, and its place in the original."""
    exact: bool = False
    """Whether each character stands for the one at the same place."""
    encoded: bool = False
    """Whether it had to be decoded, which nobody does by mistake."""

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return which place of the original a stretch of the view stands for."""
        if self.exact:
            return start, end
        told = [place for place in self.places if place[0] <= start] or [self.places[0]]
        return told[-1][1], told[-1][2]


def views(text: str) -> Iterator[View]:
    """Yield what a text hides; nothing for almost every text."""
    letters = _letters(text)
    if letters is not None:
        yield letters
    hidden = _hidden(text)
    if hidden is not None:
        yield hidden
    for pattern, turn in ((_ROTATED, _rot13), (_REVERSED, _backwards)):
        telling = [match.span() for match in islice(pattern.finditer(text), _FEWEST_TELLING)]
        if len(telling) == _FEWEST_TELLING:
            yield View(turn(text), ((0, telling[0][0], telling[-1][1]),), encoded=True)


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _backwards(text: str) -> str:
    return text[::-1]


def _letters(text: str) -> View | None:
    """Return the text with look-alike letters as what they look like, and without the unseen."""
    seen = text
    if not text.isascii() and _MIXED.search(text) is not None:
        seen = seen.translate(_HARMLESS_LOOKS)
    if sum(1 for _ in islice(_LEET.finditer(seen), _FEWEST_TELLING)) == _FEWEST_TELLING:
        seen = _LEET.sub(lambda match: match.group().translate(_FROM_LEET), seen)
    unseen = None if text.isascii() else _INVISIBLE.search(seen)
    if unseen is None:
        return View(seen, (), exact=True) if seen != text else None
    return View(normalise(seen), ((0, unseen.start(), len(text)),))


def _hidden(text: str) -> View | None:
    """Return all that is encoded in a text, one piece a line."""
    pieces: list[str] = []
    places: list[tuple[int, int, int]] = []
    length = 0
    for pattern, decode in _DECODERS:
        for match in islice(pattern.finditer(text), _PIECES):
            found = decode(match.group()[:_LONGEST_PIECE])
            if not found or length + len(found) > LONGEST:
                continue
            places.append((length, match.start(), match.end()))
            pieces.append(found)
            length += len(found) + 1
    return View("\n".join(pieces), tuple(places), encoded=True) if pieces else None


def _text_of(data: bytes) -> str:
    """Return bytes as text when they are words; nothing otherwise."""
    printable = len(data) - len(data.translate(None, _PRINTABLE))
    if not data or printable < _READABLE * len(data):
        return ""
    found = data.decode("ascii", "replace")
    words = list(islice(_WORDS.finditer(found), _FEWEST_WORDS))
    return found if len(words) == _FEWEST_WORDS and " " in found.strip() else ""


def _base64(blob: str) -> str:
    core = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _text_of(base64.b64decode(core[: len(core) - (len(core) % 4 == 1)] + "==="))
    except (binascii.Error, ValueError):
        return ""


def _base32(blob: str) -> str:
    core = blob.rstrip("=")
    try:
        return _text_of(base64.b32decode(core[: len(core) - len(core) % 8]))
    except (binascii.Error, ValueError):
        return ""


def _hex(blob: str) -> str:
    digits = blob.replace("0x", "").replace("\\x", "")
    digits = "".join(sign for sign in digits if sign not in " ,:%")
    try:
        return _text_of(bytes.fromhex(digits[: len(digits) // 2 * 2]))
    except ValueError:
        return ""


def _binary(blob: str) -> str:
    digits = "".join(sign for sign in blob if sign in "01")
    return _text_of(bytes(int(digits[at : at + 8], 2) for at in range(0, len(digits) - 7, 8)))


def _escapes(blob: str) -> str:
    found = unquote(unescape(blob))
    if "\\u" in found:
        codes = [part[:4] for part in found.split("\\u")[1:]]
        found = "".join(chr(int(code, 16)) for code in codes)
    return _text_of(found.encode("ascii", "replace"))


def _morse(blob: str) -> str:
    words = blob.translate(_MORSE_SIGNS).replace("|", "/").split("/")
    spelled = ["".join(_MORSE_LETTERS.get(sign, "") for sign in word.split()) for word in words]
    return _text_of(" ".join(word for word in spelled if word).encode("ascii"))


def _spaced(blob: str) -> str:
    """Return spaced-out letters as words: where there is a wider gap, a word ends."""
    marked = blob.replace("  ", "\n")
    words = ["".join(sign for sign in part if sign.isalpha()) for part in marked.split("\n")]
    return " ".join(words)


def _tags(blob: str) -> str:
    return "".join(chr(ord(sign) - 0xE0000) for sign in blob)


_DECODERS: tuple[tuple[Any, Callable[[str], str]], ...] = (
    (_BASE64, _base64),
    (_BASE32, _base32),
    (_HEX, _hex),
    (_BINARY, _binary),
    (_ESCAPES, _escapes),
    (_MORSE, _morse),
    (_SPACED, _spaced),
    (_TAGS, _tags),
)
