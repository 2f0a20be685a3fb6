"""What the double remembers of the requests it got and of the answers it made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class Call:
    """One request that reached the double, and how it was answered."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    """Parsed JSON; None where there was none, or it was none."""
    at: float
    """Seconds since the epoch, by the double's clock."""
    request_id: str
    status: int = 0
    """Of the response; 0: none was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One answer that was made, and so is paid for, whether or not it arrived."""

    model: str
    usage: Mapping[str, Any]
    batch: bool
    request_id: str
