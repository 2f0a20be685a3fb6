"""What answers rest on: derived once each, exact about what has left — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.pipeline.record import stage_bodies
from firstline.records import (
    Answer,
    EvidenceId,
    Outcome,
    Reason,
    Receipt,
    TicketId,
    Verdict,
    encode,
)
from firstline.store import Caps, Inbox, Outbox, TicketStore
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision, review
from firstline.store.uses import Use, UseLedger, Version, Written
from tests.builders import NOON, a_context, a_draft, a_quote, a_route, a_ticket, passed

CAPS = Caps(per_requester=9, per_conversation=9)


@pytest.fixture
def store(engine: sa.Engine) -> TicketStore:
    """Return a store with an inbox."""
    made = TicketStore(engine)
    made.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    return made


def decided(store: TicketStore, name: str, outcome: Outcome | None = "review") -> Answer:
    """Store a ticket with its verdict, ended or on its way."""
    ticket = a_ticket(name)
    answer = Answer(
        ticket=ticket,
        route=a_route(),
        context=a_context(),
        draft=a_draft(),
        findings=passed(),
        verdict=Verdict(
            action="review",
            score=0.5,
            reasons=(Reason(code="autonomy_review", detail=""),),
            autonomy="review",
        ),
    )
    store.accept([(1, ticket)])
    store.record(ticket.id, stage_bodies(answer), (), outcome=outcome, reason="x", now=NOON)
    return answer


def sent(store: TicketStore, answer: Answer, state: Any = "sent") -> None:
    """Deliver a ticket's reply."""
    outbox = Outbox(store.engine)
    _, receipt = outbox.claim(answer.ticket, "reply", caps=CAPS, now=NOON)
    later = NOON + timedelta(hours=1)
    outbox.settle(Receipt(key=receipt.key, state=state, at=later))


def released(store: TicketStore, name: str, **changes: Any) -> None:
    """Write down that a person released another reply."""
    fields: dict[str, Any] = {
        "ticket": name, "number": 2, "kind": "edit", "by": "kim", "at": instant(NOON),
        "intent": "", "channel": "", "held_for": "", "reason": "", "note": "",
        "before_hash": "", "after_hash": "", "overridden": "", "waited_seconds": 0.0,
        "held_seconds": 0.0, "target": "", "delivers": "reply", "text": "", "evidence": "",
        "draft": encode(a_draft(a_quote("Choose Export."))),
    }  # fmt: skip
    with store.engine.begin() as connection:
        connection.execute(decision.insert().values(fields | changes))


def waiting(store: TicketStore, name: str, state: str) -> None:
    """Put a ticket into the queue in a state."""
    fields: dict[str, Any] = {
        "ticket": name, "inbox": "inbox", "conversation": name, "channel": "file", "intent": "",
        "held_for": "", "urgency": "normal", "score": 0.0, "loss": 0.0, "delay": 0.0,
        "received": 0.0, "sla_seconds": 0.0, "entered_at": instant(NOON), "state": state,
        "version": 1,
    }  # fmt: skip
    with store.engine.begin() as connection:
        connection.execute(review.insert().values(fields))


def a_use(**changes: Any) -> Use:
    """Return a use of the passage every draft here quotes."""
    fields: dict[str, Any] = {
        "sentence": 0,
        "evidence": EvidenceId("export-csv#1"),
        "kind": "passage",
        "source": "export-csv",
        "version": "v1",
    }
    return Use(**(fields | changes))


def derive(written: Written) -> tuple[Use, ...]:
    """Say that every reply rests on the one passage; a released one in another version."""
    return (a_use() if written.released is None else a_use(version="v2"),)


def test_every_reply_is_read_once(store: TicketStore) -> None:
    """Catching up again reads nothing, and one more ticket is one more."""
    ledger = UseLedger(store.engine)
    decided(store, "t1")
    decided(store, "t2")
    assert ledger.catch_up(derive) == 2
    assert ledger.catch_up(derive) == 0
    decided(store, "t3")
    assert ledger.catch_up(derive) == 1
    assert ledger.of(TicketId("t3")) == (a_use(),)


def test_a_ticket_without_a_verdict_waits(store: TicketStore) -> None:
    """A ticket that is only accepted is read when its verdict is stored."""
    store.accept([(1, a_ticket("t1"))])
    ledger = UseLedger(store.engine)
    assert ledger.catch_up(derive) == 0
    decided(store, "t1")
    assert ledger.catch_up(derive) == 1


def test_processes_that_catch_up_together_agree(store: TicketStore) -> None:
    """Several at once leave each use once."""
    for at in range(30):
        decided(store, f"t{at}")
    ledger = UseLedger(store.engine)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ledger.catch_up(derive), range(4)))
    assert all(ledger.of(TicketId(f"t{at}")) == (a_use(),) for at in range(30))
    assert len(ledger.resting_on("export-csv")) == 30


def test_what_a_person_released_replaces_the_draft(store: TicketStore) -> None:
    """A decision with a reply of its own is read once, in the place of the draft."""
    ledger = UseLedger(store.engine)
    decided(store, "t1")
    ledger.catch_up(derive)
    released(store, "t1", evidence=encode(a_context(tokens=7)))
    assert ledger.catch_up(derive) == 1
    assert ledger.catch_up(derive) == 0
    assert ledger.of(TicketId("t1")) == (a_use(version="v2"),)
    (written,) = ledger.written([TicketId("t1")])
    assert written.released is not None
    assert written.released.text == "Choose Export."
    assert written.context is not None
    assert written.context.tokens == 7


def test_a_decision_without_a_reply_changes_nothing(store: TicketStore) -> None:
    """A rejection leaves what the draft rests on."""
    ledger = UseLedger(store.engine)
    decided(store, "t1")
    ledger.catch_up(derive)
    released(store, "t1", kind="reject", delivers="", draft="")
    assert ledger.catch_up(derive) == 0


@pytest.mark.parametrize("state", ["sent", "uncertain"])
def test_what_may_have_left_counts_as_sent(store: TicketStore, state: str) -> None:
    """A reply the customer may have is no draft, and is dated by its delivery."""
    ledger = UseLedger(store.engine)
    sent(store, decided(store, "t1", outcome=None), state)
    ledger.catch_up(derive)
    (found,) = ledger.resting_on("export-csv")
    assert (found.state, found.at) == ("sent", NOON + timedelta(hours=1))
    assert ledger.resting_on("export-csv", since=NOON + timedelta(minutes=59))
    assert not ledger.resting_on("export-csv", since=NOON + timedelta(minutes=61))


@pytest.mark.parametrize(
    ("state", "expected"),
    [("waiting", 1), ("snoozed", 1), ("approved", 1), ("closed", 0), ("handed", 0)],
)
def test_a_draft_is_open_while_its_review_is(store: TicketStore, state: str, expected: int) -> None:
    """A draft that a person has put aside is not listed any more."""
    ledger = UseLedger(store.engine)
    decided(store, "t1")
    waiting(store, "t1", state)
    ledger.catch_up(derive)
    found = ledger.resting_on("export-csv")
    assert len(found) == expected
    assert all(item.state == "draft" for item in found)


def test_replies_are_found_by_what_they_rest_on(store: TicketStore) -> None:
    """By document, by passage and by version; sent ones come first."""
    ledger = UseLedger(store.engine)
    decided(store, "t1")
    sent(store, decided(store, "t2", outcome=None))
    ledger.catch_up(derive)
    assert [item.ticket for item in ledger.resting_on("export-csv#1")] == ["t2", "t1"]
    assert not ledger.resting_on("another")
    (version,) = ledger.versions("passage")
    assert version == Version(
        evidence=EvidenceId("export-csv#1"), kind="passage", source="export-csv", version="v1"
    )
    assert [item.ticket for item in ledger.resting_on_versions([version])] == ["t2", "t1"]
    assert not ledger.resting_on_versions([replace(version, version="v9")])
    assert [item.ticket for item in ledger.drafts_on("passage")] == ["t1"]
    assert not ledger.versions("record")


def test_what_is_settled_is_settled_once(store: TicketStore) -> None:
    """Settling again keeps the first note; another standing is another matter."""
    ledger = UseLedger(store.engine)
    decided(store, "t1")
    for note in ("called", "again"):
        ledger.settle(TicketId("t1"), "abc", by="kim", note=note, at=NOON)
    assert ledger.settled() == {(TicketId("t1"), "abc")}
