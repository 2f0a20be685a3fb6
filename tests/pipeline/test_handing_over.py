"""What people are to get in their helpdesk: once, also after it was away, and not too late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import pytest
import sqlalchemy as sa

from firstline.channels import NotWantedError, Parcel, Presence
from firstline.pipeline.handing_over import PAUSE, hand_over, timely
from firstline.pipeline.workflows import Line
from firstline.records import Answer, Outcome, TicketId
from firstline.store import Inbox, StoredTicket, TicketStore
from firstline.store.hand_overs import HandOverLedger
from tests.builders import NOON, a_ticket

HERE = Inbox(id="zendesk:support", kind="zendesk", target="support")


@dataclass
class Desk:
    """A helpdesk that is away at first."""

    refusals: list[str]
    notes: list[str] = field(default_factory=list)
    is_local: bool = False
    settle_seconds: float = 0.0

    async def send(self, parcel: Parcel) -> str:
        """Take a note, or refuse it."""
        if self.refusals:
            raise NotWantedError(self.refusals.pop(0))
        self.notes.append(parcel.marker)
        return "note 5"

    async def find(self, parcel: Parcel) -> Presence:
        """Know."""
        return "present" if parcel.marker in self.notes else "absent"


@dataclass
class Work:
    """What handing over needs of a process's line."""

    store: TicketStore
    desk: Desk
    clock: datetime = NOON

    def now(self) -> datetime:
        """Return the test's time."""
        return self.clock

    async def inbox(self, _inbox: str) -> Inbox:
        """Return the only one."""
        return HERE

    def outlets(self, _kind: str, _target: str) -> Desk:
        """Return the helpdesk."""
        return self.desk

    def note_of(self, stored: StoredTicket, _answer: Answer | None) -> str:
        """Say why."""
        return stored.reason or ""

    async def leave(self, ticket_id: TicketId) -> str:
        """Hand a ticket over."""
        return await hand_over(ticket_id, cast("Line", self))


@pytest.fixture
def work(engine: sa.Engine) -> Work:
    """Return a process with one ticket that a person has."""
    store = TicketStore(engine)
    store.open_inbox(HERE, NOON)
    ended(store, "t1", "escalate")
    return Work(store, Desk([]))


def ended(store: TicketStore, name: str, outcome: Outcome) -> TicketId:
    """Store a ticket that ended."""
    ticket = a_ticket(id=name, inbox=HERE.id, external_id=name)
    store.accept([(1, ticket)])
    store.end(ticket.id, outcome, "unknown_question", NOON)
    return ticket.id


@pytest.mark.parametrize(
    "why", ["helpdesk_unavailable", "helpdesk_too_many", "webhook_unavailable"]
)
async def test_a_helpdesk_that_is_away_gets_its_note_later(work: Work, why: str) -> None:
    """Once, when it is back; until then the note is due, but not at every look."""
    ledger, ticket = HandOverLedger(work.store.engine), TicketId("t1")
    work.desk.refusals = [why, why]
    for tries in (1, 2):
        await work.leave(ticket)
        assert ledger.unfinished(work.clock, most=5) == []
        work.clock += PAUSE
        (waiting,) = ledger.unfinished(work.clock, most=5)
        assert (waiting.ticket, waiting.tries) == (ticket, tries)
    assert await work.leave(ticket) == "sent"
    assert await work.leave(ticket) == "sent"
    assert work.desk.notes == ["t1:hand_over"]
    assert ledger.unfinished(work.clock + PAUSE, most=5) == []


async def test_a_helpdesk_that_is_away_does_not_fill_the_queue(work: Work) -> None:
    """Of what it put off two are tried at a time, beside everything that is new."""
    ledger = HandOverLedger(work.store.engine)
    for number in range(5):
        ended(work.store, f"off{number}", "review")
    for waiting in ledger.unfinished(NOON, most=9):
        work.desk.refusals = ["helpdesk_unavailable"]
        await work.leave(waiting.ticket)
    work.clock += PAUSE
    new = {ended(work.store, f"new{number}", "review") for number in range(3)}
    assert len(ledger.unfinished(work.clock, most=99)) == 9
    now = [item.ticket for item in timely(ledger.unfinished(work.clock, most=99))]
    assert len(now) == 5
    assert set(now[:3]) == new
    work.desk.refusals = ["helpdesk_unavailable"]
    await work.leave(now[3])
    assert {item.ticket for item in ledger.unfinished(work.clock, most=99)} == new
    assert len(ledger.unfinished(work.clock + PAUSE, most=99)) == 9


async def test_what_a_helpdesk_will_never_take_is_not_tried_again(work: Work) -> None:
    """It waits in Firstline alone."""
    work.desk.refusals = ["helpdesk_invalid"]
    assert await work.leave(TicketId("t1")) == "cancelled"
    assert HandOverLedger(work.store.engine).unfinished(NOON + PAUSE, most=5) == []


async def test_a_ticket_that_was_answered_meanwhile_waits_for_nothing(work: Work) -> None:
    """Nobody is told of it, and it does not stand before those that do wait."""
    ledger, ticket = HandOverLedger(work.store.engine), TicketId("t1")
    with work.store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ticket SET outcome = 'sent'"))
    await work.leave(ticket)
    assert work.desk.notes == []
    other = ended(work.store, "t2", "review")
    assert [item.ticket for item in ledger.unfinished(NOON, most=1)] == [other]
