"""Firstline answers support tickets with proof, or hands them to a person.

Start with `firstline.open(folder)`; `firstline.desk` says what a desk can do. Names are loaded
when they are first used, so that a command that needs little starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firstline.desk import Desk
    from firstline.desk import open_desk as open  # noqa: A004 - reads as firstline.open
    from firstline.errors import (
        FirstlineError,
        InputError,
        SetupError,
        TicketError,
        WorkspaceError,
        WorkspaceErrors,
    )
    from firstline.evals.check import Examined, examine
    from firstline.records import Answer, Draft, Evidence, Finding, Inbound, Route, Ticket, Verdict

__all__ = [
    "Answer",
    "Desk",
    "Draft",
    "Evidence",
    "Examined",
    "Finding",
    "FirstlineError",
    "Inbound",
    "InputError",
    "Route",
    "SetupError",
    "Ticket",
    "TicketError",
    "Verdict",
    "WorkspaceError",
    "WorkspaceErrors",
    "examine",
    "open",
]

_HOMES = {
    "firstline.desk": ("Desk",),
    "firstline.evals.check": ("Examined", "examine"),
    "firstline.errors": tuple(name for name in __all__ if name.endswith(("Error", "Errors"))),
}


def __getattr__(name: str) -> Any:
    if name == "open":
        return import_module("firstline.desk").open_desk
    if name not in __all__:
        raise AttributeError(f"module 'firstline' has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "firstline.records")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
