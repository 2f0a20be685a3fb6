"""Chatwoot's webhooks: their signature, what older servers have instead, and what they point at.

Since version 4.11.2 each webhook of an account has a secret that Chatwoot makes and shows; it signs
the moment of sending and the raw body. Older servers sign nothing, and nothing but an address can
be given to them. There the secret is the password in that address, which they send as an
`Authorization` header: unlike a query, no proxy's log keeps that.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from firstline.channels.chatwoot_wire import is_id
from firstline.channels.helpdesk import Hint, Verdict
from firstline.channels.hooks import any_equal, header, hook_json, is_number
from firstline.errors import InputError

SIGNATURE: Final = "x-chatwoot-signature"
TIMESTAMP: Final = "x-chatwoot-timestamp"
WINDOW: Final = 300
"""Seconds that a signature stays valid, before and after its timestamp."""
_AUTHORIZATION: Final = "authorization"
_BASIC: Final = "basic "
_LONGEST_HEADER: Final = 1_000
_MESSAGE: Final = ("message_created", "message_updated")
_CONVERSATION: Final = (
    "conversation_created",
    "conversation_updated",
    "conversation_status_changed",
)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Chatwoot's signature: sha256=hex(HMAC-SHA256(secret, timestamp + "." + body))."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256)
    return f"sha256={digest.hexdigest()}"


def verdict(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: datetime
) -> Verdict:
    """Say whether a webhook is genuine, in constant time for each secret.

    One that is signed must be signed rightly: the password counts only where no signature is.
    """
    known = [secret for secret in secrets if secret]
    given = header(headers, SIGNATURE)
    if not given:
        return _by_password(headers, known)
    stamp = header(headers, TIMESTAMP)
    if not is_number(stamp) or len(given) > _LONGEST_HEADER:
        return "wrong"
    wanted = [signature(secret, stamp, body).encode() for secret in known]
    if not any_equal(given.encode(), wanted):
        return "wrong"
    # Compared as a number: a moment beyond all calendars is stale, and no error.
    return "good" if abs(int(now.timestamp()) - int(stamp)) <= WINDOW else "stale"


def _by_password(headers: Mapping[str, str], secrets: list[str]) -> Verdict:
    """Say whether a webhook without a signature brings the password of its address."""
    given = header(headers, _AUTHORIZATION)
    if not given.lower().startswith(_BASIC) or len(given) > _LONGEST_HEADER:
        return "unsigned"
    try:
        pair = b64decode(given[len(_BASIC) :].strip(), validate=True)
    except (binascii.Error, ValueError):
        return "wrong"
    password = pair.partition(b":")[2]
    return "good" if any_equal(password, [secret.encode() for secret in secrets]) else "wrong"


def hints(body: bytes) -> tuple[Hint, ...]:
    """Read a webhook; one that concerns no conversation names no ticket.

    The event's id is made of its content: a delivery that is repeated has the same body, and two
    messages have two ids.

    Raises:
        InputError: It is none of Chatwoot's.
    """
    said = hook_json(body, "Chatwoot")
    topic = said.get("event")
    if not isinstance(topic, str) or not topic:
        raise InputError("the webhook is no event of Chatwoot's")
    ticket = ""
    if topic in _MESSAGE:
        held = said.get("conversation")
        ticket = _named(held.get("id") if isinstance(held, dict) else None)
    elif topic in _CONVERSATION:
        ticket = _named(said.get("id"))
    return (Hint(id=f"body-{sha256(body).hexdigest()[:32]}", ticket=ticket, topic=topic[:100]),)


def _named(value: object) -> str:
    """Return the number of a conversation; raises InputError when it is none."""
    ticket = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not is_id(ticket):
        raise InputError("the webhook names a conversation by something that is no number")
    return ticket
