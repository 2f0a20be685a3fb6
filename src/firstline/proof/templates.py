"""Sentences with `{field}` slots, filled from a record and checked by filling them again."""

from __future__ import annotations

from collections.abc import Mapping

import re2

_SLOT = re2.compile(r"\{([^{}]{1,200})\}")


class MissingFieldError(LookupError):
    """A template names a field the record does not have."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(field)


def slots(template: str) -> tuple[str, ...]:
    """Return the fields a template names, in order."""
    return tuple(_SLOT.findall(template))


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Return the sentence; raises MissingFieldError when a field is absent or empty."""
    for name in slots(template):
        if not fields.get(name, "").strip():
            raise MissingFieldError(name)
    return str(_SLOT.sub(lambda match: fields[match.group(1)], template))


def is_filling(text: str, templates: tuple[str, ...], fields: Mapping[str, str]) -> bool:
    """Whether `text` is one of the templates, filled with exactly these fields."""
    for template in templates:
        if slots(template):
            try:
                if fill(template, fields) == text:
                    return True
            except MissingFieldError:
                continue
    return False
