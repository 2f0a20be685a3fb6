"""Checks of JSON values in the API's words: `where: what is wrong`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from firstline.testing.wire import ApiError


def refuse(where: str, problem: str) -> ApiError:
    """Return the 400 that names a field."""
    return ApiError(400, f"{where}: {problem}" if where else problem)


def under(where: str, key: str | int) -> str:
    """Return the path of a field inside another."""
    return f"{where}.{key}" if where else str(key)


def an_object(
    value: Any, where: str, *, required: Collection[str], allowed: Collection[str]
) -> Mapping[str, Any]:
    """Check that a value is an object with all required and only allowed keys."""
    if not isinstance(value, dict):
        raise refuse(where, "Input should be a valid dictionary")
    for key in required:
        if key not in value:
            raise refuse(under(where, key), "Field required")
    for key in value:
        if key not in allowed and key not in required:
            raise refuse(under(where, key), "Extra inputs are not permitted")
    return value


def a_string(value: Any, where: str) -> str:
    """Check that a value is a string."""
    if not isinstance(value, str):
        raise refuse(where, "Input should be a valid string")
    return value


def a_list(value: Any, where: str) -> list[Any]:
    """Check that a value is an array."""
    if not isinstance(value, list):
        raise refuse(where, "Input should be a valid list")
    return value


def an_integer(value: Any, where: str, *, least: int) -> int:
    """Check that a value is a whole number, and not below the least."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse(where, "Input should be a valid integer")
    if value < least:
        raise refuse(where, f"Input should be greater than or equal to {least}")
    return value


def one_of(value: Any, where: str, options: tuple[str, ...]) -> str:
    """Check that a value is one of a few strings."""
    if value not in options:
        names = [f"'{option}'" for option in options]
        listed = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
        raise refuse(where, f"Input should be {listed}")
    return str(value)


def tagged(value: Any, where: str, tags: Collection[str]) -> str:
    """Check that an object's `type` is known, and return it."""
    if not isinstance(value, dict):
        raise refuse(where, "Input should be a valid dictionary or object to extract fields from")
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in tags:
        found = "Unable to extract tag using discriminator 'type'"
        if "type" in value:
            expected = ", ".join(f"'{tag}'" for tag in tags)
            found = (
                f"Input tag '{kind}' found using 'type' does not match any of the expected tags: "
                f"{expected}"
            )
        raise refuse(where, found)
    return str(kind)
