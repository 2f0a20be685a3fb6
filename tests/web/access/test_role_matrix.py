"""Every route of the application, asked by everybody: nobody, each role, keys with and without.

The routes are walked, not listed: a route that declares nothing, or something else than it does,
fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
import re2
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount
from tests.web.access.conftest import Office

from firstline.web.access.roles import ROLES, SCOPES, Needs, Open, Role, Scope, Scoped

Rule = Needs | Scoped | Open
MEANT_FOR_EVERYBODY = (
    "/",
    "/login",
    "/login/elsewhere",
    "/login/elsewhere/callback",
    "/logout",
    "/setup",
    "/invite/{token}",
    "/healthz",
    "/readyz",
    "/api/v1/openapi.json",
    "/api/v1/docs",
)
"""Whoever adds a public route adds it here, or below, on purpose."""
MEANT_FOR_CUSTOMERS = ("/feedback/", "/chat", "/widget.js", "/api/v1/chat/", "/hooks/")
"""Beginnings of what customers and helpdesks reach: each checks a signed token, a signature or a
session of its own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A route and a method of it."""

    method: str
    path: str
    rules: tuple[Rule, ...]

    @property
    def rule(self) -> Rule:
        """What holds: of several roles the one that may most."""
        roles = [rule for rule in self.rules if isinstance(rule, Needs)]
        return max(roles, key=lambda rule: ROLES.index(rule.role), default=self.rules[0])

    @property
    def address(self) -> str:
        """The path with something in place of each parameter."""
        return str(re2.sub(r"\{[^}]*\}", "0", self.path))

    def __str__(self) -> str:
        """How it is named when it fails."""
        return f"{self.method} {self.path}"


def rules_of(dependant: Dependant) -> Iterator[Rule]:
    """Yield what a route declares, of itself or of what it depends on."""
    for inner in dependant.dependencies:
        declared = getattr(inner.call, "__self__", None)
        if isinstance(declared, Rule):
            yield declared
        else:
            yield from rules_of(inner)


def routes_of(app: FastAPI) -> list[Asked]:
    """Return every route with each of its methods; files that are mounted are no routes."""
    found = []
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            continue
        assert isinstance(route.original_route, APIRoute), f"{route.path} is no declared route"
        rules = tuple(rules_of(route.dependant))
        found += [Asked(method, str(route.path), rules) for method in sorted(route.methods or ())]
    return found


@pytest.fixture
def asked(office: Office) -> list[Asked]:
    """Return every route."""
    found = routes_of(office.app)
    assert len(found) > 20
    return found


def status(client: httpx2.Client, one: Asked) -> tuple[int, str]:
    """Return how a request is answered, without waiting for the end of a stream."""
    with client.stream(one.method, one.address) as answer:
        return answer.status_code, answer.headers.get("location", "")


def refused_as_nobody(one: Asked, answer: tuple[int, str]) -> bool:
    """Whether a person's route treats somebody as nobody."""
    code, where = answer
    if one.method in ("GET", "HEAD"):
        return code == 303 and where.startswith("/login")
    return code == 401


def test_every_route_declares_for_whom_it_is(asked: list[Asked]) -> None:
    """For people, for programs, or for everybody: one of these, and one scope."""
    wrong = [
        f"{one}: {one.rules}"
        for one in asked
        if len({type(rule) for rule in one.rules}) != 1
        or (len(one.rules) > 1 and not isinstance(one.rule, Needs))
    ]
    assert not wrong


def test_what_is_for_everybody_is_meant_so(asked: list[Asked]) -> None:
    """No route becomes public by mistake."""
    wrong = [
        str(one)
        for one in asked
        if one.rule == Open()
        and one.path not in MEANT_FOR_EVERYBODY
        and not one.path.startswith(MEANT_FOR_CUSTOMERS)
    ]
    assert not wrong


@pytest.mark.parametrize("role", [None, *ROLES])
def test_people_reach_what_their_role_may_and_nothing_else(
    office: Office, asked: list[Asked], role: Role | None
) -> None:
    """Nobody is sent to the login or told 401; too low a role is told 403; the rest is let in."""
    office.person("Zed Zet")
    client = office.signed_in(office.person("Ada Ling", role)) if role else office.browser()
    wrong = []
    for one in asked:
        if not isinstance(one.rule, Needs):
            continue
        answer = status(client, one)
        if role is None:
            right = refused_as_nobody(one, answer)
        elif ROLES.index(role) < ROLES.index(one.rule.role):
            right = answer[0] == 403
        else:
            right = answer[0] not in (401, 403, 405) and not refused_as_nobody(one, answer)
            right = right and answer[0] < 500
        if not right:
            wrong.append(f"{one} ({one.rule.role}): {answer}")
    assert not wrong


def test_a_key_opens_no_route_for_people(office: Office, asked: list[Asked]) -> None:
    """Not even one with every scope."""
    _, key = office.access.make_key(name="All", scopes=SCOPES, valid=None, by=None)
    client = office.browser(Authorization=f"Bearer {key}")
    wrong = [
        f"{one}: {answer}"
        for one in asked
        if isinstance(one.rule, Needs) and not refused_as_nobody(one, answer := status(client, one))
    ]
    assert not wrong


def test_a_session_opens_no_route_for_programs(office: Office, asked: list[Asked]) -> None:
    """Not even an admin's: no page of another site can use it there."""
    for client in (office.signed_in(office.person()), office.browser()):
        wrong = [
            f"{one}: {answer}"
            for one in asked
            if isinstance(one.rule, Scoped) and (answer := status(client, one))[0] != 401
        ]
        assert not wrong


@pytest.mark.parametrize("scope", SCOPES)
def test_keys_reach_what_their_scope_may_and_nothing_else(
    office: Office, asked: list[Asked], scope: Scope
) -> None:
    """Another scope is told 403, and which one it lacks."""
    _, key = office.access.make_key(name=scope, scopes=(scope,), valid=None, by=None)
    client = office.browser(Authorization=f"Bearer {key}")
    wrong = []
    for one in asked:
        if not isinstance(one.rule, Scoped):
            continue
        code, _ = status(client, one)
        right = code not in (401, 403) and code < 500
        if one.rule.name != scope:
            right = code == 403
        if not right:
            wrong.append(f"{one} ({one.rule.name}): {code}")
    assert not wrong
