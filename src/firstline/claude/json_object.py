"""Finding the one JSON object in what a model said: linear in its length, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import re2

MAXIMUM = 200_000
"""Characters of an answer that is read; a reply of a thousand words needs a tenth of it."""
DEEPEST = 12
_ATTEMPTS = 20
"""Objects that are tried; prose with braces in it comes before the answer now and then."""
_TOKEN = re2.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')


class NoObjectError(ValueError):
    """There is no JSON object; the text says why, in words made here."""


def first_object(text: str) -> dict[str, Any]:
    """Return the first balanced JSON object of a text, whatever stands around it.

    Numbers are read as None: no answer has any, and a number of a million digits costs nothing.

    Raises:
        NoObjectError: There is none, or it repeats a key.
    """
    if len(text) > MAXIMUM:
        raise NoObjectError(f"it has more than {MAXIMUM:,} characters")
    start = text.find("{")
    if start < 0:
        raise NoObjectError("there is no JSON object in it")
    why = ""
    for _ in range(_ATTEMPTS):
        end = _end_of(text, start)
        if end is None:
            raise NoObjectError("the JSON object is not closed")
        try:
            return _parsed(text[start:end])
        except NoObjectError as error:
            why = str(error)
        start = text.find("{", end)
        if start < 0:
            break
    raise NoObjectError(why)


def _end_of(text: str, start: int) -> int | None:
    """Return where the object that opens at `start` ends, or None."""
    depth = 0
    for match in _TOKEN.finditer(text, start):
        sign = text[match.start()]
        if sign in "{[":
            depth += 1
            if depth > DEEPEST:
                raise NoObjectError("it is nested too deeply")
        elif sign in "}]":
            depth -= 1
            if depth <= 0:
                return int(match.end())
    return None


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_repeats,
            parse_int=_nothing,
            parse_float=_nothing,
            parse_constant=_nothing,
            strict=False,
        )
    except NoObjectError:
        raise
    except (ValueError, RecursionError) as error:
        raise NoObjectError("it is not valid JSON") from error
    if not isinstance(value, dict):
        raise NoObjectError("it is not a JSON object")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NoObjectError("an object has the same key twice")
    return found


def _nothing(_written: str) -> None:
    """Return nothing for a number."""
