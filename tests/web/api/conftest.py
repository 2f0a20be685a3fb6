"""Programs with keys before a small company that is served, on SQLite and on Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from tests.conftest import PATIENCE, new_postgres_database
from tests.desk.small_company import make_company
from tests.web.conftest import running

from firstline.desk import open_desk
from firstline.pipeline.approved import send_approved
from firstline.pipeline.endings import outcome_of
from firstline.pipeline.flow import consider
from firstline.pipeline.record import stage_bodies
from firstline.pipeline.workflows import deliver_now
from firstline.records import TicketId
from firstline.store.database import URL_VARIABLE
from firstline.store.people_records import SCOPES, Scope
from firstline.web.opening import open_site
from firstline.web.site import Site

EXPORT = "How do I export a board to CSV?"
REFUND = "How do I get a refund for my first payment?"
"""A person approves what is said about this."""
PUBLIC = "https://help.tiny.example"


@dataclass
class Api:
    """A company's API."""

    url: str
    site: Site
    program: httpx2.Client
    """May do everything."""

    def client(self, *scopes: Scope) -> httpx2.Client:
        """Return a program with a key of these scopes; without any, one that has no key."""
        headers = {}
        if scopes:
            _, token = self.site.access.make_key(name="shop", scopes=scopes, valid=None, by=None)
            headers["Authorization"] = f"Bearer {token}"
        return httpx2.Client(timeout=PATIENCE, base_url=self.url, headers=headers)

    def post(self, **fields: Any) -> httpx2.Response:
        """Send a message."""
        return self.program.post("/api/v1/tickets", json={"text": EXPORT} | fields)

    def sent(self, **fields: Any) -> TicketId:
        """Send a message and return its ticket's id."""
        answer = self.post(**fields)
        assert answer.status_code == 202, answer.text
        return TicketId(answer.json()["id"])

    def get(self, ticket: str) -> dict[str, Any]:
        """Return a ticket."""
        answer = self.program.get(f"/api/v1/tickets/{ticket}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def work(self, ticket: TicketId) -> None:
        """Do what a worker does with a ticket."""
        asyncio.run(self._work(ticket))

    async def _work(self, ticket: TicketId) -> None:
        line = self.site.desk.line()
        stored = line.store.load(ticket)
        assert stored is not None
        answer = await consider(stored.ticket, line.parts)
        ended = answer.verdict.action in ("review", "escalate")
        outcome, reason = outcome_of(answer, None) if ended else (None, None)
        line.store.record(
            ticket,
            stage_bodies(answer),
            answer.times,
            outcome=outcome,
            reason=reason,
            now=line.now(),
        )
        await deliver_now(answer, line)

    def answered(self, **fields: Any) -> TicketId:
        """Send a message that is answered without a person; return its ticket's id."""
        ticket = self.sent(**({"customer": "c1", "verified": True} | fields))
        self.work(ticket)
        return ticket

    def held(self, **fields: Any) -> TicketId:
        """Send a message whose draft waits for a person; return its ticket's id."""
        ticket = self.sent(**({"text": REFUND} | fields))
        self.work(ticket)
        return ticket

    def deliver(self, ticket: TicketId) -> None:
        """Do what a worker does with what a person released."""
        asyncio.run(send_approved(ticket, self.site.desk.line()))


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Serve a small company on each database in turn."""
    folder = make_company(tmp_path_factory.mktemp("api") / "tiny")
    intents = (folder / "intents.yaml").read_text("utf-8")
    held = intents.replace(
        "percent:100\n    articles: [refunds]", "review\n    articles: [refunds]"
    )
    assert held != intents
    (folder / "intents.yaml").write_text(held, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(URL_VARIABLE, raising=False)
        if request.param == "postgres":
            server = request.getfixturevalue("postgres_server")
            patch.setenv(URL_VARIABLE, new_postgres_database(server))
        desk = open_desk(folder)
    site = open_site(desk, public_url=PUBLIC)
    with running(site) as url:
        serving = Api(url=url, site=site, program=httpx2.Client(timeout=PATIENCE, base_url=url))
        serving.program = serving.client(*SCOPES)
        yield serving
        serving.program.close()
    desk.close()
