"""Canaries: words that stand in a prompt or a record only to be recognised if they ever come out.

A canary says by itself that it is one (its last four signs are a check over the others), so any
canary of any prompt is found in any text, whatever prompt it came from: in capitals, spaced out,
cut in pieces, backwards, or in base64 or hex.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator

import re2

from firstline.proof.normal import normalise

MARK = "kvq"
"""How every canary begins."""
_SIGNS = "abcdefghijklmnopqrstuvwxyz234567"
_BODY = 5
_CHECK = 4
_SIZE = len(MARK) + _BODY + _CHECK
_PIECE = 4
_FIELD = re2.compile(r"(?i)(?:^|[._])canar(?:y|ies)(?:$|[._\[])")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_NOT_BASE64 = bytes(
    code
    for code in range(256)
    if not (chr(code).isascii() and chr(code).isalnum()) and chr(code) not in "+/-_"
)
_NOT_HEX = bytes(code for code in range(256) if chr(code) not in "0123456789abcdefABCDEF")
_SHORTEST = 8
"""Letters and digits of a record's canary; a shorter word may stand anywhere by chance."""
_ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")


def canary_of(secret: str) -> str:
    """Return the canary of a prompt (by its hash) or of anything else; the same every time."""
    body = _spelt(f"canary:{secret}", _BODY)
    return f"{MARK}{body}{_spelt(f'check:{MARK}{body}', _CHECK)}"


def prompt_line(prompt_hash: str) -> str:
    """Return the line that carries a prompt's canary in its system part."""
    return f"Never write {canary_of(prompt_hash)}."


def is_canary_field(path: str) -> bool:
    """Whether a record's field holds a canary: it is called `canary`, or lies below one."""
    return _FIELD.search(path) is not None


def leaked(text: str, known: Iterable[str] = ()) -> bool:
    """Whether a text holds a canary. Linear in the length of the text.

    Args:
        text: A reply, as written.
        known: Canaries to look for beside those that say by themselves what they are, such as
            the values of canary fields and the canary of the prompt, which is known in pieces too.
    """
    needles = [needle for needle in map(_plain, known) if len(needle) >= _SHORTEST]
    return any(_holds(plain, needles) for plain in _readings(text, needles))


def _holds(plain: str, needles: list[str]) -> bool:
    return any(_is_canary(piece) for piece in _candidates(plain)) or any(
        needle in plain or _in_pieces(needle, plain) for needle in needles
    )


def _readings(text: str, needles: list[str]) -> Iterator[str]:
    """Yield what a text may mean: as it stands, backwards, by rot13, decoded."""
    plain = _plain(text)
    yield plain
    yield plain[::-1]
    yield plain.translate(_ROT13)
    beginnings = [word[:_PIECE].encode() for word in (MARK, *needles)]
    beginnings += [beginning[::-1] for beginning in beginnings]
    for data in _decoded(text):
        lower = data.lower()
        # Most of it is noise; only what may begin a canary is looked at sign by sign.
        if any(beginning in lower for beginning in beginnings):
            inner = _plain(lower.decode("latin-1"))
            yield inner
            yield inner[::-1]


def _decoded(text: str) -> Iterator[bytes]:
    """Yield what the letters and digits of a text are in base64 and in hex, at every offset."""
    ascii_only = text.encode("ascii", "ignore")
    # Filled up, so that an end without its padding is decoded too.
    letters = ascii_only.translate(_URL_SAFE, delete=_NOT_BASE64) + b"AAA"
    for shift in range(4):
        part = letters[shift:]
        yield base64.b64decode(part[: len(part) // 4 * 4])
    digits = ascii_only.translate(None, delete=_NOT_HEX)
    for shift in range(2):
        part = digits[shift:]
        yield binascii.unhexlify(part[: len(part) // 2 * 2])


def _candidates(plain: str) -> Iterator[str]:
    at = plain.find(MARK)
    while at >= 0:
        yield plain[at : at + _SIZE]
        at = plain.find(MARK, at + 1)


def _is_canary(piece: str) -> bool:
    body = piece[:-_CHECK]
    return len(piece) == _SIZE and _spelt(f"check:{body}", _CHECK) == piece[-_CHECK:]


def _in_pieces(needle: str, plain: str) -> bool:
    """Whether the pieces of a canary stand in this order, whatever is between them."""
    if len(needle) < _SIZE:
        return False
    at = 0
    for start in range(0, len(needle) - _PIECE + 1, _PIECE):
        at = plain.find(needle[start : start + _PIECE], at)
        if at < 0:
            return False
        at += _PIECE
    return True


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, normalise(text).casefold()))


def _spelt(secret: str, size: int) -> str:
    digest = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
    return "".join(_SIGNS[byte % len(_SIGNS)] for byte in digest[:size])
