"""The log of autonomy: only added to, the latest of each topic counts, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.autonomy import (
    Audit,
    AutonomyStore,
    NewChange,
    Point,
    add_audit,
    add_points,
    forget_points,
    labelled_audits,
    settle_audit,
)
from firstline.store.labels import LabelLedger, NewLabel
from tests.builders import a_ticket

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def a_change(**changes: Any) -> NewChange:
    """Return a change of a level."""
    fields: dict[str, Any] = {
        "topic": "level",
        "scope": "refunds",
        "value": "review",
        "by": "ana",
        "reason": "why",
    }
    return NewChange(**(fields | changes))


def an_audit(name: str) -> Audit:
    """Return a drawn reply."""
    return Audit(
        ticket=TicketId(name),
        intent="refunds",
        certificate="",
        scope="refunds",
        covers="",
        alpha=0.02,
        probability=0.1,
        drawn_at=NOW,
    )


def with_tickets(engine: sa.Engine, *names: str) -> None:
    """Store tickets that audits can be of."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOW)
    store.accept([(at, a_ticket(name)) for at, name in enumerate(names)])


def test_the_latest_of_each_topic_and_scope_is_in_force(engine: sa.Engine) -> None:
    """Older changes stay in the log, with who, when and why, and hold no longer."""
    store = AutonomyStore(engine)
    store.change(a_change(value="off"), NOW)
    store.change(a_change(topic="switch", scope="*", value="stopped"), NOW)
    store.change(a_change(value="percent:10", by="ben"), NOW + timedelta(minutes=1))
    current = {(one.topic, one.scope): one.value for one in store.current()}
    assert current == {("level", "refunds"): "percent:10", ("switch", "*"): "stopped"}
    assert [(one.value, one.by) for one in store.log()] == [
        ("percent:10", "ben"),
        ("stopped", "ana"),
        ("off", "ana"),
    ]
    assert store.log(limit=1)[0].at == NOW + timedelta(minutes=1)


def test_the_salt_is_made_once(engine: sa.Engine) -> None:
    """Every worker draws by the same secret, and no two databases have the same."""
    salts = {AutonomyStore(engine).salt(NOW) for _ in range(3)}
    assert len(salts) == 1
    assert len(salts.pop()) == 32


def test_an_audit_is_settled_once(engine: sa.Engine) -> None:
    """The first finding counts; what was not drawn, or was settled, is none."""
    with_tickets(engine, "t1", "t2")
    with engine.begin() as connection:
        add_audit(connection, an_audit("t1"))
        add_audit(connection, an_audit("t1"))
    store = AutonomyStore(engine)
    assert [one.ticket for one in store.audits()] == ["t1"]
    with engine.begin() as connection:
        found = settle_audit(connection, TicketId("t1"), wrong=True, now=NOW)
        assert found is not None
        assert found.wrong
        assert settle_audit(connection, TicketId("t1"), wrong=False, now=NOW) is None
        assert settle_audit(connection, TicketId("t2"), wrong=False, now=NOW) is None
    counts = store.audit_counts()
    assert (counts.drawn, counts.labelled, counts.wrong) == (1, 1, 1)
    assert store.audits() == ()


def test_labels_of_drawn_replies_are_found(engine: sa.Engine) -> None:
    """The last word counts, what settles before all; customers and the undecided do not."""
    names = ("changed", "settled", "customer", "unsure", "undrawn")
    with_tickets(engine, *names)
    with engine.begin() as connection:
        for name in names[:-1]:
            add_audit(connection, an_audit(name))
    ledger = LabelLedger(engine)

    def add(name: str, *, wrong: bool | None, minute: int, **changes: Any) -> None:
        fields = {"kind": "audit", "by": "ana"} | changes
        label = NewLabel(ticket=TicketId(name), wrong=wrong, **fields)
        ledger.add([label], now=NOW + timedelta(minutes=minute))

    add("changed", wrong=True, minute=1)
    add("changed", wrong=False, minute=2)
    add("settled", wrong=True, minute=1, by="lead", settles=True)
    add("settled", wrong=False, minute=2)
    add("customer", wrong=True, minute=1, kind="feedback")
    add("unsure", wrong=None, minute=1)
    add("undrawn", wrong=True, minute=1)
    assert dict(labelled_audits(engine)) == {"changed": False, "settled": True}


def test_a_path_is_kept_in_order_and_forgotten(engine: sa.Engine) -> None:
    """Points come back oldest first; the beginning of a long path, or all of it, can go."""
    points = [
        Point(scope="*", name="escalation", seen=seen, value=seen / 10, at=NOW)
        for seen in (10, 20, 30)
    ]
    store = AutonomyStore(engine)
    with engine.begin() as connection:
        add_points(connection, points)
        add_points(connection, points)
    assert [point.seen for point in store.points("*", "escalation")] == [10, 20, 30]
    with engine.begin() as connection:
        forget_points(connection, "*", "escalation", before=20)
    assert [point.seen for point in store.points("*", "escalation")] == [20, 30]
    with engine.begin() as connection:
        forget_points(connection, "*")
    assert store.points("*", "escalation") == ()
