"""The endpoints of the Zendesk double: strict about what they are sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

import re2

from firstline.testing.http import HttpRequest, HttpResponse
from firstline.testing.zendesk_state import HUMAN_AGENT, OWN_AGENT, Account, Kept, iso

_TICKET = re2.compile(r"/api/v2/tickets/([0-9]+)(/comments|/audits|/tags)?")
_TICKET_KEYS: dict[str, type | tuple[type, ...]] = {
    "comment": dict,
    "status": str,
    "metadata": dict,
    "safe_update": bool,
    "updated_stamp": str,
    "group_id": int,
    "assignee_id": (int, type(None)),
    "assignee_email": str,
}
_COMMENT_KEYS = {"html_body": str, "body": str, "public": bool}
_STATUSES = ("open", "pending", "hold", "solved")
_LONGEST = 65_536


class WrongRequestError(Exception):
    """A request that Zendesk would refuse, or that is not to be sent to it."""

    def __init__(self, status: int, problem: str, *, error: str = "RecordInvalid") -> None:
        self.status = status
        self.error = error
        super().__init__(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """How one answer is to go wrong."""

    kind: str
    retry_after: int


class ZendeskService:
    """From a request to its answer, over one account."""

    def __init__(self, account: Account, authorizations: Sequence[str]) -> None:
        self.account = account
        self.authorizations = tuple(authorizations)
        self.complaints: list[str] = []
        self.remaining = 700
        self.export_page = 1000
        self.reads_in_the_same_second = 0
        self.fail_tags = False
        self.broken_status = 500

    def answer(self, request: HttpRequest, fault: Faulty | None) -> HttpResponse:
        """Return the answer to a request; whatever is wrong with it is also a complaint."""
        try:
            if request.headers.get("authorization", "") not in self.authorizations:
                return self._json(401, {"error": "Couldn't authenticate you"})
            early = self._early(request, fault)
            if early is not None:
                return early
            return self._route(request)
        except WrongRequestError as wrong:
            if wrong.error != "UpdateConflict" and wrong.status != 404:  # noqa: PLR2004 - not there
                self.complaints.append(f"{request.method} {request.path}: {wrong}")
            return self._json(wrong.status, {"error": wrong.error, "description": str(wrong)})

    def _early(self, request: HttpRequest, fault: Faulty | None) -> HttpResponse | None:
        """Return an answer that is given before any work."""
        kind = fault.kind if fault else ""
        wait = (("retry-after", str(fault.retry_after)),) if fault and fault.retry_after else ()
        if kind == "too_many":
            return self._json(429, {"error": "APIRateLimitExceeded"}, wait)
        if kind == "unavailable":
            return self._json(503, {"error": "ServiceUnavailable"}, wait)
        if kind == "broken":
            return self._json(self.broken_status, {"error": "InternalServerError"})
        if kind == "invalid":
            return self._json(422, {"error": "RecordInvalid", "description": "planned"})
        if kind == "conflict":
            # A true conflict: somebody took the ticket a moment before.
            match = _TICKET.fullmatch(request.path)
            if match:
                ticket = self._ticket(match.group(1))
                ticket.assignee = HUMAN_AGENT
                self.account.change(ticket, HUMAN_AGENT)
            return self._json(409, {"error": "UpdateConflict", "description": "Safe Update"})
        return None

    def _route(self, request: HttpRequest) -> HttpResponse:
        match = _TICKET.fullmatch(request.path)
        if match:
            return self._on_ticket(request, self._ticket(match.group(1)), match.group(2) or "")
        plain: dict[str, Callable[[HttpRequest], HttpResponse]] = {
            "/api/v2/users/me": self._me,
            "/api/v2/groups": self._groups,
            "/api/v2/incremental/tickets/cursor": self._export,
            "/api/v2/tickets": self._list,
        }
        handler = plain.get(request.path)
        if handler is None or request.method != "GET":
            self.complaints.append(f"{request.method} {request.path}: there is no such endpoint")
            raise WrongRequestError(404, "no such endpoint", error="InvalidEndpoint")
        return handler(request)

    def _on_ticket(self, request: HttpRequest, ticket: Kept, part: str) -> HttpResponse:
        place = (request.method, part)
        if place == ("GET", ""):
            _only(request.query, "include")
            shown = {"ticket": ticket.wire(), "users": self._users(request, ticket)}
            return self._json(200, shown, date=self._date(ticket))
        if place == ("GET", "/comments"):
            _only(request.query, "include", "sort", "page[size]", "page[after]")
            newest_first = request.query.get("sort") == "-created_at"
            listed = [change.comment_wire() for change in ticket.comments]
            page, meta = _page(listed[::-1] if newest_first else listed, request.query)
            users = self._users(request, ticket)
            return self._json(200, {"comments": page, "users": users, "meta": meta})
        if place == ("GET", "/audits"):
            _only(request.query, "page[size]", "page[after]")
            audits = [change.audit_wire(ticket.id) for change in ticket.changes]
            page, meta = _page(audits, request.query)
            return self._json(200, {"audits": page, "meta": meta})
        if place == ("PUT", ""):
            return self._update(request, ticket)
        if place == ("PUT", "/tags"):
            return self._tags(request, ticket)
        raise WrongRequestError(405, "no such method here", error="InvalidEndpoint")

    def _update(self, request: HttpRequest, ticket: Kept) -> HttpResponse:
        given = _object(_body(request, ("ticket",)), "ticket")
        _checked(given, _TICKET_KEYS, "ticket")
        comment = given.get("comment")
        if comment is not None:
            _check_comment(comment)
        if ticket.status == "closed":
            raise WrongRequestError(422, "closed prevents ticket update")
        _check_stamp(ticket, given.get("safe_update") is True, given.get("updated_stamp"))
        self._check_fields(given, ticket)
        for name, attribute in (("group_id", "group"), ("assignee_id", "assignee")):
            if name in given:
                setattr(ticket, attribute, given[name])
        if "assignee_email" in given:
            ticket.assignee = self._agent(given["assignee_email"])
        ticket.status = given.get("status", ticket.status)
        change = self.account.change(
            ticket,
            OWN_AGENT,
            html=(comment or {}).get("html_body", "") or (comment or {}).get("body", ""),
            is_public=bool((comment or {}).get("public")),
            via="api",
            custom=given.get("metadata"),
        )
        return self._json(200, {"ticket": ticket.wire(), "audit": change.audit_wire(ticket.id)})

    def _check_fields(self, given: Mapping[str, Any], ticket: Kept) -> None:
        """Refuse what Zendesk's own rules refuse."""
        if "status" in given and given["status"] not in _STATUSES:
            raise WrongRequestError(422, "Status is invalid")
        if "group_id" in given and given["group_id"] not in self.account.groups:
            raise WrongRequestError(422, "Group is invalid")
        assignee = given.get("assignee_id", ticket.assignee)
        if given.get("status") == "solved" and not assignee and "assignee_email" not in given:
            raise WrongRequestError(422, "Assignee: is required when solving a ticket")
        if "assignee_email" in given:
            self._agent(given["assignee_email"])

    def _agent(self, email: str) -> int:
        for known, person in self.account.people.items():
            if person.email == email and person.role != "end-user":
                return known
        raise WrongRequestError(422, "Assignee is invalid")

    def _tags(self, request: HttpRequest, ticket: Kept) -> HttpResponse:
        body = _body(request, ("tags", "safe_update", "updated_stamp"))
        if self.fail_tags:
            return self._json(500, {"error": "InternalServerError"})
        tags = body.get("tags")
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise WrongRequestError(422, "tags is no list of texts")
        if any(" " in tag for tag in tags):
            raise WrongRequestError(422, "a tag with a space would become two")
        _check_stamp(ticket, body.get("safe_update") == "true", body.get("updated_stamp"))
        ticket.tags = sorted({*ticket.tags, *(tag.lower() for tag in tags)})
        self.account.change(ticket, OWN_AGENT, via="api")
        return self._json(200, {"tags": ticket.tags})

    def _export(self, request: HttpRequest) -> HttpResponse:
        _only(request.query, "start_time", "cursor", "per_page")
        if self.account.people[OWN_AGENT].role != "admin":
            return self._json(403, {"error": "Forbidden"})
        query = request.query
        if ("start_time" in query) == ("cursor" in query):
            raise WrongRequestError(422, "either start_time or cursor", error="InvalidValue")
        if "start_time" in query and int(query["start_time"]) > self.account.clock() - 60:
            raise WrongRequestError(422, "Too recent start_time", error="StartTimeTooRecent")
        start = float(query.get("start_time") or query.get("cursor") or 0)
        found = sorted(
            (ticket for ticket in self.account.tickets.values() if ticket.generated > start),
            key=lambda ticket: ticket.generated,
        )
        size = min(int(query.get("per_page", "1000")), self.export_page)
        page = found[:size]
        return self._json(
            200,
            {
                "tickets": [ticket.wire() for ticket in page],
                "after_cursor": repr(page[-1].generated if page else start),
                "before_cursor": None,
                "after_url": None,
                "end_of_stream": len(found) <= size,
            },
        )

    def _list(self, request: HttpRequest) -> HttpResponse:
        _only(request.query, "sort", "page[size]", "page[after]")
        if request.query.get("sort") != "-updated_at":
            raise WrongRequestError(400, "the double lists by the last change only")
        found = sorted(self.account.tickets.values(), key=lambda ticket: -ticket.at)
        page, meta = _page([ticket.wire() for ticket in found], request.query)
        return self._json(200, {"tickets": page, "meta": meta})

    def _me(self, request: HttpRequest) -> HttpResponse:
        _only(request.query)
        return self._json(200, {"user": self.account.people[OWN_AGENT].wire()})

    def _groups(self, request: HttpRequest) -> HttpResponse:
        _only(request.query, "page[size]", "page[after]")
        groups = [{"id": key, "name": name} for key, name in self.account.groups.items()]
        page, meta = _page(groups, request.query)
        return self._json(200, {"groups": page, "meta": meta})

    def _users(self, request: HttpRequest, ticket: Kept) -> list[dict[str, Any]]:
        if request.query.get("include") != "users":
            return []
        ids = {ticket.requester, *(change.author for change in ticket.comments), *ticket.copied}
        return [self.account.people[person].wire() for person in sorted(ids)]

    def _ticket(self, name: str) -> Kept:
        ticket = self.account.tickets.get(int(name))
        if ticket is None:
            raise WrongRequestError(404, "Not found", error="RecordNotFound")
        return ticket

    def _date(self, ticket: Kept) -> float:
        if self.reads_in_the_same_second > 0:
            self.reads_in_the_same_second -= 1
            return ticket.at
        return ticket.at + 2

    def _json(
        self,
        status: int,
        body: Mapping[str, Any],
        headers: tuple[tuple[str, str], ...] = (),
        *,
        date: float | None = None,
    ) -> HttpResponse:
        moment = self.account.clock() if date is None else date
        common = (
            ("content-type", "application/json; charset=utf-8"),
            ("date", formatdate(moment, usegmt=True)),
            ("x-rate-limit", "700"),
            ("x-rate-limit-remaining", str(self.remaining)),
            ("ratelimit-reset", "1"),
        )
        return HttpResponse(status=status, headers=common + headers, body=json.dumps(body).encode())


def _body(request: HttpRequest, allowed: tuple[str, ...]) -> dict[str, Any]:
    if "application/json" not in request.headers.get("content-type", ""):
        raise WrongRequestError(415, "not sent as JSON")
    found = json.loads(request.body)
    if not isinstance(found, dict) or set(found) - set(allowed):
        raise WrongRequestError(400, f"unknown keys beside {', '.join(allowed)}")
    return found


def _object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise WrongRequestError(400, f"{name} is no object")
    return value


def _checked(
    given: Mapping[str, Any], keys: Mapping[str, type | tuple[type, ...]], where: str
) -> None:
    for name, value in given.items():
        if name not in keys:
            raise WrongRequestError(400, f"unknown key {where}.{name}")
        if not isinstance(value, keys[name]):
            raise WrongRequestError(422, f"{where}.{name} is a {type(value).__name__}")


def _check_comment(comment: Mapping[str, Any]) -> None:
    _checked(comment, _COMMENT_KEYS, "comment")
    if "public" not in comment:
        raise WrongRequestError(422, "comment.public must be said: it would be as the ticket began")
    if len([name for name in ("html_body", "body") if comment.get(name)]) != 1:
        raise WrongRequestError(422, "a comment has either body or html_body")
    html = comment.get("html_body", "")
    if len(html.encode()) > _LONGEST:
        raise WrongRequestError(422, "a longer comment would be cut without a word")
    if "{{" in html or "{%" in html:
        raise WrongRequestError(422, "a placeholder would be filled in")


def _check_stamp(ticket: Kept, is_safe: bool, stamp: object) -> None:
    if is_safe and not isinstance(stamp, str):
        raise WrongRequestError(422, "safe_update without updated_stamp")
    if is_safe and stamp != iso(ticket.at):
        raise WrongRequestError(409, "Safe Update prevented", error="UpdateConflict")


def _only(query: Mapping[str, str], *names: str) -> None:
    unknown = set(query) - set(names)
    if unknown:
        raise WrongRequestError(400, f"unknown parameters {sorted(unknown)}")


def _page(
    items: Sequence[dict[str, Any]], query: Mapping[str, str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a page of a list, and Zendesk's word on where it goes on."""
    size = int(query.get("page[size]", "100"))
    if not 1 <= size <= 100:  # noqa: PLR2004 - Zendesk's own bound
        raise WrongRequestError(400, "page[size] is 1 to 100")
    start = int(query.get("page[after]", "0"))
    end = start + size
    return list(items[start:end]), {"has_more": end < len(items), "after_cursor": str(end)}
