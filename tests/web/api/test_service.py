"""Health, readiness and figures, and what happens when the engine or the database is away."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.web.api.conftest import Api

from firstline.errors import SetupError
from firstline.records import TicketId
from firstline.store import TicketStore
from firstline.web.api.accepting import accept_ticket, hand_on
from firstline.web.api.asked import NewTicket
from firstline.web.api.problems import ApiError
from firstline.web.api.service_routes import ready
from firstline.web.api.views import state_of
from firstline.web.live import Feed


class Down:
    """An engine that is not up, and fails when it is asked."""

    is_up = False

    async def enqueue(self, ticket_id: TicketId) -> None:
        """Fail."""
        raise ConnectionError(ticket_id)

    async def enqueue_approved(self, ticket_id: TicketId, number: int) -> None:
        """Fail."""
        raise ConnectionError(ticket_id, number)


def test_it_is_ready_only_with_its_engine(api: Api) -> None:
    """A process that works needs its engine; one that only serves does not."""
    assert ready(api.site).status == "ok"
    with pytest.raises(ApiError) as caught:
        ready(replace(api.site, work=Down()))
    assert caught.value.status_code == 503


def test_it_is_not_ready_while_it_stops(api: Api) -> None:
    """So that no new request comes to a server that is about to end."""
    feed = Feed()
    asyncio.run(feed.stop())
    with pytest.raises(ApiError, match="stopped"):
        ready(replace(api.site, feed=feed))


def test_it_is_not_ready_without_its_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, not an error of the server; nothing is said of why."""

    def gone(*_arguments: object, **_names: object) -> None:
        raise SetupError("the database cannot be used: secret")

    monkeypatch.setattr(sa.Connection, "execute", gone)
    with api.client() as nobody:
        answer = nobody.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "secret" not in answer.text
    assert "retry-after" in answer.headers


def test_what_is_accepted_stays_accepted_when_queueing_fails(api: Api) -> None:
    """The commit is what counts: the next worker that looks finds the ticket."""
    site = replace(api.site, work=Down())
    accepted = accept_ticket(site, NewTicket(text="Hello"), "no-engine")
    asyncio.run(hand_on(site, TicketId(accepted.id)))
    assert TicketStore(site.desk.engine).load(TicketId(accepted.id)) is not None


def test_the_figures_are_those_of_the_dashboard(api: Api) -> None:
    """Volume, outcomes and the queue; what each person decided is left out."""
    api.held()
    answer = api.program.get("/api/v1/metrics", params={"days": "7"})
    assert answer.status_code == 200, answer.text
    figures = answer.json()
    assert {"total", "days", "reasons", "latency", "queue", "alerts"} <= set(figures)
    assert len(figures["days"]) == 7
    assert figures["queue"]["waiting"] >= 1
    assert figures["reviewers"] == []
    for query in ("days=0", "last=2026-5-1", "last=0", "channel=fax", "days=731"):
        assert api.program.get(f"/api/v1/metrics?{query}").status_code == 422, query


def test_prometheus_reads_the_same(api: Api) -> None:
    """In its own format, with what waits for people now."""
    api.held()
    answer = api.program.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "# TYPE firstline_build_info gauge" in answer.text
    line = next(one for one in answer.text.splitlines() if 'reviews{state="waiting"}' in one)
    assert int(line.split()[-1]) >= 1


def test_every_way_a_ticket_stands_has_a_state() -> None:
    """From how it ended and how it stands in the queue."""
    assert state_of(None, None) == "working"
    assert state_of("sent", None) == "answered"
    assert state_of("clarify", None) == "asked"
    assert state_of("review", None) == state_of("escalate", None) == "review"
    assert state_of("sent", "waiting") == state_of("review", "snoozed") == "review"
    assert state_of("review", "approved") == "approved"
    assert state_of("escalate", "handed") == "handed"
    assert state_of("review", "closed") == "closed"
    assert state_of("sent", "answered") == "answered"
