"""A double of a system of your own: posts signed webhooks to Firstline, and takes those it posts.

    with WebhookDouble() as double:
        channel = WebhookChannel(double.settings, double.secrets)

It takes a webhook of one id once, as docs/webhook.md asks, unless it is told not to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from firstline.channels.standard_webhooks import key_of, new_secret, signed_headers, verify
from firstline.channels.webhook import WebhookSecrets, WebhookSettings
from firstline.testing.desk_double import DeskDouble
from firstline.testing.desk_tickets import RefusedError, check_keys
from firstline.testing.http import HttpRequest

PATH: Final = "/firstline"
_KEYS: Final = ("ticket", "message", "kind", "public", "text", "html")
_TYPES: Final = ("reply.created", "note.created", "handover.created")


class WebhookDouble(DeskDouble):
    """A ticket system that knows Firstline by webhooks alone."""

    def __init__(self, *, port: int = 0, deduplicates: bool = True) -> None:
        super().__init__(port=port)
        self.deduplicates = deduplicates
        self.taken: dict[str, list[dict[str, Any]]] = {}
        """The bodies that were taken, by the webhook's id."""
        self.incoming: Sequence[str] = (new_secret(),)
        """Secrets that sign what this system posts; the first one does."""
        self.outgoing: Sequence[str] = (new_secret(),)
        """Secrets of what it takes."""

    @property
    def settings(self) -> WebhookSettings:
        """The settings that reach this double."""
        return WebhookSettings(
            url=self.url + PATH,
            deduplicates=self.deduplicates,
            allow_loopback=True,
            seconds=5.0,
        )

    @property
    def secrets(self) -> WebhookSecrets:
        """The secrets that this double knows."""
        return WebhookSecrets(incoming=tuple(self.incoming), outgoing=tuple(self.outgoing))

    def webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the signed message of a ticket's last words by its customer."""
        return self._hook(ticket, self.incoming[0])

    def forged_webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the same, signed with a secret that nobody knows."""
        return self._hook(ticket, new_secret())

    def staff_webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the webhook that says that a person answered."""
        body = {"type": "staff.replied", "data": {"ticket": ticket}}
        return self._signed(f"evt_{ticket}_staff", body, self.incoming[0])

    def _hook(self, ticket: str, secret: str) -> tuple[dict[str, str], bytes]:
        with self._lock:
            found = self._tickets[ticket]
            words = [item for item in found.said if item.by == "customer"]
            data = {
                "ticket": ticket,
                "id": str(words[-1].id) if words else "first",
                "text": words[-1].html if words else found.text,
                "format": "html" if words else "text",
                "subject": found.subject,
                "customer": found.requester,
                "verified": found.verified,
                "sent_at": self._moment(words[-1].at if words else found.at),
            }
        body = {"type": "message.created", "timestamp": self._moment(self.now()), "data": data}
        return self._signed(f"evt_{ticket}_{data['id']}", body, secret)

    def _signed(self, event: str, said: Any, secret: str) -> tuple[dict[str, str], bytes]:
        body = json.dumps(said).encode()
        headers = signed_headers((key_of(secret),), event, int(self.now()), body)
        return {"content-type": "application/json", **headers}, body

    def _moment(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).isoformat()

    def error_body(self, refusal: RefusedError) -> Any:
        """Return an error."""
        return {"error": refusal.code}

    def answer(self, request: HttpRequest, body: Any) -> tuple[int, Any]:
        """Take one webhook."""
        if (request.method, request.path) != ("POST", PATH):
            raise RefusedError(404, "not_found", "no such path", wrong=True)
        now = datetime.fromtimestamp(self.now(), UTC)
        keys = tuple(key_of(secret) for secret in self.outgoing)
        verdict = verify(request.headers, request.body, now, keys)
        if verdict != "good":
            raise RefusedError(401, verdict, f"the signature is {verdict}", wrong=True)
        check_keys(body, ("type", "timestamp", "data"))
        check_keys(body["data"], _KEYS)
        if body["type"] not in _TYPES:
            raise RefusedError(422, "type", "no known type", wrong=True)
        data = body["data"]
        event = request.headers["webhook-id"]
        known = event in self.taken
        self.taken.setdefault(event, []).append(body)
        if not known or not self.deduplicates:
            self.wanted(data["ticket"])
            self.add(data["ticket"], "api", data["html"], is_public=data["public"])
        return 200, {"id": event}
