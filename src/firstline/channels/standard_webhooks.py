"""Signing and verifying as the Standard Webhooks specification says.

The signed text is `id.timestamp.body`, its HMAC-SHA256 in base64 follows `v1,`, and the header may
hold several of them, separated by spaces, so that a secret can be changed without a gap: the sender
signs with both, or the receiver accepts both.
"""

from __future__ import annotations

import binascii
import hmac
import secrets as randomness
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from firstline.channels.helpdesk import Verdict
from firstline.channels.hooks import any_equal, header
from firstline.errors import WorkspaceError

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
PREFIX: Final = "whsec_"
WINDOW_SECONDS: Final = 300
"""A signature older, or further ahead, than that is not accepted."""
_VERSION: Final = "v1,"
_FEWEST_BYTES, _MOST_BYTES = 24, 64
_LONGEST_ID: Final = 256
_LONGEST_TIMESTAMP: Final = 12
_MOST_SIGNATURES: Final = 20


def new_secret() -> str:
    """Return a fresh secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + b64encode(randomness.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret.

    Raises:
        WorkspaceError: It is not `whsec_` with 24 to 64 bytes in base64.
    """
    try:
        key = b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.strip().startswith(PREFIX) or not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise WorkspaceError(
            "a webhook secret is not one of the Standard Webhooks scheme",
            fix=f"Write {PREFIX} and 24 to 64 random bytes in base64",
        )
    return key


def signature(key: bytes, event: str, timestamp: int, body: bytes) -> str:
    """Return one signature, as it stands in the header."""
    signed = f"{event}.{timestamp}.".encode() + body
    return _VERSION + b64encode(hmac.new(key, signed, "sha256").digest()).decode()


def signed_headers(
    keys: Sequence[bytes], event: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of a delivery, signed with every key."""
    return {
        ID: event,
        TIMESTAMP: str(timestamp),
        SIGNATURE: " ".join(signature(key, event, timestamp, body) for key in keys),
    }


def verify(
    headers: Mapping[str, str], body: bytes, now: datetime, keys: Sequence[bytes]
) -> Verdict:
    """Say whether a delivery is genuine: signed with one of the keys, five minutes ago at most."""
    event, timestamp = header(headers, ID), header(headers, TIMESTAMP)
    given = header(headers, SIGNATURE)
    if not event or not timestamp or not given:
        return "unsigned"
    number = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _LONGEST_TIMESTAMP
    if len(event) > _LONGEST_ID or not event.isascii() or not number:
        return "wrong"
    wanted = [signature(key, event, int(timestamp), body).encode() for key in keys]
    matches = [
        any_equal(item.encode(), wanted)
        for item in given.split()[:_MOST_SIGNATURES]
        if item.startswith(_VERSION)
    ]
    if not any(matches):
        return "wrong"
    fresh = abs(now.timestamp() - int(timestamp)) <= WINDOW_SECONDS
    return "good" if fresh else "stale"
