"""What a failed call means: a stable code, whether asking again may help, and after how long.

Pure. Sources: the API's errors page and the SDK's error classes; Bedrock and Vertex word the same
failures differently, so both are read here. The API's own words are never passed on, because a
message can repeat a part of the prompt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import re2

from firstline.errors import ModelFailure

SPEND_CODES: Final = frozenset(
    {
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
    }
)
"""`error.details.error_code` values that last until somebody raises a limit."""
_SPEND_WORDS: Final = (
    "specified api usage limits",
    "spend limit",
    "spending limit",
    "spend cap",
    "monthly usage limit",
    "credit balance is too low",
)
_CONTEXT_WORDS: Final = ("prompt is too long", "input is too long", "exceed context limit")
_PASSING: Final = frozenset({408, 409, 425})
_KEY: Final = frozenset({401, 403})
_LOWEST_5XX: Final = 500
_LONGEST_WORD: Final = 60
_PATH = re2.compile(r"^[A-Za-z_][A-Za-z0-9_.]*$")
_LONGEST_WAIT: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why one attempt failed."""

    failure: ModelFailure
    detail: str
    """Status, the API's code for it, the request id; never its words."""
    fix: str = ""
    retry: bool = False
    """Whether the same request may succeed later."""
    retry_after: float | None = None
    """Seconds the service asked to wait."""
    unwell: bool = False
    """Whether it says that the service is unwell, for the breaker."""
    billable: bool = False
    """Whether the request may have been paid for all the same: it was sent, and the answer lost."""


def of_status(status: int, headers: Mapping[str, str], body: object, *, now: datetime) -> Trouble:
    """Return what an answer that is not 200 means.

    Args:
        status: The HTTP status.
        headers: The answer's headers, by lower-case name.
        body: Its JSON, or anything else.
        now: For a retry-after that is a date.
    """
    error = _Error.read(body)
    detail = _detail(status, headers, error)
    wait = retry_after(headers, now)
    if _is_spent(status, error, wait):
        return Trouble(
            failure="spend_cap",
            detail=detail,
            fix="Raise the spend limit of the account or workspace at the provider",
        )
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        return Trouble(
            failure="rate_limited",
            detail=detail,
            retry=wait is not None or error.code != "ramp_limit_exceeded",
            retry_after=wait,
            unwell=wait is None,
        )
    if status in _PASSING or status >= _LOWEST_5XX:
        return Trouble(
            failure="overloaded", detail=detail, retry=True, retry_after=wait, unwell=True
        )
    if status in _KEY:
        fix = "Check the key, and that it may use this model"
        return Trouble(failure="key_rejected", detail=detail, fix=fix)
    if status in {400, 413} and _says(error, _CONTEXT_WORDS):
        return Trouble(failure="context_exceeded", detail=detail)
    return Trouble(failure="bad_request", detail=detail)


def of_silence(what: str, *, sent: bool) -> Trouble:
    """Return what it means that no answer came.

    Args:
        what: What happened, for the log: the kind of failure, no address, no words.
        sent: Whether the request may have reached the service.
    """
    return Trouble(failure="unreachable", detail=what, retry=True, unwell=True, billable=sent)


def of_nonsense(what: str) -> Trouble:
    """Return what it means that an answer cannot be read: asking again would pay again."""
    return Trouble(failure="malformed", detail=what, billable=True)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds a service asks to wait, or None when it does not say."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return min(milliseconds / 1000, _LONGEST_WAIT)
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is None and text:
        seconds = _until(text, now)
    return None if seconds is None else min(seconds, _LONGEST_WAIT)


def _number(text: str | None) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(text[:_LONGEST_WORD])
    except (ValueError, IndexError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Error:
    """What an error's body says, wherever its platform puts it."""

    kind: str = ""
    code: str = ""
    message: str = ""

    @classmethod
    def read(cls, body: object) -> _Error:
        """Read Anthropic's `error`, Google's `error` (also in a list), and AWS's bare message."""
        if isinstance(body, list) and body:
            body = body[0]
        if not isinstance(body, dict):
            return cls()
        inner: Any = body.get("error", body)
        if not isinstance(inner, dict):
            return cls()
        details = inner.get("details")
        code = details.get("error_code") if isinstance(details, dict) else None
        kind = inner.get("type") or inner.get("status") or inner.get("__type")
        return cls(kind=_word(kind), code=_word(code), message=_text(inner.get("message")))


def _text(value: object) -> str:
    return value[:2000].lower() if isinstance(value, str) else ""


def _word(value: object) -> str:
    """Return a value that is a plain identifier; anything else could be somebody's words."""
    if isinstance(value, str) and len(value) <= _LONGEST_WORD and _PATH.match(value):
        return value
    return ""


def _says(error: _Error, phrases: tuple[str, ...]) -> bool:
    return any(phrase in error.message for phrase in phrases)


def _is_spent(status: int, error: _Error, wait: float | None) -> bool:
    if error.code in SPEND_CODES or status == 402:  # noqa: PLR2004 - Payment Required
        return True
    return status in {400, 403, 429} and wait is None and _says(error, _SPEND_WORDS)


def _detail(status: int, headers: Mapping[str, str], error: _Error) -> str:
    parts = [str(status), error.code or error.kind]
    place = _word(error.message.partition(":")[0])
    if place and place != error.message:
        parts.append(f"at {place}")  # The API names the field: `temperature: Extra inputs …`.
    request = _word((headers.get("request-id") or "").replace("-", "_"))
    if request:
        parts.append(f"request {request}")
    return " ".join(part for part in parts if part)
