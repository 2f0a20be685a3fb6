"""A double of Intercom: conversations over its REST API 2.16, and its signed webhooks.

    with IntercomDouble() as double:
        desk = Intercom(double.settings, double.secrets)

It has the endpoints a support channel needs, refuses unknown keys, and takes the tags out of HTML
that Intercom takes out. It differs in that a search is sorted by the latest change first.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, Final

import re2

from firstline.channels.intercom import IntercomSecrets, IntercomSettings
from firstline.proof.normal import html_to_text
from firstline.testing.desk_double import DeskDouble
from firstline.testing.desk_tickets import (
    DoubleTicket,
    RefusedError,
    Said,
    check_keys,
)
from firstline.testing.http import HttpRequest

ADMIN, PERSON, TEAM = "814860", "991267", "77"
TOKEN, CLIENT_SECRET = "token-of-a-double", "client-secret-of-a-double"
VERSION: Final = "2.16"
PER_WINDOW: Final = 1_667
"""Requests in ten seconds."""
_MOST_PARTS: Final = 500
_UNSUPPORTED = re2.compile(r"</?(?:small|span|div|script|style)[^>]{0,200}>")
_ADMIN_PATH = re2.compile(r"/admins/([0-9]+)")
_PATH = re2.compile(r"/conversations/([0-9]+)(?:/(reply|parts|tags))?")


class IntercomDouble(DeskDouble):
    """An Intercom workspace in memory."""

    def __init__(self, *, port: int = 0, identity_verification: bool = True) -> None:
        super().__init__(port=port)
        self.identity_verification = identity_verification
        self.tag_names: dict[str, str] = {}
        self._asked_in_window = 0
        self._window = 0

    @property
    def settings(self) -> IntercomSettings:
        """The settings that reach this double."""
        return IntercomSettings(admin_id=ADMIN, base_url=self.url, allow_loopback=True, seconds=5.0)

    @property
    def secrets(self) -> IntercomSecrets:
        """The secrets that this double takes."""
        return IntercomSecrets(token=TOKEN, client_secrets=(CLIENT_SECRET,))

    def workflow_says(self, ticket: str, text: str) -> str:
        """Let Intercom's Operator speak, as a workflow of the workspace does."""
        with self._lock:
            return str(self.add(ticket, "staff", f"<p>{text}</p>", is_public=True, kind="bot").id)

    def webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the signed notification of a conversation's last change."""
        return self._hook(ticket, CLIENT_SECRET)

    def forged_webhook(self, ticket: str) -> tuple[dict[str, str], bytes]:
        """Return the notification signed with another secret."""
        return self._hook(ticket, "not-the-secret")

    def ping(self) -> tuple[dict[str, str], bytes]:
        """Return what Intercom sends when a webhook is set up."""
        item = {"type": "ping", "message": "something something interzen"}
        return _signed(self._envelope("ping", "notif_ping", item), CLIENT_SECRET)

    def _hook(self, ticket: str, secret: str) -> tuple[dict[str, str], bytes]:
        with self._lock:
            found = self._tickets[ticket]
            topic = _topic(found)
            event = f"notif_{found.id}_{found.changes}"
            return _signed(self._envelope(topic, event, self._shown(found)), secret)

    def _envelope(self, topic: str, event: str, item: Mapping[str, Any]) -> dict[str, Any]:
        now = int(self.now())
        return {
            "type": "notification_event",
            "app_id": "double",
            "id": event,
            "topic": topic,
            "delivery_attempts": 1,
            "first_sent_at": now,
            "created_at": now,
            "data": {"type": "notification_event_data", "item": item},
        }

    def changes_something(self, request: HttpRequest) -> bool:
        """Whether a request is a write; a search is none."""
        return request.method != "GET" and request.path != "/conversations/search"

    def limit_headers(self) -> tuple[tuple[str, str], ...]:
        """Return what is left of this window of ten seconds."""
        window = int(self.now()) // 10
        if window != self._window:
            self._window, self._asked_in_window = window, 0
        self._asked_in_window += 1
        return (
            ("x-ratelimit-limit", str(PER_WINDOW)),
            ("x-ratelimit-remaining", str(max(0, PER_WINDOW - self._asked_in_window))),
            ("x-ratelimit-reset", str((window + 1) * 10)),
        )

    def error_body(self, refusal: RefusedError) -> Any:
        """Return Intercom's list of errors."""
        return {
            "type": "error.list",
            "request_id": "00000000-0000-4000-8000-000000000000",
            "errors": [{"code": refusal.code, "message": str(refusal)}],
        }

    def answer(self, request: HttpRequest, body: Any) -> tuple[int, Any]:
        """Answer one request of the API."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise RefusedError(401, "unauthorized", "Access Token Invalid")
        if request.headers.get("intercom-version") != VERSION:
            raise RefusedError(400, "intercom_version_invalid", "no version", wrong=True)
        match (request.method, request.path):
            case ("GET", "/me"):
                return 200, self._me()
            case ("GET", "/teams"):
                team = {"type": "team", "id": TEAM, "name": "Billing", "admin_ids": [int(PERSON)]}
                return 200, {"type": "team.list", "teams": [team]}
            case ("POST", "/tags"):
                return 200, self._made_tag(body)
            case ("POST", "/conversations/search"):
                return 200, self._searched(body)
        admin = _ADMIN_PATH.fullmatch(request.path)
        if admin is not None and request.method == "GET":
            if admin.group(1) != ADMIN:
                raise RefusedError(404, "admin_not_found", "Admin not found")
            return 200, {key: value for key, value in self._me().items() if key != "app"}
        return 200, self._about(request, body)

    def _about(self, request: HttpRequest, body: Any) -> Any:
        """Answer a request about one conversation."""
        found = _PATH.fullmatch(request.path)
        if found is None:
            raise RefusedError(404, "not_found", "no such path", wrong=True)
        number, what = found.groups()
        if request.method == "GET" and not what:
            shown = self._shown(self.wanted(number))
            return _as_text(shown) if request.query.get("display_as") == "plaintext" else shown
        does: dict[str, Callable[[DoubleTicket, Any], Any]] = {
            "reply": self._replied,
            "parts": self._managed,
            "tags": self._tagged,
        }
        if request.method != "POST" or not what:
            raise RefusedError(405, "method_not_allowed", "not this method", wrong=True)
        return does[what](self.wanted(number), body)

    def _me(self) -> dict[str, Any]:
        return {
            "type": "admin",
            "id": ADMIN,
            "name": "Firstline",
            "email": "firstline@acme.example",
            "email_verified": True,
            "app": {
                "type": "app",
                "id_code": "double",
                "name": "Acme",
                "region": "US",
                "identity_verification": self.identity_verification,
            },
            "has_inbox_seat": True,
        }

    def _made_tag(self, body: Any) -> dict[str, Any]:
        check_keys(body, ("name",), ("id",))
        known = {name: number for number, name in self.tag_names.items()}
        number = known.get(body["name"]) or str(7_000 + len(known))
        self.tag_names[number] = body["name"]
        return {"type": "tag", "id": number, "name": body["name"]}

    def _searched(self, body: Any) -> dict[str, Any]:
        check_keys(body, ("query",), ("pagination",))
        query, paging = body["query"], body.get("pagination") or {}
        check_keys(query, ("field", "operator", "value"))
        check_keys(paging, (), ("per_page", "starting_after"))
        if (query["field"], query["operator"]) != ("updated_at", ">"):
            raise RefusedError(400, "invalid_field", "the double searches updated_at", wrong=True)
        size = int(paging.get("per_page", 20))
        if not 1 <= size <= 150:  # noqa: PLR2004 - Intercom's limit
            raise RefusedError(400, "parameter_invalid", "per_page is at most 150", wrong=True)
        # Intercom's ">" means "greater or equal".
        found = self.changed_since(int(query["value"]))
        found.sort(key=lambda item: item.updated, reverse=True)
        start = int(paging.get("starting_after") or 0)
        page: dict[str, Any] = {"type": "pages", "page": start // size + 1, "per_page": size}
        if start + size < len(found):
            page["next"] = {"per_page": size, "starting_after": str(start + size)}
        return {
            "type": "conversation.list",
            "pages": page,
            "total_count": len(found),
            "conversations": [self._shown(item, parts=False) for item in found[start:][:size]],
        }

    def _replied(self, ticket: DoubleTicket, body: Any) -> dict[str, Any]:
        check_keys(
            body, ("message_type", "type", "admin_id", "body"), ("skip_notifications", "created_at")
        )
        self._check_admin(body)
        if body["message_type"] not in ("comment", "note"):
            raise RefusedError(422, "parameter_invalid", "message_type", wrong=True)
        is_public = body["message_type"] == "comment"
        said = self.add(
            ticket.id, "api", _kept(body["body"]), is_public=is_public, kind=body["message_type"]
        )
        return self._shown(ticket, only=said)

    def _managed(self, ticket: DoubleTicket, body: Any) -> dict[str, Any]:
        check_keys(body, ("message_type", "admin_id"), ("type", "assignee_id", "body"))
        self._check_admin(body, typed=False)
        kind = body["message_type"]
        if kind == "close":
            ticket.status = "closed"
        elif kind == "open":
            ticket.status = "open"
        elif kind == "assignment" and body.get("type") == "team":
            ticket.group = body["assignee_id"]
        elif kind == "assignment" and body.get("type") == "admin":
            ticket.assignee = body["assignee_id"]
        else:
            raise RefusedError(422, "parameter_invalid", "message_type or type", wrong=True)
        said = self.add(ticket.id, "api", _kept(body.get("body", "")), is_public=True, kind=kind)
        if not said.html:
            ticket.said.remove(said)
        return self._shown(ticket, only=said)

    def _tagged(self, ticket: DoubleTicket, body: Any) -> dict[str, Any]:
        check_keys(body, ("id", "admin_id"))
        self._check_admin(body, typed=False)
        name = self.tag_names.get(body["id"])
        if name is None:
            raise RefusedError(404, "not_found", "no such tag", wrong=True)
        if name not in ticket.tags:
            ticket.tags.append(name)
            self.stamp(ticket)
        return {"type": "tag", "id": body["id"], "name": name}

    def _check_admin(self, body: Mapping[str, Any], *, typed: bool = True) -> None:
        if body["admin_id"] != ADMIN or (typed and body.get("type") != "admin"):
            raise RefusedError(422, "admin_not_found", "no such admin", wrong=True)

    def _shown(
        self, ticket: DoubleTicket, *, parts: bool = True, only: Said | None = None
    ) -> dict[str, Any]:
        """Return a conversation as Intercom shows it, with its 500 newest parts."""
        shown: dict[str, Any] = {
            "type": "conversation",
            "id": ticket.id,
            "title": None,
            "created_at": int(ticket.at),
            "updated_at": int(ticket.updated),
            "open": ticket.status == "open",
            "state": ticket.status,
            "read": False,
            "priority": "none",
            "admin_assignee_id": int(ticket.assignee) if ticket.assignee else None,
            "team_assignee_id": int(ticket.group) if ticket.group else None,
            "tags": {"type": "tag.list", "tags": [self._tag(name) for name in ticket.tags]},
            "source": {
                "type": "conversation",
                "id": f"9{ticket.id}",
                "delivered_as": "customer_initiated",
                "subject": f"<p>{escape(ticket.subject)}</p>" if ticket.subject else "",
                "body": f"<p>{ticket.text}</p>",
                "author": _customer(ticket),
                "attachments": [],
                "url": None,
                "redacted": False,
            },
            "contacts": {
                "type": "contact.list",
                "contacts": [{"type": "contact", "id": f"c{ticket.id}", "external_id": None}],
            },
        }
        if parts:
            said = [only] if only is not None else ticket.said
            shown["conversation_parts"] = {
                "type": "conversation_part.list",
                "conversation_parts": [_part(ticket, item) for item in said[-_MOST_PARTS:]],
                "total_count": len(said),
            }
        return shown

    def _tag(self, name: str) -> dict[str, Any]:
        numbers = {known: number for number, known in self.tag_names.items()}
        return {"type": "tag", "id": numbers.get(name, "1"), "name": name}


def _as_text(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a conversation as `display_as=plaintext` gives it."""
    for item in (shown["source"], *shown["conversation_parts"]["conversation_parts"]):
        item["body"] = item["body"] and html_to_text(item["body"])
    return shown


def _customer(ticket: DoubleTicket) -> dict[str, Any]:
    kind = "user" if ticket.verified else "lead"
    return {"type": kind, "id": f"c{ticket.id}", "name": "Ada", "email": ticket.requester}


def _part(ticket: DoubleTicket, said: Said) -> dict[str, Any]:
    if said.by == "customer":
        author = _customer(ticket)
    elif said.kind == "bot":
        author = {"type": "bot", "id": "1", "name": "Operator", "email": "bot@intercom.io"}
    else:
        own = said.by == "api" or said.kind == "seat"
        number, name = (ADMIN, "Firstline") if own else (PERSON, "Grace")
        author = {"type": "admin", "id": number, "name": name, "email": "team@acme.example"}
    kind = said.kind if said.kind not in ("bot", "seat") else "comment"
    return {
        "type": "conversation_part",
        "id": str(said.id),
        "part_type": kind if said.is_public else "note",
        "body": said.html or None,
        "created_at": int(said.at),
        "updated_at": int(said.at),
        "notified_at": int(said.at),
        "assigned_to": None,
        "author": author,
        "attachments": [],
        "external_id": None,
        "redacted": False,
    }


def _topic(ticket: DoubleTicket) -> str:
    if not ticket.said:
        return "conversation.user.created"
    last = ticket.said[-1]
    if last.by == "customer":
        return "conversation.user.replied"
    return "conversation.admin.replied" if last.is_public else "conversation.admin.noted"


def _kept(html: str) -> str:
    """Return HTML without the tags that Intercom does not keep."""
    return str(_UNSUPPORTED.sub("", html))


def _signed(envelope: Mapping[str, Any], secret: str) -> tuple[dict[str, str], bytes]:
    body = json.dumps(envelope).encode()
    digest = hmac.new(secret.encode(), body, "sha1").hexdigest()
    return {"content-type": "application/json", "X-Hub-Signature": f"sha1={digest}"}, body
