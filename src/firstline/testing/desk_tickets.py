"""What doubles of helpdesks keep and refuse: tickets, messages, requests, and their checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from firstline.testing.http import HttpRequest

Who: TypeAlias = Literal["customer", "staff", "api"]


@dataclass(slots=True)
class Said:
    """One message of a ticket."""

    id: int
    by: Who
    html: str
    is_public: bool
    at: float
    kind: str = "comment"
    """The helpdesk's own word for it."""


@dataclass(slots=True)
class DoubleTicket:
    """A ticket as a double keeps it."""

    id: str
    requester: str
    subject: str
    verified: bool
    at: float
    updated: float
    status: str = "open"
    said: list[Said] = field(default_factory=list)
    """What followed the first message, which is `text`."""
    text: str = ""
    tags: list[str] = field(default_factory=list)
    group: str = ""
    assignee: str = ""
    changes: int = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a double."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int


class RefusedError(Exception):
    """The double answers with an error, as the helpdesk would.

    Attributes:
        status: The HTTP status.
        code: The helpdesk's own code.
        is_problem: Whether no correct program asks like that.
    """

    def __init__(self, status: int, code: str, problem: str = "", *, wrong: bool = False) -> None:
        self.status = status
        self.code = code
        self.is_problem = wrong
        super().__init__(problem or code)


def check_keys(body: Any, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    """Raise RefusedError unless a body has the needed keys, and none that is not known."""
    if not isinstance(body, dict):
        raise RefusedError(400, "parameter_invalid", "the body is no JSON object", wrong=True)
    missing = set(needed) - set(body)
    unknown = set(body) - set(needed) - set(optional)
    if missing or unknown:
        problem = f"missing {sorted(missing)}, unknown {sorted(unknown)}"
        raise RefusedError(400, "parameter_invalid", problem, wrong=True)


def parsed(request: HttpRequest) -> Any:
    """Return a request's JSON, None without a body; raises RefusedError."""
    if not request.body:
        return None
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise RefusedError(415, "media_type", "the body is not sent as JSON", wrong=True)
    try:
        return json.loads(request.body)
    except ValueError:
        raise RefusedError(400, "invalid_json", "the body is no JSON", wrong=True) from None
