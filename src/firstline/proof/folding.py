"""One spelling of a text, character for character, so that offsets stay true.

Lower case, no accents, plain quotes and spaces. Every character becomes exactly one character:
a match in the folded text is at the same place in what was written.
"""

from __future__ import annotations

import unicodedata

from firstline.proof.letters import LetterTable

_MOST_KEPT = 70_000
"""Characters whose folding is remembered: a hostile text must not fill memory."""
_SPECIAL = {
    "ß": "s",
    "ø": "o",
    "æ": "a",
    "œ": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "\u0131": "i",
    "\u0130": "i",
    "\u2018": "'",
    "\u2019": "'",
    "\u201b": "'",
    "\u02bc": "'",
    "\u00b4": "'",
    "`": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2026": ".",
    "¡": " ",
    "¿": " ",
}


def _fold_character(character: str) -> str:
    """Return the one character that stands for `character`."""
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isspace():
        return " "
    if unicodedata.category(character) in {"Cc", "Cs"}:
        return "?"
    lowered = character.lower()
    base = unicodedata.normalize("NFKD", lowered)
    # Only Latin letters lose their marks: in other scripts a mark makes another letter.
    if base and base[0].isascii() and all(unicodedata.combining(mark) for mark in base[1:]):
        return base[0]
    lowered = _SPECIAL.get(lowered, lowered)
    return lowered if len(lowered) == 1 else character


class _Table(dict[int, str]):
    """A translation table that fills itself."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[code] = folded
        return folded


_TABLE = _Table()
_PLAIN = LetterTable(_fold_character)


def fold_letters(text: str) -> str:
    """Return `text` folded; the length is the same. Line ends become spaces."""
    return _PLAIN.text(text) if text.isascii() else text.translate(_TABLE)


def fold_phrase(phrase: str) -> str:
    """Return a pattern as it must be spelled to meet folded text; its ASCII part is untouched."""
    return "".join(letter if letter.isascii() else _fold_character(letter) for letter in phrase)
