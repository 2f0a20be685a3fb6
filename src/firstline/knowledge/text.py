"""Text as it is stored and compared: one form for what looks the same, nothing invisible."""

from __future__ import annotations

import unicodedata

_INVISIBLE = frozenset({"Cf", "Cc", "Cs", "Co"})
"""Format characters (zero-width, bidi, tags, soft hyphen), controls, lone surrogates, private use
(icon fonts)."""


def normalise(text: str) -> str:
    """Return `text` in NFKC with LF line ends and without invisible characters.

    Tabs and newlines stay; every other control or format character goes, because it can hide
    instructions from a reader, and so do lone surrogates, which cannot be stored, and private
    characters, which mean nothing outside one font.
    """
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    dropped = {
        ord(character): None
        for character in set(unix)
        if character not in "\n\t" and unicodedata.category(character) in _INVISIBLE
    }
    for separator in ("\u2028", "\u2029", "\x0b", "\x0c"):
        dropped.pop(ord(separator), None)
        unix = unix.replace(separator, "\n")
    return unicodedata.normalize("NFKC", unix.translate(dropped))
