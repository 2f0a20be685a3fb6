"""A double of Chatwoot: conversations over its application API, and its signed webhooks.

with ChatwootDouble() as double:
    desk = Chatwoot(double.settings, double.secrets)
"""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any, Final

import re2

from firstline.channels.chatwoot import ChatwootSecrets, ChatwootSettings
from firstline.channels.chatwoot_hooks import signature
from firstline.testing.desk_double import DeskDouble
from firstline.testing.desk_tickets import DoubleTicket, RefusedError, Said, check_keys
from firstline.testing.http import HttpRequest

ACCOUNT, AGENT, PERSON, CONTACT, BOT = 3, 7001, 7002, 9001, 7001
"""A bot may have an agent's number: they are counted apart."""
TOKEN, HOOK_SECRET = "token-of-a-double", "hook-secret-of-a-double"
TEAMS: Final = {"55": "returns", "77": "billing"}
AGENTS: Final = {"66": "Grace", str(AGENT): "Firstline", str(PERSON): "Bo"}
LISTED: Final = 25
"""Conversations a page."""
AFTER, LATEST = 100, 20
"""Messages a page: after one that is named, or the latest."""
_STATUSES: Final = {"open": "open", "pending": "pending", "solved": "resolved"}
_NAMES: Final = {
    "open": "open",
    "pending": "pending",
    "resolved": "solved",
    "snoozed": "pending",
}
_ROOT: Final = f"/api/v1/accounts/{ACCOUNT}"
_PATH = re2.compile(
    _ROOT + r"/conversations/([0-9]+)(?:/(messages|labels|assignments|toggle_status))?"
)
_PARAGRAPH = re2.compile(r"^<p>|</p>$")


class ChatwootDouble(DeskDouble):
    """An account of a Chatwoot server in memory."""

    def __init__(self, *, port: int = 0, is_agent: bool = True) -> None:
        """Prepare; `with` or `start` opens the port.

        Args:
            port: 0: one that is free.
            is_agent: Firstline is an agent, who is given what it opens; else an administrator.
        """
        super().__init__(port=port)
        self.closed_for_replies: set[str] = set()
        """Conversations whose channel delivers nothing any more."""
        self._is_agent = is_agent
        self._written: dict[int, str] = {}
        self._more: dict[int, dict[str, Any]] = {}

    @property
    def settings(self) -> ChatwootSettings:
        """The settings that reach this double."""
        return ChatwootSettings(
            url=self.url, account_id=str(ACCOUNT), network="loopback", seconds=5.0
        )

    @property
    def secrets(self) -> ChatwootSecrets:
        """The secrets that this double takes and signs with."""
        return ChatwootSecrets(token=TOKEN, hook_secrets=(HOOK_SECRET,))

    def customer_says(self, ticket: str, text: str) -> str:
        """Let the customer write again, which opens what is resolved and leaves what is pending."""
        before = self.ticket(ticket).status
        said = super().customer_says(ticket, text)
        if before == "pending":
            self.ticket(ticket).status = before
        return said

    def says(self, ticket: str, text: str, **changes: Any) -> str:
        """Add a message with some of its JSON changed: of a bot, a rule, a mail; return its id."""
        said = self.add(ticket, "staff", f"<p>{text}</p>", is_public=True)
        self._more[said.id] = changes
        return str(said.id)

    def webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the webhook of a conversation's last message, as a server since 4.11.2 signs."""
        return self._hook(ticket, HOOK_SECRET)

    def forged_webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the same, signed with another secret."""
        return self._hook(ticket, "not-the-secret")

    def old_webhook(self, ticket: str, password: str = HOOK_SECRET) -> tuple[dict[str, str], bytes]:
        """Return what an older server sends to `https://firstline:<secret>@…`: no signature."""
        pair = b64encode(f"firstline:{password}".encode()).decode()
        headers = {"content-type": "application/json", "Authorization": f"Basic {pair}"}
        return headers, self._hook(ticket, "")[1]

    def _hook(self, ticket: str, secret: str) -> tuple[dict[str, str], bytes]:
        found = self.ticket(ticket)
        last = self._entries(found)[-1]
        kinds = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
        event = {
            "event": "message_created",
            **last,
            "message_type": kinds[last["message_type"]],
            "conversation": self._shown(found),
            "account": {"id": ACCOUNT, "name": "Acme"},
        }
        body = json.dumps(event).encode()
        stamp = str(int(self.now()))
        headers = {
            "content-type": "application/json",
            "X-Chatwoot-Delivery": str(uuid.uuid4()),
            "X-Chatwoot-Timestamp": stamp,
            "X-Chatwoot-Signature": signature(secret, stamp, body),
        }
        return headers, body

    def error_body(self, refusal: RefusedError) -> Any:
        """Return an error as Chatwoot writes it."""
        if refusal.status == 401:  # noqa: PLR2004 - unauthorized
            return {"error": str(refusal)}
        return {"error": str(refusal), "code": refusal.code}

    def answer(self, request: HttpRequest, body: Any) -> tuple[int, Any]:
        """Answer one request of the API."""
        if request.headers.get("api_access_token") != TOKEN:
            raise RefusedError(401, "unauthorized", "Invalid Access Token")
        match (request.method, request.path):
            case ("GET", "/api/v1/profile"):
                _check_query(request.query, ())
                account = {"id": ACCOUNT, "name": "Acme", "role": "agent", "status": "active"}
                return 200, {"id": AGENT, "name": "Firstline", "accounts": [account]}
            case ("GET", path) if path == f"{_ROOT}/teams":
                return 200, [{"id": int(number), "name": name} for number, name in TEAMS.items()]
            case ("GET", path) if path == f"{_ROOT}/conversations":
                return 200, self._listed(request.query)
        found = _PATH.fullmatch(request.path)
        if found is None:
            raise RefusedError(404, "not_found", "no such path", wrong=True)
        return 200, self._about(self.wanted(found.group(1)), found.group(2), request, body)

    def _about(
        self, ticket: DoubleTicket, what: str | None, request: HttpRequest, body: Any
    ) -> Any:
        """Answer a request about one conversation."""
        match (request.method, what):
            case ("GET", None):
                _check_query(request.query, ())
                return self._shown(ticket)
            case ("GET", "messages"):
                return {"meta": {}, "payload": self._page(ticket, request.query)}
            case ("GET", "labels"):
                return {"payload": list(ticket.tags)}
            case ("POST", "messages"):
                return self._posted_message(ticket, body)
            case ("POST", "labels"):
                check_keys(body, ("labels",))
                ticket.tags = [str(label) for label in body["labels"]]
                return {"payload": list(ticket.tags)}
            case ("POST", "assignments"):
                return _assigned(ticket, body)
            case ("POST", "toggle_status"):
                return self._toggled(ticket, body)
        raise RefusedError(405, "method_not_allowed", "not this method", wrong=True)

    def _posted_message(self, ticket: DoubleTicket, body: Any) -> dict[str, Any]:
        check_keys(
            body,
            ("content", "message_type", "private"),
            ("content_type", "content_attributes", "campaign_id", "template_params"),
        )
        content = body["content"]
        if not isinstance(content, str) or not content or body["message_type"] != "outgoing":
            raise RefusedError(422, "invalid", "content, or its message_type", wrong=True)
        if not isinstance(body["private"], bool):
            raise RefusedError(422, "invalid", "private", wrong=True)
        if "{{" in content or "{%" in content:
            raise RefusedError(422, "invalid", "Liquid would fill placeholders", wrong=True)
        html = f"<p>{escape(content, quote=False).replace(chr(10), '<br>')}</p>"
        said = self.add(ticket.id, "api", html, is_public=not body["private"])
        self._written[said.id] = content
        return self._entry(ticket, said)

    def _toggled(self, ticket: DoubleTicket, body: Any) -> dict[str, Any]:
        check_keys(body, ("status",), ("snoozed_until",))
        if body["status"] not in _NAMES:
            raise RefusedError(422, "invalid", "status", wrong=True)
        ticket.status = _NAMES[body["status"]]
        if ticket.status == "open" and self._is_agent:
            ticket.assignee = str(AGENT)
        self.stamp(ticket)
        payload = {"success": True, "current_status": body["status"]}
        return {"meta": {}, "payload": payload | {"conversation_id": int(ticket.id)}}

    def _listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        _check_query(query, ("status", "assignee_type", "page", "q", "inbox_id", "team_id"))
        if query.get("status") != "all":
            raise RefusedError(422, "invalid", "only open ones would be listed", wrong=True)
        found = sorted(self.changed_since(0), key=lambda item: int(item.updated), reverse=True)
        page = int(query.get("page", 1))
        payload = [self._shown(item) for item in found[(page - 1) * LISTED :][:LISTED]]
        return {"data": {"meta": {"all_count": len(found)}, "payload": payload}}

    def _shown(self, ticket: DoubleTicket) -> dict[str, Any]:
        """Return a conversation, which shows its last message only."""
        meta: dict[str, Any] = {
            "sender": {
                "id": CONTACT,
                "name": "Ada",
                "email": ticket.requester,
                "identifier": ticket.requester if ticket.verified else None,
                "phone_number": None,
                "type": "contact",
            },
            "channel": "Channel::WebWidget",
            "hmac_verified": ticket.verified,
        }
        if ticket.assignee:
            meta["assignee"] = {"id": int(ticket.assignee), "name": "Agent"}
            meta["assignee_type"] = "User"
        if ticket.group:
            meta["team"] = {"id": int(ticket.group), "name": TEAMS[ticket.group]}
        return {
            "id": int(ticket.id),
            "account_id": ACCOUNT,
            "inbox_id": 1,
            "meta": meta,
            "messages": self._entries(ticket)[-1:],
            "labels": list(ticket.tags),
            "status": _STATUSES.get(ticket.status, "resolved"),
            "can_reply": ticket.id not in self.closed_for_replies,
            "additional_attributes": {"mail_subject": ticket.subject},
            "created_at": int(ticket.at),
            "last_activity_at": int(ticket.updated),
            "updated_at": ticket.updated,
        }

    def _page(self, ticket: DoubleTicket, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return messages as Chatwoot's finder does: by ids, sorted by time."""
        _check_query(query, ("after", "before"))
        entries = self._entries(ticket)
        if "after" in query:
            return [item for item in entries if item["id"] > int(query["after"])][:AFTER]
        if "before" in query:
            return [item for item in entries if item["id"] < int(query["before"])][-LATEST:]
        return entries[-LATEST:]

    def _entries(self, ticket: DoubleTicket) -> list[dict[str, Any]]:
        first = Said(
            id=int(ticket.id), by="customer", html=ticket.text, is_public=True, at=ticket.at
        )
        entries = [self._entry(ticket, item) for item in (first, *ticket.said)]
        return sorted(entries, key=lambda item: int(item["created_at"]))

    def _entry(self, ticket: DoubleTicket, said: Said) -> dict[str, Any]:
        sender: dict[str, Any] = {"id": CONTACT, "name": "Ada", "type": "contact"}
        if said.by != "customer":
            ours = said.by == "api" or said.kind == "seat"
            sender = {"id": AGENT if ours else PERSON, "name": "Firstline", "type": "user"}
        return {
            "id": said.id,
            "content": self._written.get(said.id, _PARAGRAPH.sub("", said.html)),
            "account_id": ACCOUNT,
            "inbox_id": 1,
            "conversation_id": int(ticket.id),
            "message_type": 0 if said.by == "customer" else 1,
            "content_type": "text",
            "content_attributes": {},
            "private": not said.is_public,
            "status": "sent",
            "source_id": None,
            "created_at": int(said.at),
            "sender": sender,
            **self._more.get(said.id, {}),
        }


def _assigned(ticket: DoubleTicket, body: Any) -> dict[str, Any] | None:
    """Assign as Chatwoot does: a number that nobody has takes it from whoever had it."""
    check_keys(body, (), ("assignee_id", "team_id"))
    if len(body) != 1 or not all(isinstance(value, int) for value in body.values()):
        raise RefusedError(422, "invalid", "one of assignee_id and team_id", wrong=True)
    known = AGENTS if "assignee_id" in body else TEAMS
    number = str(next(iter(body.values())))
    to = number if number in known else ""
    if "assignee_id" in body:
        ticket.assignee = to
    else:
        ticket.group = to
    return {"id": int(to), "name": known[to]} if to else None


def _check_query(query: Mapping[str, str], known: tuple[str, ...]) -> None:
    if set(query) - set(known):
        raise RefusedError(422, "invalid", f"unknown in the query: {query}", wrong=True)
