"""A copy of the served company in which everything waits again: for tests that decide tickets."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
import re2 as re
import sqlalchemy as sa
from tests.web.conftest import PASSWORD, Role, Served, running

from firstline.desk import open_desk
from firstline.records import TicketId
from firstline.web.opening import open_site

DATABASE = Path(".firstline") / "app.db"
_ID = re.compile(r'data-ticket="([0-9a-f]+)"')
_VERSION = re.compile(r'name="version" value="(\d+)"')


@dataclass
class Queued:
    """What was handed to the workers."""

    approved: list[tuple[str, int]] = field(default_factory=list)
    is_up: bool = True

    async def enqueue(self, ticket_id: TicketId) -> None:
        """Take a ticket."""

    async def enqueue_approved(self, ticket_id: TicketId, number: int) -> None:
        """Take a decision."""
        self.approved.append((ticket_id, number))


@dataclass
class Desk:
    """A served company of which a test may decide every ticket."""

    served: Served
    work: Queued
    people: dict[str, httpx2.Client] = field(default_factory=dict)
    drafted: list[TicketId] = field(default_factory=list)
    """Tickets with a draft that answers, in the order of the queue; found once."""

    def begin_again(self) -> None:
        """Let everything wait for a person again, undecided and held by nobody."""
        with self.served.site.desk.engine.begin() as connection:
            for statement in _AGAIN:
                connection.execute(sa.text(statement))
        self.work.approved.clear()

    def signed_in(self, name: str, role: Role = "agent") -> httpx2.Client:
        """Return a client of somebody with this name."""
        if name not in self.people:
            email = f"{name.lower().replace(' ', '.')}@acme.example"
            self.served.site.access.add_person(name=name, email=email, role=role, password=PASSWORD)
            client = self.served.client()
            answer = client.post("/login", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            self.people[name] = client
        return self.people[name]


_AGAIN = (
    "DELETE FROM decision",
    "DELETE FROM review",
    "DELETE FROM delivery",
    "UPDATE ticket SET outcome = 'review' WHERE outcome IN ('sent', 'clarify')",
    "UPDATE listed SET state = ''",
)


@contextmanager
def copied(served: Served, folder: Path) -> Iterator[Desk]:
    """Serve a copy of a company with all its tickets waiting."""
    source = served.site.desk.workspace.folder
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("app.db*", "engine.db*"))
    with (
        closing(sqlite3.connect(source / DATABASE)) as before,
        closing(sqlite3.connect(folder / DATABASE)) as after,
    ):
        before.backup(after)
    work = Queued()
    with open_desk(folder, with_models=False) as desk:
        site = replace(open_site(desk), work=work)
        with running(site) as url:
            serving = Served(url=url, site=site)
            found = Desk(served=serving, work=work)
            found.begin_again()
            yield found
            serving.close()


def ticket_of(page: str) -> str:
    """Return the ticket that a page shows."""
    found = _ID.search(page)
    assert found, page[:2000]
    return str(found.group(1))


def version_of(page: str) -> str:
    """Return the version in a page's forms."""
    found = _VERSION.search(page)
    assert found, page[:2000]
    return str(found.group(1))
