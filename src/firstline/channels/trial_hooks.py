"""A genuine webhook that changes nothing, made with the channel's own secret: to try a connection.

Each is one that the channel knows as a trial: it names no ticket. Freshdesk's rules always name
one; ticket 0, which nobody has, is looked for once and found missing.
"""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from firstline.channels import chatwoot_hooks, intercom, zendesk_webhooks
from firstline.channels.freshdesk import HOOK_HEADER
from firstline.channels.standard_webhooks import key_of, signed_headers

Hook = tuple[dict[str, str], bytes]
"""Headers and body."""
_JSON = {"content-type": "application/json"}


def trial_hook(kind: str, secret: str, now: datetime) -> Hook | None:
    """Return a signed webhook of a kind of channel; None for kinds that take none.

    Raises:
        WorkspaceError: The secret cannot be one of this kind's.
    """
    making = _MAKING.get(kind)
    return None if making is None else making(secret, now)


def _zendesk(secret: str, now: datetime) -> Hook:
    stamp = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    body = b""  # As Zendesk's own "test webhook" without a body.
    signed = zendesk_webhooks.signature(secret, stamp, body)
    said = {zendesk_webhooks.SIGNATURE: signed, zendesk_webhooks.TIMESTAMP: stamp}
    return _JSON | said, body


def _intercom(secret: str, now: datetime) -> Hook:
    body = _body(
        {
            "type": "notification_event",
            "topic": "ping",
            "id": f"notif_trial_{randomness.token_hex(8)}",
            "created_at": int(now.timestamp()),
            "data": {"type": "notification_event_data", "item": {"type": "ping"}},
        }
    )
    signed = intercom.signature(secret, body).decode()
    return _JSON | {intercom.SIGNATURE: signed}, body


def _freshdesk(secret: str, now: datetime) -> Hook:
    del now
    return _JSON | {HOOK_HEADER: secret}, _body({"ticket_id": "0", "event": "trial"})


def _chatwoot(secret: str, now: datetime) -> Hook:
    body = _body({"event": "firstline_trial", "id": randomness.token_hex(8)})
    stamp = str(int(now.timestamp()))
    signed = chatwoot_hooks.signature(secret, stamp, body)
    said = {chatwoot_hooks.SIGNATURE: signed, chatwoot_hooks.TIMESTAMP: stamp}
    return _JSON | said, body


def _own(secret: str, now: datetime) -> Hook:
    body = _body({"type": "ping", "timestamp": now.astimezone(UTC).isoformat()})
    event = f"trial-{randomness.token_hex(8)}"
    return _JSON | signed_headers((key_of(secret),), event, int(now.timestamp()), body), body


def _body(said: Mapping[str, object]) -> bytes:
    return json.dumps(said).encode()


_MAKING: Mapping[str, Callable[[str, datetime], Hook]] = {
    "zendesk": _zendesk,
    "intercom": _intercom,
    "freshdesk": _freshdesk,
    "chatwoot": _chatwoot,
    "webhook": _own,
}
