"""Hooks of the contract test: real tickets among made-up ones, and a key a request.

Loaded by schemathesis in its own process; TICKETS names the tickets.
"""

from __future__ import annotations

import os
import uuid
from typing import Any

import re2
import schemathesis

TICKETS = os.environ.get("CONTRACT_TICKETS", "").split()
KEY = re2.compile(r"^[!-~]{1,255}$")
HEADER = "idempotency-key"
seen = 0


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Ask for tickets that are there two times of three."""
    global seen  # noqa: PLW0603 - a counter of this process
    if TICKETS and path_parameters and "ticket_id" in path_parameters:
        seen += 1
        if seen % 3:
            return path_parameters | {"ticket_id": TICKETS[seen % len(TICKETS)]}
    return path_parameters


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Give each request its own key: the same one with another body is rightly refused."""
    held = (case.headers or {}).get(HEADER)
    if isinstance(held, str) and KEY.match(held):
        case.headers[HEADER] = uuid.uuid4().hex
