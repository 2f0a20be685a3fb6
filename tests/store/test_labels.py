"""Labels: only ever added to, the last word of each person counts — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.labels import LabelLedger, NewLabel, add_labels
from tests.builders import NOON, a_ticket

T1, T2 = TicketId("t1"), TicketId("t2")
RIGHT = NewLabel(ticket=T1, kind="audit", wrong=False, by="ann", blind=True)


@pytest.fixture
def ledger(engine: sa.Engine) -> LabelLedger:
    """Return the labels of a database with two tickets."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(1, a_ticket("t1")), (2, a_ticket("t2"))])
    return LabelLedger(engine)


def test_a_label_comes_back_as_it_was_given(ledger: LabelLedger) -> None:
    """Everything about it is kept, with its time."""
    given = replace(
        RIGHT, wrong=None, reason="cannot tell", inclusion=0.1, distance=0.25, draft="abc"
    )
    assert ledger.add([given], now=NOON) == ("new",)
    (stored,) = ledger.of(T1)
    assert {name: getattr(stored, name) for name in NewLabel.__slots__} == {
        name: getattr(given, name) for name in NewLabel.__slots__
    }
    assert (stored.number, stored.at) == (0, NOON)


def test_nothing_is_overwritten_and_the_last_word_counts(ledger: LabelLedger) -> None:
    """A second thought is a second label; saying the same again is none."""
    wrong = replace(RIGHT, wrong=True)
    assert ledger.add([RIGHT, RIGHT], now=NOON) == ("new", "repeat")
    assert ledger.add([wrong], now=NOON + timedelta(days=1)) == ("new",)
    assert ledger.add([RIGHT], now=NOON + timedelta(days=2)) == ("new",)
    assert [one.wrong for one in ledger.all()] == [False, True, False]
    assert [(one.number, one.wrong) for one in ledger.last()] == [(2, False)]


def test_people_and_kinds_stand_beside_each_other(ledger: LabelLedger) -> None:
    """Each person's and each kind's last word is kept; planted ones only when asked for."""
    ledger.add(
        [
            RIGHT,
            replace(RIGHT, by="bo", wrong=True),
            replace(RIGHT, kind="review", blind=False),
            replace(RIGHT, kind="planted", wrong=True),
            replace(RIGHT, ticket=T2),
        ],
        now=NOON,
    )
    assert {(one.ticket, one.kind, one.by) for one in ledger.last()} == {
        (T1, "audit", "ann"),
        (T1, "audit", "bo"),
        (T1, "review", "ann"),
        (T2, "audit", "ann"),
    }
    assert [one.kind for one in ledger.last("planted")] == ["planted"]


def test_labels_stand_or_fall_with_the_transaction(ledger: LabelLedger, engine: sa.Engine) -> None:
    """What is rolled back was not said."""
    with engine.connect() as connection:
        assert add_labels(connection, [RIGHT], NOON) == ("new",)
        connection.rollback()
    assert ledger.all() == ()


def test_people_label_at_the_same_time(ledger: LabelLedger) -> None:
    """Many at once lose nothing, and one person's repeats stay one."""

    def add(at: int) -> None:
        ledger.add([replace(RIGHT, by=f"p{at % 4}")], now=NOON)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(16)))
    assert sorted(one.by for one in ledger.all()) == ["p0", "p1", "p2", "p3"]


def test_an_unknown_ticket_is_refused(ledger: LabelLedger) -> None:
    """A label belongs to a ticket."""
    with pytest.raises(sa.exc.IntegrityError):
        ledger.add([replace(RIGHT, ticket=TicketId("nobody"))], now=NOON)
