"""Tables that put one character in the place of another, quick for the plain text most is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_ASCII: Final = 128
REMEMBERED: Final = 0x3000
"""Characters below this are remembered: the alphabets. A hostile text cannot fill memory."""


class LetterTable(dict[int, str]):
    """A table that asks what stands for a character once; text in ASCII takes a short way.

    Python looks every character up by itself; a table of bytes is many times quicker.

    Args:
        instead: What stands for a character: exactly one, and for ASCII one of ASCII.
    """

    def __init__(self, instead: Callable[[str], str]) -> None:
        super().__init__()
        self._instead = instead
        plain = [ord(instead(chr(code))) for code in range(_ASCII)]
        self._bytes = bytes(plain + list(range(_ASCII, 256)))

    def __missing__(self, code: int) -> str:
        """Return what stands for a character that was not asked for before."""
        found = self._instead(chr(code))
        if code < REMEMBERED:
            self[code] = found
        return found

    def text(self, text: str) -> str:
        """Return a text with every character replaced."""
        if text.isascii():
            return text.encode("ascii").translate(self._bytes).decode("ascii")
        return text.translate(self)

    def ascii(self, text: str) -> bytes:
        """Return the same as bytes, one a character; what is not ASCII becomes `?`."""
        if text.isascii():
            return text.encode("ascii").translate(self._bytes)
        return text.translate(self).encode("ascii", "replace")
