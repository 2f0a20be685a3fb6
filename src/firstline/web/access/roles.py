"""Who may use a route: each route declares `needs(role)`, `scope(name)` or `public`.

| declared      | who is let in                     | nobody                | too little |
|---------------|-----------------------------------|-----------------------|------------|
| `public`      | everybody                         | –                     | –          |
| `needs(role)` | a signed-in person of at least it | 303 to /login, or 401 | 403        |
| `scope(name)` | a program with a key that has it  | 401                   | 403        |

A route without a declaration fails the suite. Templates hide links that would be refused; they
never decide. On routes for people a key counts for nothing, on routes for programs a session does
not: so neither can be abused through the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Security
from fastapi.params import Depends as Dependency
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import Request

from firstline.store.people_records import ROLES, SCOPES, ApiKey, Person, Role, Scope
from firstline.web.access.cookies import session_token
from firstline.web.site import Here

__all__ = [
    "ROLES",
    "SCOPES",
    "ApiKey",
    "Caller",
    "Needs",
    "Open",
    "Person",
    "Role",
    "Scope",
    "Scoped",
    "Who",
    "current_person",
    "needs",
    "open_to_all",
    "person_if_any",
    "public",
    "scope",
]

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key made under Settings → API keys, as `Authorization: Bearer fl_…`.",
)


def person_if_any(request: Request, site: Here) -> Person | None:
    """Return who is signed in, if anybody; for public pages that greet those who are."""
    token = session_token(request, secure=site.secure_cookies)
    person = site.access.person_of(token) if token else None
    request.state.person = person
    return person


def current_person(
    request: Request, person: Annotated[Person | None, Depends(person_if_any)]
) -> Person:
    """Return who is signed in.

    Raises:
        HTTPException: Nobody is: 303 to the login for a page, 401 for anything else.
    """
    if person is not None:
        return person
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", ""):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        where = "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"
        raise HTTPException(303, "Sign in first", {"Location": where})
    raise HTTPException(401, "You are not signed in, or no longer. Sign in and do it again")


Who = Annotated[Person, Depends(current_person)]
"""The signed-in person, as a route's parameter."""


@dataclass(frozen=True, slots=True)
class Needs:
    """A route for people of at least this role."""

    role: Role

    def check(self, person: Who) -> Person:
        """Let the person in, or raise HTTPException 403."""
        if not person.may(self.role):
            raise HTTPException(
                403, f"This needs the role {self.role}; you are signed in as {person.role}"
            )
        return person


@dataclass(frozen=True, slots=True)
class Scoped:
    """A route for programs whose key has this scope."""

    name: Scope

    def check(
        self,
        request: Request,
        site: Here,
        given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    ) -> ApiKey:
        """Let the program in, or raise HTTPException: 401 without a good key, 403 without scope."""
        key = site.access.key_of(given.credentials) if given is not None else None
        if key is None:
            detail = "Send a key of this server: Authorization: Bearer fl_…"
            error = ' error="invalid_token"' if given is not None else ""
            raise HTTPException(401, detail, {"WWW-Authenticate": f"Bearer{error}"})
        if self.name not in key.scopes:
            raise HTTPException(
                403,
                f"This key may not do that: it lacks the scope {self.name}",
                {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.name}"'},
            )
        request.state.caller = key
        return key


@dataclass(frozen=True, slots=True)
class Open:
    """A route for everybody."""

    async def check(self) -> None:
        """Let everybody in. A coroutine, because a plain function would be given a thread."""


def needs(role: Role) -> Dependency:
    """Declare that a route is for people of at least this role."""
    made: Dependency = Depends(Needs(role).check)
    return made


def scope(name: Scope) -> Dependency:
    """Declare that a route is for programs whose key has this scope."""
    made: Dependency = Depends(Scoped(name).check)
    return made


def current_caller(request: Request) -> ApiKey:
    """Return the key a program asked with; only on routes that declare `scope`."""
    caller: ApiKey = request.state.caller
    return caller


Caller = Annotated[ApiKey, Depends(current_caller)]
"""The program's key, as a route's parameter; the route declares `scope(...)` as well."""

open_to_all = Open().check
public: Dependency = Depends(open_to_all)
"""Declares that a route is for everybody."""
