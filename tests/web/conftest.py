"""A company on the web: a real server on loopback, with tickets that were really answered."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx2
import pytest
import uvicorn
from tests.conftest import PATIENCE

from firstline.desk import Desk, open_desk
from firstline.web.app import create_app
from firstline.web.opening import open_site
from firstline.web.site import Site

TICKETS = 30
Role = Literal["agent", "lead", "admin"]
PASSWORD = "a long enough password of a test"  # noqa: S105 - made for the test's own people


@dataclass
class Served:
    """A site that is served."""

    url: str
    site: Site
    clients: dict[Role, httpx2.Client] = field(default_factory=dict)
    opened: list[httpx2.Client] = field(default_factory=list)

    def client(self, role: Role | None = None) -> httpx2.Client:
        """Return a client signed in as somebody of a role; None: nobody, a new one each time."""
        if role is None:
            client = httpx2.Client(
                timeout=PATIENCE, base_url=self.url, headers={"Accept": "text/html"}
            )
            self.opened.append(client)
            return client
        if role not in self.clients:
            email = f"{role}@acme.example"
            self.site.access.add_person(
                name=f"{role.title()} Person", email=email, role=role, password=PASSWORD, by=None
            )
            client = self.client()
            answer = client.post("/login", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            self.clients[role] = client
        return self.clients[role]

    def close(self) -> None:
        """Close every client."""
        for client in self.opened:
            client.close()


def answered_company(folder: Path, ready: Path) -> Desk:
    """Return a company whose first tickets were answered, opened."""
    shutil.copytree(ready, folder)
    lines = (folder / "tickets.jsonl").read_text("utf-8").splitlines(keepends=True)[:TICKETS]
    (folder / "first.jsonl").write_text("".join(lines), "utf-8")
    desk = open_desk(folder)
    asyncio.run(desk.run(folder / "first.jsonl", folder / "out"))
    return desk


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Iterator[Served]:
    """Serve a company whose first tickets were answered."""
    os.environ.pop("FIRSTLINE_DATABASE_URL", None)
    desk = answered_company(tmp_path_factory.mktemp("served") / "acme", ready_acme)
    site = open_site(desk)
    with running(site) as url:
        serving = Served(url=url, site=site)
        yield serving
        serving.close()
    desk.close()


class running:  # noqa: N801 - used as a function: `with running(site) as url`
    """Run a site's server in a thread, and stop it."""

    def __init__(self, site: Site) -> None:
        self.app = create_app(site)
        config = uvicorn.Config(
            self.app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._site = site
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        """Return the address once it listens."""
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            self._thread.join(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self._site.feed.close_streams()
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the server did not stop"
