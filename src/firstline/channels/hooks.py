"""What all webhooks have in common: bounded JSON, headers in any case, secrets to compare."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from firstline.channels.markup import readable
from firstline.errors import InputError, WorkspaceError

LONGEST_HOOK = 1_000_000
"""Bytes of a webhook: what the route takes."""
_LONGEST_NUMBER = 20


def hook_json(body: bytes, sender: str) -> Mapping[str, Any]:
    """Return a webhook's JSON object.

    Raises:
        InputError: It is too large, or is none.
    """
    if len(body) > LONGEST_HOOK:
        raise InputError(f"the webhook is larger than {LONGEST_HOOK:,} bytes")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError(f"the webhook is no JSON; {sender} sends JSON") from None
    if not isinstance(said, dict):
        raise InputError("the webhook is no JSON object")
    return said


def is_number(text: str) -> bool:
    """Whether a text is a plain number as helpdesks number tickets, and so safe in a path."""
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER


def check_test_url(desk: str, url: str, *, allow_loopback: bool) -> None:
    """Raise WorkspaceError unless the API's address is the helpdesk's own or a loopback one."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not allow_loopback or host not in ("127.0.0.1", "::1", "localhost") or not port:
        raise WorkspaceError(
            f"{desk}: `base_url` leads elsewhere than to the helpdesk",
            fix="Leave it out; it is for tests, with `allow_loopback`",
        )


def header(headers: Mapping[str, str], name: str) -> str:
    """Return a header whatever its case, fit to be encoded; empty if it is not there."""
    found = (value for key, value in headers.items() if key.lower() == name)
    return readable(next(found, "").strip())


def any_equal(given: bytes, wanted: Iterable[bytes]) -> bool:
    """Whether something equals one of several, in a time that does not tell which or how far."""
    results = [hmac.compare_digest(given, item) for item in wanted]
    return any(results)
