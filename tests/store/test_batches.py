"""The batch lane's list: a ticket is in one place, and nothing is handed on twice."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store import BatchList
from tests.builders import NOON

ONE, TWO = TicketId("t1"), TicketId("t2")


def test_waiting_tickets_are_claimed_once(engine: sa.Engine) -> None:
    """What one worker has claimed no other one gets."""
    listed = BatchList(engine)
    listed.add(ONE, "k1", NOON)
    listed.add(TWO, "k2", NOON + timedelta(minutes=1))
    listed.add(ONE, "k1", NOON + timedelta(minutes=9))
    assert listed.waiting() == (2, NOON)
    claimed = listed.claim("c1", NOON, most=10)
    assert claimed is not None
    assert claimed.items == {"k1": ONE, "k2": TWO}
    assert listed.claim("c2", NOON, most=10) is None
    assert listed.waiting() == (0, None)
    assert listed.unfinished() == {ONE, TWO}


def test_a_claim_may_be_limited(engine: sa.Engine) -> None:
    """The oldest go first."""
    listed = BatchList(engine)
    listed.add(TWO, "k2", NOON + timedelta(minutes=1))
    listed.add(ONE, "k1", NOON)
    claimed = listed.claim("c1", NOON, most=1)
    assert claimed is not None
    assert claimed.items == {"k1": ONE}


def test_a_submitted_batch_goes_by_the_apis_name(engine: sa.Engine) -> None:
    """From then on it is found by that name, also after its tickets are done."""
    listed = BatchList(engine)
    listed.add(ONE, "k1", NOON)
    listed.claim("c1", NOON, most=10)
    listed.submitted("c1", "msgbatch_1", NOON)
    assert [batch.name for batch in listed.batches("submitted")] == ["msgbatch_1"]
    assert listed.batches("submitting") == []
    listed.done([ONE], NOON)
    assert listed.known(["msgbatch_1", "msgbatch_2"]) == {"msgbatch_1"}
    assert listed.unfinished() == set()


def test_a_released_claim_waits_again_without_those_handed_on(engine: sa.Engine) -> None:
    """Tickets that went on alone in the meantime stay done."""
    listed = BatchList(engine)
    listed.add(ONE, "k1", NOON)
    listed.add(TWO, "k2", NOON)
    listed.claim("c1", NOON, most=10)
    listed.done([TWO], NOON)
    listed.release("c1", NOON)
    assert listed.waiting()[0] == 1
    listed.claim("c2", NOON, most=10)
    listed.submitted("c2", "msgbatch_1", NOON)
    assert [batch.items for batch in listed.batches("submitted")] == [{"k1": ONE}]
