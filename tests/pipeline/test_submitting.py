"""Tickets are queued once, whoever asks, and however many ask together."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS

from firstline.desk import open_desk
from firstline.pipeline.engine import Engine
from firstline.pipeline.engine_config import APPLICATION_VERSION
from firstline.pipeline.submitting import Submission
from firstline.pipeline.workflows import enqueue
from firstline.records import TicketId
from firstline.store.database import URL_VARIABLE
from tests.conftest import new_postgres_database
from tests.desk.small_company import make_company


async def queued() -> dict[str, object]:
    """Return everything in the queues that says how it is to be taken up, by id."""
    listed = await DBOS.list_workflows_async(load_input=True, load_output=False)
    return {
        item.workflow_id: (
            item.status,
            item.name,
            item.queue_name,
            item.app_version,
            None if item.input is None else item.input["args"],
        )
        for item in listed
    }


def expected(ticket: str) -> tuple[object, ...]:
    """Return how a ticket is queued."""
    return ("ENQUEUED", "answer_ticket", "intake", APPLICATION_VERSION, (ticket,))


@pytest.fixture(params=["sqlite", "postgres"])
def company(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a small company on each kind of database."""
    if request.param == "postgres":
        url = new_postgres_database(request.getfixturevalue("postgres_server"))
        monkeypatch.setenv(URL_VARIABLE, url)
    return make_company(tmp_path / "small")


async def test_tickets_are_queued_as_the_engine_itself_queues_them(company: Path) -> None:
    """In one transaction or one by one, twice or once: the queue holds the same."""
    with open_desk(company, with_models=False) as desk:
        engine = Engine(desk.line(), desk.workspace.data, listen=())
        await engine.start()
        try:
            await enqueue("intake", "own")
            asked = [["a"], ["b", "a"], ["own"], [f"n{number}" for number in range(250)]]
            await asyncio.gather(*(engine.submit(map(TicketId, ids)) for ids in asked))
            await engine.submit([TicketId("a")])
            found = await queued()
        finally:
            await engine.stop(grace_seconds=0)
    names = ["own", "a", "b", *asked[-1]]
    assert found == {f"{name}:intake": expected(name) for name in names}


async def test_what_fails_together_is_queued_one_by_one(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's own way waits for a database that was away for a moment."""

    def away(_self: Submission, _ids: list[TicketId]) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("gone"))

    monkeypatch.setattr(Submission, "_queue", away)
    with open_desk(company, with_models=False) as desk:
        engine = Engine(desk.line(), desk.workspace.data, listen=())
        await engine.start()
        try:
            await engine.submit([TicketId("a"), TicketId("b")])
            found = await queued()
        finally:
            await engine.stop(grace_seconds=0)
    assert found == {f"{name}:intake": expected(name) for name in ("a", "b")}
