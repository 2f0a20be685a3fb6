"""Parses JSON into text that can be encoded, stored and searched.

JSON may spell half of a surrogate pair (an escape such as U+D800). Such a text has no UTF-8 form,
and the first pattern or database it meets fails on it, so halves become question marks here.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


DECODER = json.JSONDecoder(parse_constant=_no_constant)
"""Numbers become numbers."""
TEXT_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)
"""Numbers stay as written: 19.90 keeps its zero, and none can be too long to convert."""


def parse(text: str, *, decoder: json.JSONDecoder = DECODER) -> Any:
    """Return the value of a JSON text; raises ValueError or RecursionError."""
    return sound(decoder.decode(text), text)


def sound(value: Any, text: str) -> Any:
    """Return a value that was parsed from `text`, with half surrogates replaced."""
    if "\\ud" not in text and "\\uD" not in text:
        return value
    plain = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    return DECODER.decode(plain)
