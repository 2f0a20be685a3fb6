"""A server whose people are made anew for each test, with hashing that takes no time."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from tests.builders import NOON
from tests.conftest import PATIENCE
from tests.review.company import small_acme
from tests.web.conftest import PASSWORD, running

from firstline.desk import open_desk
from firstline.store.access_log import EventFilter
from firstline.store.database import sqlite_engine
from firstline.store.people_records import Event, Person, Role
from firstline.store.people_tables import TABLES, forbid_changes
from firstline.store.schema import metadata
from firstline.web.access.access import Access
from firstline.web.access.passwords import Passwords
from firstline.web.opening import open_site
from firstline.web.site import Site

TRUST = ssl.create_default_context()
"""Reading the certificates takes longer than a test; there is no TLS on loopback."""
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Return what hashes quickly, and so badly."""
    return Passwords(FAST)


@pytest.fixture
def access(tmp_path: Path, clock: Clock, passwords: Passwords) -> Iterator[Access]:
    """Return the access of a company where nobody works yet."""
    engine = sqlite_engine(f"sqlite:///{tmp_path / 'app.db'}")
    with engine.begin() as connection:
        metadata.create_all(connection, tables=list(TABLES))
        forbid_changes(connection)
    yield Access(engine, company="Acme", now=clock, passwords=passwords)
    engine.dispose()


@dataclass
class Office:
    """The served site, with people of its own."""

    url: str
    app: FastAPI
    access: Access
    clock: Clock
    clients: list[httpx2.Client] = field(default_factory=list)

    def browser(self, **headers: str) -> httpx2.Client:
        """Return a browser in which nobody is signed in."""
        client = httpx2.Client(
            base_url=self.url,
            headers={"Accept": "text/html"} | headers,
            verify=TRUST,
            timeout=PATIENCE,
        )
        self.clients.append(client)
        return client

    def person(self, name: str = "Ada Ling", role: Role = "admin") -> Person:
        """Add somebody."""
        email = f"{name.split(maxsplit=1)[0].lower()}@acme.example"
        return self.access.add_person(email=email, name=name, role=role, password=PASSWORD)

    def signed_in(self, who: Person, password: str = PASSWORD) -> httpx2.Client:
        """Return a browser in which somebody is signed in."""
        client = self.browser()
        answer = client.post("/login", data={"email": who.email, "password": password})
        assert answer.status_code == 303, answer.text
        return client

    def events(
        self, *, action: str | None = None, kind: str | None = None, subject: str | None = None
    ) -> tuple[Event, ...]:
        """Return what was written down, the newest first."""
        wanted = EventFilter(action=action, kind=kind, subject=subject)
        return self.access.log.page(wanted).events

    def change(self, make: Callable[[Site], Site]) -> None:
        """Serve another site from now on."""
        self.app.state.site = make(self.app.state.site)


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FastAPI]]:
    """Serve a small company without tickets; return its address and application."""
    folder = tmp_path_factory.mktemp("office") / "acme"
    small_acme(folder)
    with open_desk(folder, with_models=False) as desk:
        server = running(open_site(desk))
        with server as url:
            yield url, server.app


@pytest.fixture
def office(serving: tuple[str, FastAPI], access: Access, clock: Clock) -> Iterator[Office]:
    """Give the server people of its own for one test."""
    url, app = serving
    before: Site = app.state.site
    app.state.site = replace(before, access=access, now=clock)
    office = Office(url=url, app=app, access=access, clock=clock)
    yield office
    for client in office.clients:
        client.close()
    app.state.site = before
