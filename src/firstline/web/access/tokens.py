"""Random tokens: given out once, kept as SHA-256 (they are random, so a slow hash adds nothing)."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32
_CODE_GROUPS: Final = 5
_CODE_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters and digits that are not mistaken for each other: 5 bits each, a code has 125."""
_GROUP: Final = 5
KEY_MARK: Final = "fl_"
PREFIX_LETTERS: Final = 11
"""How much of a key is kept to tell keys apart: the mark and eight characters."""
LONGEST: Final = 200


def new_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(_BYTES)


def new_key() -> str:
    """Return the token of an API key: the mark, eight letters that name it, 256 random bits."""
    return f"{KEY_MARK}{secrets.token_hex(4)}_{secrets.token_urlsafe(_BYTES)}"


def new_code() -> str:
    """Return a code that a person can type: 125 random bits in groups."""
    groups = (
        "".join(secrets.choice(_CODE_LETTERS) for _ in range(_GROUP)) for _ in range(_CODE_GROUPS)
    )
    return "-".join(groups)


def typed_code(text: str) -> str:
    """Return a code as it was given out, however it was typed."""
    letters = "".join(letter for letter in text[:LONGEST].upper() if letter in _CODE_LETTERS)
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
