"""Reading labelled cases: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from firstline.errors import InputError, Place

Case = TypeVar("Case")


def read_cases(
    path: Path, shape: str, case_of: Callable[[dict[str, Any], Place], Case]
) -> tuple[Case, ...]:
    """Return the cases of a JSONL file; blank lines are passed over.

    Args:
        path: A UTF-8 file.
        shape: What a line looks like, for the error messages.
        case_of: Makes a case of a line's fields; raises InputError when they are none.

    Raises:
        InputError: The file cannot be read, a line is wrong, or there is no case in it.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the cases cannot be read ({type(error).__name__})",
            place=Place(file=str(path)),
            fix="Name a UTF-8 file with one JSON object a line",
        ) from error
    cases = tuple(
        case_of(_fields(line), Place(file=str(path), line=number))
        for number, line in enumerate(lines, start=1)
        if line.strip()
    )
    if not cases:
        raise InputError(
            "there are no cases in it",
            place=Place(file=str(path)),
            fix=f"Write one {shape} a line",
        )
    return cases


def _fields(line: str) -> dict[str, Any]:
    """Return a line's object; anything else has no fields."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
