"""Every address of the application, found from its routes, so that a new page is not forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import httpx2
import re2 as re
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from tests.web.conftest import Served

Kind = Literal["page", "part", "other"]
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A route, and an address it answers."""

    template: str
    path: str
    public: bool = False
    """Whether nobody need be signed in to see it. Told of pages only."""


def templates(app: FastAPI, method: str) -> Iterator[str]:
    """Yield the address templates that take a method."""
    for route in iter_route_contexts(app.routes):
        if route.path is not None and method in (route.methods or ()):
            yield route.path


def addresses(app: FastAPI, values: Mapping[str, str], method: str = "GET") -> tuple[Address, ...]:
    """Return an address of every route that takes a method.

    Args:
        app: The application.
        values: Real ids by the parameter's name, or by `template name` where a name means
            different things; under `template ?` what follows the path.
        method: Of the requests.

    Raises:
        AssertionError: A route has a parameter that `values` does not tell.
    """
    found = []
    for template in templates(app, method):
        path = template
        for match in _PARAMETER.finditer(template):
            name = match.group(1)
            value = values.get(f"{template} {name}", values.get(name))
            assert value is not None, f"say in tests/browser/places.py what {name} is: {template}"
            path = path.replace(match.group(0), value)
        path += values.get(f"{template} ?", "")
        found.append(Address(template=template, path=path))
    return tuple(found)


def pages_among(served: Served, found: tuple[Address, ...]) -> tuple[Address, ...]:
    """Return those addresses that answer with a page, and whether it is for everybody."""
    pages = []
    admin = served.client("admin")  # before there is one, every page sends on to the set-up
    with served.client() as nobody:
        for address in found:
            public = kind_of(nobody, address.path) == "page"
            if public or kind_of(admin, address.path) == "page":
                shown = Address(template=address.template, path=address.path, public=public)
                pages.append(shown)
    return tuple(pages)


def kind_of(client: httpx2.Client, path: str) -> Kind:
    """Return whether an address answers with a page, with a part of one, or otherwise."""
    with client.stream("GET", path) as answer:
        kind = answer.headers.get("content-type", "")
        if answer.status_code != 200 or not kind.startswith("text/html"):
            return "other"
        return "page" if answer.read().lower().startswith(b"<!doctype html>") else "part"
