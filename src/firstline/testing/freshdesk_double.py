"""A double of Freshdesk: tickets over its REST API, version 2, and the webhooks of its rules.

with FreshdeskDouble() as double:
    desk = Freshdesk(double.settings, double.secrets)
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import re2

from firstline.channels.freshdesk import FreshdeskSecrets, FreshdeskSettings
from firstline.testing.desk_double import DeskDouble
from firstline.testing.desk_tickets import (
    DoubleTicket,
    RefusedError,
    Said,
    check_keys,
)
from firstline.testing.http import HttpRequest

AGENT, PERSON, CONTACT, GROUP = 7001, 7002, 9001, 77
API_KEY, HOOK_SECRET = "key-of-a-double", "hook-secret-of-a-double"
PER_MINUTE: Final = 400
_STATUSES: Final = {"open": 2, "pending": 3, "solved": 4, "closed": 5}
_NAMES: Final = {number: name for name, number in _STATUSES.items()}
_PATH = re2.compile(r"/api/v2/tickets/([0-9]+)(?:/(conversations|reply|notes))?")
_UNSUPPORTED = re2.compile(r"</?(?:small|script|style)[^>]{0,200}>")
_TAGS = re2.compile(r"<[^<>]{1,500}>")


class FreshdeskDouble(DeskDouble):
    """A Freshdesk account in memory."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.groups: list[dict[str, Any]] = [{"id": GROUP, "name": "Billing"}]
        self._asked_in_minute = 0
        self._minute = 0

    @property
    def settings(self) -> FreshdeskSettings:
        """The settings that reach this double."""
        return FreshdeskSettings(
            domain="double",
            base_url=self.url,
            allow_loopback=True,
            seconds=5.0,
            portal_needs_login=True,
        )

    @property
    def secrets(self) -> FreshdeskSecrets:
        """The secrets that this double takes and sends."""
        return FreshdeskSecrets(api_key=API_KEY, hook_secrets=(HOOK_SECRET,))

    def webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return what the rule of docs/freshdesk.md sends of a ticket's last change."""
        return self._hook(ticket, HOOK_SECRET)

    def forged_webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the same with another secret."""
        return self._hook(ticket, "not-the-secret")

    def _hook(self, ticket: str, secret: str) -> tuple[dict[str, str], bytes]:
        body = {"ticket_id": int(ticket), "event": "{ticket_action:created}"}
        headers = {"content-type": "application/json", "X-Firstline-Secret": secret}
        return headers, json.dumps({"freshdesk_webhook": body}).encode()

    def invalid(self) -> RefusedError:
        """Return how Freshdesk refuses a value: with 400."""
        return RefusedError(400, "invalid_value", "Validation failed")

    def limit_headers(self) -> tuple[tuple[str, str], ...]:
        """Return what is left of this minute."""
        minute = int(self.now()) // 60
        if minute != self._minute:
            self._minute, self._asked_in_minute = minute, 0
        self._asked_in_minute += 1
        return (
            ("x-ratelimit-total", str(PER_MINUTE)),
            ("x-ratelimit-remaining", str(max(0, PER_MINUTE - self._asked_in_minute))),
            ("x-ratelimit-used-currentrequest", "1"),
        )

    def error_body(self, refusal: RefusedError) -> Any:
        """Return an error as Freshdesk writes it."""
        if refusal.status == 400:  # noqa: PLR2004 - bad request
            error = {"field": "body", "message": str(refusal), "code": refusal.code}
            return {"description": "Validation failed", "errors": [error]}
        if refusal.status == 404:  # noqa: PLR2004 - Freshdesk sends no body with it
            return None
        return {"code": refusal.code, "message": str(refusal)}

    def answer(self, request: HttpRequest, body: Any) -> tuple[int, Any]:
        """Answer one request of the API."""
        key = b64encode(f"{API_KEY}:X".encode()).decode()
        if request.headers.get("authorization") != f"Basic {key}":
            raise RefusedError(401, "invalid_credentials", "You have to be logged in")
        match (request.method, request.path):
            case ("GET", "/api/v2/agents/me"):
                contact = {"name": "Firstline", "email": "f@acme.example"}
                return 200, {"id": AGENT, "contact": contact}
            case ("GET", "/api/v2/groups"):
                return 200, _page(self.groups, request.query)
            case ("GET", "/api/v2/tickets"):
                return 200, self._listed(request.query)
        found = _PATH.fullmatch(request.path)
        if found is None:
            raise RefusedError(404, "not_found", "no such path", wrong=True)
        return self._about(self.wanted(found.group(1)), found.group(2), request, body)

    def _about(
        self, ticket: DoubleTicket, what: str | None, request: HttpRequest, body: Any
    ) -> tuple[int, Any]:
        """Answer a request about one ticket."""
        match (request.method, what):
            case ("GET", None):
                _check_query(request.query, ("include",))
                return 200, _ticket(ticket)
            case ("GET", "conversations"):
                return 200, _page([_entry(ticket, item) for item in ticket.said], request.query)
            case ("POST", "reply"):
                check_keys(body, ("body",), ("user_id", "cc_emails", "bcc_emails", "from_email"))
                return 201, self._said(ticket, body["body"], is_public=True)
            case ("POST", "notes"):
                check_keys(body, ("body", "private"), ("notify_emails", "user_id"))
                return 201, self._said(ticket, body["body"], is_public=not body["private"])
            case ("PUT", None):
                return 200, self._updated(ticket, body)
        raise RefusedError(405, "method_not_allowed", "not this method", wrong=True)

    def _said(self, ticket: DoubleTicket, html: Any, *, is_public: bool) -> dict[str, Any]:
        if not isinstance(html, str) or not html:
            raise RefusedError(400, "invalid_value", "body", wrong=True)
        kept = f"<div>{_UNSUPPORTED.sub('', html)}</div>"
        said = self.add(ticket.id, "api", kept, is_public=is_public)
        return _entry(ticket, said)

    def _updated(self, ticket: DoubleTicket, body: Any) -> dict[str, Any]:
        check_keys(
            body, (), ("status", "priority", "group_id", "responder_id", "tags", "custom_fields")
        )
        for name in ("status", "group_id", "responder_id"):
            is_none = name == "responder_id" and body.get(name) is None
            if name in body and not is_none and not isinstance(body[name], int):
                raise RefusedError(400, "datatype_mismatch", name, wrong=True)
        if "status" in body:
            ticket.status = _NAMES[body["status"]]
        if "group_id" in body:
            ticket.group = str(body["group_id"])
        if "responder_id" in body:
            ticket.assignee = str(body["responder_id"] or "")
        if "tags" in body:
            ticket.tags = list(body["tags"])
        self.stamp(ticket)
        return _ticket(ticket)

    def _listed(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        _check_query(query, ("updated_since", "order_by", "order_type", "per_page", "page"))
        if query.get("order_by") != "updated_at" or query.get("order_type") != "asc":
            raise RefusedError(400, "invalid_value", "the double lists by updated_at", wrong=True)
        found = self.changed_since(datetime.fromisoformat(query["updated_since"]).timestamp())
        found.sort(key=lambda item: int(item.updated))
        paged = {name: query[name] for name in ("page", "per_page") if name in query}
        return _page([_ticket(item, listed=True) for item in found], paged)


def _check_query(query: Mapping[str, str], known: tuple[str, ...]) -> None:
    if set(query) - set(known):
        raise RefusedError(400, "invalid_field", f"unknown in the query: {query}", wrong=True)


def _page(items: list[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
    _check_query(query, ("page", "per_page"))
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    if not 1 <= size <= 100 or page < 1:  # noqa: PLR2004 - Freshdesk's limit
        raise RefusedError(400, "invalid_value", "per_page is at most 100", wrong=True)
    return items[(page - 1) * size :][:size]


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticket(ticket: DoubleTicket, *, listed: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": int(ticket.id),
        "subject": ticket.subject,
        "status": _STATUSES[ticket.status],
        "priority": 1,
        "source": 2 if ticket.verified else 1,
        "requester_id": CONTACT,
        "responder_id": int(ticket.assignee) if ticket.assignee else None,
        "group_id": int(ticket.group) if ticket.group else None,
        "tags": list(ticket.tags),
        "spam": False,
        "created_at": _stamp(ticket.at),
        "updated_at": _stamp(ticket.updated),
    }
    if not listed:
        shown |= {
            "description": f"<div>{ticket.text}</div>",
            "description_text": ticket.text,
            "attachments": [],
            "requester": {"id": CONTACT, "name": "Ada", "email": ticket.requester},
        }
    return shown


def _entry(ticket: DoubleTicket, said: Said) -> dict[str, Any]:
    if said.by == "customer":
        user = CONTACT
    else:
        user = AGENT if said.by == "api" or said.kind == "seat" else PERSON
    return {
        "id": said.id,
        "body": said.html,
        "body_text": _TAGS.sub("", said.html),
        "incoming": said.by == "customer",
        "private": not said.is_public,
        "user_id": user,
        "support_email": None,
        "source": 0 if said.is_public else 2,
        "ticket_id": int(ticket.id),
        "to_emails": None,
        "created_at": _stamp(said.at),
        "updated_at": _stamp(said.at),
        "attachments": [],
    }
