"""Zendesk's webhooks: both kinds, and their signature.

An event subscription posts Zendesk's own JSON. A trigger or automation posts what its author
wrote; ours is `{"ticket_id": "{{ticket.id}}", "updated": "{{ticket.updated_at_with_timestamp}}"}`
and holds nothing a customer can write, because placeholders are not escaped for JSON.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import re2

from firstline.channels.helpdesk import Hint, Verdict
from firstline.errors import InputError

SIGNATURE = "x-zendesk-webhook-signature"
TIMESTAMP = "x-zendesk-webhook-signature-timestamp"
WINDOW = 300
"""Seconds that a signature stays valid, before and after its timestamp."""
_LONGEST_HEADER = 100
_EVENT = "zen:event-type:"
_TICKET_EVENT = "zen:event-type:ticket."
_SUBJECT = "zen:ticket:"
_TICKET = re2.compile(r"[1-9][0-9]{0,18}")
_FIX = 'Let the trigger send {"ticket_id": "{{ticket.id}}", "updated": '
_FIX += '"{{ticket.updated_at_with_timestamp}}"}'


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Zendesk's signature: base64(HMAC-SHA256(secret, timestamp + body))."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, sha256).digest()
    return b64encode(digest).decode("ascii")


def verdict(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: datetime
) -> Verdict:
    """Say whether a webhook is genuine, in constant time for each secret."""
    named = {name.lower(): value for name, value in headers.items()}
    given, stamp = named.get(SIGNATURE, ""), named.get(TIMESTAMP, "")
    if not given or not stamp:
        return "unsigned"
    if max(len(given), len(stamp)) > _LONGEST_HEADER:
        return "wrong"
    # No generator here: every secret is tried, so that the time tells nothing.
    right = [
        hmac.compare_digest(signature(secret, stamp, body).encode(), given.encode())
        for secret in secrets
        if secret
    ]
    if not any(right):
        return "wrong"
    return "good" if _is_fresh(stamp, now) else "stale"


def _is_fresh(stamp: str, now: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return abs((now - moment).total_seconds()) <= WINDOW


def hints_in(body: bytes) -> tuple[Hint, ...]:
    """Return what a genuine webhook points at; nothing for events that are no ticket's.

    Raises:
        InputError: It is neither a Zendesk event nor what our trigger sends.
    """
    if not body.strip():
        return (Hint(id=_content_id(body), ticket="", topic="empty"),)
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("the Zendesk webhook's body is not JSON", fix=_FIX) from None
    if not isinstance(found, dict):
        raise InputError("the Zendesk webhook's body is not an object", fix=_FIX)
    topic = found.get("type")
    if isinstance(topic, str) and topic.startswith(_EVENT):
        return _of_event(found, topic, body)
    return _of_trigger(found, body)


def _of_event(found: dict[str, Any], topic: str, body: bytes) -> tuple[Hint, ...]:
    if not topic.startswith(_TICKET_EVENT):
        return ()
    detail = found.get("detail")
    ticket = _ticket(detail.get("id")) if isinstance(detail, dict) else ""
    subject = found.get("subject")
    if not ticket and isinstance(subject, str) and subject.startswith(_SUBJECT):
        ticket = _ticket(subject.removeprefix(_SUBJECT))
    if not ticket:
        raise InputError("the Zendesk event names no ticket", fix="Subscribe to ticket events")
    own = found.get("id")
    event = own[:100] if isinstance(own, str) and own else _content_id(body)
    return (Hint(id=event, ticket=ticket, topic=topic.removeprefix(_EVENT)[:60]),)


def _of_trigger(found: dict[str, Any], body: bytes) -> tuple[Hint, ...]:
    ticket = _ticket(found.get("ticket_id"))
    # Without the time, every change of a ticket would look like the same event.
    if not ticket or not found.get("updated"):
        raise InputError("the Zendesk trigger's body names no ticket and time", fix=_FIX)
    return (Hint(id=_content_id(body), ticket=ticket, topic="trigger"),)


def _ticket(value: object) -> str:
    """Return a ticket's id, which Zendesk writes as a number or as text; else an empty string."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**19 else ""
    return text if _TICKET.fullmatch(text) else ""


def _content_id(body: bytes) -> str:
    return f"body-{sha256(body).hexdigest()[:32]}"
