"""The batch lane: what is collected is submitted once, read once, and never waits for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.claude.batches import RecentBatch
from firstline.claude.calls import Question
from firstline.desk import Desk
from firstline.errors import ModelError, ModelFailure
from firstline.pipeline.batch_lane import CANCEL_FOR, UNSURE_FOR, BatchLane
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.record import PREPARED
from firstline.records import Intent, IntentScore, Message, Ticket, TicketId, encode
from firstline.store import BatchList, Inbox, TicketStore
from tests.builders import NOON, a_context, a_draft, a_route, a_ticket, passed
from tests.pipeline.trials import Trial

HOUR = timedelta(hours=1)
WAIT = timedelta(minutes=60)


@dataclass
class FakeApi:
    """Batches in memory, with failures on demand."""

    batches: dict[str, list[Question]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    collected: list[str] = field(default_factory=list)
    canceled: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    fail_submit: ModelFailure | None = None
    keep_when_failing: bool = False
    created: datetime = NOON

    async def reserve(self, questions: Sequence[Question]) -> set[str]:
        """Allow all but those a test refuses."""
        return {item.key for item in questions if item.ticket not in self.refused}

    async def release(self, keys: Sequence[str]) -> None:
        """Note them."""
        self.released.extend(keys)

    async def submit(self, questions: Sequence[Question]) -> str:
        """Keep them, or fail as a test wants."""
        name = f"msgbatch_{len(self.batches)}"
        if self.fail_submit is None or self.keep_when_failing:
            self.batches[name] = list(questions)
        if self.fail_submit is not None:
            raise ModelError("it failed", failure=self.fail_submit)
        return name

    async def ended(self, name: str) -> bool:
        """Whether a test has finished it."""
        return name in self.finished

    async def collect(self, name: str) -> int:
        """Note it."""
        self.collected.append(name)
        return len(self.batches[name])

    async def cancel(self, name: str) -> None:
        """Note it."""
        self.canceled.append(name)

    async def recent(self, since: datetime) -> list[RecentBatch]:
        """Return all of them."""
        return [
            RecentBatch(name=name, requests=len(questions))
            for name, questions in self.batches.items()
            if self.created >= since
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Bench:
    """A lane on an empty database, with a clock that tests move."""

    def __init__(self, desk: Desk, engine: sa.Engine) -> None:
        self.time = NOON
        self.queued: list[TicketId] = []
        self.api = FakeApi()
        self.store = TicketStore(engine)
        self.listed = BatchList(engine)
        self.parts = Trial(desk).parts
        inbox = Inbox(id="inbox", kind="file", target="out")
        self.store.open_inbox(inbox, NOON)
        self.lane = BatchLane(
            parts=self.parts,
            store=self.store,
            listed=self.listed,
            api=self.api,
            enqueue=self._enqueue,
            now=lambda: self.time,
        )

    async def _enqueue(self, ticket: TicketId) -> None:
        self.queued.append(ticket)

    async def add(self, *names: str) -> None:
        """Prepare tickets and put them on the list."""
        for position, name in enumerate(names):
            ticket, prepared = a_ticket(name), waiting()
            self.store.accept([(position, ticket)])
            self.store.note(ticket.id, ((PREPARED, encode(prepared)),))
            await self.lane.add(ticket, prepared)


def waiting(**changes: Any) -> Prepared:
    """Return a prepared ticket that wants a model."""
    fields: dict[str, Any] = {
        "route": a_route(),
        "context": a_context(),
        "draft": a_draft(confidence="medium"),
        "findings": passed(),
        "wanted": "quoting_medium",
    }
    return Prepared(**(fields | changes))


@pytest.fixture
def bench(desk: Desk, engine: sa.Engine) -> Bench:
    """Return a lane to work with."""
    return Bench(desk, engine)


async def test_tickets_are_collected_until_it_is_time(bench: Bench) -> None:
    """The first one's wait decides, or that nothing else is left to wait for."""
    await bench.add("a", "b")
    await bench.lane.tend()
    assert bench.api.batches == {}
    bench.time += WAIT
    await bench.lane.tend()
    assert [len(batch) for batch in bench.api.batches.values()] == [2]
    await bench.add("c")
    await bench.lane.tend(hurry=True)
    assert [len(batch) for batch in bench.api.batches.values()] == [2, 1]


async def test_an_ended_batch_is_read_once_and_its_tickets_go_on(bench: Bench) -> None:
    """Until it has ended nobody is queued; afterwards everybody is, once."""
    await bench.add("a", "b")
    await bench.lane.tend(hurry=True)
    await bench.lane.tend()
    assert bench.queued == []
    bench.api.finished.add("msgbatch_0")
    await bench.lane.tend()
    await bench.lane.tend()
    assert sorted(bench.queued) == ["a", "b"]
    assert bench.api.collected == ["msgbatch_0"]


async def test_what_waits_too_long_is_cancelled_and_then_asked_live(bench: Bench) -> None:
    """After the deadline the batch is asked to stop; one that does not is left behind."""
    await bench.add("a")
    await bench.lane.tend(hurry=True)
    bench.time += 6 * HOUR + timedelta(minutes=1)
    await bench.lane.tend()
    assert bench.api.canceled == ["msgbatch_0"]
    assert bench.queued == []
    bench.time += CANCEL_FOR
    await bench.lane.tend()
    assert bench.queued == ["a"]
    assert len(bench.api.released) == 1


async def test_a_claim_that_never_left_is_released(bench: Bench) -> None:
    """Its process died before it sent anything: the API has no batch nobody knows."""
    await bench.add("a")
    bench.listed.claim("claim-dead", bench.time, most=10)
    await bench.lane.tend(hurry=True)
    assert bench.api.batches == {}
    bench.time += UNSURE_FOR + timedelta(seconds=1)
    await bench.lane.tend(hurry=True)
    assert [len(batch) for batch in bench.api.batches.values()] == [1]


async def test_a_batch_whose_name_was_lost_is_found_again(bench: Bench) -> None:
    """The connection broke after the API had it: it is adopted, not submitted twice."""
    await bench.add("a", "b")
    bench.api.fail_submit, bench.api.keep_when_failing = "unreachable", True
    await bench.lane.tend(hurry=True)
    assert bench.queued == []
    bench.api.fail_submit = None
    bench.time += UNSURE_FOR + timedelta(seconds=1)
    bench.api.finished.add("msgbatch_0")
    await bench.lane.tend(hurry=True)
    assert list(bench.api.batches) == ["msgbatch_0"]
    assert sorted(bench.queued) == ["a", "b"]


@pytest.mark.parametrize("failure", ["rate_limited", "overloaded"])
async def test_a_busy_api_is_asked_again_later(bench: Bench, failure: ModelFailure) -> None:
    """The tickets wait on."""
    await bench.add("a")
    bench.api.fail_submit = failure
    await bench.lane.tend(hurry=True)
    assert bench.queued == []
    bench.api.fail_submit = None
    await bench.lane.tend(hurry=True)
    assert list(bench.api.batches) == ["msgbatch_0"]


@pytest.mark.parametrize("failure", ["key_rejected", "bad_request", "spend_cap"])
async def test_where_batches_are_refused_tickets_are_asked_live(
    bench: Bench, failure: ModelFailure
) -> None:
    """A server without batches costs nobody anything but the discount."""
    await bench.add("a")
    bench.api.fail_submit = failure
    await bench.lane.tend(hurry=True)
    assert bench.queued == ["a"]


async def test_a_ticket_the_budget_refuses_goes_on_alone(bench: Bench) -> None:
    """Its writer is refused as well, and a person gets it; the others are submitted."""
    await bench.add("a", "b")
    bench.api.refused.add("a")
    await bench.lane.tend(hurry=True)
    assert bench.queued == ["a"]
    assert [item.ticket for item in bench.api.batches["msgbatch_0"]] == ["b"]


async def test_a_ticket_that_ended_meanwhile_is_not_asked_about(bench: Bench) -> None:
    """Somebody took it over while it waited."""
    await bench.add("a", "b")
    bench.store.end(TicketId("a"), "escalate", "taken_over", NOON)
    await bench.lane.tend(hurry=True)
    assert [item.ticket for item in bench.api.batches["msgbatch_0"]] == ["b"]


def test_only_patient_tickets_wait(bench: Bench) -> None:
    """The intent says so; what is urgent, unsure of its route or part of a talk does not wait."""
    lane, ticket = bench.lane, a_ticket()
    assert not lane.takes(ticket, waiting())
    intents = tuple(
        replace(spec, lane="batch" if spec.name == "export_data" else "live")
        for spec in bench.parts.workspace.intents
    )
    workspace = replace(bench.parts.workspace, intents=intents)
    lane = replace(lane, parts=replace(bench.parts, workspace=workspace))
    assert lane.takes(ticket, waiting())
    assert not lane.takes(ticket, waiting(route=a_route(urgency="high")))
    assert not lane.takes(ticket, waiting(wanted="route_unsure"))
    assert not lane.takes(ticket, waiting(wanted=""))
    other = a_route(intents=(IntentScore(intent=Intent("login_help"), probability=0.9),))
    assert not lane.takes(ticket, waiting(route=other))
    talk = (Message(author="customer", text="Hello?", sent_at=NOON),)
    assert not lane.takes(Ticket(**_fields(ticket) | {"history": talk}), waiting())


def _fields(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in Ticket.__dataclass_fields__}
