"""A server that is killed while messages come in loses none that it has accepted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from tests.desk.small_company import make_company
from tests.web.api.conftest import EXPORT
from tests.web.test_serve import started

from firstline.desk.build import make_data_folder, utc_now
from firstline.store import app_url, open_database
from firstline.store.people_records import SCOPES
from firstline.store.schema import ticket
from firstline.web.access.access import Access
from firstline.workspace import load

TICKETS = "/api/v1/tickets"
SENDERS = 4
ENOUGH = 12
"""Accepted messages after which the server is killed; more are on their way then."""


class Senders:
    """Programs that send one message after the other until nobody answers."""

    def __init__(self, url: str, token: str) -> None:
        self.sent: list[str] = []
        self.accepted: list[str] = []
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._threads = [
            threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    @property
    def are_sending(self) -> bool:
        """Whether anybody still sends."""
        return any(thread.is_alive() for thread in self._threads)

    def wait(self) -> None:
        """Return when all have stopped."""
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _send(self, number: int) -> None:
        with httpx2.Client(base_url=self._url, headers=self._headers, timeout=30) as client:
            for count in range(10_000):
                name = f"k-{number}-{count}"
                self.sent.append(name)
                try:
                    answer = client.post(TICKETS, json={"id": name, "text": EXPORT})
                except httpx2.TransportError:
                    return
                if answer.status_code == 202:
                    self.accepted.append(name)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_accepted_is_there_after_a_kill(tmp_path: Path) -> None:
    """Killed between accept and answer; every message sent again is one ticket, and all end."""
    folder = make_company(tmp_path / "tiny")
    workspace = load(folder)
    make_data_folder(workspace)
    database = open_database(app_url(workspace.data))
    _, token = Access(database, now=utc_now).make_key(
        name="shop", scopes=SCOPES, valid=None, by=None
    )
    first = started(tmp_path / "first.txt", ["-w", str(folder)], tmp_path)
    senders = Senders(first.url, token)
    try:
        senders.start()
        while len(senders.accepted) < ENOUGH:
            assert first.process.poll() is None, first.said.read_text("utf-8")
            assert senders.are_sending
            time.sleep(0.01)
    finally:
        first.process.kill()
        first.process.wait()
    senders.wait()
    assert set(senders.accepted) <= set(names(database))

    second = started(tmp_path / "second.txt", ["-w", str(folder)], tmp_path)
    try:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=second.url, headers=headers, timeout=30) as client:
            for name in senders.sent:
                answer = client.post(TICKETS, json={"id": name, "text": EXPORT})
                assert answer.status_code == 202, answer.text
        until = time.monotonic() + 120
        while unfinished(database):
            assert time.monotonic() < until, second.said.read_text("utf-8")
            time.sleep(0.1)
    finally:
        second.process.kill()
        second.process.wait()
    assert Counter(names(database)) == Counter(senders.sent)
    database.dispose()


def names(database: sa.Engine) -> list[str]:
    """Return the senders' ids of what is stored."""
    with database.connect() as connection:
        return list(connection.scalars(sa.select(ticket.c.external_id)))


def unfinished(database: sa.Engine) -> int:
    """Return how many tickets have not ended."""
    query = sa.select(sa.func.count()).where(ticket.c.outcome.is_(None))
    with database.connect() as connection:
        return connection.scalar(query) or 0
